/*
 * fault_vfs: a file layer for SQLite that fails on demand, and that knows what
 * a crash of the machine would leave of each file.
 *
 * It becomes SQLite's default, so that the layers of the house stand above it.
 * Files are real ones; beside each, what was synced is kept in memory, and what
 * was written since.
 */
#ifndef FAULT_VFS_H
#define FAULT_VFS_H

#include <stdbool.h>
#include <stdint.h>

/* Once, before any connection is opened. */
void fault_vfs_install(void);

/* No file is known and nothing fails any more. */
void fault_vfs_reset(void);

enum fault {
	FAULT_WRITE = 1,
	FAULT_SYNC = 2,
	FAULT_TRUNCATE = 4,
	FAULT_OPEN = 8,
};

enum fault_length { FAULT_ONCE, FAULT_ON };

/*
 * The n-th operation (from 1 on) of those kinds fails with that code of
 * SQLite's; with FAULT_ON all later ones too. 0: nothing fails.
 */
void fault_vfs_fail(long n, unsigned kinds, int code, enum fault_length);
bool fault_vfs_has_failed(void);

/* How often a file was synced since the last call. */
int fault_vfs_syncs(void);

/* Called before each write, sync and truncation, on the thread that does it;
   NULL: nobody. */
void fault_vfs_hook(void (*hook)(void *context), void *context);

/*
 * Writes files as a crash in this moment would leave them into a folder. Of
 * what was not synced some is there: none (seed 0), all (1), or what the seed
 * draws, parts of a single write too.
 */
void fault_vfs_crash(const char *folder, uint64_t seed);

#endif
