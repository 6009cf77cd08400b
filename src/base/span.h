/*
 * span: bytes that somebody else owns.
 *
 * A span is borrowed: it is good until the next call on its owner. It need not
 * end with a NUL, and it may hold NULs. All functions are pure; "nocase" means
 * ASCII letters only, whatever the locale.
 */
#ifndef SPAN_H
#define SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *at;
	size_t len; /* bytes */
};

/* A span over a string literal; its length is known to the compiler. */
#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})

/* For printf's "%.*s". The span must be shorter than INT_MAX. */
#define SPAN_ARG(span) (int)(span).len, (span).at

struct span span_make(const char *at, size_t len);

/* The whole of a C string, without its NUL; NULL gives an empty span. */
struct span span_string(const char *string);

bool span_equal(struct span, struct span);
bool span_equal_nocase(struct span, struct span);
bool span_starts(struct span, struct span prefix);
bool span_starts_nocase(struct span, struct span prefix);

/* Whether `needle` stands somewhere in it; an empty needle always does. */
bool span_contains_nocase(struct span, struct span needle);

/* The index of the first `byte`, or the span's length. */
size_t span_find(struct span, char byte);

/* Likewise of the first byte that is not ASCII. */
size_t span_find_8bit(struct span);

/* Moves the front of *rest forward by `count` bytes, at most to its end. */
void span_skip(struct span *rest, size_t count);

/*
 * What stands before the first `separator`, which is skipped too; all of *rest
 * when there is none, and *rest is then empty.
 */
struct span span_cut(struct span *rest, char separator);

/* What stands before the first blank or tab; *rest begins behind all of them.
 */
struct span span_cut_word(struct span *rest);

/* Without blanks and tabs at both ends. */
struct span span_trim(struct span);

/*
 * Reads decimal digits and nothing else. False when empty, when there is any
 * other byte, and when the number does not fit; *number is then unchanged.
 */
bool span_number(struct span, uint64_t *number);

#endif
