/* api_mailpit_check: Mailpit's checks and its release, as far as they work
 * without a connection to anywhere. */
#include "api_mailpit.h"

#include "api_json.h"
#include "api_mailpit_read.h"
#include "mime_compose.h"

#include <jansson.h>

static void
answer_json(struct reading *reading)
{
	api_reply_answer(&reading->task);
}

/* ---- html-check: there is no table of clients to check against, which is
   what no tests, no platforms and no share of support say. */

static enum err
show_html_check(struct reading *reading, const struct pick_row *row)
{
	(void)row;
	if (reading->mime->html.len == 0)
		return ERR_OK;
	api_set_answer(&reading->task,
	    json_pack("{s:[], s:{}, s:{s:i, s:i, s:i, s:i, s:i}}", "Warnings",
		"Platforms", "Total", "Tests", 0, "Nodes", 0, "Supported", 0,
		"Partial", 0, "Unsupported", 0));
	return reading->task.answer ? ERR_OK : ERR_MEMORY;
}

static void
answer_html_check(struct reading *reading)
{
	if (reading->task.answer)
		answer_json(reading);
	else
		mailpit_reply_text(reading->task.request, 400,
		    "message does not contain HTML");
}

void
mailpit_html_check(struct http_request *request, void *context)
{
	struct reading *reading =
	    reading_new(context, request, show_html_check, answer_html_check);

	if (reading)
		reading_start(reading);
}

/* ---- link-check: nothing that mail names is ever fetched. */

static enum err
show_link_check(struct reading *reading, const struct pick_row *row)
{
	(void)row;
	api_set_answer(
	    &reading->task, json_pack("{s:i, s:[]}", "Errors", 0, "Links"));
	return reading->task.answer ? ERR_OK : ERR_MEMORY;
}

void
mailpit_link_check(struct http_request *request, void *context)
{
	struct reading *reading =
	    reading_new(context, request, show_link_check, answer_json);

	if (!reading)
		return;
	reading->counts_as_read = true;
	reading_start(reading);
}

/* ---- sa-check: no SpamAssassin is configured. */

void
mailpit_sa_check(struct http_request *request, void *context)
{
	(void)context;
	mailpit_reply_text(request, 404, "404 page not found");
}

/* ---- release: no relay is configured. */

static enum err
show_nothing(struct reading *reading, const struct pick_row *row)
{
	(void)reading;
	(void)row;
	return ERR_OK;
}

/* What is wrong is told in the order in which Mailpit looks. */
static void
answer_release(struct reading *reading)
{
	struct http_request *request = reading->task.request;
	json_t *to = NULL, *item;
	char error[200];
	json_t *body = api_json_read(http_body(request), error, sizeof(error));
	const char *wrong = NULL;
	size_t i;

	if (!body || api_json_strings(body, "To", &to) == API_JSON_WRONG) {
		mailpit_reply_text(request, 400, "%s",
		    body ? "To is a list of addresses" : error);
		json_decref(body);
		return;
	}
	json_array_foreach(to, i, item) if (!wrong &&
	    !compose_is_address(span_string(json_string_value(item)))) wrong =
	    json_string_value(item);
	if (wrong)
		mailpit_reply_text(
		    request, 400, "Invalid email address: %s", wrong);
	else if (json_array_size(to) == 0)
		mailpit_reply_text(request, 400, "No valid addresses found");
	else
		mailpit_reply_text(
		    request, 400, "SMTP error: no relay is configured");
	json_decref(body);
}

void
mailpit_release(struct http_request *request, void *context)
{
	struct reading *reading;

	/* A quirk that is part of the contract. */
	if (span_equal(http_value(request, "id"), SPAN("latest"))) {
		mailpit_reply_text(request, 404, "404 page not found");
		return;
	}
	reading = reading_new(context, request, show_nothing, answer_release);
	if (reading)
		reading_start(reading);
}
