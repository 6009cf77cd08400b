/*
 * schema: the tables of the database, and the way from older versions.
 *
 * PRAGMA application_id says that a file is ours, PRAGMA user_version how many
 * of the migrations it has seen. The tables are an interface: mailstop-db(5)
 * documents them.
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "err.h"
#include "sql.h"

/* PRAGMA application_id of a mailstop database: "mstp". */
#define SCHEMA_APPLICATION_ID 0x6d737470

/* The version that this program writes. */
int schema_version(void);

/*
 * Brings a database to that version, a transaction a step. ERR_VERSION when it
 * is newer; ERR_DATA when it is somebody else's: such a file is not touched.
 * ERR_UNAVAILABLE where the file system cannot do what WAL needs.
 */
enum err schema_migrate(struct sql *, struct failure *);

/*
 * For readers. ERR_VERSION unless it is of exactly that version; ERR_DATA when
 * it is not ours.
 */
enum err schema_check(struct sql *, struct failure *);

#endif
