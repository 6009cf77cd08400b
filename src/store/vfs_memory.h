/*
 * vfs_memory: a file layer for SQLite that keeps one database in memory.
 *
 * SQLite's own kinds of shared memory databases know no WAL: a reader blocks
 * the writer there, or meets SQLITE_LOCKED. This one does all that a file does,
 * for several connections of one process, each on a thread of its own.
 */
#ifndef VFS_MEMORY_H
#define VFS_MEMORY_H

struct vfs_memory;

/* Registers a layer of its own, with no file in it. NULL without memory. */
struct vfs_memory *vfs_memory_new(void);

/* All connections are closed; what was stored is gone. */
void vfs_memory_free(struct vfs_memory *);

/* Its name for sqlite3_open_v2(); any name of a database is the same one. */
const char *vfs_memory_name(const struct vfs_memory *);

#endif
