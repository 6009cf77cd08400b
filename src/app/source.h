/*
 * source: where the commands that read get messages from.
 *
 * Either a database file, whether a server runs on it or not, or a running
 * server through its API. Both give the same Message objects (API.md, section
 * 0; api_message.h). Blocks.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "buf.h"
#include "err.h"
#include "option.h"
#include "spool.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct source;

enum source_order { SOURCE_NEWEST_FIRST, SOURCE_OLDEST_FIRST };

/* A request that only a server answers. */
struct source_call {
	const char *method; /* "GET" */
	const char *path;   /* below that of the API: "/faults" */
	const char *id;     /* put behind it, escaped; NULL: nothing */
	const char *body;   /* NULL: none */
};

struct source_request {
	const char *query; /* NULL: everything */
	const char *inbox; /* NULL: all of them */
	int64_t after;     /* seq greater than this */
	int64_t before;    /* seq less than this; 0: no bound */
	uint64_t limit;    /* 0: none */
	enum source_order order;
};

/* Called an object, which is borrowed; false ends the walk, without an error.
 */
typedef bool source_callback(json_t *, void *context);

/*
 * What a kind of source can do. Failures: ERR_USAGE with words that point at
 * the place for what is no query, ERR_NOT_FOUND and ERR_GONE for an id.
 */
struct source_kind {
	enum err (*list)(struct source *, const struct source_request *,
	    source_callback *, void *context, struct failure *);
	/* One message; the object is the caller's. */
	enum err (*get)(
	    struct source *, const char *id, json_t **out, struct failure *);
	/* Its bytes, appended. */
	enum err (*raw)(struct source *, const char *id, struct spool *out,
	    struct failure *);
	/* Removes; *count says how many. */
	enum err (*remove)(struct source *, const struct source_request *,
	    uint64_t *count, struct failure *);
	enum err (*remove_one)(
	    struct source *, const char *id, struct failure *);
	/* The oldest `limit`, removed at once. */
	enum err (*take)(struct source *, const struct source_request *,
	    source_callback *, void *context, struct failure *);
	/*
	 * Until `limit` messages are there: those, oldest first, in
	 * {messages, seq}. When the time is over ERR_NOT_FOUND, with `near`
	 * in it too. The object is the caller's.
	 */
	enum err (*wait)(struct source *, const struct source_request *,
	    int64_t timeout_us, json_t **out, struct failure *);
	/* The newest seq. */
	enum err (*now)(struct source *, int64_t *seq, struct failure *);
	/* Newest first; of the request all but the order counts. */
	enum err (*sessions)(struct source *, const struct source_request *,
	    source_callback *, void *context, struct failure *);
	/* Of a session: its conversation as text, as objects a line; what was
	   wrong with it. */
	enum err (*transcript)(struct source *, const char *session,
	    struct buf *out, struct failure *);
	enum err (*transcript_json)(struct source *, const char *session,
	    source_callback *, void *context, struct failure *);
	enum err (*session_findings)(struct source *, const char *session,
	    source_callback *, void *context, struct failure *);
	enum err (*message_findings)(struct source *, const char *id,
	    source_callback *, void *context, struct failure *);
	/* {accepted, refused, ...}, of the request's inbox; the object is the
	   caller's. */
	enum err (*stats)(struct source *, const struct source_request *,
	    json_t **out, struct failure *);
	/* The object is the caller's. NULL where there is no server. */
	enum err (*call)(struct source *, const struct source_call *,
	    json_t **out, struct failure *);
	void (*close)(struct source *);
};

/* Embedded first in what a kind has of its own. */
struct source {
	const struct source_kind *kind;
};

/*
 * What --db and --url say, else the server that answers at the usual place,
 * else the user's database.
 */
enum err
source_open(struct source **out, const struct options *, struct failure *);
/* Likewise, but no database will do. */
enum err source_open_server(
    struct source **out, const struct options *, struct failure *);
void source_close(struct source *); /* NULL is allowed */

/* The two kinds; both copy what they are given. */
enum err
source_db_open(struct source **out, const char *path, struct failure *);
enum err source_http_open(
    struct source **out, const char *url, const char *ca, struct failure *);

/* The path of the database, --db or the usual one. */
enum err
source_db_path(struct buf *path, const struct options *, struct failure *);

/* The name of the zone that dates in queries are read in, or NULL. Its memory
   is `name`. */
#define SOURCE_ZONE_SIZE 128
const char *source_zone(char name[SOURCE_ZONE_SIZE]);

#endif
