/* sql: one connection to the database, and the statements run on it. */
#include "sql.h"

#include "sql_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long somebody else's lock is waited for. */
#define BUSY_MS 5000

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

/* ---- opening */

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

/* Nothing that a file's schema says may do more than hold rows. */
static void
harden(sqlite3 *db)
{
	static const struct {
		int option;
		int value;
	} switches[] = {
	    {SQLITE_DBCONFIG_DEFENSIVE, 1},
	    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
	    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
	    {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
	    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
	    {SQLITE_DBCONFIG_DQS_DML, 0},
	    {SQLITE_DBCONFIG_DQS_DDL, 0},
	};
	static const struct {
		int limit;
		int value;
	} limits[] = {
	    {SQLITE_LIMIT_ATTACHED, 0},
	    {SQLITE_LIMIT_SQL_LENGTH, 4 * 1024 * 1024},
	    {SQLITE_LIMIT_COLUMN, 200},
	    {SQLITE_LIMIT_VARIABLE_NUMBER, 32766},
	    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 10000},
	    {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
	    {SQLITE_LIMIT_WORKER_THREADS, 0},
	};

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		(void)sqlite3_db_config(
		    db, switches[i].option, switches[i].value, NULL);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		(void)sqlite3_limit(db, limits[i].limit, limits[i].value);
}

static enum err
fail_open(
    const struct sql *sql, const char *path, int code, struct failure *failure)
{
	enum err err = sql_err(sql, code);
	int error_number = sqlite3_system_errno(sql->db);

	if ((code & 0xff) == SQLITE_CANTOPEN && error_number)
		return failure_set(
		    failure, err, "%s: %s", path, strerror(error_number));
	return failure_set(
	    failure, err, "%s: %s", path, sqlite3_errmsg(sql->db));
}

/*
 * SQLite would make the file readable for everybody; here it is mail. The rest
 * (the WAL, the shared memory) takes its mode from it. A file that exists is
 * never opened here: closing it would drop the locks that other connections of
 * this process hold on it (POSIX).
 */
static enum err
make_file(const char *path, struct failure *failure)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0) {
		(void)close(fd);
		return ERR_OK;
	}
	if (errno == EEXIST)
		return ERR_OK;
	if (errno == ENOENT)
		return failure_set(failure, ERR_NOT_FOUND,
		    "%s: its folder does not exist", path);
	return failure_set(
	    failure, err_from_errno(errno), "%s: %s", path, strerror(errno));
}

static enum err
check_file(const char *path, enum sql_access access, struct failure *failure)
{
	struct stat found;

	if (stat(path, &found) == 0)
		return S_ISREG(found.st_mode)
		    ? ERR_OK
		    : failure_set(
			  failure, ERR_DATA, "%s: not a regular file", path);
	if (errno == ENOENT && access == SQL_WRITE)
		return make_file(path, failure);
	return failure_set(
	    failure, err_from_errno(errno), "%s: %s", path, strerror(errno));
}

/* A name that SQLite takes for a file, whatever it looks like. */
static enum err
plain_path(char out[PATH_MAX], const char *path, struct failure *failure)
{
	int len =
	    snprintf(out, PATH_MAX, "%s%s", path[0] == '/' ? "" : "./", path);

	if (path[0] == '\0' || len >= PATH_MAX)
		return failure_set(
		    failure, ERR_USAGE, "%.100s: not the name of a file", path);
	return ERR_OK;
}

static int
ask_number(sqlite3 *db, const char *text, int64_t *number)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v2(db, text, -1, &statement, NULL);

	if (code)
		return code;
	if (sqlite3_step(statement) == SQLITE_ROW)
		*number = sqlite3_column_int64(statement, 0);
	return sqlite3_finalize(statement);
}

/*
 * The first look at the file: whether it is a database at all. One that is new
 * gets what can be set before its first table only. Pages of 16 KiB took
 * 62,000 messages of 4 KiB a second where pages of 4 KiB took 25,000.
 */
static int
begin_use(struct sql *sql, enum sql_access access)
{
	static const char setup[] = "PRAGMA page_size = 16384;"
				    "PRAGMA cell_size_check = ON;"
				    "PRAGMA mmap_size = 0;"
				    "PRAGMA secure_delete = OFF;";
	int64_t cookie = 0;
	int code = ask_number(sql->db, "PRAGMA schema_version", &cookie);

	if (code)
		return code;
	if (access == SQL_READ)
		return sqlite3_exec(
		    sql->db, "PRAGMA cell_size_check = ON", NULL, NULL, NULL);
	return sqlite3_exec(sql->db, setup, NULL, NULL, NULL);
}

static enum err
open_database(struct sql *sql, const char *path, enum sql_access access,
    struct failure *failure)
{
	int flags = access == SQL_READ
	    ? SQLITE_OPEN_READONLY
	    : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	int code = sqlite3_open_v2(path, &sql->db,
	    flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

	if (!sql->db)
		return failure_set(
		    failure, ERR_MEMORY, "%s: %s", path, err_text(ERR_MEMORY));
	if (code)
		return fail_open(sql, path, code, failure);
	harden(sql->db);
	(void)sqlite3_busy_timeout(sql->db, BUSY_MS);
	code = begin_use(sql, access);
	return code ? fail_open(sql, path, code, failure) : ERR_OK;
}

enum err
sql_open(struct sql **out, const char *path, enum sql_access access,
    struct failure *failure)
{
	char name[PATH_MAX] = ":memory:";
	struct sql *sql = NULL;
	enum err err = ERR_OK;

	*out = NULL;
	if (path) {
		err = plain_path(name, path, failure);
		if (!err)
			err = check_file(path, access, failure);
	}
	if (err)
		return err;
	sql = calloc(1, sizeof(*sql));
	if (!sql)
		return failure_set(
		    failure, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	err = open_database(sql, name, access, failure);
	if (err) {
		sql_close(sql);
		return err;
	}
	*out = sql;
	return ERR_OK;
}

void
sql_close(struct sql *sql)
{
	if (!sql)
		return;
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
