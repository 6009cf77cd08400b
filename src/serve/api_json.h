/*
 * api_json: reading JSON that clients of Mailpit's API send.
 *
 * The type of the content is not looked at, only the first value is read, keys
 * are matched in any case, null counts as absent, and what is unknown is
 * ignored; a wrong type is an error. Any thread.
 */
#ifndef API_JSON_H
#define API_JSON_H

#include "span.h"

#include <stdbool.h>
#include <stddef.h>

struct json_t; /* Jansson's */

enum api_json_status {
	API_JSON_OK,
	API_JSON_ABSENT, /* no such key, or null */
	API_JSON_WRONG,  /* another type */
};

/* The object in a body; NULL when there is none. *error is for a person. */
struct json_t *api_json_read(struct span body, char *error, size_t size);

/* Values are borrowed from `object`, and untouched unless API_JSON_OK. */
enum api_json_status
api_json_string(const struct json_t *object, const char *key, const char **);
enum api_json_status
api_json_number(const struct json_t *object, const char *key, int *);
enum api_json_status
api_json_bool(const struct json_t *object, const char *key, bool *);
enum api_json_status
api_json_object(const struct json_t *object, const char *key, struct json_t **);
/* An array whose items are all strings, or all objects. */
enum api_json_status api_json_strings(
    const struct json_t *object, const char *key, struct json_t **);
enum api_json_status api_json_objects(
    const struct json_t *object, const char *key, struct json_t **);

#endif
