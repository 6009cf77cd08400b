/*
 * option_private: what option.c and option_read.c know of each other.
 */
#ifndef OPTION_PRIVATE_H
#define OPTION_PRIVATE_H

#include "option.h"

/* In the order in which one takes over from another. */
enum place {
	PLACE_DEFAULT,
	PLACE_FILE,
	PLACE_MAILPIT,
	PLACE_VARIABLE,
	PLACE_WORD
};

struct setting {
	enum place place;
	char **values; /* ends with a NULL; NULL when there are none */
	size_t count;
};

struct options {
	enum command command;
	struct setting settings[OPTIONS];
	const char **arguments;
	size_t argument_count;
};

/* Where a value stands, for the words of an error: "--keep-age 7x". */
struct spot {
	enum place place;
	const char *name; /* as written there */
	const char *file; /* of PLACE_FILE */
	unsigned line;
};

/* A value from one place: checked, then it makes those of lesser places
   forgotten, and is forgotten where a better one has spoken. */
enum err option_set(struct options *, enum option, const struct spot *,
    struct span value, struct failure *);

#endif
