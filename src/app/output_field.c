/* output_field: what stands in a column. */
#include "output.h"

#include <string.h>
#include <time.h>

static void
put_string(struct buf *out, const json_t *value)
{
	if (json_is_string(value))
		buf_put(out,
		    span_make(
			json_string_value(value), json_string_length(value)));
}

static void
put_value(struct buf *out, const json_t *value)
{
	if (json_is_integer(value))
		buf_printf(out, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		buf_printf(out, "%.6f", json_real_value(value));
	else if (json_is_boolean(value))
		buf_put_string(out, json_is_true(value) ? "yes" : "no");
	else
		put_string(out, value);
}

/* RFC 3339 in UTC, as it is here: the time of day, or of other days the date.
 */
static void
put_local_time(struct buf *out, const json_t *value)
{
	const char *text = json_string_value(value);
	struct tm tm = {.tm_isdst = 0};
	struct tm today;
	char local[64];
	time_t now = time(NULL);
	time_t seconds;
	bool is_today;

	if (!text || !strptime(text, "%Y-%m-%dT%H:%M:%S", &tm))
		return;
	seconds = timegm(&tm);
	if (!localtime_r(&seconds, &tm) || !localtime_r(&now, &today))
		return;
	is_today = tm.tm_year == today.tm_year && tm.tm_yday == today.tm_yday;
	if (strftime(local, sizeof(local), is_today ? "%H:%M:%S" : "%Y-%m-%d",
		&tm) > 0)
		buf_put_string(out, local);
}

bool
output_names(const json_t *message, const json_t *recipient)
{
	const char *state =
	    json_string_value(json_object_get(message, "state"));
	const char *reply =
	    json_string_value(json_object_get(recipient, "reply"));

	return !state || strcmp(state, "accepted") != 0 || !reply ||
	    reply[0] == '2';
}

static void
put_addresses(struct buf *out, const json_t *list, const json_t *row)
{
	const char *before = "";
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
	{
		if (!output_names(row, one))
			continue;
		buf_put_string(out, before);
		put_string(out, json_object_get(one, "address"));
		before = ", ";
	}
}

void
output_field(struct buf *out, const struct output_column *column,
    const json_t *row, enum output_form form)
{
	const json_t *value = json_object_get(row, column->key);
	bool is_table = form == OUTPUT_TABLE;

	switch (column->kind) {
	case OUTPUT_VALUE:
		put_value(out, value);
		break;
	case OUTPUT_TIME:
		if (is_table)
			put_local_time(out, value);
		else
			put_string(out, value);
		break;
	case OUTPUT_SENDER:
		if (is_table && json_string_length(value) == 0)
			buf_put_string(out, "<>");
		put_string(out, value);
		break;
	case OUTPUT_ADDRESSES:
		put_addresses(out, value, row);
		break;
	case OUTPUT_PLACE:
		/* People count lines from 1. */
		if (json_is_null(value))
			(void)buf_printf(out, "%" JSON_INTEGER_FORMAT,
			    json_integer_value(json_object_get(row, "line")) +
				1);
		else
			put_value(out, value);
		break;
	}
}
