/* cmd_assert: what must be true of the messages that are there. */
#include "cmd.h"

#include "check.h"

#include <string.h>

/* ---- forms, in the order of the option's words */

static void
put_text(struct buf *out, const struct checks *checks)
{
	for (size_t i = 0; i < checks->count; i++)
		if (checks->at[i].holds) {
			buf_put_string(out, "ok: ");
			output_escape(out, span_string(checks->at[i].text));
			buf_put_char(out, '\n');
		}
}

/* "#" and what stands behind it would be a directive. */
static void
put_tap_name(struct buf *out, const char *text)
{
	struct buf shown;

	buf_init(&shown, 4 * EXPECT_LEN_MAX);
	output_escape(&shown, span_string(text));
	for (size_t i = 0; i < shown.len; i++) {
		if (shown.at[i] == '#')
			buf_put_char(out, '\\');
		buf_put_char(out, shown.at[i]);
	}
	buf_release(&shown);
}

static void
put_tap(struct buf *out, const struct checks *checks)
{
	buf_printf(out, "TAP version 13\n1..%zu\n", checks->count);
	for (size_t i = 0; i < checks->count; i++) {
		const struct check *check = &checks->at[i];
		struct span rest = buf_span(&check->account);

		buf_printf(
		    out, "%sok %zu - ", check->holds ? "" : "not ", i + 1);
		put_tap_name(out, check->text);
		buf_put_char(out, '\n');
		if (check->holds)
			continue;
		buf_printf(
		    out, "# found %llu\n", (unsigned long long)check->found);
		while (rest.len > 0) {
			struct span line = span_trim(span_cut(&rest, '\n'));

			buf_printf(out, "# %.*s\n", SPAN_ARG(line));
		}
	}
}

/* Controls that XML cannot hold are escaped before already. */
static void
put_xml(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		switch (text.at[i]) {
		case '&':
			buf_put_string(out, "&amp;");
			break;
		case '<':
			buf_put_string(out, "&lt;");
			break;
		case '>':
			buf_put_string(out, "&gt;");
			break;
		case '"':
			buf_put_string(out, "&quot;");
			break;
		default:
			buf_put_char(out, text.at[i]);
		}
	}
}

static void
put_junit_case(struct buf *out, const struct check *check)
{
	struct buf name;

	buf_init(&name, 4 * EXPECT_LEN_MAX);
	output_escape(&name, span_string(check->text));
	buf_put_string(out, "  <testcase classname=\"mailstop\" name=\"");
	put_xml(out, buf_span(&name));
	if (check->holds) {
		buf_put_string(out, "\"/>\n");
	} else {
		buf_printf(out, "\">\n    <failure message=\"found %llu\">",
		    (unsigned long long)check->found);
		put_xml(out, buf_span(&check->account));
		buf_put_string(out, "</failure>\n  </testcase>\n");
	}
	buf_release(&name);
}

static void
put_junit(struct buf *out, const struct checks *checks)
{
	buf_printf(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<testsuite name=\"mailstop\" tests=\"%zu\" failures=\"%zu\">\n",
	    checks->count, checks_failed(checks));
	for (size_t i = 0; i < checks->count; i++)
		put_junit_case(out, &checks->at[i]);
	buf_put_string(out, "</testsuite>\n");
}

static void (*const forms[])(struct buf *, const struct checks *) = {
    put_text, put_tap, put_junit};
#define FORM_TEXT 0

/* ---- the command */

static enum err
read_expressions(
    struct checks *checks, const struct options *options, struct failure *f)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < options_argument_count(options) && !err; i++)
		err = checks_add(checks, options_argument(options, i), f);
	return err;
}

static enum err
run(struct checks *checks, const struct options *options, struct failure *f)
{
	struct source *source = NULL;
	enum err err = read_expressions(checks, options, f);

	if (!err)
		err = source_open(&source, options, f);
	if (!err)
		err = checks_wait(checks, source,
		    option_duration(options, OPTION_ASSERT_TIMEOUT), f);
	if (!err)
		err = checks_explain(checks, source, f);
	source_close(source);
	return err;
}

static enum err
print(const struct checks *checks, const struct options *options,
    struct failure *f)
{
	int form = option_choice(options, OPTION_ASSERT_FORMAT);
	struct buf out;
	enum err err = ERR_OK;

	buf_init(&out, (size_t)64 * 1024 * 1024);
	forms[form](&out, checks);
	if (buf_failed(&out))
		err = failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	else if (out.len > 0)
		(void)fwrite(out.at, 1, out.len, stdout);
	buf_release(&out);
	if (!err)
		err = cmd_flush(f);
	if (!err && form == FORM_TEXT)
		checks_print_failed(checks, stderr);
	return err;
}

int
cmd_assert(const struct options *options)
{
	struct failure f = {""};
	struct checks checks;
	int status = CMD_YES;
	enum err err;

	checks_init(&checks, option_text(options, OPTION_INBOX));
	err = run(&checks, options, &f);
	if (!err)
		err = print(&checks, options, &f);
	if (err)
		status = cmd_fail(err, &f);
	else if (checks_failed(&checks) > 0)
		status = CMD_NO;
	checks_release(&checks);
	return status;
}
