/* cmd_finding: findings: what clients did against the RFCs. */
#include "cmd.h"

#include "finding_text.h"
#include "sarif.h"

#include <errno.h>
#include <string.h>

/* One command, while it prints. */
struct printing {
	struct cmd cmd;
	bool (*print)(struct printing *, json_t *finding);
	struct sarif sarif;
	char under[80]; /* the heading that was printed last */
	struct failure *f;
	enum err err;
};

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static struct source *
source_of(const struct printing *printing)
{
	return printing->cmd.source;
}

/* ---- forms */

static bool
print_row(struct printing *printing, json_t *finding)
{
	return cmd_print(finding, &printing->cmd);
}

static bool
print_sarif(struct printing *printing, json_t *finding)
{
	sarif_put(&printing->sarif, finding);
	printing->cmd.count++;
	return !printing->sarif.failed;
}

/* What a person reads: the rule as we know it, at its place. */
static bool
put_line(struct buf *out, const json_t *finding)
{
	const char *bytes = text_of(finding, "bytes");
	struct finding known = {
	    .rule = finding_rule(span_string(text_of(finding, "rule"))),
	    .bytes = span_string(bytes),
	    .more =
		(uint64_t)json_integer_value(json_object_get(finding, "more")),
	};
	const char *place = "line";

	if (!known.rule)
		return false;
	if (known.rule->scope == FINDING_OF_MESSAGE)
		place = "offset";
	known.offset =
	    (uint64_t)json_integer_value(json_object_get(finding, place));
	return finding_put_text(out, &known);
}

static bool
print_heading(struct printing *printing, const json_t *finding)
{
	const char *id = text_of(finding, "message");
	const char *kind = id[0] ? "message" : "session";
	char text[sizeof(printing->under)];

	if (!id[0])
		id = text_of(finding, "session");
	(void)snprintf(text, sizeof(text), "%s %.60s", kind, id);
	if (strcmp(text, printing->under) == 0)
		return true;
	memcpy(printing->under, text, sizeof(text));
	return printf("%s%s\n", printing->cmd.count ? "\n" : "", text) > 0;
}

static bool
print_line(struct printing *printing, json_t *finding)
{
	struct buf text;
	bool is_good;

	buf_init(&text, (size_t)4 * 1024);
	is_good = print_heading(printing, finding);
	/* What a newer server knows it tells in its own words. */
	if (!put_line(&text, finding))
		output_escape(&text, span_string(text_of(finding, "title")));
	is_good = is_good && printf("  %.*s\n", SPAN_ARG(buf_span(&text))) > 0;
	buf_release(&text);
	if (!is_good)
		printing->cmd.err = ERR_IO;
	printing->cmd.count++;
	return is_good;
}

/* ---- findings */

static bool
is_full(const struct printing *printing)
{
	const struct cmd *cmd = &printing->cmd;

	return cmd->err || printing->sarif.failed ||
	    (cmd->request.limit > 0 && cmd->count >= cmd->request.limit);
}

static bool
on_finding(json_t *finding, void *context)
{
	struct printing *printing = context;

	return !is_full(printing) && printing->print(printing, finding);
}

static bool
on_message(json_t *message, void *context)
{
	struct printing *printing = context;
	struct source *source = source_of(printing);

	printing->err = source->kind->message_findings(
	    source, text_of(message, "id"), on_finding, printing, printing->f);
	return !printing->err && !is_full(printing);
}

/* What came otherwise than by SMTP. */
static bool
on_stray_message(json_t *message, void *context)
{
	if (text_of(message, "session")[0])
		return true;
	return on_message(message, context);
}

#define ANY_STATE "(state:accepted OR state:refused OR state:aborted)"

static enum err
print_messages(
    struct printing *printing, const char *query, source_callback *callback)
{
	const struct source_request request = {
	    .query = query, .order = SOURCE_OLDEST_FIRST};
	struct source *source = source_of(printing);
	enum err err = source->kind->list(
	    source, &request, callback, printing, printing->f);

	return printing->err ? printing->err : err;
}

/* Its own, then those of its messages. */
static bool
on_session(json_t *session, void *context)
{
	struct printing *printing = context;
	struct source *source = source_of(printing);
	const char *id = text_of(session, "id");
	char query[160];

	(void)snprintf(
	    query, sizeof(query), "session:%.60s has:finding " ANY_STATE, id);
	printing->err = source->kind->session_findings(
	    source, id, on_finding, printing, printing->f);
	if (printing->err || is_full(printing))
		return false;
	printing->err = print_messages(printing, query, on_message);
	return !printing->err && !is_full(printing);
}

static enum err
print_all(struct printing *printing)
{
	static const struct source_request all = {.limit = 0};
	struct source *source = source_of(printing);
	enum err err = source->kind->sessions(
	    source, &all, on_session, printing, printing->f);

	if (printing->err)
		return printing->err;
	if (err || is_full(printing))
		return err;
	return print_messages(
	    printing, "has:finding " ANY_STATE, on_stray_message);
}

/* Of a message, or where there is none of that name, of a session with its
   messages. */
static enum err
print_one(struct printing *printing, const char *id)
{
	struct failure why;
	json_t *found = NULL;
	enum err err = cmd_get(&printing->cmd, id, &found, &why);

	if (!err) {
		(void)on_message(found, printing);
	} else if (err == ERR_NOT_FOUND) {
		found = json_pack("{s:s}", "id", id);
		(void)on_session(found, printing);
	} else {
		*printing->f = why;
		printing->err = err;
	}
	json_decref(found);
	return printing->err;
}

/* ---- the whole */

static enum err
print(struct printing *printing)
{
	const struct options *options = printing->cmd.options;

	return options_argument_count(options) > 0
	    ? print_one(printing, options_argument(options, 0))
	    : print_all(printing);
}

static enum err
print_document(struct printing *printing)
{
	enum err err;

	if (printing->cmd.output.form == OUTPUT_JSON)
		return failure_set(printing->f, ERR_USAGE,
		    "--json and --sarif: only one of them can be");
	printing->print = print_sarif;
	sarif_begin(&printing->sarif, stdout);
	err = print(printing);
	if (!sarif_end(&printing->sarif))
		printing->cmd.err = ERR_IO;
	return err;
}

int
cmd_findings(const struct options *options)
{
	struct failure f = {""};
	struct printing printing = {.f = &f, .print = print_row};
	enum err err = cmd_open(&printing.cmd, options, output_findings, &f);

	if (err)
		return cmd_fail(err, &f);
	if (printing.cmd.output.form == OUTPUT_TABLE)
		printing.print = print_line;
	err = option_flag(options, OPTION_SARIF) ? print_document(&printing)
						 : print(&printing);
	return cmd_end(&printing.cmd, err, 0, &f);
}
