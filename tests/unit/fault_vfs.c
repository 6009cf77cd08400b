/* fault_vfs: a file layer for SQLite that fails on demand, and that knows what
 * a crash of the machine would leave of each file. */
#include "fault_vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 16
#define SECTOR 512

/* A write or, without bytes, a truncation; in the order of the calls. */
struct operation {
	struct operation *next;
	char *bytes;
	size_t len;
	size_t offset; /* of a truncation: the new length */
};

/* A file by name, whoever has it open. */
struct known {
	char name[512];
	char *durable;
	size_t len;
	struct operation *first;
	struct operation *last;
};

struct handle {
	sqlite3_file base;
	struct known *known;
};

static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	pthread_mutex_t mutex;
	struct known files[FILES_MAX];
	long fail_in;
	unsigned fail_kinds;
	int fail_code;
	enum fault_length fail_length;
	bool has_failed;
	int syncs;
	void (*hook)(void *context);
	void *hook_context;
} fault = {.mutex = PTHREAD_MUTEX_INITIALIZER};

#define REAL_OFFSET ((sizeof(struct handle) + 15) & ~(size_t)15)

static sqlite3_file *
real(sqlite3_file *file)
{
	return (sqlite3_file *)((char *)file + REAL_OFFSET);
}

/* ---- what is known of files */

static void
forget_operations(struct known *known)
{
	while (known->first) {
		struct operation *next = known->first->next;

		free(known->first->bytes);
		free(known->first);
		known->first = next;
	}
	known->last = NULL;
}

static void
forget(struct known *known)
{
	forget_operations(known);
	free(known->durable);
	memset(known, 0, sizeof(*known));
}

static struct known *
find(const char *name)
{
	for (int i = 0; i < FILES_MAX; i++) {
		if (strcmp(fault.files[i].name, name) == 0)
			return &fault.files[i];
	}
	return NULL;
}

static void
resize(char **bytes, size_t *len, size_t new_len)
{
	*bytes = realloc(*bytes, new_len + 1);
	if (!*bytes)
		abort();
	if (new_len > *len)
		memset(*bytes + *len, 0, new_len - *len);
	*len = new_len;
}

/* Does `count` bytes of an operation from its byte `skip` on. */
static void
apply(char **bytes, size_t *len, const struct operation *operation, size_t skip,
    size_t count)
{
	size_t at = operation->offset + skip;

	if (!operation->bytes) {
		resize(bytes, len, operation->offset);
		return;
	}
	if (at + count > *len)
		resize(bytes, len, at + count);
	memcpy(*bytes + at, operation->bytes + skip, count);
}

static void
record(struct known *known, const void *bytes, size_t len, size_t offset)
{
	struct operation *operation = calloc(1, sizeof(*operation));

	if (!operation)
		abort();
	operation->offset = offset;
	operation->len = len;
	if (bytes) {
		operation->bytes = malloc(len + 1);
		if (!operation->bytes)
			abort();
		memcpy(operation->bytes, bytes, len);
	}
	if (known->last)
		known->last->next = operation;
	else
		known->first = operation;
	known->last = operation;
}

static void
harden(struct known *known)
{
	for (struct operation *operation = known->first; operation;
	     operation = operation->next)
		apply(
		    &known->durable, &known->len, operation, 0, operation->len);
	forget_operations(known);
}

static uint64_t
draw(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return *seed >> 33;
}

/* What the crash leaves of one operation: nothing, all, or some sectors. */
static void
apply_some(char **bytes, size_t *len, const struct operation *operation,
    uint64_t *seed)
{
	size_t sectors = operation->len / SECTOR + 1;
	size_t count = operation->len;
	size_t skip = 0;

	switch (draw(seed) % 4) {
	case 0:
		return;
	case 1:
		count = draw(seed) % sectors * SECTOR;
		break;
	case 2:
		skip = draw(seed) % sectors * SECTOR;
		break;
	default:
		break;
	}
	if (skip + count > operation->len)
		count = operation->len - skip;
	apply(bytes, len, operation, skip, count);
}

static void
leave_file(const struct known *known, const char *folder, uint64_t *seed)
{
	char path[1024];
	const char *name = strrchr(known->name, '/');
	char *bytes = NULL;
	size_t len = 0;
	FILE *file;

	resize(&bytes, &len, known->len);
	if (known->len)
		memcpy(bytes, known->durable, known->len);
	for (const struct operation *operation = known->first;
	     operation && *seed; operation = operation->next) {
		if (*seed == 1)
			apply(&bytes, &len, operation, 0, operation->len);
		else
			apply_some(&bytes, &len, operation, seed);
	}
	(void)snprintf(path, sizeof(path), "%s%s", folder, name ? name : "/?");
	file = fopen(path, "wb");
	if (!file || fwrite(bytes, 1, len, file) != len || fclose(file))
		abort();
	free(bytes);
}

void
fault_vfs_crash(const char *folder, uint64_t seed)
{
	pthread_mutex_lock(&fault.mutex);
	for (int i = 0; i < FILES_MAX; i++) {
		if (fault.files[i].name[0])
			leave_file(&fault.files[i], folder, &seed);
	}
	pthread_mutex_unlock(&fault.mutex);
}

/* ---- faults */

static bool
must_fail(enum fault kind)
{
	bool fails = false;

	pthread_mutex_lock(&fault.mutex);
	if (fault.fail_in > 0 && (fault.fail_kinds & kind)) {
		fails = --fault.fail_in == 0;
		if (fails && fault.fail_length == FAULT_ON)
			fault.fail_in = 1;
		fault.has_failed = fault.has_failed || fails;
	}
	pthread_mutex_unlock(&fault.mutex);
	return fails;
}

void
fault_vfs_fail(long n, unsigned kinds, int code, enum fault_length length)
{
	pthread_mutex_lock(&fault.mutex);
	fault.fail_in = n;
	fault.fail_kinds = kinds;
	fault.fail_code = code;
	fault.fail_length = length;
	fault.has_failed = false;
	pthread_mutex_unlock(&fault.mutex);
}

bool
fault_vfs_has_failed(void)
{
	bool has_failed;

	pthread_mutex_lock(&fault.mutex);
	has_failed = fault.has_failed;
	pthread_mutex_unlock(&fault.mutex);
	return has_failed;
}

int
fault_vfs_syncs(void)
{
	int syncs;

	pthread_mutex_lock(&fault.mutex);
	syncs = fault.syncs;
	fault.syncs = 0;
	pthread_mutex_unlock(&fault.mutex);
	return syncs;
}

void
fault_vfs_hook(void (*hook)(void *context), void *context)
{
	fault.hook = hook;
	fault.hook_context = context;
}

static void
call_hook(void)
{
	if (fault.hook)
		fault.hook(fault.hook_context);
}

/* ---- files */

static int
write_file(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
	struct known *known = ((struct handle *)file)->known;
	int code;

	call_hook();
	if (must_fail(FAULT_WRITE)) {
		/* Half of it is written: that is how a disk gets full. */
		(void)real(file)->pMethods->xWrite(
		    real(file), bytes, len / 2, offset);
		pthread_mutex_lock(&fault.mutex);
		record(known, bytes, (size_t)len / 2, (size_t)offset);
		pthread_mutex_unlock(&fault.mutex);
		return fault.fail_code;
	}
	pthread_mutex_lock(&fault.mutex);
	code = real(file)->pMethods->xWrite(real(file), bytes, len, offset);
	if (!code)
		record(known, bytes, (size_t)len, (size_t)offset);
	pthread_mutex_unlock(&fault.mutex);
	return code;
}

static int
truncate_file(sqlite3_file *file, sqlite3_int64 size)
{
	struct known *known = ((struct handle *)file)->known;
	int code;

	call_hook();
	if (must_fail(FAULT_TRUNCATE))
		return fault.fail_code;
	pthread_mutex_lock(&fault.mutex);
	code = real(file)->pMethods->xTruncate(real(file), size);
	if (!code)
		record(known, NULL, 0, (size_t)size);
	pthread_mutex_unlock(&fault.mutex);
	return code;
}

/* Nothing is really synced: it is the model that counts. */
static int
sync_file(sqlite3_file *file, int flags)
{
	(void)flags;
	call_hook();
	if (must_fail(FAULT_SYNC))
		return fault.fail_code;
	pthread_mutex_lock(&fault.mutex);
	harden(((struct handle *)file)->known);
	fault.syncs++;
	pthread_mutex_unlock(&fault.mutex);
	return SQLITE_OK;
}

static int
close_file(sqlite3_file *file)
{
	return real(file)->pMethods->xClose(real(file));
}

static int
read_file(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
	return real(file)->pMethods->xRead(real(file), bytes, size, offset);
}

static int
size_of_file(sqlite3_file *file, sqlite3_int64 *size)
{
	return real(file)->pMethods->xFileSize(real(file), size);
}

static int
lock_file(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xLock(real(file), level);
}

static int
unlock_file(sqlite3_file *file, int level)
{
	return real(file)->pMethods->xUnlock(real(file), level);
}

static int
check_lock(sqlite3_file *file, int *result)
{
	return real(file)->pMethods->xCheckReservedLock(real(file), result);
}

static int
control_file(sqlite3_file *file, int operation, void *argument)
{
	return real(file)->pMethods->xFileControl(
	    real(file), operation, argument);
}

static int
sector_size(sqlite3_file *file)
{
	return real(file)->pMethods->xSectorSize(real(file));
}

static int
characteristics(sqlite3_file *file)
{
	return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int
map_region(
    sqlite3_file *file, int number, int size, int extend, void volatile **out)
{
	return real(file)->pMethods->xShmMap(
	    real(file), number, size, extend, out);
}

static int
lock_region(sqlite3_file *file, int first, int count, int flags)
{
	return real(file)->pMethods->xShmLock(real(file), first, count, flags);
}

static void
barrier(sqlite3_file *file)
{
	real(file)->pMethods->xShmBarrier(real(file));
}

static int
unmap_region(sqlite3_file *file, int must_delete)
{
	return real(file)->pMethods->xShmUnmap(real(file), must_delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = size_of_file,
    .xLock = lock_file,
    .xUnlock = unlock_file,
    .xCheckReservedLock = check_lock,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = map_region,
    .xShmLock = lock_region,
    .xShmBarrier = barrier,
    .xShmUnmap = unmap_region,
};

/* ---- the layer */

static struct known *
know(const char *name)
{
	struct known *known;

	pthread_mutex_lock(&fault.mutex);
	known = find(name);
	if (!known) {
		known = find("");
		if (!known)
			abort();
		(void)snprintf(known->name, sizeof(known->name), "%s", name);
	}
	pthread_mutex_unlock(&fault.mutex);
	return known;
}

static int
open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
    int *flags_out)
{
	struct handle *handle = (struct handle *)file;
	int code;

	(void)vfs;
	memset(handle, 0, sizeof(*handle));
	if (must_fail(FAULT_OPEN))
		return fault.fail_code;
	if (!name)
		return fault.real->xOpen(
		    fault.real, name, file, flags, flags_out);
	code =
	    fault.real->xOpen(fault.real, name, real(file), flags, flags_out);
	if (real(file)->pMethods)
		handle->base.pMethods = &methods;
	handle->known = know(name);
	return code;
}

static int
delete_file(sqlite3_vfs *vfs, const char *name, int must_sync)
{
	struct known *known;

	(void)vfs;
	pthread_mutex_lock(&fault.mutex);
	known = find(name);
	if (known)
		forget(known);
	pthread_mutex_unlock(&fault.mutex);
	return fault.real->xDelete(fault.real, name, must_sync);
}

void
fault_vfs_install(void)
{
	if (sqlite3_initialize())
		abort();
	fault.real = sqlite3_vfs_find(NULL);
	fault.vfs = *fault.real;
	fault.vfs.zName = "fault";
	fault.vfs.szOsFile = fault.real->szOsFile + (int)REAL_OFFSET;
	fault.vfs.xOpen = open_file;
	fault.vfs.xDelete = delete_file;
	if (sqlite3_vfs_register(&fault.vfs, 1))
		abort();
}

void
fault_vfs_reset(void)
{
	for (int i = 0; i < FILES_MAX; i++)
		forget(&fault.files[i]);
	fault_vfs_hook(NULL, NULL);
	fault_vfs_fail(0, 0, 0, FAULT_ONCE);
}
