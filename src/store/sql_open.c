/* sql_open: opening a connection to a file or to memory; a part of sql.h. */
#include "sql_private.h"
#include "vfs.h"
#include "vfs_memory.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long somebody else's lock is waited for, if nobody says otherwise. */
#define BUSY_US ((int64_t)5 * 1000 * 1000)

/* Every byte of a path may take three. */
#define URI_SIZE (3 * PATH_MAX + 64)

static int
note_commit(void *context, sqlite3 *db, const char *name, int pages)
{
	struct sql *sql = context;

	(void)db;
	(void)name;
	sql->wal_pages = (unsigned)pages;
	return SQLITE_OK;
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

	if (err == ERR_READONLY)
		return failure_set(
		    failure, err, "%s: %s", path, err_text(ERR_READONLY));
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
		return failure_set(failure, ERR_READONLY,
		    "%s: its folder does not exist", path);
	return failure_set(
	    failure, err_from_making(errno), "%s: %s", path, strerror(errno));
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
				    "PRAGMA secure_delete = OFF;"
				    "PRAGMA cache_size = -8192;"
				    "PRAGMA journal_size_limit = 67108864;";
	int64_t cookie = 0;
	int code = ask_number(sql->db, "PRAGMA schema_version", &cookie);

	if (code)
		return code;
	if (access == SQL_READ)
		return sqlite3_exec(
		    sql->db, "PRAGMA cell_size_check = ON", NULL, NULL, NULL);
	return sqlite3_exec(sql->db, setup, NULL, NULL, NULL);
}

/* Where a database is, for SQLite and for a person. */
struct place {
	const char *name;
	const char *shown;
	const char *vfs;    /* NULL: SQLite's default */
	int flags;          /* of sqlite3_open_v2() */
	bool keeps_nothing; /* on disk, not for a moment */
};

static bool
needs_more(int code)
{
	return (code & 0xff) == SQLITE_CANTOPEN ||
	    (code & 0xff) == SQLITE_READONLY;
}

static int
connect_to(struct sql *sql, const struct place *place, enum sql_access access)
{
	int code = sqlite3_open_v2(place->name, &sql->db,
	    place->flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
	    place->vfs);

	if (code || !sql->db)
		return sql->db ? code : SQLITE_NOMEM;
	harden(sql->db);
	sql_set_patience(sql, BUSY_US);
	/* In place of SQLite's own hook, which checkpoints. */
	(void)sqlite3_wal_hook(sql->db, note_commit, sql);
	code = sql_add_functions(sql->db);
	if (!code)
		code = begin_use(sql, access);
	if (!code && place->keeps_nothing)
		code = sqlite3_exec(
		    sql->db, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
	/* What may not be written SQLite opens for reading, without a word, and
	   then it may miss the WAL, which it cannot make. */
	if ((!code || needs_more(code)) && access == SQL_WRITE &&
	    sqlite3_db_readonly(sql->db, "main") == 1)
		code = SQLITE_READONLY;
	return code;
}

/* Appends the path as a URI has it. False when there is no room. */
static bool
put_uri(char out[URI_SIZE], const char *path)
{
	static const char plain[] = "/._-~";
	int at = snprintf(out, URI_SIZE, "file:");

	for (; *path && at < URI_SIZE - 32; path++) {
		unsigned char byte = (unsigned char)*path;
		bool is_plain = isalnum(byte) || strchr(plain, byte);

		at += snprintf(out + at, 4, is_plain ? "%c" : "%%%02X", byte);
	}
	(void)snprintf(out + at, 32, "?immutable=1");
	return *path == '\0';
}

static bool
has_wal(const char *path)
{
	char wal[PATH_MAX + 8];
	struct stat found;

	(void)snprintf(wal, sizeof(wal), "%s-wal", path);
	return stat(wal, &found) == 0 && found.st_size > 0;
}

/*
 * Reading takes a WAL and shared memory beside the file. Where they cannot be
 * made (a medium that is read-only, somebody else's folder), and nobody has
 * left any, the file does not change either.
 */
static int
connect_to_still(struct sql *sql, const struct place *place)
{
	char uri[URI_SIZE];
	struct place still = *place;

	if (has_wal(place->name) || !put_uri(uri, place->name))
		return SQLITE_CANTOPEN;
	(void)sqlite3_close(sql->db);
	still.name = uri;
	still.flags |= SQLITE_OPEN_URI;
	return connect_to(sql, &still, SQL_READ);
}

static enum err
open_place(struct sql **out, struct place *place, enum sql_access access,
    struct failure *failure)
{
	struct sql *sql = calloc(1, sizeof(*sql));
	enum err err = ERR_OK;
	int code;

	if (!sql)
		return failure_set(
		    failure, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	sql->access = access;
	place->flags |= access == SQL_READ
	    ? SQLITE_OPEN_READONLY
	    : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	code = connect_to(sql, place, access);
	if (access == SQL_READ && needs_more(code))
		code = connect_to_still(sql, place);
	if (code && !sql->db)
		err = failure_set(failure, ERR_MEMORY, "%s: %s", place->shown,
		    err_text(ERR_MEMORY));
	else if (code)
		err = fail_open(sql, place->shown, code, failure);
	if (err) {
		sql_close(sql);
		return err;
	}
	*out = sql;
	return ERR_OK;
}

enum err
sql_open(struct sql **out, const char *path, enum sql_access access,
    struct failure *failure)
{
	char name[PATH_MAX] = ":memory:";
	struct place place = {.name = name,
	    .shown = path ? path : "memory",
	    .keeps_nothing = !path};
	enum err err = ERR_OK;

	*out = NULL;
	if (path) {
		err = plain_path(name, path, failure);
		if (!err)
			err = check_file(path, access, failure);
		if (access == SQL_WRITE)
			place.vfs = vfs_name();
	}
	return err ? err : open_place(out, &place, access, failure);
}

enum err
sql_open_memory(struct sql **out, const struct vfs_memory *memory,
    enum sql_access access, struct failure *failure)
{
	struct place place = {.name = "mail",
	    .shown = vfs_memory_place(memory),
	    .vfs = vfs_memory_name(memory),
	    .keeps_nothing = true};

	*out = NULL;
	return open_place(out, &place, access, failure);
}
