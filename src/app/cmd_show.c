/* cmd_show: one message: its envelope and content, or a piece of it. */
#include "cmd.h"

#include "api_links.h"
#include "header.h"
#include "mime.h"

#include <errno.h>
#include <string.h>

/* What is parsed at most; --raw has no such limit. */
#define PARSE_MAX ((size_t)512 * 1024 * 1024)
#define PIECE_SIZE ((size_t)64 * 1024)

struct show {
	struct cmd *cmd;
	json_t *message;
	struct cmd_body body;
	struct buf bytes; /* the body, for what parses it */
	struct mime *mime;
	struct buf text; /* what is made of it */
};

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void
write_out(struct show *show, struct span text)
{
	if (text.len > 0 && fwrite(text.at, 1, text.len, stdout) != text.len)
		show->cmd->err = ERR_IO;
}

/* ---- getting it */

static enum err
fetch_body(struct show *show, struct failure *f)
{
	struct source *source = show->cmd->source;

	return source->kind->raw(
	    source, text_of(show->message, "id"), &show->body.spool, f);
}

static enum err
walk_body(struct show *show, void (*use)(struct show *, struct span),
    struct failure *f)
{
	char piece[PIECE_SIZE];
	uint64_t offset = 0;
	ssize_t got;

	while ((got = spool_read(
		    &show->body.spool, offset, piece, sizeof(piece))) > 0 &&
	    !show->cmd->err) {
		use(show, span_make(piece, (size_t)got));
		offset += (uint64_t)got;
	}
	return got < 0 ? failure_set(f, ERR_IO, "%s: the bytes are gone",
			     show->body.rules.directory)
		       : ERR_OK;
}

static void
keep_bytes(struct show *show, struct span piece)
{
	buf_put(&show->bytes, piece);
}

static enum err
parse(struct show *show, struct failure *f)
{
	enum err err = fetch_body(show, f);

	if (!err)
		err = walk_body(show, keep_bytes, f);
	if (err)
		return err;
	if (buf_failed(&show->bytes))
		return failure_set(f, ERR_LIMIT,
		    "the message is too large for this; --raw shows it");
	mime_init();
	show->mime = mime_parse(buf_span(&show->bytes));
	return show->mime
	    ? ERR_OK
	    : failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
}

/* ---- what is shown */

/* A text of many lines: line ends stay, all else is escaped. */
static void
put_lines(struct buf *out, struct span text)
{
	while (text.len > 0) {
		bool has_end = span_find(text, '\n') < text.len;
		struct span line = span_cut(&text, '\n');

		if (has_end && line.len > 0 && line.at[line.len - 1] == '\r')
			line.len--;
		output_escape(out, line);
		buf_put_char(out, '\n');
	}
}

static void
put_fact(struct buf *out, const char *name, const char *value)
{
	if (!*value)
		return;
	buf_printf(out, "%-11s ", name);
	output_escape(out, span_string(value));
	buf_put_char(out, '\n');
}

static void
put_path(struct buf *out, const char *name, const char *address,
    const char *params, const char *reply)
{
	buf_printf(out, "%-11s <", name);
	output_escape(out, span_string(address));
	buf_printf(out, ">%s", *params ? " " : "");
	output_escape(out, span_string(params));
	if (*reply)
		buf_put_string(out, "  -> ");
	output_escape(out, span_string(reply));
	buf_put_char(out, '\n');
}

static void
put_number(struct buf *out, const char *name, const json_t *value)
{
	/* A server gives the list itself, where a file gives how many. */
	json_int_t number = json_is_array(value)
	    ? (json_int_t)json_array_size(value)
	    : json_integer_value(value);

	buf_printf(out, "%-11s %lld\n", name, (long long)number);
}

static void
put_envelope(struct show *show)
{
	static const struct {
		const char *name, *key;
	} facts[] = {
	    {"id", "id"},
	    {"received", "received"},
	    {"state", "state"},
	    {"reason", "reason"},
	    {"inbox", "inbox"},
	    {"listener", "listener"},
	    {"session", "session"},
	    {"peer", "peer"},
	    {"helo", "helo"},
	    {"user", "user"},
	    {"sha256", "sha256"},
	};
	const json_t *message = show->message;
	struct buf *out = &show->text;
	json_t *rcpt;
	size_t i;

	put_number(out, "seq", json_object_get(message, "seq"));
	for (i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		put_fact(out, facts[i].name, text_of(message, facts[i].key));
	put_number(out, "size", json_object_get(message, "size"));
	put_number(out, "findings", json_object_get(message, "findings"));
	put_path(out, "mail from", text_of(message, "mail_from"),
	    text_of(message, "mail_params"), "");
	json_array_foreach(json_object_get(message, "recipients"), i, rcpt)
	    put_path(out, "rcpt to", text_of(rcpt, "address"),
		text_of(rcpt, "params"), text_of(rcpt, "reply"));
}

static void
put_fields(struct show *show)
{
	for (size_t i = 0; i < show->mime->field_count; i++) {
		const struct mime_field *field = &show->mime->fields[i];

		output_escape(&show->text, span_string(field->name));
		buf_put_string(&show->text, ": ");
		output_escape(&show->text, span_string(field->value));
		buf_put_char(&show->text, '\n');
	}
}

static enum err
show_all(struct show *show, struct failure *f)
{
	enum err err = parse(show, f);

	if (err)
		return err;
	put_envelope(show);
	buf_put_char(&show->text, '\n');
	put_fields(show);
	if (show->mime->text.len > 0)
		buf_put_char(&show->text, '\n');
	put_lines(&show->text, buf_span(&show->mime->text));
	return ERR_OK;
}

static void
write_piece(struct show *show, struct span piece)
{
	write_out(show, piece);
}

static enum err
show_raw(struct show *show, struct failure *f)
{
	enum err err = fetch_body(show, f);

	return err ? err : walk_body(show, write_piece, f);
}

static enum err
show_headers(struct show *show, struct failure *f)
{
	enum err err = parse(show, f);

	if (!err)
		write_out(show, header_block(buf_span(&show->bytes)));
	return err;
}

static enum err
show_text(struct show *show, struct failure *f)
{
	enum err err = parse(show, f);

	if (!err)
		write_out(show, buf_span(&show->mime->text));
	return err;
}

static enum err
show_html(struct show *show, struct failure *f)
{
	enum err err = parse(show, f);

	if (!err && show->mime->html.len == 0)
		return failure_set(f, ERR_NOT_FOUND, "there is no HTML in it");
	if (!err)
		write_out(show, buf_span(&show->mime->html));
	return err;
}

static size_t
depth_of(const struct mime *mime, size_t index)
{
	size_t depth = 0;

	while (mime->parts[index].parent != index) {
		index = mime->parts[index].parent;
		depth++;
	}
	return depth;
}

static enum err
show_tree(struct show *show, struct failure *f)
{
	enum err err = parse(show, f);

	for (size_t i = 0; !err && i < show->mime->part_count; i++) {
		const struct mime_part *part = &show->mime->parts[i];
		struct buf *out = &show->text;

		buf_printf(out, "%*s%-8s ", (int)(2 * depth_of(show->mime, i)),
		    "", part->id);
		output_escape(out, span_string(part->type));
		buf_printf(out, "  %llu", (unsigned long long)part->size);
		if (part->disposition[0])
			buf_put_string(out, "  ");
		output_escape(out, span_string(part->disposition));
		if (part->name[0])
			buf_put_string(out, "  ");
		output_escape(out, span_string(part->name));
		buf_put_char(out, '\n');
	}
	return err;
}

static enum err
show_part(struct show *show, struct failure *f)
{
	const char *id = option_text(show->cmd->options, OPTION_PART);
	enum err err = parse(show, f);

	if (err)
		return err;
	if (!mime_part_bytes(buf_span(&show->bytes), id, &show->text))
		return failure_set(f, ERR_NOT_FOUND,
		    "%s: no such part; --tree shows what there is", id);
	return ERR_OK;
}

/* The links or the codes, in *list, which is the caller's. */
static enum err
find(struct show *show, const char *key, json_t **list, struct failure *f)
{
	enum err err = parse(show, f);
	json_t *found = NULL;

	*list = NULL;
	if (!err)
		found = api_links(show->mime, buf_span(&show->bytes));
	if (!err && !found)
		err = failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	if (found)
		*list = json_incref(json_object_get(found, key));
	json_decref(found);
	if (*list && json_array_size(*list) == 0)
		err =
		    failure_set(f, ERR_NOT_FOUND, "there are no %s in it", key);
	return err;
}

static enum err
show_links(struct show *show, struct failure *f)
{
	json_t *list, *link;
	enum err err = find(show, "links", &list, f);
	size_t i;

	show->cmd->output.columns = output_links;
	json_array_foreach(
	    list, i, link) if (!cmd_print(link, show->cmd)) break;
	json_decref(list);
	return err;
}

/* A script types in the surest; a person is told of the others by --json. */
static enum err
show_code(struct show *show, struct failure *f)
{
	json_t *list, *code;
	enum err err = find(show, "codes", &list, f);
	size_t i;

	if (!option_flag(show->cmd->options, OPTION_JSON)) {
		put_lines(&show->text,
		    span_string(text_of(json_array_get(list, 0), "code")));
		json_decref(list);
		return err;
	}
	json_array_foreach(
	    list, i, code) if (!cmd_print(code, show->cmd)) break;
	json_decref(list);
	return err;
}

static enum err
show_json(struct show *show, struct failure *f)
{
	(void)f;
	(void)cmd_print(show->message, show->cmd);
	return ERR_OK;
}

/* ---- the command */

/* Those that print rows print them as JSON too. */
enum way_form { WAY_BYTES, WAY_ROWS };

static const struct {
	enum option option;
	enum err (*show)(struct show *, struct failure *);
	enum way_form form;
} ways[] = {
    {OPTION_RAW, show_raw, WAY_BYTES},
    {OPTION_HEADERS, show_headers, WAY_BYTES},
    {OPTION_TEXT, show_text, WAY_BYTES},
    {OPTION_HTML, show_html, WAY_BYTES},
    {OPTION_TREE, show_tree, WAY_BYTES},
    {OPTION_PART, show_part, WAY_BYTES},
    {OPTION_LINKS, show_links, WAY_ROWS},
    {OPTION_CODE, show_code, WAY_ROWS},
    {OPTION_JSON, show_json, WAY_BYTES},
};

static bool
is_chosen(const struct options *options, enum option option)
{
	return option == OPTION_PART ? option_is_set(options, option)
				     : option_flag(options, option);
}

static enum err
choose(const struct options *options,
    enum err (**way)(struct show *, struct failure *), struct failure *f)
{
	const char *first = NULL;
	enum way_form form = WAY_BYTES;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const char *name = option_row(ways[i].option)->name;

		if (!is_chosen(options, ways[i].option) ||
		    (form == WAY_ROWS && ways[i].option == OPTION_JSON))
			continue;
		if (first)
			return failure_set(f, ERR_USAGE,
			    "--%s and --%s: only one of them can be", first,
			    name);
		first = name;
		*way = ways[i].show;
		form = ways[i].form;
	}
	return ERR_OK;
}

static enum err
run(struct show *show, struct failure *f)
{
	enum err (*way)(struct show *, struct failure *) = show_all;
	enum err err = choose(show->cmd->options, &way, f);

	if (err)
		return err;
	err = cmd_get(show->cmd, options_argument(show->cmd->options, 0),
	    &show->message, f);
	if (!err)
		err = way(show, f);
	if (!err && buf_failed(&show->text))
		err = failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	if (!err)
		write_out(show, buf_span(&show->text));
	return err;
}

int
cmd_show(const struct options *options)
{
	struct failure f = {""};
	struct cmd cmd;
	struct show show = {.cmd = &cmd};
	enum err err = cmd_open(&cmd, options, output_messages, &f);

	if (err)
		return cmd_fail(err, &f);
	cmd_body_init(&show.body);
	buf_init(&show.bytes, PARSE_MAX);
	buf_init(&show.text, 4 * PARSE_MAX);
	err = run(&show, &f);
	mime_free(show.mime);
	buf_release(&show.text);
	buf_release(&show.bytes);
	cmd_body_release(&show.body);
	json_decref(show.message);
	return cmd_end(&cmd, err, 0, &f);
}
