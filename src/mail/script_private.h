/*
 * script_private: what the files of the script module share, and nobody else.
 *
 *	script.c         the lines, in their groups
 *	script_reply.c   what is expected of the server
 *	script_text.c    the texts of messages, and the chunks they came in
 *	script_option.c  what a server must be like to answer so
 *	script_secret.c  what stands in the place of stars
 */
#ifndef SCRIPT_PRIVATE_H
#define SCRIPT_PRIVATE_H

#include "script.h"

#include "dialogue.h"

#include <stddef.h>
#include <stdint.h>

/* A BDAT of the record: which message its octets belong to. */
struct script_chunk {
	struct span id; /* empty: none that is kept */
	uint64_t at;    /* octets of it before this chunk */
};

struct script {
	const struct script_calls *calls;
	struct span dialogue;

	/* What a server must be like. */
	bool is_tls;  /* from the first byte */
	bool is_bare; /* a bare LF ends a line */

	/* What is said now, and what must be answered before more is said. */
	struct buf lines, replies;
	struct buf raw; /* a line, unescaped */
	bool has_354;   /* said since the last line of the client's */
	bool has_greeting;

	struct script_chunk *chunks;
	size_t chunk_count, chunk_next;

	/* Of the text that DATA begins. */
	bool is_text;          /* it is due */
	bool is_text_bare;     /* its lines may end with a bare LF */
	bool is_dropped_whole; /* a rule acted at its end */
	bool by_chunks;
	struct span text_id; /* of what is in `text` */
	struct buf text;

	uint64_t stored;
	struct span ending;
	bool is_cut; /* the record ends before the session did */
	bool failed;
};

/* ---- script.c */

/* Writes the lines, then the replies that they lead to. */
void script_flush(struct script *);
/* "KIND TEXT", to the lines. */
void script_line(struct script *, const char *kind, struct span text);
/* Lines that grow large are written, though their group goes on. */
void script_relieve(struct script *);
/* The next record of the client or the server; *rest moves behind it. False
   when there is none. */
bool script_next_said(struct span *rest, struct dialogue_line *);
/* Reads "message ID: N octets" and its like. */
struct script_mark {
	enum { SCRIPT_ACCEPTED, SCRIPT_REFUSED, SCRIPT_ABORTED } state;
	struct span id;
	uint64_t kept, len;
};
bool script_read_mark(struct span remark, struct script_mark *);

/* ---- script_reply.c */

void script_expect(struct script *, struct span line);

/* ---- script_text.c */

/* Finds out which chunk belongs to what. False without memory. */
bool script_find_chunks(struct script *);
/* Behind a BDAT line. */
void script_put_chunk(struct script *, struct span count);
/* At the remark of a message that DATA began. */
void
script_put_text(struct script *, const struct script_mark *, struct span rest);
void script_put_filler(struct script *, uint64_t count);

/* ---- script_option.c */

void script_put_options(struct script *);

/* ---- script_secret.c */

#define SCRIPT_STARS SPAN("********")

/* What is sent in the place of stars; `rest` is the record behind the line. */
void script_put_secret(struct script *, struct buf *out, struct span rest);

#endif
