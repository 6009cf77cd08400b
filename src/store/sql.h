/*
 * sql: one connection to the database, and the statements run on it.
 *
 * The only module that knows SQLite's names (with vfs.c beneath it). A struct
 * sql belongs to one thread. A file is hostile until shown otherwise: it is
 * opened with defensive mode on, trusted_schema off and cell size checks;
 * triggers and views do nothing here, nothing can be attached or loaded, and it
 * is never mapped into memory.
 */
#ifndef SQL_H
#define SQL_H

#include "err.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sql_access {
	SQL_READ,  /* a read-only handle: cannot block the writer (WAL); also
		      for a file in a folder where nothing can be made */
	SQL_WRITE, /* makes the file, for its owner only, if it is missing */
};

struct sql;
struct sql_row; /* a running statement, positioned on a row */

/* `path` NULL: a database in memory of its own. The failure says path and
 * reason. */
enum err
sql_open(struct sql **out, const char *path, enum sql_access, struct failure *);
void sql_close(struct sql *);

/* Likewise, in memory that connections share (vfs_memory.h). */
struct vfs_memory;
enum err sql_open_memory(struct sql **out, const struct vfs_memory *,
    enum sql_access, struct failure *);

/* How long somebody else's lock is waited for before it is ERR_BUSY; five
   seconds at first. */
void sql_set_patience(struct sql *, int64_t us);

/* Runs one or more statements without parameters or rows. */
enum err sql_exec(struct sql *, const char *statements);

/* Likewise one statement, prepared once and kept as by sql_start(). */
enum err sql_run(struct sql *, const char *text);

/*
 * A statement is prepared once and kept; `text` must be the same pointer to a
 * constant each time. Bind from 1 on, then step. sql_step() is ERR_OK on a
 * row, ERR_NOT_FOUND when there is none (more). Spans that are bound or read
 * are borrowed until sql_done(), which each use must end with. What went wrong
 * in binding is told by sql_step(). When starting fails, *out is NULL, which
 * sql_done() takes.
 */
enum err sql_start(struct sql *, struct sql_row **out, const char *text);
/* Likewise for text made for the occasion; not kept. */
enum err sql_start_once(struct sql *, struct sql_row **out, const char *text);
void sql_bind_span(struct sql_row *, int index, struct span text);
void sql_bind_blob(struct sql_row *, int index, struct span bytes);
void sql_bind_zeros(struct sql_row *, int index, uint64_t len);
void sql_bind_number(struct sql_row *, int index, int64_t number);
void sql_bind_null(struct sql_row *, int index);
enum err sql_step(struct sql_row *);
int64_t sql_number(const struct sql_row *, int column);
struct span sql_span(const struct sql_row *, int column); /* text or blob */
bool sql_is_null(const struct sql_row *, int column);
/* To run it once more: what is bound stays, and may be bound anew. */
void sql_again(struct sql_row *);
/* ERR_OK, or what the last step failed with (the end of rows is none). */
enum err sql_done(struct sql_row *);

/* Rows that the last INSERT, UPDATE or DELETE changed. */
uint64_t sql_changes(const struct sql *);

/*
 * Incremental access to one blob, for bodies that do not fit in memory. Calls
 * that follow each other on the same blob go on where the last one stood, so
 * that reading or writing one in order is linear. `table` and `column` are
 * constants. ERR_DATA when the range is not within the blob.
 */
enum err sql_blob_write(struct sql *, const char *table, const char *column,
    int64_t rowid, uint64_t offset, struct span);
enum err sql_blob_read(struct sql *, const char *table, const char *column,
    int64_t rowid, uint64_t offset, char *out, size_t size);

/*
 * Ends that, where the last piece was not read or written: until then an open
 * blob keeps its transaction open. Every other statement does it too.
 */
void sql_blob_done(struct sql *);

/*
 * The WAL grows until it is checkpointed: its pages are brought into the
 * database file, and the next transaction begins it anew. A connection counts
 * the pages of the WAL as its last commit left it; 0 when there is nothing to
 * do. A checkpoint takes what readers leave it and never waits for them.
 *
 * Never checkpoint on one connection while another one commits: SQLite before
 * 3.51.3 can then take pages for checkpointed that are not (its "WAL-reset
 * bug"). The one that writes does it, so no connection does it by itself.
 */
unsigned sql_wal_pages(const struct sql *);
enum err sql_checkpoint(struct sql *);

/* Writes the database anew, without what is free; not inside a transaction. */
enum err sql_vacuum(struct sql *);

/*
 * Asked now and then while a statement runs, on the connection's thread; true
 * ends the statement with ERR_STOPPED. NULL: nobody asks.
 */
void
sql_set_stop(struct sql *, bool (*must_stop)(void *context), void *context);

/* A few numbers for the connection's user (txn.h); zeros at first. */
#define SQL_MARKS 16
int64_t *sql_marks(struct sql *);

/* What such users remember beside it, an object each, which the connection
   frees at its end; NULL at first. */
enum sql_companion { SQL_WORDS, SQL_COUNTS, SQL_COMPANIONS };
void *sql_companion(const struct sql *, enum sql_companion);
void sql_set_companion(struct sql *, enum sql_companion, void *companion,
    void (*release)(void *companion));

/* It was opened with SQL_READ. */
bool sql_reads_only(const struct sql *);

/* SQLite's own words about the last failure on this connection. */
const char *sql_error_text(const struct sql *);

#endif
