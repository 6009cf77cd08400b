/* vfs: SQLite's default file layer, with fewer and larger writes to the WAL. */
#include "vfs.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NAME "mailstop"

/*
 * Seven frames. More gains nothing, leaves the CPU's cache, and is not what
 * SQLite's own layer writes at once: it takes the length modulo 128 KiB.
 */
#define BUFFER_SIZE 122880

/* A frame's header, and where in it a commit says the database's size. */
#define FRAME_HEADER 24
#define FRAME_COMMIT 4

/* Whether the frame that is being written ends a transaction. */
enum frame { FRAME_USUAL, FRAME_COMMITS };

/* An open WAL; the default layer's own file stands behind it in memory. */
struct wal {
	sqlite3_file base;
	char *bytes; /* written, but not yet to the file; NULL: none so far */
	int len;
	sqlite3_int64 end; /* of what was written, in the file */
	enum frame frame;
};

/* Behind the struct, as far as any type may ask for. */
#define BELOW_OFFSET ((sizeof(struct wal) + 15) & ~(size_t)15)

static sqlite3_file *
below(struct wal *wal)
{
	return (sqlite3_file *)((char *)wal + BELOW_OFFSET);
}

static int
write_below(struct wal *wal, const void *bytes, int len, sqlite3_int64 offset)
{
	sqlite3_file *file = below(wal);

	return file->pMethods->xWrite(file, bytes, len, offset);
}

/* On failure SQLite gives the transaction up, and with it what was gathered. */
static int
flush(struct wal *wal)
{
	int len = wal->len;

	wal->len = 0;
	return len ? write_below(wal, wal->bytes, len, wal->end - len)
		   : SQLITE_OK;
}

static bool
can_gather(struct wal *wal, int len, sqlite3_int64 offset)
{
	if (offset != wal->end || len > BUFFER_SIZE)
		return false;
	if (!wal->bytes)
		wal->bytes = malloc(BUFFER_SIZE);
	return wal->bytes != NULL;
}

/*
 * SQLite writes a header and its page one after the other. A header alone is a
 * checksum that is corrected where it stands: never next to what was written
 * last, so never gathered.
 */
static void
look_at_frame(struct wal *wal, const unsigned char *bytes, int len)
{
	static const unsigned char zeros[4];

	if (len != FRAME_HEADER)
		return;
	wal->frame = memcmp(bytes + FRAME_COMMIT, zeros, sizeof(zeros)) == 0
	    ? FRAME_USUAL
	    : FRAME_COMMITS;
}

static int
write_wal(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
	struct wal *wal = (struct wal *)file;
	bool gathers = can_gather(wal, len, offset);
	int code = SQLITE_OK;

	look_at_frame(wal, bytes, len);
	if (!gathers || wal->len + len > BUFFER_SIZE)
		code = flush(wal);
	if (code)
		return code;
	wal->end = offset + len;
	if (!gathers)
		return write_below(wal, bytes, len, offset);
	memcpy(wal->bytes + wal->len, bytes, (size_t)len);
	wal->len += len;
	if (wal->frame == FRAME_COMMITS && len != FRAME_HEADER)
		return flush(wal);
	return SQLITE_OK;
}

static int
close_wal(sqlite3_file *file)
{
	struct wal *wal = (struct wal *)file;
	int flushed = flush(wal);
	int closed = below(wal)->pMethods->xClose(below(wal));

	free(wal->bytes);
	wal->bytes = NULL;
	return flushed ? flushed : closed;
}

static int
read_wal(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
	struct wal *wal = (struct wal *)file;
	int code = flush(wal);

	return code
	    ? code
	    : below(wal)->pMethods->xRead(below(wal), bytes, size, offset);
}

static int
truncate_wal(sqlite3_file *file, sqlite3_int64 size)
{
	struct wal *wal = (struct wal *)file;
	int code = flush(wal);

	return code ? code : below(wal)->pMethods->xTruncate(below(wal), size);
}

static int
sync_wal(sqlite3_file *file, int flags)
{
	struct wal *wal = (struct wal *)file;
	int code = flush(wal);

	return code ? code : below(wal)->pMethods->xSync(below(wal), flags);
}

static int
size_of_wal(sqlite3_file *file, sqlite3_int64 *size)
{
	struct wal *wal = (struct wal *)file;
	int code = flush(wal);

	return code ? code : below(wal)->pMethods->xFileSize(below(wal), size);
}

/* A WAL has no locks of its own; what asks for one is told by the file. */

static int
lock_wal(sqlite3_file *file, int level)
{
	sqlite3_file *other = below((struct wal *)file);

	return other->pMethods->xLock(other, level);
}

static int
unlock_wal(sqlite3_file *file, int level)
{
	sqlite3_file *other = below((struct wal *)file);

	return other->pMethods->xUnlock(other, level);
}

static int
check_lock_of_wal(sqlite3_file *file, int *result)
{
	sqlite3_file *other = below((struct wal *)file);

	return other->pMethods->xCheckReservedLock(other, result);
}

static int
control_wal(sqlite3_file *file, int operation, void *argument)
{
	sqlite3_file *other = below((struct wal *)file);

	return other->pMethods->xFileControl(other, operation, argument);
}

static int
sector_size_of_wal(sqlite3_file *file)
{
	sqlite3_file *other = below((struct wal *)file);

	return other->pMethods->xSectorSize(other);
}

static int
characteristics_of_wal(sqlite3_file *file)
{
	sqlite3_file *other = below((struct wal *)file);

	return other->pMethods->xDeviceCharacteristics(other);
}

static const sqlite3_io_methods wal_methods = {
    .iVersion = 1,
    .xClose = close_wal,
    .xRead = read_wal,
    .xWrite = write_wal,
    .xTruncate = truncate_wal,
    .xSync = sync_wal,
    .xFileSize = size_of_wal,
    .xLock = lock_wal,
    .xUnlock = unlock_wal,
    .xCheckReservedLock = check_lock_of_wal,
    .xFileControl = control_wal,
    .xSectorSize = sector_size_of_wal,
    .xDeviceCharacteristics = characteristics_of_wal,
};

/* ---- the layer */

/* Our layer: a copy of the default one, which it knows by `below`. */
struct layer {
	sqlite3_vfs vfs;
	sqlite3_vfs *below;
};

/* Every other kind of file is the default layer's own. */
static int
open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
    int *flags_out)
{
	sqlite3_vfs *default_vfs = ((struct layer *)vfs)->below;
	struct wal *wal = (struct wal *)file;
	int code;

	if (!(flags & SQLITE_OPEN_WAL))
		return default_vfs->xOpen(
		    default_vfs, name, file, flags, flags_out);
	memset(wal, 0, sizeof(*wal));
	wal->end = -1;
	code =
	    default_vfs->xOpen(default_vfs, name, below(wal), flags, flags_out);
	/* Set even on failure where the file below wants to be closed. */
	if (below(wal)->pMethods)
		wal->base.pMethods = &wal_methods;
	return code;
}

static void
register_layer(void)
{
	sqlite3_vfs *found = sqlite3_vfs_find(NULL);
	struct layer *layer = found ? malloc(sizeof(*layer)) : NULL;

	if (!layer)
		return;
	layer->vfs = *found;
	layer->vfs.pNext = NULL;
	layer->vfs.zName = NAME;
	layer->vfs.szOsFile = found->szOsFile + (int)BELOW_OFFSET;
	layer->vfs.xOpen = open_file;
	layer->below = found;
	if (sqlite3_vfs_register(&layer->vfs, 0))
		free(layer);
}

const char *
vfs_name(void)
{
	sqlite3_mutex *mutex;

	if (sqlite3_initialize())
		return NULL;
	mutex = sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_APP1);
	sqlite3_mutex_enter(mutex);
	if (!sqlite3_vfs_find(NAME))
		register_layer();
	sqlite3_mutex_leave(mutex);
	return sqlite3_vfs_find(NAME) ? NAME : NULL;
}
