/* users_hash: the ways in which an htpasswd file keeps a password. */
#include "users_hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>

#define MD5_SIZE 16
#define SHA1_SIZE 20
#define SHA256_SIZE 32

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define BASE64 LETTERS "+/"
#define SHA "{SHA}"
/* Base64 of SHA1_SIZE bytes. */
#define SHA_LEN 28

#define APR1 "$apr1$"
#define APR1_SALT_MAX_LEN 8
/* Letters of 6 bits each, for 16 bytes. */
#define APR1_DIGEST_LEN 22

struct users_hash {
	struct span prefix;
	bool (*is_formed)(struct span kept);
	bool (*fits)(
	    const char *kept, const char *password, struct crypt_data *room);
};

bool
users_hash_same(struct span a, struct span b)
{
	return a.len == b.len &&
	    (a.len == 0 || CRYPTO_memcmp(a.at, b.at, a.len) == 0);
}

static bool
same_string(const char *a, const char *b)
{
	return users_hash_same(span_string(a), span_string(b));
}

static bool
digest(unsigned char *out, const EVP_MD *kind, struct span bytes)
{
	return EVP_Digest(bytes.at, bytes.len, out, NULL, kind, NULL) == 1;
}

/* ---- plain */

static bool
is_formed_plain(struct span kept)
{
	(void)kept;
	return true;
}

/* Of digests, because how long a password is, is a secret too. */
static bool
fits_plain(const char *kept, const char *password, struct crypt_data *room)
{
	unsigned char a[SHA256_SIZE];
	unsigned char b[SHA256_SIZE];

	(void)room;
	return digest(a, EVP_sha256(), span_string(kept)) &&
	    digest(b, EVP_sha256(), span_string(password)) &&
	    CRYPTO_memcmp(a, b, sizeof(a)) == 0;
}

/* ---- {SHA}: base64 of SHA-1, without salt */

static bool
is_formed_sha(struct span kept)
{
	span_skip(&kept, sizeof(SHA) - 1);
	for (size_t i = 0; i + 1 < kept.len; i++)
		if (!strchr(BASE64, kept.at[i]))
			return false;
	return kept.len == SHA_LEN && kept.at[SHA_LEN - 1] == '=';
}

static bool
fits_sha(const char *kept, const char *password, struct crypt_data *room)
{
	unsigned char sum[SHA1_SIZE];
	unsigned char text[SHA_LEN + 1];

	(void)room;
	if (!digest(sum, EVP_sha1(), span_string(password)))
		return false;
	(void)EVP_EncodeBlock(text, sum, sizeof(sum));
	return same_string((const char *)text, kept + sizeof(SHA) - 1);
}

/* ---- $apr1$: the MD5 of FreeBSD's crypt, with a name of its own */

/* The salt of "$apr1$salt$digest"; *rest is the digest. */
static struct span
cut_salt(struct span kept, struct span *rest)
{
	span_skip(&kept, sizeof(APR1) - 1);
	*rest = kept;
	return span_cut(rest, '$');
}

static bool
is_formed_apr1(struct span kept)
{
	struct span rest;
	struct span salt = cut_salt(kept, &rest);

	return salt.len > 0 && salt.len <= APR1_SALT_MAX_LEN &&
	    rest.len == APR1_DIGEST_LEN;
}

static bool
add(EVP_MD_CTX *md, struct span bytes)
{
	return EVP_DigestUpdate(md, bytes.at, bytes.len) == 1;
}

static bool
begin(EVP_MD_CTX *md)
{
	return EVP_DigestInit_ex(md, EVP_md5(), NULL) == 1;
}

static bool
end(EVP_MD_CTX *md, unsigned char sum[MD5_SIZE])
{
	return EVP_DigestFinal_ex(md, sum, NULL) == 1;
}

static struct span
sum_span(const unsigned char *sum, size_t len)
{
	return span_make((const char *)sum, len);
}

/* The sum that the thousand rounds start from. */
static bool
first_sum(EVP_MD_CTX *md, unsigned char sum[MD5_SIZE], struct span password,
    struct span salt)
{
	bool done = begin(md) && add(md, password) && add(md, salt) &&
	    add(md, password) && end(md, sum) && begin(md) &&
	    add(md, password) && add(md, SPAN(APR1)) && add(md, salt);

	for (size_t left = password.len; done && left > 0;) {
		size_t count = left < MD5_SIZE ? left : MD5_SIZE;

		done = add(md, sum_span(sum, count));
		left -= count;
	}
	for (size_t bits = password.len; done && bits > 0; bits >>= 1)
		done =
		    add(md, bits & 1 ? SPAN("\0") : span_make(password.at, 1));
	return done && end(md, sum);
}

static bool
next_sum(EVP_MD_CTX *md, unsigned char sum[MD5_SIZE], unsigned round,
    struct span password, struct span salt)
{
	struct span last = sum_span(sum, MD5_SIZE);
	bool is_odd = round % 2 == 1;

	return begin(md) && add(md, is_odd ? password : last) &&
	    (round % 3 == 0 || add(md, salt)) &&
	    (round % 7 == 0 || add(md, password)) &&
	    add(md, is_odd ? last : password) && end(md, sum);
}

/* `count` letters of 6 bits each, the lowest first. */
static void
put_letters(char **out, uint32_t bits, unsigned count)
{
	static const char letters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz";

	for (unsigned i = 0; i < count; i++) {
		*(*out)++ = letters[bits & 63];
		bits >>= 6;
	}
}

static void
write_sum(char out[APR1_DIGEST_LEN], const unsigned char sum[MD5_SIZE])
{
	/* The order is that of the crypt this descends from. */
	static const unsigned char order[][3] = {
	    {0, 6, 12}, {1, 7, 13}, {2, 8, 14}, {3, 9, 15}, {4, 10, 5}};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		put_letters(&out,
		    (uint32_t)sum[order[i][0]] << 16 |
			(uint32_t)sum[order[i][1]] << 8 | sum[order[i][2]],
		    4);
	put_letters(&out, sum[11], 2);
}

static bool
fits_apr1(const char *kept, const char *password, struct crypt_data *room)
{
	struct span secret = span_string(password);
	struct span digest_text;
	struct span salt = cut_salt(span_string(kept), &digest_text);
	unsigned char sum[MD5_SIZE];
	char text[APR1_DIGEST_LEN];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool done;

	(void)room;
	done = md && first_sum(md, sum, secret, salt);
	for (unsigned round = 0; done && round < 1000; round++)
		done = next_sum(md, sum, round, secret, salt);
	EVP_MD_CTX_free(md);
	if (!done)
		return false;
	write_sum(text, sum);
	return users_hash_same(digest_text, span_make(text, sizeof(text)));
}

/* ---- crypt(3) */

static bool
is_formed_crypt(struct span kept)
{
	span_skip(&kept, 1);
	(void)span_cut(&kept, '$');
	return span_find(kept, '$') + 1 < kept.len;
}

static bool
fits_crypt(const char *kept, const char *password, struct crypt_data *room)
{
	const char *made = crypt_r(password, kept, room);
	/* "*0" and "*1" say that it could not be done. */
	bool fits = made && made[0] != '*' && same_string(made, kept);

	OPENSSL_cleanse(room, sizeof(*room));
	return fits;
}

/* The first that the text begins with is taken. */
static const struct users_hash kinds[] = {
    {SPAN(SHA), is_formed_sha, fits_sha},
    {SPAN(APR1), is_formed_apr1, fits_apr1},
    {SPAN("$2a$"), is_formed_crypt, fits_crypt},
    {SPAN("$2b$"), is_formed_crypt, fits_crypt},
    {SPAN("$2y$"), is_formed_crypt, fits_crypt},
    {SPAN("$1$"), is_formed_crypt, fits_crypt},
    {SPAN("$5$"), is_formed_crypt, fits_crypt},
    {SPAN("$6$"), is_formed_crypt, fits_crypt},
    {SPAN("$y$"), is_formed_crypt, fits_crypt},
};
static const struct users_hash plain = {SPAN(""), is_formed_plain, fits_plain};

/* Whether between the two bytes stands a name as hashes have them. */
static bool
names_hash(struct span kept, char open, char close)
{
	size_t end_at;

	if (kept.len == 0 || kept.at[0] != open)
		return false;
	span_skip(&kept, 1);
	end_at = span_find(kept, close);
	for (size_t i = 0; i < end_at; i++)
		if (!strchr(LETTERS "-_", kept.at[i]))
			return false;
	return end_at > 0 && end_at < kept.len;
}

const struct users_hash *
users_hash_find(struct span kept)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (span_starts(kept, kinds[i].prefix))
			return kinds[i].is_formed(kept) ? &kinds[i] : NULL;
	/* A hash that is taken for a password would be a password that
	   everybody knows who can read the file. */
	if (names_hash(kept, '$', '$') || names_hash(kept, '{', '}'))
		return NULL;
	return &plain;
}

bool
users_hash_is_plain(const struct users_hash *hash)
{
	return hash == &plain;
}

bool
users_hash_fits(const struct users_hash *hash, const char *kept,
    const char *password, struct crypt_data *room)
{
	return hash->fits(kept, password, room);
}
