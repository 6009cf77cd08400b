/*
 * schema: the tables of the database, and the way from older versions.
 *
 * PRAGMA user_version says how many of the migrations a file has seen. The
 * tables are an interface: mailstop-db(5) documents them.
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "err.h"
#include "sql.h"

/* The version that this program writes. */
int schema_version(void);

/*
 * Brings a database to that version, a transaction a step. ERR_VERSION when it
 * is newer; ERR_DATA when it is somebody else's (other tables, no version).
 */
enum err schema_migrate(struct sql *, struct failure *);

/* For readers: ERR_VERSION unless it is of exactly that version. */
enum err schema_check(struct sql *, struct failure *);

#endif
