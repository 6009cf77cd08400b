/* source_db: messages of a database file, whether a server runs on it or not.
 */
#include "source_db_private.h"

#include "api_message.h"
#include "clock.h"
#include "erase.h"
#include "index.h"
#include "mime.h"
#include "schema.h"
#include "txn.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A server that runs on the file indexes what it stores in that time; only what
   a killed one has left behind takes longer. */
#define INDEX_GRACE_US (CLOCK_SECOND / 10)

static struct source_db *
own(struct source *source)
{
	return (struct source_db *)source;
}

enum err
source_db_blame(const struct source_db *db, enum err err, struct failure *f)
{
	if (err)
		(void)failure_set(f, err, "%s: %s", db->path, err_text(err));
	return err;
}

static enum err
blame_id(enum err err, const char *id, struct failure *f)
{
	if (err == ERR_NOT_FOUND)
		return failure_set(f, err, "%s: there is no such message", id);
	if (err == ERR_GONE)
		return failure_set(f, err, "%s: the message was removed", id);
	return failure_set(f, err, "%s: %s", id, err_text(err));
}

/* ---- opening */

static enum err
open_writer(struct source_db *db, struct failure *f)
{
	enum err err;

	if (db->writer)
		return ERR_OK;
	err = sql_open(&db->writer, db->path, SQL_WRITE, f);
	if (!err)
		err = schema_migrate(db->writer, f);
	if (err) {
		sql_close(db->writer);
		db->writer = NULL;
	}
	return err;
}

/* A file of an older version is brought to this one, where that may be. */
static enum err
open_reader(struct source_db *db, struct failure *f)
{
	struct failure why = {""};
	enum err err;

	if (access(db->path, F_OK) != 0)
		return failure_set(f, ERR_NOT_FOUND,
		    "%s: there is no such database; \"mailstop serve\" makes it",
		    db->path);
	err = sql_open(&db->sql, db->path, SQL_READ, f);
	if (err)
		return err;
	err = schema_check(db->sql, f);
	if (err == ERR_VERSION && open_writer(db, &why) == ERR_OK)
		err = schema_check(db->sql, f);
	return err;
}

static void
close_db(struct source *source)
{
	struct source_db *db = own(source);

	notice_close(db->notice);
	if (db->sql)
		sql_close(db->sql);
	if (db->writer)
		sql_close(db->writer);
	free(db->path);
	free(db);
}

/* ---- the index */

static bool
is_behind(struct source_db *db, int64_t *first)
{
	uint64_t count = 0;

	return index_backlog(db->sql, &count, first) == ERR_OK && count > 0;
}

void
source_db_catch_up(struct source_db *db)
{
	int64_t before = -1;
	int64_t first;

	while (is_behind(db, &first)) {
		struct failure f;

		if (first != before) {
			before = first;
			notice_wait(
			    db->notice, clock_mono_us() + INDEX_GRACE_US);
			continue;
		}
		if (open_writer(db, &f) == ERR_OK)
			(void)index_catch_up(db->writer);
		return;
	}
}

/* ---- queries */

enum err
source_db_read_query(struct source_db_asked *asked,
    const struct source_request *request, struct failure *f)
{
	char zone[SOURCE_ZONE_SIZE];
	struct query_options options = {.dialect = QUERY_OWN,
	    .zone = source_zone(zone),
	    .now_us = clock_wall_us()};
	struct query_error error = {.offset = 0};

	*asked = (struct source_db_asked){
	    .pick =
		{
		    .inbox = request->inbox,
		    .after = request->after,
		    .before = request->before,
		    .limit = request->limit,
		    .oldest_first = request->order == SOURCE_OLDEST_FIRST,
		},
	};
	asked->query =
	    query_parse(span_string(request->query ? request->query : ""),
		&options, &error);
	if (!asked->query)
		return failure_set(f, ERR_USAGE, "\"%s\": at %zu: %s",
		    request->query, error.offset + 1,
		    error.text[0] ? error.text : err_text(ERR_MEMORY));
	asked->pick.query = asked->query;
	return ERR_OK;
}

bool
source_db_tell(struct source_db_telling *telling, json_t *object)
{
	bool goes_on;

	if (!object) {
		telling->err = ERR_MEMORY;
		return false;
	}
	goes_on = telling->callback(object, telling->context);
	json_decref(object);
	return goes_on;
}

static bool
tell_message(const struct pick_row *row, void *context)
{
	return source_db_tell(context, api_message(row));
}

static enum err
list(struct source *source, const struct source_request *request,
    source_callback *callback, void *context, struct failure *f)
{
	struct source_db *db = own(source);
	struct source_db_telling telling = {callback, context, ERR_OK};
	struct source_db_asked asked;
	enum err err = source_db_read_query(&asked, request, f);

	if (err)
		return err;
	source_db_catch_up(db);
	err = pick_messages(db->sql, &asked.pick, tell_message, &telling);
	query_free(asked.query);
	return source_db_blame(db, err ? err : telling.err, f);
}

/* ---- one message */

static bool
keep_object(const struct pick_row *row, void *context)
{
	json_t **out = context;

	*out = api_message(row);
	return false;
}

enum err
source_db_pick_one(struct source_db *db, const char *id,
    pick_callback *callback, void *context, struct failure *f)
{
	enum err err = pick_message(db->sql, id, callback, context);

	return err ? blame_id(err, id, f) : ERR_OK;
}

static enum err
get(struct source *source, const char *id, json_t **out, struct failure *f)
{
	enum err err;

	*out = NULL;
	source_db_catch_up(own(source));
	err = source_db_pick_one(own(source), id, keep_object, out, f);
	return err || *out ? err : blame_id(ERR_MEMORY, id, f);
}

bool
source_db_keep_seq(const struct pick_row *row, void *context)
{
	int64_t *seq = context;

	*seq = row->seq;
	return false;
}

struct filling {
	struct spool *spool;
	enum err err;
};

static bool
fill(struct span piece, void *context)
{
	struct filling *filling = context;

	filling->err = spool_put(filling->spool, piece);
	return filling->err == ERR_OK;
}

static enum err
raw(struct source *source, const char *id, struct spool *out, struct failure *f)
{
	struct source_db *db = own(source);
	struct filling filling = {out, ERR_OK};
	int64_t seq = 0;
	enum err err = source_db_pick_one(db, id, source_db_keep_seq, &seq, f);

	if (err)
		return err;
	err = pick_body(db->sql, seq, fill, &filling);
	if (!err)
		err = filling.err;
	return err ? blame_id(err, id, f) : ERR_OK;
}

/* ---- removing */

/* Work inside one transaction of the writer. */
static enum err
change(struct source_db *db,
    enum err (*work)(struct source_db *, void *context, struct failure *),
    void *context, struct failure *f)
{
	enum err err = open_writer(db, f);

	if (err)
		return err;
	err = source_db_blame(db, txn_begin(db->writer), f);
	if (err)
		return err;
	err = work(db, context, f);
	if (err) {
		txn_rollback(db->writer);
		return err;
	}
	return source_db_blame(db, txn_commit(db->writer), f);
}

/* Of so many messages the rest is erased in one transaction. */
#define ERASE_STEP 1000

struct removal {
	const struct pick_request *pick;
	uint64_t count;
};

static enum err
remove_picked(struct source_db *db, void *context, struct failure *f)
{
	struct removal *removal = context;

	return source_db_blame(db,
	    pick_remove(db->writer, removal->pick, NULL, NULL, &removal->count),
	    f);
}

static enum err
remove_matching(struct source *source, const struct source_request *request,
    uint64_t *count, struct failure *f)
{
	struct source_db *db = own(source);
	struct source_db_asked asked;
	struct removal removal = {&asked.pick, 0};
	enum err err = source_db_read_query(&asked, request, f);

	if (err)
		return err;
	source_db_catch_up(db);
	err = change(db, remove_picked, &removal, f);
	/* What is not done here is done by the next server. */
	while (!err && erase_step(db->writer, ERASE_STEP) == ERR_OK)
		;
	query_free(asked.query);
	*count = removal.count;
	return err;
}

/* By its number, which no other message ever has. */
static struct pick_request
only(int64_t seq)
{
	return (struct pick_request){
	    .after = seq - 1, .before = seq + 1, .all_states = true};
}

static enum err
remove_one(struct source *source, const char *id, struct failure *f)
{
	struct pick_request pick;
	struct removal removal = {&pick, 0};
	int64_t seq = 0;
	enum err err =
	    source_db_pick_one(own(source), id, source_db_keep_seq, &seq, f);

	if (err)
		return err;
	pick = only(seq);
	return change(own(source), remove_picked, &removal, f);
}

/* Read and removed in one transaction: nobody else gets them. */
struct taking {
	struct pick_request *pick;
	json_t *messages;
};

static enum err
take_picked(struct source_db *db, void *context, struct failure *f)
{
	struct taking *taking = context;
	json_t *message;
	size_t i;
	enum err err = pick_messages(
	    db->writer, taking->pick, api_add_message, taking->messages);

	json_array_foreach(taking->messages, i, message)
	{
		struct pick_request one =
		    only(json_integer_value(json_object_get(message, "seq")));
		uint64_t count;

		if (!err)
			err = pick_remove(db->writer, &one, NULL, NULL, &count);
	}
	return source_db_blame(db, err, f);
}

static enum err
take(struct source *source, const struct source_request *request,
    source_callback *callback, void *context, struct failure *f)
{
	struct source_db *db = own(source);
	struct source_db_asked asked;
	struct taking taking = {&asked.pick, json_array()};
	json_t *message;
	size_t i;
	enum err err = source_db_read_query(&asked, request, f);

	if (!err) {
		asked.pick.oldest_first = true;
		source_db_catch_up(db);
		err = change(db, take_picked, &taking, f);
		query_free(asked.query);
	}
	json_array_foreach(taking.messages, i,
	    message) if (err || !callback(message, context)) break;
	json_decref(taking.messages);
	return err;
}

/* ---- the whole */

static const struct source_kind kind = {
    .list = list,
    .get = get,
    .raw = raw,
    .remove = remove_matching,
    .remove_one = remove_one,
    .take = take,
    .wait = source_db_wait,
    .now = source_db_now,
    .sessions = source_db_sessions,
    .transcript = source_db_transcript,
    .transcript_json = source_db_transcript_json,
    .session_findings = source_db_session_findings,
    .message_findings = source_db_message_findings,
    .stats = source_db_stats,
    .close = close_db,
};

enum err
source_db_open(struct source **out, const char *path, struct failure *f)
{
	struct source_db *db = calloc(1, sizeof(*db));
	enum err err = ERR_MEMORY;

	*out = NULL;
	if (!db)
		return failure_set(f, err, "%s", err_text(err));
	db->source.kind = &kind;
	db->path = strdup(path);
	if (db->path)
		err = notice_open(&db->notice, path);
	if (err)
		(void)failure_set(f, err, "%s", err_text(err));
	else
		err = open_reader(db, f);
	if (err) {
		close_db(&db->source);
		return err;
	}
	mime_init();
	*out = &db->source;
	return ERR_OK;
}
