/* source_db_wait: waiting for messages of a database file. */
#include "source_db_private.h"

#include "api_message.h"
#include "api_near.h"
#include "clock.h"

static struct source_db *
own(struct source *source)
{
	return (struct source_db *)source;
}

static enum err
newest(struct source_db *db, int64_t *seq)
{
	struct pick_request pick = {.limit = 1, .all_states = true};

	*seq = 0;
	return pick_messages(db->sql, &pick, source_db_keep_seq, seq);
}

enum err
source_db_now(struct source *source, int64_t *seq, struct failure *f)
{
	return source_db_blame(own(source), newest(own(source), seq), f);
}

/* It is another one after each commit of another connection. */
static int64_t
data_version(struct source_db *db)
{
	struct sql_row *row;
	int64_t version = -1;

	if (sql_start(db->sql, &row, "PRAGMA data_version"))
		return -1;
	if (sql_step(row) == ERR_OK)
		version = sql_number(row, 0);
	(void)sql_done(row);
	return version;
}

/* What matches now, and the cursor behind it. */
static enum err
look(struct source_db *db, const struct pick_request *pick, json_t *messages,
    int64_t *seq)
{
	size_t count;
	enum err err;

	(void)json_array_clear(messages);
	source_db_catch_up(db);
	err = newest(db, seq);
	if (!err)
		err = pick_messages(db->sql, pick, api_add_message, messages);
	count = json_array_size(messages);
	if (pick->limit > 0 && count >= pick->limit)
		*seq = json_integer_value(json_object_get(
		    json_array_get(messages, count - 1), "seq"));
	return err;
}

static enum err
look_until(struct source_db *db, const struct pick_request *pick,
    int64_t deadline_us, json_t *messages, int64_t *seq)
{
	for (;;) {
		int64_t version = data_version(db);
		enum err err = look(db, pick, messages, seq);

		if (err || json_array_size(messages) >= pick->limit)
			return err;
		while (data_version(db) == version) {
			if (clock_mono_us() >= deadline_us)
				return ERR_NOT_FOUND;
			notice_wait(db->notice, deadline_us);
		}
	}
}

enum err
source_db_wait(struct source *source, const struct source_request *request,
    int64_t timeout_us, json_t **out, struct failure *f)
{
	struct source_db *db = own(source);
	int64_t deadline_us = clock_mono_us() + timeout_us;
	json_t *messages = json_array();
	json_t *near = NULL;
	struct source_db_asked asked;
	int64_t seq = 0;
	enum err err = source_db_read_query(&asked, request, f);

	*out = NULL;
	if (err) {
		json_decref(messages);
		return err;
	}
	asked.pick.oldest_first = true;
	err = look_until(db, &asked.pick, deadline_us, messages, &seq);
	if (err == ERR_NOT_FOUND) {
		near = json_array();
		(void)api_near(db->sql, &asked.pick, near);
	}
	query_free(asked.query);
	*out = json_pack(
	    "{s:o, s:I}", "messages", messages, "seq", (json_int_t)seq);
	if (near)
		(void)json_object_set_new(*out, "near", near);
	if (err == ERR_NOT_FOUND)
		return failure_set(f, err, "the time is over");
	return source_db_blame(db, *out ? err : ERR_MEMORY, f);
}
