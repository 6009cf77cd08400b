/*
 * vfs_bytes: the bytes of a file in memory, in pieces that never move.
 *
 * They may begin as those of a file, which is read as pieces are asked for and
 * stays as it is: what is written is here. For one thread at a time.
 */
#ifndef VFS_BYTES_H
#define VFS_BYTES_H

#include "span.h"

#include <stdbool.h>
#include <stddef.h>

/* `len` and `exists` are the owner's to read and write; the rest is private. */
struct vfs_bytes {
	size_t len;
	bool exists;
	char **chunks; /* NULL: as the file beneath has it */
	size_t count;  /* of chunks */
	int beneath;   /* descriptor, or -1 */
	size_t lent;   /* so many bytes of that file are still in use */
};

void vfs_bytes_init(struct vfs_bytes *);
void vfs_bytes_release(struct vfs_bytes *);

/* Of an empty one: begins as `len` bytes of that file. Takes the descriptor.
   False without memory. */
bool vfs_bytes_lend(struct vfs_bytes *, int fd, size_t len);

/* Reads up to `size` bytes, and fills with zeros behind the end; *got says how
   many there were. False when the file beneath cannot be read. */
bool vfs_bytes_read(const struct vfs_bytes *, size_t offset, char *out,
    size_t size, size_t *got);

/* Zeros stand in a gap. False without memory, or when what is beneath cannot be
   read; some bytes may be written then. */
bool vfs_bytes_write(struct vfs_bytes *, size_t offset, struct span);

/* Keeps the first `len` bytes. */
void vfs_bytes_cut(struct vfs_bytes *, size_t len);

#endif
