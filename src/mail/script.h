/*
 * script: a recorded conversation as a dialogue that can be played again.
 *
 * tests/dialogue/README says how such a file is written. What the server said
 * is expected again word for word, but for what differs each time: names, dates
 * and ids. What the client sent is sent again in the same groups, with the text
 * of its messages. Where the record has stars, a secret of ours is sent; what
 * is not kept of a message is filled with x. A fault rule that acted, a
 * time-out and a shut-down are comments: they are not the client's to play.
 * Pure.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "buf.h"
#include "span.h"

#include <stdbool.h>

struct script_calls {
	/* Appends what is kept of a message's text. False: nothing is. */
	bool (*text)(struct span id, struct buf *out, void *context);
	/* Takes whole lines. False ends it. */
	bool (*write)(struct span lines, void *context);
	void *context;
};

/* `dialogue` has the form of dialogue.h. False without memory, or when write()
   said so. */
bool script_put(struct span dialogue, const struct script_calls *);

#endif
