/* api_mailpit_link: Mailpit's link check, which says what there is to check. */
#include "api_mailpit.h"

#include "api_mailpit_read.h"
#include "api_message.h"
#include "html_link.h"
#include "link.h"
#include "url_host.h"

#include <jansson.h>

#define LINKS_MAX 100

/*
 * Nothing that mail names is ever fetched: whoever sends mail could make the
 * server ask what is behind a firewall. So each link gets the answer that
 * clients take for "nobody came through": 0, or 451 for what Mailpit does not
 * ask either.
 */
#define STATUS_UNASKED 0
#define STATUS_RESERVED 451

static bool
is_listed(const json_t *links, struct span url)
{
	const json_t *link;
	size_t i;

	json_array_foreach((json_t *)links, i, link)
	{
		const json_t *other = json_object_get(link, "URL");

		if (span_equal(url,
			span_make(json_string_value(other),
			    json_string_length(other))))
			return true;
	}
	return false;
}

static void
add_link(json_t *links, struct span url)
{
	bool is_reserved = url_host_is_reserved(url_host(url));

	if (!url_is_http(url) || json_array_size(links) >= LINKS_MAX ||
	    is_listed(links, url))
		return;
	(void)json_array_append_new(links,
	    json_pack("{s:o, s:i, s:s}", "URL", api_string(url), "StatusCode",
		is_reserved ? STATUS_RESERVED : STATUS_UNASKED, "Status",
		is_reserved ? "Blocked private/reserved address"
			    : "not asked: mailstop opens no links"));
}

/* Anchors first, then style sheets, then pictures. */
struct html_pass {
	json_t *links;
	enum html_link_kind kind;
};

static bool
add_of_kind(const struct html_link *link, void *context)
{
	struct html_pass *pass = context;

	if (link->kind == pass->kind)
		add_link(pass->links, link->url);
	return json_array_size(pass->links) < LINKS_MAX;
}

static bool
add_html_links(json_t *links, struct span html)
{
	static const enum html_link_kind kinds[] = {
	    HTML_LINK_ANCHOR, HTML_LINK_STYLESHEET, HTML_LINK_IMAGE};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct html_pass pass = {links, kinds[i]};

		if (html.len > 0 && !html_link_each(html, add_of_kind, &pass))
			return false;
	}
	return true;
}

static bool
add_text_links(json_t *links, const struct mime *mime)
{
	struct links found;
	bool is_done;

	links_init(&found);
	is_done = links_find(&found, mime);
	for (size_t i = 0; i < found.count; i++)
		if (found.at[i].source == LINK_IN_TEXT)
			add_link(links, found.at[i].url);
	links_release(&found);
	return is_done;
}

static enum err
show_link_check(struct reading *reading, const struct pick_row *row)
{
	const struct mime *mime = reading->mime;
	json_t *links = json_array();
	bool is_done = add_html_links(links, buf_span(&mime->html)) &&
	    add_text_links(links, mime);

	(void)row;
	/* A failure is what has no status below 400: all of them. */
	api_set_answer(&reading->task,
	    json_pack("{s:I, s:o}", "Errors",
		(json_int_t)json_array_size(links), "Links", links));
	return is_done && reading->task.answer ? ERR_OK : ERR_MEMORY;
}

static void
answer_link_check(struct reading *reading)
{
	api_reply_answer(&reading->task);
}

void
mailpit_link_check(struct http_request *request, void *context)
{
	struct reading *reading =
	    reading_new(context, request, show_link_check, answer_link_check);

	if (!reading)
		return;
	reading->counts_as_read = true;
	reading_start(reading);
}
