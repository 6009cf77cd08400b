/* finding_text: a finding as one line that a person can read. */
#include "finding_text.h"

#include <inttypes.h>

bool
finding_put_bytes(struct buf *out, struct span bytes)
{
	static const struct {
		char byte;
		const char *text;
	} names[] = {
	    {'\r', "\\r"},
	    {'\n', "\\n"},
	    {'\t', "\\t"},
	    {'\0', "\\0"},
	    {'\\', "\\\\"},
	    {'"', "\\\""},
	};

	for (size_t i = 0; i < bytes.len; i++) {
		char byte = bytes.at[i];
		const char *text = NULL;

		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++)
			if (names[j].byte == byte)
				text = names[j].text;
		if (text)
			(void)buf_put_string(out, text);
		else if (byte >= ' ' && byte < 127)
			(void)buf_put_char(out, byte);
		else
			(void)buf_printf(out, "\\x%02x", (unsigned char)byte);
	}
	return !buf_failed(out);
}

bool
finding_put_text(struct buf *out, const struct finding *finding)
{
	const struct finding_rule *rule = finding->rule;

	(void)buf_printf(out, "%s %s %s at ",
	    finding_severity_name(rule->severity), rule->id, rule->section);
	if (rule->scope == FINDING_OF_SESSION)
		(void)buf_printf(out, "line %" PRIu64, finding->offset + 1);
	else
		(void)buf_printf(out, "%" PRIu64, finding->offset);
	(void)buf_printf(out, ": %s", rule->title);
	if (finding->bytes.len) {
		(void)buf_put_string(out, ": \"");
		(void)finding_put_bytes(out, finding->bytes);
		(void)buf_put_char(out, '"');
	}
	if (finding->more)
		(void)buf_printf(out, " (and %" PRIu64 " more)", finding->more);
	return !buf_failed(out);
}
