/*
 * pick: reading and removing messages, by query or by id.
 *
 * Blocking functions on a connection: for the store's threads (inside a job's
 * run()) and for commands that read a database file without a server.
 */
#ifndef PICK_H
#define PICK_H

#include "err.h"
#include "message.h"
#include "query.h"
#include "sql.h"

/* What the index knows of a message; all empty while it is not indexed. */
struct pick_summary {
	bool is_indexed;
	bool is_read;
	struct span subject, message_id, return_path, snippet, sha256;
	struct span date; /* RFC 3339 with its own offset, or empty */
	int64_t date_us;
	/* Lists as JSON text, [{"Name":"","Address":""}, ...]. */
	struct span from, to, cc, reply_to;
	struct span bcc;  /* with the recipients that no header names */
	struct span tags; /* JSON text, ["a","b"] sorted, any case */
	int64_t attachments, inlines;
	int64_t findings;   /* of the message */
	int64_t trace_size; /* octets of what trace.h composes */
};

struct pick_row {
	int64_t seq;
	uint64_t size; /* bytes of the body */
	/* `message.body` is empty. Borrowed until the callback returns. */
	struct message *message;
	struct pick_summary summary; /* likewise */
};

struct pick_request {
	const struct query *query; /* NULL: everything */
	const char *inbox;         /* NULL: all of them */
	int64_t after;             /* seq greater than this */
	int64_t before;            /* seq less than this; 0: no bound */
	uint64_t skip;             /* Mailpit's `start`; ours is 0 */
	uint64_t limit;            /* 0: none */
	bool oldest_first;
	/* Else only accepted ones, unless the query has a state: term. */
	bool all_states;
};

/* Called a row; returning false ends the walk early, without an error. */
typedef bool pick_callback(const struct pick_row *, void *context);

enum err pick_messages(
    struct sql *, const struct pick_request *, pick_callback *, void *context);

/* How many match, and how many of them are unread; limit and skip do not
   count. */
struct pick_count {
	uint64_t count, unread;
};
enum err
pick_count(struct sql *, const struct pick_request *, struct pick_count *);

/*
 * One message of any state. ERR_NOT_FOUND when there never was one of that id,
 * ERR_GONE when it was removed. Its seq in decimals serves as id too.
 */
enum err
pick_message(struct sql *, const char *id, pick_callback *, void *context);

/* The body in pieces, in order. False from the callback ends it. */
typedef bool pick_bytes_callback(struct span, void *context);
enum err
pick_body(struct sql *, int64_t seq, pick_bytes_callback *, void *context);
/* All of it at once; ERR_LIMIT where the buffer is too small for it. */
enum err pick_body_whole(struct sql *, int64_t seq, struct buf *out);

/*
 * Removes what pick_messages() would show; *count says how many. Inside a
 * transaction (a job of the writer). With `gone` each is told before it goes
 * (id, seq and inbox only); false from it ends the walk, and what was told
 * goes.
 */
enum err pick_remove(struct sql *, const struct pick_request *,
    pick_callback *gone, void *context, uint64_t *count);

struct pick_stats {
	uint64_t accepted, refused, aborted, sessions;
	uint64_t unread;           /* of the accepted */
	uint64_t bytes;            /* sum of the bodies */
	uint64_t file_bytes;       /* pages of the database */
	int64_t first_us, last_us; /* received; 0 when there is none */
	int64_t seq;               /* the newest that ever was */
	uint64_t pruned;           /* removed by retention so far */
	uint64_t removed;          /* on request so far */
};
enum err pick_stats(struct sql *, struct pick_stats *);

/* Puts the numbers of one inbox in place of those of all; sessions are those
   with mail in it. The last four stay what they are. */
enum err pick_inbox_stats(struct sql *, struct span inbox, struct pick_stats *);

/* Its `seq` alone: the cursor "after everything that is stored now". */
enum err pick_newest(struct sql *, int64_t *seq);

/* The newest message that is there still, in any state; 0 without one. Who
   walks up to it comes to it; up to pick_newest(), which counts what was
   removed, too, one may not come. */
enum err pick_last(struct sql *, int64_t *seq);

/*
 * The cursor "after everything that could be found now": what is stored behind
 * it is not indexed yet, and was not among what the same reading has found.
 */
enum err pick_found(struct sql *, int64_t *seq);

/* pick_messages() up to there: for who is told of the rest when it is indexed,
   and is not to see it before. */
enum err pick_found_messages(
    struct sql *, const struct pick_request *, pick_callback *, void *context);

#endif
