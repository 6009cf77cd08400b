/* sql_blob: incremental access to one blob; the part of sql.h on it. */
#include "sql_private.h"

#include <string.h>

void
sql_blob_done(struct sql *sql)
{
	(void)sqlite3_blob_close(sql->blob.handle);
	sql->blob.handle = NULL;
}

static bool
is_open(const struct sql_blob *blob, const struct sql_blob *wanted)
{
	return blob->handle && blob->rowid == wanted->rowid &&
	    blob->access == wanted->access &&
	    strcmp(blob->table, wanted->table) == 0 &&
	    strcmp(blob->column, wanted->column) == 0;
}

/* Makes it the open blob, if there is such a range in it. */
static enum err
open_blob(
    struct sql *sql, const struct sql_blob *wanted, uint64_t offset, size_t len)
{
	int code;
	uint64_t size;

	if (!is_open(&sql->blob, wanted)) {
		sql_blob_done(sql);
		sql->blob = *wanted;
		code = sqlite3_blob_open(sql->db, "main", wanted->table,
		    wanted->column, wanted->rowid,
		    wanted->access == SQL_BLOB_WRITE, &sql->blob.handle);
		if (code) {
			sql_blob_done(sql);
			/* SQLite calls a missing row a general error. */
			return code == SQLITE_ERROR ? ERR_NOT_FOUND
						    : sql_err(sql, code);
		}
	}
	size = (uint64_t)sqlite3_blob_bytes(sql->blob.handle);
	return offset > size || len > size - offset ? ERR_DATA : ERR_OK;
}

/* An ended one is closed: a pending write would be in COMMIT's way. */
static enum err
leave_blob(struct sql *sql, int code, uint64_t end)
{
	enum err err = sql_err(sql, code);

	if (code || end == (uint64_t)sqlite3_blob_bytes(sql->blob.handle))
		sql_blob_done(sql);
	return err;
}

enum err
sql_blob_write(struct sql *sql, const char *table, const char *column,
    int64_t rowid, uint64_t offset, struct span bytes)
{
	struct sql_blob wanted = {.table = table,
	    .column = column,
	    .rowid = rowid,
	    .access = SQL_BLOB_WRITE};
	enum err err = open_blob(sql, &wanted, offset, bytes.len);

	if (err)
		return err;
	return leave_blob(sql,
	    sqlite3_blob_write(
		sql->blob.handle, bytes.at, (int)bytes.len, (int)offset),
	    offset + bytes.len);
}

enum err
sql_blob_read(struct sql *sql, const char *table, const char *column,
    int64_t rowid, uint64_t offset, char *out, size_t size)
{
	struct sql_blob wanted = {.table = table,
	    .column = column,
	    .rowid = rowid,
	    .access = SQL_BLOB_READ};
	enum err err = open_blob(sql, &wanted, offset, size);

	if (err)
		return err;
	return leave_blob(sql,
	    sqlite3_blob_read(sql->blob.handle, out, (int)size, (int)offset),
	    offset + size);
}
