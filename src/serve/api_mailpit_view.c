/* api_mailpit_view: the body of a message as a page or as plain text. */
#include "api_mailpit.h"

#include "api_mailpit_read.h"
#include "base64.h"
#include "html.h"
#include "http_head.h"
#include "page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Mail is hostile: it gets an opaque origin, runs no script, sends no form, and
 * loads nothing but pictures and styles that are inside the message. The
 * embedded form has one script, ours, which tells the parent how tall the page
 * is.
 */
#define POLICY                                                                  \
	"default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; " \
	"font-src data:; media-src 'self' data:; base-uri 'none'; "             \
	"form-action 'none'; "
#define SANDBOX "sandbox allow-popups allow-popups-to-escape-sandbox"
#define HEIGHT_SCRIPT                                                          \
	"parent.postMessage({messageHeight:"                                   \
	"document.documentElement.scrollHeight},'*');"
/* SHA-256 of HEIGHT_SCRIPT in base64; test_api_mailpit.py computes it. */
#define HEIGHT_SCRIPT_HASH "sha256-hjf+yfBubkLNbNKFKDZ7AZbPFVO3ayCwsweRfcGin18="

static bool
is_quote(char byte)
{
	return byte == '"' || byte == '\'';
}

/* Whether "cid:ID" of this part stands at the front, and how long it is. */
static size_t
match_cid(struct span at, const struct mime_part *part)
{
	size_t len = strlen(part->content_id);

	if (len == 0 || !span_starts_nocase(at, SPAN("cid:")) ||
	    at.len < 4 + len || memcmp(at.at + 4, part->content_id, len) != 0)
		return 0;
	return 4 + len;
}

static bool
ends_value(struct span rest)
{
	return rest.len == 0 || is_quote(rest.at[0]) ||
	    strchr(" \t\r\n>)", rest.at[0]);
}

static const struct mime_part *
find_cid(const struct mime *mime, struct span at, size_t *len)
{
	for (size_t i = 0; i < mime->part_count; i++) {
		const struct mime_part *part = &mime->parts[i];
		struct span rest = at;

		*len = match_cid(at, part);
		span_skip(&rest, *len);
		if (*len > 0 && ends_value(rest))
			return part;
	}
	return NULL;
}

/*
 * A browser has been told that this page is a stranger (SANDBOX), and so may
 * not load a picture from here: it gets pictures as part of the page. Whoever
 * asks for no page in particular, as the clients of Mailpit's API do, gets the
 * address of each part.
 */
static bool
is_for_browser(const struct reading *reading)
{
	return http_list_has(
	    http_header(reading->task.request, "Accept"), SPAN("text/html"));
}

/* Each picture costs a walk through the message, its bytes, and its text. */
#define PICTURES_MAX ((uint64_t)64 * 1024 * 1024)
/* libxml2 reads no longer attribute than 10,000,000 bytes. */
#define PICTURE_MAX ((uint64_t)7 * 1000 * 1000)

/* "image/" and letters that need no quotes. */
static bool
is_picture(const struct mime_part *part)
{
	return strncmp(part->type, "image/", 6) == 0 &&
	    part->type[strspn(part->type,
		"abcdefghijklmnopqrstuvwxyz0123456789/.+-")] == '\0';
}

/* The part itself as an address; false with nothing put, beyond the budget. */
static bool
put_picture(struct reading *reading, struct buf *out,
    const struct mime_part *part, uint64_t *left)
{
	struct span message = buf_span(&reading->raw);
	uint64_t cost = message.len + part->size * 4;
	struct buf bytes;
	bool is_put;

	if (!is_picture(part) || part->size > PICTURE_MAX || cost > *left)
		return false;
	*left -= cost;
	buf_init(&bytes, PICTURE_MAX);
	is_put = mime_part_bytes(message, part->id, &bytes);
	if (is_put) {
		(void)buf_printf(out, "data:%s;base64,", part->type);
		(void)base64_encode(out, buf_span(&bytes));
	}
	buf_release(&bytes);
	return is_put;
}

static void
put_link(struct reading *reading, struct buf *out, const struct mime_part *part,
    uint64_t *left)
{
	if (*left > 0 && put_picture(reading, out, part, left))
		return;
	(void)buf_printf(out, "%sapi/v1/message/%s/part/%s",
	    http_webroot(reading->task.request), reading->id, part->id);
}

/* The HTML with "=cid:X" (quoted or not) turned into where that part is. */
static bool
put_with_links(struct reading *reading, struct buf *out)
{
	struct span html = buf_span(&reading->mime->html);
	uint64_t left = is_for_browser(reading) ? PICTURES_MAX : 0;
	size_t done = 0;

	for (size_t i = 0; i + 1 < html.len; i++) {
		size_t at =
		    i + 1 + (html.at[i] == '=' && is_quote(html.at[i + 1]));
		const struct mime_part *part;
		size_t len;

		if (html.at[i] != '=' || at >= html.len)
			continue;
		part = find_cid(reading->mime,
		    span_make(html.at + at, html.len - at), &len);
		if (!part)
			continue;
		(void)buf_put(out, span_make(html.at + done, at - done));
		put_link(reading, out, part, &left);
		done = at + len;
		i = done - 1;
	}
	return buf_put(out, span_make(html.at + done, html.len - done));
}

static bool
is_embedded(const struct reading *reading)
{
	struct span value;

	return http_parameter(reading->task.request, "embed", &value) &&
	    span_equal(value, SPAN("1"));
}

static bool
put_embedded(struct reading *reading)
{
	struct buf linked;
	bool fits;

	buf_init(&linked, reading->out.limit);
	fits = put_with_links(reading, &linked) &&
	    html_embed(&reading->out, buf_span(&linked), SPAN(HEIGHT_SCRIPT));
	buf_release(&linked);
	return fits;
}

static enum err
show_html(struct reading *reading, const struct pick_row *row)
{
	bool fits;

	(void)row;
	if (reading->mime->html.len == 0) {
		reading->task.status = 404;
		return ERR_OK;
	}
	fits = is_embedded(reading) ? put_embedded(reading)
				    : put_with_links(reading, &reading->out);
	return fits ? ERR_OK : ERR_LIMIT;
}

static void
answer_html(struct reading *reading)
{
	struct http_request *request = reading->task.request;

	if (reading->task.status == 404) {
		mailpit_reply_text(
		    request, 404, "This message does not contain a HTML part");
		return;
	}
	http_add_header(request, "Vary", "Accept");
	http_add_header(request, "Content-Security-Policy",
	    is_embedded(reading) ? POLICY "script-src '" HEIGHT_SCRIPT_HASH
					  "'; " SANDBOX " allow-scripts"
				 : POLICY SANDBOX);
	http_reply(
	    request, 200, "text/html; charset=utf-8", buf_span(&reading->out));
}

static enum err
show_text(struct reading *reading, const struct pick_row *row)
{
	(void)row;
	return buf_put(&reading->out, buf_span(&reading->mime->text))
	    ? ERR_OK
	    : ERR_LIMIT;
}

static void
answer_text(struct reading *reading)
{
	http_reply(reading->task.request, 200, "text/plain; charset=utf-8",
	    buf_span(&reading->out));
}

/* ---- /view/latest */

static bool
take_id(const struct pick_row *row, void *context)
{
	struct api_task *task = context;

	task->id = strndup(row->message->id, UID_LEN);
	return false;
}

static enum err
work_latest(struct api_task *task, struct sql *sql)
{
	task->pick.limit = 1;
	return pick_messages(sql, &task->pick, take_id, task);
}

static void
reply_latest(struct api_task *task, enum err err)
{
	char place[512];

	if (err) {
		mailpit_reply_failure(task, err);
		return;
	}
	(void)snprintf(place, sizeof(place), "%s%s%s",
	    http_webroot(task->request), task->id ? "view/" : "",
	    task->id ? task->id : "");
	http_add_header(task->request, "Location", place);
	http_reply(task->request, 302, NULL, SPAN(""));
}

static void
view_latest(struct api *api, struct http_request *request)
{
	struct api_task *task =
	    api_task_new(api, request, sizeof(struct api_task));

	if (!task)
		return;
	task->work = work_latest;
	task->reply = reply_latest;
	if (api_take_query(task, QUERY_MAILPIT))
		api_read(task);
	else
		api_task_free(task);
}

/* ---- */

static bool
ends_with(struct span text, const char *end, struct span *front)
{
	size_t len = strlen(end);

	if (text.len < len || memcmp(text.at + text.len - len, end, len) != 0)
		return false;
	*front = span_make(text.at, text.len - len);
	return true;
}

/* A page of the interface for everything that is no body. */
static void
view_message(struct api *api, struct http_request *request, struct span id,
    enum err (*show)(struct reading *, const struct pick_row *),
    void (*answer)(struct reading *))
{
	struct reading *reading = reading_named(api, request, id, show, answer);

	if (!reading)
		return;
	reading->counts_as_read = true;
	reading->missing_text = "Message not found";
	reading_start(reading);
}

void
mailpit_view(struct http_request *request, void *context)
{
	struct span file = http_value(request, "file");
	struct span id;

	if (span_equal(file, SPAN("latest")))
		view_latest(context, request);
	else if (ends_with(file, ".html", &id))
		view_message(context, request, id, show_html, answer_html);
	else if (ends_with(file, ".txt", &id))
		view_message(context, request, id, show_text, answer_text);
	else
		page_serve(request, context);
}
