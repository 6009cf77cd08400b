/* near: messages and findings as lines. */
#include "near.h"

#include "output.h"

static void
put_text(struct buf *out, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	output_escape(out, span_string(text));
}

void
near_put_message(struct buf *out, const json_t *message)
{
	const char *before = "<";
	json_t *rcpt;
	size_t i;

	buf_printf(out, "%lld ",
	    (long long)json_integer_value(json_object_get(message, "seq")));
	put_text(out, message, "id");
	buf_put_string(out, " from <");
	put_text(out, message, "mail_from");
	buf_put_string(out, "> to ");
	json_array_foreach(json_object_get(message, "recipients"), i, rcpt)
	{
		if (!output_names(message, rcpt))
			continue;
		buf_put_string(out, before);
		put_text(out, rcpt, "address");
		buf_put_char(out, '>');
		before = ", <";
	}
	buf_put_string(out, ": \"");
	put_text(out, message, "subject");
	buf_put_char(out, '"');
}

void
near_put_finding(struct buf *out, const json_t *finding)
{
	bool is_of_message =
	    json_string_value(json_object_get(finding, "message")) != NULL;

	put_text(out, finding, "severity");
	buf_put_char(out, ' ');
	put_text(out, finding, "rule");
	buf_put_string(out, is_of_message ? " in " : " in session ");
	put_text(out, finding, is_of_message ? "message" : "session");
	buf_put_string(out, ": ");
	put_text(out, finding, "title");
}

static void
put_miss(struct buf *out, const char *prefix, const json_t *message)
{
	json_t *missed;
	size_t i;

	buf_printf(out, "%snear: %lld ", prefix,
	    (long long)json_integer_value(json_object_get(message, "seq")));
	put_text(out, message, "id");
	buf_put_string(out, " \"");
	put_text(out, message, "subject");
	buf_put_string(out, "\": missed ");
	json_array_foreach(json_object_get(message, "missed"), i, missed)
	{
		if (i > 0)
			buf_put_string(out, ", ");
		output_escape(out, span_string(json_string_value(missed)));
	}
	buf_put_char(out, '\n');
}

void
near_put_misses(struct buf *out, const char *prefix, const json_t *answer)
{
	json_t *message;
	size_t i;

	json_array_foreach(json_object_get(answer, "near"), i, message)
	{
		/* Those that match are no misses. */
		if (json_array_size(json_object_get(message, "missed")) > 0)
			put_miss(out, prefix, message);
	}
}
