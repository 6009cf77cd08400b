/*
 * run_place: where a private server is, told to it and by it.
 */
#ifndef RUN_PLACE_H
#define RUN_PLACE_H

#include "option.h"
#include "span.h"

#include <stdbool.h>
#include <stddef.h>

/* Words of a command line; each is owned. Begins as zeroes. */
struct run_words {
	char **at;
	size_t count;
};

/* False without memory. */
bool run_words_add(struct run_words *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The options of "serve" that were given to "run". */
bool run_words_copy(struct run_words *, const struct options *);
void run_words_release(struct run_words *);

/* What a ready file said; NULL: there is none. All owned; begins as zeroes. */
struct run_place {
	char *db;
	char *ca;
	char *smtp_host, *smtp_port;
	char *mail_url; /* "smtp://127.0.0.1:1025" */
	char *url;      /* "http://127.0.0.1:8025" */
};

/* False when it is no such object, and without memory. */
bool
run_place_read(struct run_place *, struct span text, const struct options *);
void run_place_release(struct run_place *);

/* Sets the variables of this process's environment. False without memory. */
bool run_place_tell(const struct run_place *);

#endif
