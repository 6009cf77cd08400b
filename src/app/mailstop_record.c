/* mailstop_record: the public library: reading what it has told. */
#include "tenant.h"

#include "span.h"

#include <stdlib.h>
#include <strings.h>

/* A record is a value of Jansson's under a name of ours. */
static json_t *
own(const struct mailstop_record *record)
{
	return (json_t *)record;
}

struct mailstop_record *
tenant_record(json_t **value)
{
	struct mailstop_record *record = (struct mailstop_record *)*value;

	*value = NULL;
	return record;
}

/* ---- paths */

static json_t *
find_element(json_t *value, struct span name)
{
	uint64_t index;

	if (json_is_object(value))
		return json_object_getn(value, name.at, name.len);
	if (json_is_array(value) && span_number(name, &index))
		return json_array_get(value, (size_t)index);
	return NULL;
}

static json_t *
find(const struct mailstop_record *record, const char *path)
{
	json_t *value = own(record);
	struct span rest = span_string(path);

	while (value && rest.len > 0)
		value = find_element(value, span_cut(&rest, '.'));
	return value;
}

const char *
mailstop_text(const struct mailstop_record *record, const char *path)
{
	return json_string_value(find(record, path));
}

int64_t
mailstop_number(const struct mailstop_record *record, const char *path)
{
	const json_t *value = find(record, path);

	if (json_is_true(value))
		return 1;
	if (json_is_real(value))
		return (int64_t)json_real_value(value);
	return json_integer_value(value);
}

size_t
mailstop_size(const struct mailstop_record *record, const char *path)
{
	const json_t *value = find(record, path);

	return json_is_array(value) ? json_array_size(value)
				    : json_object_size(value);
}

const struct mailstop_record *
mailstop_get(const struct mailstop_record *record, const char *path)
{
	json_t *value = find(record, path);

	return json_is_null(value) ? NULL : (struct mailstop_record *)value;
}

const struct mailstop_record *
mailstop_at(const struct mailstop_record *record, size_t index)
{
	json_t *value = json_array_get(own(record), index);

	return json_is_null(value) ? NULL : (struct mailstop_record *)value;
}

const char *
mailstop_header(const struct mailstop_record *message, const char *name)
{
	const json_t *fields = find(message, "headers");
	const json_t *field;
	size_t i;

	json_array_foreach(fields, i, field)
	{
		const char *found =
		    json_string_value(json_object_get(field, "name"));

		if (found && name && strcasecmp(found, name) == 0)
			return json_string_value(
			    json_object_get(field, "value"));
	}
	return NULL;
}

/* ---- the whole */

char *
mailstop_json(const struct mailstop_record *record)
{
	return json_dumps(own(record), JSON_ENCODE_ANY | JSON_COMPACT);
}

void
mailstop_record_free(struct mailstop_record *record)
{
	json_decref(own(record));
}

void
mailstop_bytes_free(char *bytes)
{
	free(bytes);
}
