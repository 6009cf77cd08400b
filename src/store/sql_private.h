/* sql_private: what the parts of sql share with each other. */
#ifndef SQL_PRIVATE_H
#define SQL_PRIVATE_H

#include "sql.h"

#include <sqlite3.h>

/* A power of two, well above the number of texts in this program. */
#define SQL_KEPT_SLOTS ((size_t)512)

enum sql_blob_access { SQL_BLOB_READ, SQL_BLOB_WRITE };

/* The blob that was accessed last: opening one walks from its start. */
struct sql_blob {
	sqlite3_blob *handle; /* NULL: none */
	const char *table;
	const char *column;
	int64_t rowid;
	enum sql_blob_access access;
};

struct sql {
	sqlite3 *db;
	struct sql_blob blob;
	struct sql_row *kept[SQL_KEPT_SLOTS]; /* open addressing by pointer */
	size_t kept_count;
	bool (*must_stop)(void *context);
	void *stop_context;
	int64_t marks[SQL_MARKS];
	struct {
		void *object;
		void (*release)(void *object);
	} companions[SQL_COMPANIONS];
	enum sql_access access;
	unsigned wal_pages;
};

/* holds(text, part) is 1 where the part stands in the text, byte by byte. Gives
   a result code of SQLite's. */
int sql_add_functions(sqlite3 *db);

/* The kind that fits a result code of SQLite's. */
enum err sql_err(const struct sql *, int code);

#endif
