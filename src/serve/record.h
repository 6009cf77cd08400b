/*
 * record: what is said in a session, until it is stored part by part.
 *
 * Times are those of clock_mono_us(). A part that is lent to the store stays
 * as it is, while what is said meanwhile goes into the next one. What is beyond
 * the ceilings is left out, and one remark says so. Pure.
 */
#ifndef RECORD_H
#define RECORD_H

#include "buf.h"
#include "dialogue.h"
#include "smtp.h"
#include "span.h"

#include <stdbool.h>
#include <stdint.h>

/* Of one session, all parts together; each part may have as much. */
#define RECORD_MAX ((size_t)1024 * 1024)
/* Who has more than this should store it. */
#define RECORD_FULL ((size_t)64 * 1024)

struct record {
	int64_t started_us;
	struct buf parts[2];
	unsigned current; /* of the parts: where it is written */
	unsigned number;  /* of parts stored */
	size_t left;      /* bytes until the ceiling */
	bool is_lent;     /* the other part is at the store */
	bool is_cut;      /* the remark that says so is written */
};

void record_init(struct record *, int64_t started_us);
void record_release(struct record *);

/* A line of the client, with `secret` readable or as stars. */
enum record_secret { RECORD_STARS, RECORD_PLAIN };
void record_client(struct record *, enum dialogue_kind, int64_t now_us,
    const struct smtp_line *, enum record_secret);

/* Whole reply lines, each with its CR LF. */
void record_server(struct record *, int64_t now_us, struct span replies);

void record_remark(struct record *, int64_t now_us, struct span text);

/* What the client has said of a line that has no end, as a remark. */
void record_unfinished(struct record *, int64_t now_us,
    const struct smtp_line *, enum record_secret);

/* Bytes that are not stored yet, without those lent. */
size_t record_len(const struct record *);

/*
 * Lends what is there as part *number; borrowed until record_stored() or
 * record_lost(), one of which must come before the next record_lend().
 */
struct span record_lend(struct record *, unsigned *number);
void record_stored(struct record *);
/* It is not stored: it will be lent again, with what came after it. */
void record_lost(struct record *);

#endif
