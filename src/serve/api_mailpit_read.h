/*
 * api_mailpit_read: one message read whole, for the handlers that show it.
 *
 * The reader thread brings its bytes and what they say; the loop answers. A
 * handler that counts as reading marks the message before its answer leaves,
 * so that the next list shows it.
 */
#ifndef API_MAILPIT_READ_H
#define API_MAILPIT_READ_H

#include "api_mailpit.h"
#include "mime.h"

struct reading {
	struct api_task task;
	/* Runs on the reader thread with `raw` and `mime` filled; puts into
	   `out`, `type` and task->answer what the answer needs. */
	enum err (*show)(struct reading *, const struct pick_row *);
	/* Runs on the loop: answers with what show() left. */
	void (*answer)(struct reading *);
	bool counts_as_read;
	int missing_status;       /* of an unknown message or part; 0: 404 */
	const char *missing_text; /* NULL: the usual */
	/* Filled before show(). */
	struct buf raw;    /* what the client sent */
	struct mime *mime; /* of all of it */
	/* For show() to fill. */
	struct buf out;
	char *type; /* a content type, malloc'd; NULL: not needed */
	char *name; /* a file name, likewise */
	/* reading.c's */
	char id[UID_SIZE];
	int64_t seq;
	bool is_unread;
	bool is_marked;
};

/* A reading of `size` bytes that knows its id; NULL after answering. */
struct reading *reading_new(struct api *, struct http_request *,
    enum err (*show)(struct reading *, const struct pick_row *),
    void (*answer)(struct reading *));

/* Likewise for a message that something else than {id} names. */
struct reading *reading_named(struct api *, struct http_request *,
    struct span id, enum err (*show)(struct reading *, const struct pick_row *),
    void (*answer)(struct reading *));

/* Takes it: reads, marks where it counts, answers. */
void reading_start(struct reading *);

/* The part that the route names, if it may be served: attachments, inline and
   other parts. NULL when there is none. */
const struct mime_part *reading_part(const struct reading *);

/* "inline; filename=...", percent-encoded; false without memory. */
bool
reading_disposition(struct buf *out, const char *kind, const char *filename);

#endif
