/* users: names and passwords from an htpasswd file. */
#include "users.h"

#include "buf.h"
#include "users_hash.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_LIMIT ((size_t)16 << 20)
#define READ_SIZE ((size_t)16 * 1024)
/* crypt(3) takes no more. */
#define PASSWORD_SIZE CRYPT_MAX_PASSPHRASE_SIZE
#define MD5_SIZE 16
#define MARK_SIZE 32

struct user {
	struct span name;
	const char *kept; /* ends with a NUL */
	const struct users_hash *hash;
	/* Of the password that was right the last time: a hash that is slow on
	   purpose must not stop the loop at each request of a browser. */
	unsigned char mark[MARK_SIZE];
	bool is_marked;
};

struct users {
	struct buf text;   /* the file; names and hashes point into it */
	struct user *list; /* by name */
	size_t count;
	unsigned char key[MARK_SIZE]; /* of the marks */
	struct crypt_data room;
};

static enum err
read_all(struct buf *text, const char *path, struct failure *failure)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : 1;
	enum err err = ERR_OK;

	while (got > 0) {
		char *room = buf_room(text, READ_SIZE);

		if (!room)
			break;
		got = read(fd, room, READ_SIZE);
		if (got > 0)
			buf_grow(text, (size_t)got);
	}
	if (got < 0)
		err = failure_set(failure, err_from_errno(errno), "%s: %s",
		    path, strerror(errno));
	else if (got > 0)
		err = failure_set(failure, ERR_MEMORY,
		    "%s: no memory for a file of this size", path);
	if (fd >= 0)
		(void)close(fd);
	return err;
}

/* Cuts one line off, and makes a C string of it. */
static struct span
cut_line(struct span *rest, char *at)
{
	struct span line = span_cut(rest, '\n');

	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	at[(size_t)(line.at - at) + line.len] = '\0';
	return line;
}

static bool
is_skipped(struct span line)
{
	struct span text = span_trim(line);

	return text.len == 0 || text.at[0] == '#';
}

static enum err
read_user(struct user *user, struct span line, const char *path, size_t number,
    struct failure *failure)
{
	struct span kept = line;

	if (span_find(line, '\0') < line.len ||
	    span_find(line, ':') == line.len)
		return failure_set(failure, ERR_DATA,
		    "%s, line %zu: not of the form name:password", path,
		    number);
	user->name = span_cut(&kept, ':');
	if (user->name.len == 0)
		return failure_set(failure, ERR_DATA,
		    "%s, line %zu: there is no name before the colon", path,
		    number);
	user->kept = kept.at;
	user->hash = kept.len > 0 ? users_hash_find(kept) : NULL;
	if (!user->hash)
		return failure_set(failure, ERR_DATA,
		    "%s, line %zu: the password of \"%.*s\" is kept in a way "
		    "that is not known here; bcrypt (htpasswd -B) is",
		    path, number, SPAN_ARG(user->name));
	return ERR_OK;
}

static bool
enlarge(struct users *users, size_t *size)
{
	struct user *list;

	if (users->count < *size)
		return true;
	*size = *size ? *size * 2 : 8;
	list = realloc(users->list, *size * sizeof(*list));
	if (!list)
		return false;
	users->list = list;
	return true;
}

static enum err
read_list(struct users *users, const char *path, struct failure *failure)
{
	struct span rest = buf_span(&users->text);
	size_t size = 0;

	for (size_t number = 1; rest.len > 0; number++) {
		struct span line = cut_line(&rest, users->text.at);
		struct user user = {.is_marked = false};
		enum err err;

		if (is_skipped(line))
			continue;
		err = read_user(&user, line, path, number, failure);
		if (err)
			return err;
		if (!enlarge(users, &size))
			return failure_set(
			    failure, ERR_MEMORY, "%s: out of memory", path);
		users->list[users->count++] = user;
	}
	return ERR_OK;
}

static int
by_name(const void *a, const void *b)
{
	struct span left = ((const struct user *)a)->name;
	struct span right = ((const struct user *)b)->name;
	size_t len = left.len < right.len ? left.len : right.len;
	int order = memcmp(left.at, right.at, len);

	if (order != 0 || left.len == right.len)
		return order;
	return left.len < right.len ? -1 : 1;
}

static enum err
sort_list(struct users *users, const char *path, struct failure *failure)
{
	if (users->count > 0)
		qsort(
		    users->list, users->count, sizeof(users->list[0]), by_name);
	for (size_t i = 1; i < users->count; i++)
		if (by_name(&users->list[i - 1], &users->list[i]) == 0)
			return failure_set(failure, ERR_DATA,
			    "%s: \"%.*s\" is there twice", path,
			    SPAN_ARG(users->list[i].name));
	return ERR_OK;
}

static struct users *
new_users(struct failure *failure)
{
	struct users *users = calloc(1, sizeof(*users));

	if (!users || RAND_bytes(users->key, sizeof(users->key)) != 1) {
		free(users);
		(void)failure_set(failure, ERR_MEMORY, "out of memory");
		return NULL;
	}
	buf_init(&users->text, FILE_LIMIT);
	return users;
}

/* Of the text that was read from `path`. Takes the users. */
static enum err
open_text(struct users **out, struct users *users, const char *path,
    struct failure *failure)
{
	enum err err = ERR_OK;

	/* For the NUL behind a last line without a line end. */
	if (!buf_string(&users->text))
		err = failure_set(failure, ERR_MEMORY, "out of memory");
	if (!err)
		err = read_list(users, path, failure);
	if (!err)
		err = sort_list(users, path, failure);
	if (err)
		users_close(users);
	else
		*out = users;
	return err;
}

enum err
users_open(struct users **out, const char *path, struct failure *failure)
{
	struct users *users = new_users(failure);
	enum err err;

	*out = NULL;
	if (!users)
		return ERR_MEMORY;
	err = read_all(&users->text, path, failure);
	if (!err)
		return open_text(out, users, path, failure);
	users_close(users);
	return err;
}

enum err
users_open_list(
    struct users **out, const char *const *lines, struct failure *failure)
{
	struct users *users = new_users(failure);

	*out = NULL;
	if (!users)
		return ERR_MEMORY;
	for (size_t i = 0; lines[i]; i++) {
		(void)buf_put_string(&users->text, lines[i]);
		(void)buf_put_char(&users->text, '\n');
	}
	return open_text(out, users, "the list of users", failure);
}

void
users_close(struct users *users)
{
	if (!users)
		return;
	if (users->text.at)
		OPENSSL_cleanse(users->text.at, users->text.size);
	buf_release(&users->text);
	free(users->list);
	OPENSSL_cleanse(users, sizeof(*users));
	free(users);
}

enum err
users_reload(struct users *users, const char *path, struct failure *failure)
{
	struct users *fresh;
	struct users old = *users;
	enum err err = users_open(&fresh, path, failure);

	if (err)
		return err;
	*users = *fresh;
	*fresh = old;
	users_close(fresh);
	OPENSSL_cleanse(&old, sizeof(old));
	return ERR_OK;
}

static struct user *
find_user(const struct users *users, struct span name)
{
	const struct user key = {.name = name};

	if (users->count == 0 || name.len == 0)
		return NULL;
	return bsearch(&key, users->list, users->count, sizeof(key), by_name);
}

static bool
make_mark(const struct users *users, unsigned char mark[MARK_SIZE],
    struct span password)
{
	return HMAC(EVP_sha256(), users->key, sizeof(users->key),
		   (const unsigned char *)password.at, password.len, mark,
		   NULL) != NULL;
}

static bool
check_slowly(struct users *users, const struct user *user, struct span password)
{
	char text[PASSWORD_SIZE];
	bool fits;

	memcpy(text, password.at, password.len);
	text[password.len] = '\0';
	fits = users_hash_fits(user->hash, user->kept, text, &users->room);
	OPENSSL_cleanse(text, sizeof(text));
	return fits;
}

bool
users_check(struct users *users, struct span name, struct span password)
{
	struct user *user = find_user(users, name);
	unsigned char mark[MARK_SIZE];

	if (password.len == 0 || password.len >= PASSWORD_SIZE ||
	    span_find(password, '\0') < password.len || users->count == 0 ||
	    !make_mark(users, mark, password))
		return false;
	/* Somebody else's hash, so that an unknown name takes its time too. */
	if (!user) {
		(void)check_slowly(users, &users->list[0], password);
		return false;
	}
	if (user->is_marked &&
	    CRYPTO_memcmp(user->mark, mark, sizeof(mark)) == 0)
		return true;
	if (!check_slowly(users, user, password))
		return false;
	memcpy(user->mark, mark, sizeof(mark));
	user->is_marked = true;
	return true;
}

bool
users_check_cram(struct users *users, struct span name, struct span challenge,
    struct span digest)
{
	static const char digits[] = "0123456789abcdef";
	const struct user *user = find_user(users, name);
	unsigned char sum[MD5_SIZE];
	char text[MD5_SIZE * 2];
	char lower[MD5_SIZE * 2];

	if (!user || !users_hash_is_plain(user->hash) ||
	    digest.len != sizeof(text) ||
	    !HMAC(EVP_md5(), user->kept, (int)strlen(user->kept),
		(const unsigned char *)challenge.at, challenge.len, sum, NULL))
		return false;
	for (size_t i = 0; i < sizeof(sum); i++) {
		text[i * 2] = digits[sum[i] >> 4];
		text[i * 2 + 1] = digits[sum[i] & 15];
	}
	/* Some clients write the digest with capitals. */
	for (size_t i = 0; i < sizeof(lower); i++)
		lower[i] = (char)(digest.at[i] | 0x20);
	return users_hash_same(
	    span_make(text, sizeof(text)), span_make(lower, sizeof(lower)));
}

bool
users_can_cram(const struct users *users)
{
	for (size_t i = 0; i < users->count; i++)
		if (!users_hash_is_plain(users->list[i].hash))
			return false;
	return true;
}
