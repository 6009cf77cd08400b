/*
 * vfs: SQLite's default file layer, with fewer and larger writes to the WAL.
 *
 * SQLite writes each frame of the WAL with two calls, 24 bytes and a page. Here
 * what follows each other is gathered, and written when the frame that commits
 * is complete: before SQLite publishes the transaction in shared memory, so
 * that other processes never look for frames that are not there, and while a
 * failure can still be told.
 */
#ifndef VFS_H
#define VFS_H

/*
 * The name for sqlite3_open_v2(); NULL, which is SQLite's own default, without
 * memory. Any thread.
 */
const char *vfs_name(void);

#endif
