/* sql: one connection to the database, and the statements run on it. */
#include "sql.h"

#include "sql_private.h"

#include <stdlib.h>
#include <string.h>

/* Virtual machine steps between two looks at must_stop(). */
#define STOP_STEPS 10000

enum row_use { ROW_IDLE, ROW_USED, ROW_ONCE };

struct sql_row {
	struct sql *sql;
	sqlite3_stmt *statement;
	const char *text; /* of those that are kept: the key */
	enum row_use use;
	int code; /* of binding, then of the last step */
};

/* ---- errors */

static enum err
err_of_system(const struct sql *sql)
{
	enum err err = err_from_errno(sqlite3_system_errno(sql->db));

	return err == ERR_OK ? ERR_IO : err;
}

static enum err
err_of_constraint(int code)
{
	switch (code) {
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_ROWID:
		return ERR_EXISTS;
	default:
		return ERR_DATA;
	}
}

static enum err
err_of_io(const struct sql *sql, int code)
{
	if (code == SQLITE_IOERR_NOMEM)
		return ERR_MEMORY;
	/* A sync may be what finds out that there is no space. */
	return err_of_system(sql) == ERR_FULL ? ERR_FULL : ERR_IO;
}

enum err
sql_err(const struct sql *sql, int code)
{
	static const struct {
		int code;
		enum err err;
	} kinds[] = {
	    {SQLITE_OK, ERR_OK},
	    {SQLITE_ROW, ERR_OK},
	    {SQLITE_DONE, ERR_NOT_FOUND},
	    {SQLITE_NOMEM, ERR_MEMORY},
	    {SQLITE_FULL, ERR_FULL},
	    {SQLITE_BUSY, ERR_BUSY},
	    {SQLITE_LOCKED, ERR_BUSY},
	    {SQLITE_PROTOCOL, ERR_BUSY},
	    {SQLITE_READONLY, ERR_READONLY},
	    {SQLITE_CORRUPT, ERR_CORRUPT},
	    {SQLITE_NOTADB, ERR_CORRUPT},
	    {SQLITE_FORMAT, ERR_CORRUPT},
	    {SQLITE_PERM, ERR_PERMISSION},
	    {SQLITE_AUTH, ERR_PERMISSION},
	    {SQLITE_TOOBIG, ERR_LIMIT},
	    {SQLITE_INTERRUPT, ERR_STOPPED},
	};

	switch (code & 0xff) {
	case SQLITE_IOERR:
		return err_of_io(sql, code);
	case SQLITE_CANTOPEN:
		return err_of_system(sql);
	case SQLITE_CONSTRAINT:
		return err_of_constraint(code);
	default:
		break;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].code == (code & 0xff))
			return kinds[i].err;
	}
	return ERR_DATA;
}

const char *
sql_error_text(const struct sql *sql)
{
	return sqlite3_errmsg(sql->db);
}

/* ---- the connection */

static int
ask_to_stop(void *context)
{
	struct sql *sql = context;

	return sql->must_stop(sql->stop_context);
}

void
sql_set_stop(struct sql *sql, bool (*must_stop)(void *context), void *context)
{
	sql->must_stop = must_stop;
	sql->stop_context = context;
	sqlite3_progress_handler(
	    sql->db, STOP_STEPS, must_stop ? ask_to_stop : NULL, sql);
}

void
sql_set_patience(struct sql *sql, int64_t us)
{
	(void)sqlite3_busy_timeout(sql->db, (int)(us / 1000));
}

unsigned
sql_wal_pages(const struct sql *sql)
{
	return sql->wal_pages;
}

enum err
sql_checkpoint(struct sql *sql)
{
	int pages = 0;
	int done = 0;
	int code = sqlite3_wal_checkpoint_v2(
	    sql->db, "main", SQLITE_CHECKPOINT_PASSIVE, &pages, &done);

	if (!code && pages == done)
		sql->wal_pages = 0;
	return sql_err(sql, code);
}

enum err
sql_vacuum(struct sql *sql)
{
	enum err err;

	/* It attaches the new database for as long as it takes. */
	(void)sqlite3_limit(sql->db, SQLITE_LIMIT_ATTACHED, 1);
	err = sql_exec(sql, "VACUUM");
	(void)sqlite3_limit(sql->db, SQLITE_LIMIT_ATTACHED, 0);
	return err;
}

int64_t *
sql_marks(struct sql *sql)
{
	return sql->marks;
}

void *
sql_companion(const struct sql *sql, enum sql_companion which)
{
	return sql->companions[which].object;
}

void
sql_set_companion(struct sql *sql, enum sql_companion which, void *companion,
    void (*release)(void *companion))
{
	sql->companions[which].object = companion;
	sql->companions[which].release = release;
}

bool
sql_reads_only(const struct sql *sql)
{
	return sql->access == SQL_READ;
}

void
sql_close(struct sql *sql)
{
	if (!sql)
		return;
	for (int i = 0; i < SQL_COMPANIONS; i++)
		if (sql->companions[i].object)
			sql->companions[i].release(sql->companions[i].object);
	sql_blob_done(sql);
	for (size_t i = 0; i < SQL_KEPT_SLOTS; i++) {
		if (sql->kept[i])
			(void)sqlite3_finalize(sql->kept[i]->statement);
		free(sql->kept[i]);
	}
	(void)sqlite3_close_v2(sql->db);
	free(sql);
}

/* ---- statements */

enum err
sql_exec(struct sql *sql, const char *statements)
{
	sql_blob_done(sql);
	return sql_err(
	    sql, sqlite3_exec(sql->db, statements, NULL, NULL, NULL));
}

static enum err
prepare(struct sql *sql, struct sql_row **out, const char *text,
    unsigned prepare_flags)
{
	struct sql_row *row = calloc(1, sizeof(*row));
	int code;

	if (!row)
		return ERR_MEMORY;
	code = sqlite3_prepare_v3(
	    sql->db, text, -1, prepare_flags, &row->statement, NULL);
	if (code) {
		free(row);
		return sql_err(sql, code);
	}
	row->sql = sql;
	*out = row;
	return ERR_OK;
}

/* Where that text is kept, or would be. */
static struct sql_row **
slot_of(struct sql *sql, const char *text)
{
	size_t at = (size_t)(((uintptr_t)text >> 3) * 0x9e3779b1u);

	while (sql->kept[at % SQL_KEPT_SLOTS] &&
	    sql->kept[at % SQL_KEPT_SLOTS]->text != text)
		at++;
	return &sql->kept[at % SQL_KEPT_SLOTS];
}

enum err
sql_start_once(struct sql *sql, struct sql_row **out, const char *text)
{
	enum err err;

	*out = NULL;
	sql_blob_done(sql);
	err = prepare(sql, out, text, 0);
	if (!err)
		(*out)->use = ROW_ONCE;
	return err;
}

enum err
sql_start(struct sql *sql, struct sql_row **out, const char *text)
{
	struct sql_row **slot = slot_of(sql, text);
	struct sql_row *row = *slot;
	enum err err;

	/* It may be running already, further up the stack. */
	if ((row && row->use == ROW_USED) ||
	    (!row && sql->kept_count >= SQL_KEPT_SLOTS / 2))
		return sql_start_once(sql, out, text);
	*out = NULL;
	sql_blob_done(sql);
	if (!row) {
		err = prepare(sql, &row, text, SQLITE_PREPARE_PERSISTENT);
		if (err)
			return err;
		row->text = text;
		*slot = row;
		sql->kept_count++;
	}
	row->use = ROW_USED;
	row->code = SQLITE_OK;
	*out = row;
	return ERR_OK;
}

/* The first mistake is the one to tell. */
static void
note(struct sql_row *row, int code)
{
	if (row->code == SQLITE_OK)
		row->code = code;
}

void
sql_bind_span(struct sql_row *row, int index, struct span text)
{
	/* A NULL pointer would be a NULL value. */
	note(row,
	    sqlite3_bind_text64(row->statement, index, text.at ? text.at : "",
		text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void
sql_bind_blob(struct sql_row *row, int index, struct span bytes)
{
	note(row,
	    sqlite3_bind_blob64(row->statement, index, bytes.at ? bytes.at : "",
		bytes.len, SQLITE_STATIC));
}

void
sql_bind_zeros(struct sql_row *row, int index, uint64_t len)
{
	note(row, sqlite3_bind_zeroblob64(row->statement, index, len));
}

void
sql_bind_number(struct sql_row *row, int index, int64_t number)
{
	note(row, sqlite3_bind_int64(row->statement, index, number));
}

void
sql_bind_null(struct sql_row *row, int index)
{
	note(row, sqlite3_bind_null(row->statement, index));
}

enum err
sql_step(struct sql_row *row)
{
	if (row->code == SQLITE_OK || row->code == SQLITE_ROW)
		row->code = sqlite3_step(row->statement);
	return sql_err(row->sql, row->code);
}

int64_t
sql_number(const struct sql_row *row, int column)
{
	return sqlite3_column_int64(row->statement, column);
}

struct span
sql_span(const struct sql_row *row, int column)
{
	const char *at = sqlite3_column_blob(row->statement, column);
	int len = sqlite3_column_bytes(row->statement, column);

	return at ? span_make(at, (size_t)len) : SPAN("");
}

bool
sql_is_null(const struct sql_row *row, int column)
{
	return sqlite3_column_type(row->statement, column) == SQLITE_NULL;
}

void
sql_again(struct sql_row *row)
{
	if (row->code != SQLITE_ROW && row->code != SQLITE_DONE)
		return;
	(void)sqlite3_reset(row->statement);
	row->code = SQLITE_OK;
}

enum err
sql_done(struct sql_row *row)
{
	enum err err;

	if (!row)
		return ERR_OK;
	err = sql_err(row->sql, row->code);
	if (row->use == ROW_ONCE) {
		(void)sqlite3_finalize(row->statement);
		free(row);
	} else {
		(void)sqlite3_reset(row->statement);
		(void)sqlite3_clear_bindings(row->statement);
		row->use = ROW_IDLE;
	}
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err
sql_run(struct sql *sql, const char *text)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (!err)
		(void)sql_step(row);
	return err ? err : sql_done(row);
}

uint64_t
sql_changes(const struct sql *sql)
{
	return (uint64_t)sqlite3_changes64(sql->db);
}
