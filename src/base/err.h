/*
 * err: what can go wrong, as one small set of values.
 *
 * A function that can fail in several ways returns one of these; nothing else
 * travels in a return value. What a person needs to know beyond the kind (a
 * path, SQLite's own words) goes into a struct failure, where one is asked for.
 */
#ifndef ERR_H
#define ERR_H

enum err {
	ERR_OK = 0,
	ERR_MEMORY,      /* no memory */
	ERR_IO,          /* reading or writing failed */
	ERR_FULL,        /* no space left */
	ERR_BUSY,        /* somebody else holds the lock; try again */
	ERR_READONLY,    /* may not be written */
	ERR_CORRUPT,     /* the file is damaged, or no database */
	ERR_VERSION,     /* written by a newer mailstop */
	ERR_NOT_FOUND,   /* no such thing */
	ERR_GONE,        /* was there, and was removed */
	ERR_EXISTS,      /* is there already */
	ERR_USAGE,       /* the caller's words are wrong */
	ERR_DATA,        /* the input is not what it should be */
	ERR_LIMIT,       /* a ceiling is reached */
	ERR_PERMISSION,  /* not allowed */
	ERR_UNAVAILABLE, /* a service that is needed does not answer */
	ERR_STOPPED,     /* shut down before it was done */
};

/* The words that explain one failure to a person. Always NUL-terminated. */
struct failure {
	char text[512];
};

/* A short phrase in lower case, for the middle of a sentence. */
const char *err_text(enum err);

/* The exit code of sysexits.h that fits; 0 for ERR_OK. */
int err_exit_code(enum err);

/* The kind that fits an errno value. */
enum err err_from_errno(int error_number);

/* The same where something was to be made: that a folder is missing, or not
   ours, is ERR_READONLY then. */
enum err err_from_making(int error_number);

/*
 * Writes the explanation, cut where it is too long, and returns `err`, so that
 * "return failure_set(...)" reads as one step. A NULL failure is allowed.
 */
enum err failure_set(struct failure *, enum err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
