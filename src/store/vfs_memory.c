/* vfs_memory: a file layer for SQLite that keeps one database in memory. */
#include "vfs_memory.h"

#include "vfs_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What SQLite asks for at once of the memory that connections share. */
#define REGION_SIZE ((size_t)32768)
#define REGIONS_MAX 1024

/* The three files that a database without attached ones may have. */
enum part { PART_DATABASE, PART_WAL, PART_JOURNAL, PARTS };

struct shared_lock {
	int readers;
	bool is_exclusive;
};

struct vfs_memory {
	sqlite3_vfs vfs;
	char name[48];
	char *place;          /* of the file beneath; NULL: none */
	sqlite3_mutex *mutex; /* over everything below */
	struct vfs_bytes parts[PARTS];
	int shared;   /* connections that hold SHARED or more */
	int reserved; /* those that hold RESERVED or more: 0 or 1 */
	int exclusive;
	char *regions[REGIONS_MAX];
	int connections; /* that use the regions */
	struct shared_lock locks[SQLITE_SHM_NLOCK];
};

/* One opened file. */
struct handle {
	sqlite3_file base;
	struct vfs_memory *memory;
	enum part part;
	int level; /* of its lock on the database */
	bool has_regions;
	unsigned shared;    /* its locks on the regions, a bit each */
	unsigned exclusive; /* likewise */
};

static struct vfs_memory *
enter(sqlite3_file *file)
{
	struct vfs_memory *memory = ((struct handle *)file)->memory;

	sqlite3_mutex_enter(memory->mutex);
	return memory;
}

static int
leave(struct vfs_memory *memory, int code)
{
	sqlite3_mutex_leave(memory->mutex);
	return code;
}

static struct vfs_bytes *
bytes_of(sqlite3_file *file)
{
	struct handle *handle = (struct handle *)file;

	return &handle->memory->parts[handle->part];
}

/* ---- bytes */

static int
read_bytes(sqlite3_file *file, void *out, int size, sqlite3_int64 offset)
{
	struct vfs_memory *memory = enter(file);
	size_t got;

	if (!vfs_bytes_read(
		bytes_of(file), (size_t)offset, out, (size_t)size, &got))
		return leave(memory, SQLITE_IOERR_READ);
	return leave(
	    memory, got == (size_t)size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ);
}

static int
write_bytes(
    sqlite3_file *file, const void *from, int size, sqlite3_int64 offset)
{
	struct vfs_memory *memory = enter(file);
	bool fits = vfs_bytes_write(
	    bytes_of(file), (size_t)offset, span_make(from, (size_t)size));

	return leave(memory, fits ? SQLITE_OK : SQLITE_IOERR_NOMEM);
}

static int
truncate_bytes(sqlite3_file *file, sqlite3_int64 size)
{
	struct vfs_memory *memory = enter(file);

	vfs_bytes_cut(bytes_of(file), (size_t)size);
	return leave(memory, SQLITE_OK);
}

static int
sync_bytes(sqlite3_file *file, int flags)
{
	(void)file;
	(void)flags;
	return SQLITE_OK;
}

static int
size_of_bytes(sqlite3_file *file, sqlite3_int64 *size)
{
	struct vfs_memory *memory = enter(file);

	*size = (sqlite3_int64)bytes_of(file)->len;
	return leave(memory, SQLITE_OK);
}

/* ---- locks on the database */

/* Changes what the handle counts for, from its level to another one. */
static void
set_level(struct handle *handle, int level)
{
	struct vfs_memory *memory = handle->memory;
	int before = handle->level;

	memory->shared +=
	    (level >= SQLITE_LOCK_SHARED) - (before >= SQLITE_LOCK_SHARED);
	memory->reserved +=
	    (level >= SQLITE_LOCK_RESERVED) - (before >= SQLITE_LOCK_RESERVED);
	memory->exclusive += (level >= SQLITE_LOCK_EXCLUSIVE) -
	    (before >= SQLITE_LOCK_EXCLUSIVE);
	handle->level = level;
}

static bool
may_lock(const struct handle *handle, int level)
{
	const struct vfs_memory *memory = handle->memory;
	int own = handle->level >= SQLITE_LOCK_RESERVED;

	if (memory->exclusive || memory->reserved > own)
		return level == SQLITE_LOCK_SHARED && !memory->exclusive;
	return level < SQLITE_LOCK_EXCLUSIVE ||
	    memory->shared <= (handle->level >= SQLITE_LOCK_SHARED);
}

static int
lock_database(sqlite3_file *file, int level)
{
	struct vfs_memory *memory = enter(file);
	struct handle *handle = (struct handle *)file;

	if (level <= handle->level)
		return leave(memory, SQLITE_OK);
	if (!may_lock(handle, level))
		return leave(memory, SQLITE_BUSY);
	set_level(handle, level);
	return leave(memory, SQLITE_OK);
}

static int
unlock_database(sqlite3_file *file, int level)
{
	struct vfs_memory *memory = enter(file);
	struct handle *handle = (struct handle *)file;

	if (level < handle->level)
		set_level(handle, level);
	return leave(memory, SQLITE_OK);
}

static int
check_reserved(sqlite3_file *file, int *result)
{
	struct vfs_memory *memory = enter(file);

	*result = memory->reserved > 0;
	return leave(memory, SQLITE_OK);
}

/* ---- memory that connections share, and its locks */

static int
map_region(
    sqlite3_file *file, int number, int size, int extend, void volatile **out)
{
	struct vfs_memory *memory = enter(file);
	struct handle *handle = (struct handle *)file;

	*out = NULL;
	if (number >= REGIONS_MAX || (size_t)size > REGION_SIZE)
		return leave(memory, SQLITE_IOERR_SHMMAP);
	if (!handle->has_regions) {
		handle->has_regions = true;
		memory->connections++;
	}
	if (!memory->regions[number] && extend) {
		memory->regions[number] = calloc(1, REGION_SIZE);
		if (!memory->regions[number])
			return leave(memory, SQLITE_NOMEM);
	}
	*out = memory->regions[number];
	return leave(memory, SQLITE_OK);
}

static void
release_locks(struct handle *handle, unsigned mask)
{
	for (int i = 0; i < SQLITE_SHM_NLOCK; i++) {
		struct shared_lock *lock = &handle->memory->locks[i];

		if (mask & handle->shared & (1u << i))
			lock->readers--;
		if (mask & handle->exclusive & (1u << i))
			lock->is_exclusive = false;
	}
	handle->shared &= ~mask;
	handle->exclusive &= ~mask;
}

static bool
may_take(const struct handle *handle, int first, int count, int flags)
{
	for (int i = first; i < first + count; i++) {
		const struct shared_lock *lock = &handle->memory->locks[i];
		int own = (handle->shared >> i) & 1;

		if (lock->is_exclusive && !((handle->exclusive >> i) & 1))
			return false;
		if ((flags & SQLITE_SHM_EXCLUSIVE) && lock->readers > own)
			return false;
	}
	return true;
}

static void
take_locks(struct handle *handle, unsigned mask, int flags)
{
	for (int i = 0; i < SQLITE_SHM_NLOCK; i++) {
		struct shared_lock *lock = &handle->memory->locks[i];

		if (!(mask & (1u << i)))
			continue;
		if (flags & SQLITE_SHM_EXCLUSIVE) {
			lock->is_exclusive = true;
			handle->exclusive |= 1u << i;
		} else if (!(handle->shared & (1u << i))) {
			lock->readers++;
			handle->shared |= 1u << i;
		}
	}
}

static int
lock_regions(sqlite3_file *file, int first, int count, int flags)
{
	struct vfs_memory *memory = enter(file);
	struct handle *handle = (struct handle *)file;
	unsigned mask = ((1u << count) - 1) << first;

	if (flags & SQLITE_SHM_UNLOCK)
		release_locks(handle, mask);
	else if (!may_take(handle, first, count, flags))
		return leave(memory, SQLITE_BUSY);
	else
		take_locks(handle, mask, flags);
	return leave(memory, SQLITE_OK);
}

/* Taking and leaving a mutex is a barrier for both sides. */
static void
barrier(sqlite3_file *file)
{
	(void)leave(enter(file), SQLITE_OK);
}

static void
free_regions(struct vfs_memory *memory)
{
	for (int i = 0; i < REGIONS_MAX; i++) {
		free(memory->regions[i]);
		memory->regions[i] = NULL;
	}
}

static int
unmap_regions(sqlite3_file *file, int must_delete)
{
	struct vfs_memory *memory = enter(file);
	struct handle *handle = (struct handle *)file;

	release_locks(handle, ~0u);
	if (handle->has_regions) {
		handle->has_regions = false;
		memory->connections--;
	}
	if (must_delete && memory->connections == 0)
		free_regions(memory);
	return leave(memory, SQLITE_OK);
}

/* ---- files */

static int
close_file(sqlite3_file *file)
{
	return unlock_database(file, SQLITE_LOCK_NONE);
}

static int
control_file(sqlite3_file *file, int operation, void *argument)
{
	(void)file;
	(void)operation;
	(void)argument;
	return SQLITE_NOTFOUND;
}

static int
sector_size(sqlite3_file *file)
{
	(void)file;
	return 4096;
}

static int
characteristics(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_SAFE_APPEND |
	    SQLITE_IOCAP_SEQUENTIAL;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_bytes,
    .xWrite = write_bytes,
    .xTruncate = truncate_bytes,
    .xSync = sync_bytes,
    .xFileSize = size_of_bytes,
    .xLock = lock_database,
    .xUnlock = unlock_database,
    .xCheckReservedLock = check_reserved,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = map_region,
    .xShmLock = lock_regions,
    .xShmBarrier = barrier,
    .xShmUnmap = unmap_regions,
};

/* ---- the layer */

static enum part
part_of(const char *name)
{
	size_t len = strlen(name);

	if (len > 4 && strcmp(name + len - 4, "-wal") == 0)
		return PART_WAL;
	if (len > 8 && strcmp(name + len - 8, "-journal") == 0)
		return PART_JOURNAL;
	return PART_DATABASE;
}

static int
open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
    int *flags_out)
{
	struct vfs_memory *memory = (struct vfs_memory *)vfs;
	struct handle *handle = (struct handle *)file;

	file->pMethods = NULL;
	/* A temporary file: they are in memory already (temp_store). */
	if (!name)
		return SQLITE_CANTOPEN;
	memset(handle, 0, sizeof(*handle));
	handle->memory = memory;
	handle->part = part_of(name);
	sqlite3_mutex_enter(memory->mutex);
	memory->parts[handle->part].exists = true;
	sqlite3_mutex_leave(memory->mutex);
	handle->base.pMethods = &methods;
	if (flags_out)
		*flags_out = flags;
	return SQLITE_OK;
}

static int
delete_file(sqlite3_vfs *vfs, const char *name, int must_sync)
{
	struct vfs_memory *memory = (struct vfs_memory *)vfs;
	struct vfs_bytes *bytes = &memory->parts[part_of(name)];

	(void)must_sync;
	sqlite3_mutex_enter(memory->mutex);
	vfs_bytes_cut(bytes, 0);
	bytes->exists = false;
	return leave(memory, SQLITE_OK);
}

static int
access_file(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
	struct vfs_memory *memory = (struct vfs_memory *)vfs;

	(void)flags;
	sqlite3_mutex_enter(memory->mutex);
	*result = memory->parts[part_of(name)].exists;
	return leave(memory, SQLITE_OK);
}

static int
full_name(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
	(void)vfs;
	return snprintf(out, (size_t)size, "%s", name) < size ? SQLITE_OK
							      : SQLITE_CANTOPEN;
}

/* ---- a file beneath */

/* Bytes where SQLite locks a file for readers: in a database with a WAL every
   connection holds them (sqlite.org/src, os.h: SHARED_FIRST, SHARED_SIZE). */
#define LOCK_FIRST 0x40000002
#define LOCK_LEN 510

static bool
is_in_use(int fd)
{
	struct flock lock = {.l_type = F_WRLCK,
	    .l_whence = SEEK_SET,
	    .l_start = LOCK_FIRST,
	    .l_len = LOCK_LEN};

	return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/* ERR_NOT_FOUND where there is no such file. */
static enum err
put_beneath(struct vfs_bytes *bytes, const char *path, const char *end)
{
	char name[PATH_MAX];
	struct stat found;
	int fd;

	if (snprintf(name, sizeof(name), "%s%s", path, end) >=
	    (int)sizeof(name))
		return ERR_NOT_FOUND;
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &found) != 0) {
		int why = errno;

		if (fd >= 0)
			(void)close(fd);
		return err_from_errno(why);
	}
	if (!S_ISREG(found.st_mode)) {
		(void)close(fd);
		return ERR_DATA;
	}
	return vfs_bytes_lend(bytes, fd, (size_t)found.st_size) ? ERR_OK
								: ERR_MEMORY;
}

static enum err
look_beneath(struct vfs_memory *memory, const char *path, struct failure *f)
{
	static const char *const ends[PARTS] = {
	    [PART_DATABASE] = "",
	    [PART_WAL] = "-wal",
	    [PART_JOURNAL] = "-journal",
	};

	for (int i = 0; i < PARTS; i++) {
		enum err err = put_beneath(&memory->parts[i], path, ends[i]);

		if (err == ERR_NOT_FOUND && i != PART_DATABASE)
			continue;
		if (err == ERR_NOT_FOUND)
			return failure_set(
			    f, err, "%s: there is no such file", path);
		if (err == ERR_DATA)
			return failure_set(
			    f, err, "%s%s: not a regular file", path, ends[i]);
		if (err)
			return failure_set(
			    f, err, "%s%s: %s", path, ends[i], err_text(err));
	}
	if (is_in_use(memory->parts[PART_DATABASE].beneath))
		return failure_set(f, ERR_BUSY,
		    "%s: a program has it open, perhaps a server; look at it "
		    "there, or stop it first",
		    path);
	memory->place = strdup(path);
	return memory->place
	    ? ERR_OK
	    : failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
}

enum err
vfs_memory_over(struct vfs_memory **out, const char *path, struct failure *f)
{
	struct vfs_memory *memory = vfs_memory_new();
	enum err err;

	*out = NULL;
	if (!memory)
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	err = look_beneath(memory, path, f);
	if (err)
		vfs_memory_free(memory);
	else
		*out = memory;
	return err;
}

struct vfs_memory *
vfs_memory_new(void)
{
	struct vfs_memory *memory = calloc(1, sizeof(*memory));
	sqlite3_vfs *found = sqlite3_vfs_find(NULL);

	if (!memory || !found) {
		free(memory);
		return NULL;
	}
	(void)snprintf(memory->name, sizeof(memory->name), "mailstop-memory-%p",
	    (void *)memory);
	/* Clock, random numbers and the like are the default layer's. */
	memory->vfs = *found;
	memory->vfs.pNext = NULL;
	for (int i = 0; i < PARTS; i++)
		vfs_bytes_init(&memory->parts[i]);
	memory->vfs.zName = memory->name;
	memory->vfs.szOsFile = (int)sizeof(struct handle);
	memory->vfs.xOpen = open_file;
	memory->vfs.xDelete = delete_file;
	memory->vfs.xAccess = access_file;
	memory->vfs.xFullPathname = full_name;
	memory->mutex = sqlite3_mutex_alloc(SQLITE_MUTEX_FAST);
	if (!memory->mutex || sqlite3_vfs_register(&memory->vfs, 0)) {
		sqlite3_mutex_free(memory->mutex);
		free(memory);
		return NULL;
	}
	return memory;
}

void
vfs_memory_free(struct vfs_memory *memory)
{
	if (!memory)
		return;
	(void)sqlite3_vfs_unregister(&memory->vfs);
	for (int i = 0; i < PARTS; i++)
		vfs_bytes_release(&memory->parts[i]);
	free(memory->place);
	free_regions(memory);
	sqlite3_mutex_free(memory->mutex);
	free(memory);
}

const char *
vfs_memory_place(const struct vfs_memory *memory)
{
	return memory->place ? memory->place : "memory";
}

const char *
vfs_memory_name(const struct vfs_memory *memory)
{
	return memory->name;
}
