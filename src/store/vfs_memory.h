/*
 * vfs_memory: a file layer for SQLite that keeps one database in memory.
 *
 * It may begin as the database of a file, which is read as pieces are asked for
 * and stays as it is: what is written is in memory only.
 *
 * SQLite's own kinds of shared memory databases know no WAL: a reader blocks
 * the writer there, or meets SQLITE_LOCKED. This one does all that a file does,
 * for several connections of one process, each on a thread of its own.
 */
#ifndef VFS_MEMORY_H
#define VFS_MEMORY_H

#include "err.h"

struct vfs_memory;

/* Registers a layer of its own, with no file in it. NULL without memory. */
struct vfs_memory *vfs_memory_new(void);

/*
 * Likewise, over the database of that path with its WAL and its journal. Not
 * even a lock is taken: nobody may write to it meanwhile, and who has it open
 * already is ERR_BUSY. The failure names the path.
 */
enum err
vfs_memory_over(struct vfs_memory **out, const char *path, struct failure *);

/* All connections are closed; what was stored is gone. */
void vfs_memory_free(struct vfs_memory *);

/* Its name for sqlite3_open_v2(); any name of a database is the same one. */
const char *vfs_memory_name(const struct vfs_memory *);

/* For a person: the path that it began with, or "memory". */
const char *vfs_memory_place(const struct vfs_memory *);

#endif
