/* api_json: reading JSON that clients of Mailpit's API send. */
#include "api_json.h"

#include <jansson.h>
#include <stdio.h>
#include <strings.h>

struct json_t *
api_json_read(struct span body, char *error, size_t size)
{
	json_error_t at;
	json_t *value = NULL;

	if (body.len > 0)
		value =
		    json_loadb(body.at, body.len, JSON_DISABLE_EOF_CHECK, &at);
	if (value && json_is_object(value))
		return value;
	if (body.len == 0)
		(void)snprintf(error, size, "no JSON: the body is empty");
	else if (value)
		(void)snprintf(error, size, "a JSON object is expected");
	else
		(void)snprintf(error, size, "no JSON: %s (at byte %d)", at.text,
		    at.position);
	json_decref(value);
	return NULL;
}

/* NULL also for null. */
static json_t *
find(const json_t *object, const char *key)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name,
	    value) if (strcasecmp(name, key) == 0) return json_is_null(value)
	    ? NULL
	    : value;
	return NULL;
}

enum api_json_status
api_json_string(const json_t *object, const char *key, const char **string)
{
	json_t *value = find(object, key);

	if (!value)
		return API_JSON_ABSENT;
	if (!json_is_string(value))
		return API_JSON_WRONG;
	*string = json_string_value(value);
	return API_JSON_OK;
}

enum api_json_status
api_json_number(const json_t *object, const char *key, int *number)
{
	json_t *value = find(object, key);

	if (!value)
		return API_JSON_ABSENT;
	if (!json_is_integer(value) || json_integer_value(value) > 1000000 ||
	    json_integer_value(value) < -1000000)
		return API_JSON_WRONG;
	*number = (int)json_integer_value(value);
	return API_JSON_OK;
}

enum api_json_status
api_json_bool(const json_t *object, const char *key, bool *is)
{
	json_t *value = find(object, key);

	if (!value)
		return API_JSON_ABSENT;
	if (!json_is_boolean(value))
		return API_JSON_WRONG;
	*is = json_is_true(value);
	return API_JSON_OK;
}

enum api_json_status
api_json_object(const json_t *object, const char *key, json_t **found)
{
	json_t *value = find(object, key);

	if (!value)
		return API_JSON_ABSENT;
	if (!json_is_object(value))
		return API_JSON_WRONG;
	*found = value;
	return API_JSON_OK;
}

static enum api_json_status
find_array(
    const json_t *object, const char *key, json_type type, json_t **found)
{
	json_t *value = find(object, key);
	json_t *item;
	size_t i;

	if (!value)
		return API_JSON_ABSENT;
	if (!json_is_array(value))
		return API_JSON_WRONG;
	json_array_foreach(value, i,
	    item) if (json_typeof(item) != type) return API_JSON_WRONG;
	*found = value;
	return API_JSON_OK;
}

enum api_json_status
api_json_strings(const json_t *object, const char *key, json_t **found)
{
	return find_array(object, key, JSON_STRING, found);
}

enum api_json_status
api_json_objects(const json_t *object, const char *key, json_t **found)
{
	return find_array(object, key, JSON_OBJECT, found);
}
