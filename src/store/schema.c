/* schema: the tables of the database, and the way from older versions. */
#include "schema.h"

#include "schema_text.h"

#include <stdio.h>

enum owner { OWNER_NOBODY, OWNER_US, OWNER_OTHER };

struct state {
	enum owner owner;
	int64_t version;
};

int
schema_version(void)
{
	return schema_text_count;
}

static enum err
ask_number(struct sql *sql, const char *text, int64_t *number)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	if (sql_step(row) == ERR_OK)
		*number = sql_number(row, 0);
	return sql_done(row);
}

/* A database without tables and marks is nobody's: it may become ours. */
static enum err
look(struct sql *sql, struct state *state)
{
	int64_t mark = 0;
	int64_t tables = 0;
	enum err err = ask_number(sql, "PRAGMA application_id", &mark);

	if (!err)
		err = ask_number(sql, "PRAGMA user_version", &state->version);
	if (!err)
		err = ask_number(
		    sql, "SELECT count(*) FROM sqlite_schema", &tables);
	if (mark == SCHEMA_APPLICATION_ID)
		state->owner = OWNER_US;
	else if (mark == 0 && state->version == 0 && tables == 0)
		state->owner = OWNER_NOBODY;
	else
		state->owner = OWNER_OTHER;
	return err;
}

static enum err
fail(struct sql *sql, enum err err, struct failure *failure)
{
	return failure_set(
	    failure, err, "%s: %s", err_text(err), sql_error_text(sql));
}

/* What can be said of a file's owner and version before it is touched. */
static enum err
judge(struct sql *sql, struct state *state, struct failure *failure)
{
	enum err err = look(sql, state);

	if (err)
		return fail(sql, err, failure);
	if (state->owner == OWNER_OTHER)
		return failure_set(
		    failure, ERR_DATA, "a database, but not one of mailstop's");
	if (state->version > schema_text_count)
		return failure_set(failure, ERR_VERSION,
		    "written by a newer mailstop (format %lld, this one knows "
		    "up to %d)",
		    (long long)state->version, schema_text_count);
	return ERR_OK;
}

/* A reader never blocks the writer with WAL, and only with it. */
static enum err
ask_for_wal(struct sql *sql, struct failure *failure)
{
	struct sql_row *row;
	struct span mode = SPAN("");
	bool is_wal = false;
	enum err err = sql_start(sql, &row, "PRAGMA journal_mode = WAL");

	if (err)
		return fail(sql, err, failure);
	if (sql_step(row) == ERR_OK)
		mode = sql_span(row, 0);
	is_wal =
	    span_equal(mode, SPAN("wal")) || span_equal(mode, SPAN("memory"));
	err = sql_done(row);
	if (err)
		return fail(sql, err, failure);
	if (!is_wal)
		return failure_set(failure, ERR_UNAVAILABLE,
		    "this file system cannot share memory between programs "
		    "(WAL); use a local disk");
	return ERR_OK;
}

static enum err
take_step(struct sql *sql, int64_t version)
{
	char marks[128];
	enum err err = sql_exec(sql, schema_text[version]);

	(void)snprintf(marks, sizeof(marks),
	    "PRAGMA application_id = %d; PRAGMA user_version = %lld",
	    SCHEMA_APPLICATION_ID, (long long)version + 1);
	return err ? err : sql_exec(sql, marks);
}

static enum err
take_steps(struct sql *sql, int64_t version, struct failure *failure)
{
	for (; version < schema_text_count; version++) {
		enum err err = take_step(sql, version);

		if (err)
			return fail(sql, err, failure);
	}
	return ERR_OK;
}

/* All steps or none, with one sync. Another program may have come first: what
   counts is seen under the lock. */
static enum err
migrate(struct sql *sql, struct failure *failure)
{
	struct state state = {OWNER_NOBODY, 0};
	enum err err = sql_exec(sql, "BEGIN IMMEDIATE");

	if (err)
		return fail(sql, err, failure);
	err = judge(sql, &state, failure);
	if (!err)
		err = take_steps(sql, state.version, failure);
	if (!err) {
		err = sql_exec(sql, "COMMIT");
		if (!err)
			return ERR_OK;
		(void)fail(sql, err, failure);
	}
	(void)sql_exec(sql, "ROLLBACK");
	return err;
}

enum err
schema_migrate(struct sql *sql, struct failure *failure)
{
	struct state state = {OWNER_NOBODY, 0};
	enum err err = judge(sql, &state, failure);

	/* A journal guards what was there before: of a new file there is
	   nothing, and to make, sync and remove one is half of a start. */
	if (!err && state.owner == OWNER_NOBODY)
		err = sql_exec(sql, "PRAGMA journal_mode = MEMORY");
	if (!err)
		err = ask_for_wal(sql, failure);
	if (!err && state.version < schema_text_count)
		err = migrate(sql, failure);
	return err;
}

enum err
schema_check(struct sql *sql, struct failure *failure)
{
	struct state state = {OWNER_NOBODY, 0};
	enum err err = judge(sql, &state, failure);

	if (err)
		return err;
	if (state.owner == OWNER_NOBODY)
		return failure_set(
		    failure, ERR_DATA, "an empty database, without mail");
	if (state.version < schema_text_count)
		return failure_set(failure, ERR_VERSION,
		    "written by an older mailstop (format %lld, this one "
		    "reads %d): `mailstop serve` converts it",
		    (long long)state.version, schema_text_count);
	return ERR_OK;
}
