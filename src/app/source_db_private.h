/*
 * source_db_private: what the files of source_db share.
 */
#ifndef SOURCE_DB_PRIVATE_H
#define SOURCE_DB_PRIVATE_H

#include "source.h"

#include "notice.h"
#include "pick.h"
#include "query.h"

struct source_db {
	struct source source;
	char *path;
	struct notice *notice;
	struct sql *sql;    /* read-only */
	struct sql *writer; /* opened when it is needed */
};

/* Says whose fault it is; returns the err. */
enum err source_db_blame(const struct source_db *, enum err, struct failure *);

/* Waits for the index of a running server, or makes it. A file that cannot be
   written to is shown as it is. */
void source_db_catch_up(struct source_db *);

/* A request with its query read; query_free() it. */
struct source_db_asked {
	struct pick_request pick;
	struct query *query;
};
enum err source_db_read_query(
    struct source_db_asked *, const struct source_request *, struct failure *);

/* Gives objects to a source_callback. */
struct source_db_telling {
	source_callback *callback;
	void *context;
	enum err err;
};

/* Takes the object; NULL is a lack of memory. False ends a walk. */
bool source_db_tell(struct source_db_telling *, json_t *);

/* A walk over what pick_message() finds, with words about an id. */
enum err source_db_pick_one(struct source_db *, const char *id, pick_callback *,
    void *context, struct failure *);

/* A pick_callback that keeps an int64_t, the seq. */
bool source_db_keep_seq(const struct pick_row *, void *context);

/* source_db_wait.c */
enum err source_db_wait(struct source *, const struct source_request *,
    int64_t timeout_us, json_t **out, struct failure *);
enum err source_db_now(struct source *, int64_t *seq, struct failure *);

/* source_db_session.c */
enum err source_db_sessions(struct source *, const struct source_request *,
    source_callback *, void *context, struct failure *);
enum err source_db_transcript(
    struct source *, const char *session, struct buf *out, struct failure *);
enum err source_db_transcript_json(struct source *, const char *session,
    source_callback *, void *context, struct failure *);
enum err source_db_session_findings(struct source *, const char *session,
    source_callback *, void *context, struct failure *);
enum err source_db_message_findings(struct source *, const char *id,
    source_callback *, void *context, struct failure *);
enum err source_db_stats(struct source *, const struct source_request *,
    json_t **out, struct failure *);

#endif
