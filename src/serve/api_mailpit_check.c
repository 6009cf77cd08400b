/* api_mailpit_check: Mailpit's checks and its release, as far as they work
 * without a connection to anywhere. */
#include "api_mailpit.h"

#include "api_json.h"
#include "api_mailpit_read.h"
#include "html_check.h"
#include "mime_compose.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static void
answer_json(struct reading *reading)
{
	api_reply_answer(&reading->task);
}

/* ---- html-check */

static json_t *
platforms_value(void)
{
	json_t *platforms = json_object();

	for (size_t i = 0; i < HTML_CLIENTS; i++) {
		const struct html_client *client = &html_clients[i];
		json_t *clients = json_object_get(platforms, client->platform);

		if (!clients) {
			clients = json_array();
			(void)json_object_set_new(
			    platforms, client->platform, clients);
		}
		(void)json_array_append_new(
		    clients, json_string(client->family));
	}
	return platforms;
}

static const char *
support_name(char letter)
{
	switch (letter) {
	case 'y':
		return "yes";
	case 'a':
		return "partial";
	default:
		return "no";
	}
}

/* What was not tried in a client is no result. */
static json_t *
results_value(const struct html_feature *feature)
{
	json_t *results = json_array();

	for (size_t i = 0; i < HTML_CLIENTS; i++) {
		const struct html_client *client = &html_clients[i];
		char name[80];

		if (feature->support[i] == 'u')
			continue;
		(void)snprintf(name, sizeof(name), "%s %s", client->family,
		    client->platform_name);
		(void)json_array_append_new(results,
		    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "Name", name,
			"Platform", client->platform, "Family", client->family,
			"Version", "", "Support",
			support_name(feature->support[i]), "NoteNumber", ""));
	}
	return results;
}

static json_t *
warning_value(const struct html_feature *feature, size_t found,
    const struct html_support *support)
{
	char url[100];

	(void)snprintf(url, sizeof(url),
	    "https://www.caniemail.com/features/%s/", feature->slug);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:[], s:s, s:o, s:{}, "
			 "s:{s:I, s:f, s:f, s:f}}",
	    "Slug", feature->slug, "Title", feature->title, "Description", "",
	    "URL", url, "Category",
	    strncmp(feature->slug, "css-", 4) == 0 ? "css" : "html", "Tags",
	    "Keywords", "", "Results", results_value(feature), "NotesByNumber",
	    "Score", "Found", (json_int_t)found, "Supported", support->yes,
	    "Partial", support->partly, "Unsupported", support->no);
}

static json_t *
warnings_value(const struct html_check *check)
{
	json_t *warnings = json_array();

	for (size_t i = 0; i < HTML_FEATURES; i++) {
		const struct html_feature *feature = &html_features[i];
		struct html_support support;

		if (check->found[i] == 0)
			continue;
		html_feature_support(feature, &support);
		(void)json_array_append_new(warnings,
		    warning_value(feature, check->found[i], &support));
	}
	return warnings;
}

static enum err
show_html_check(struct reading *reading, const struct pick_row *row)
{
	struct span html = buf_span(&reading->mime->html);
	struct html_support total;
	struct html_check check;

	(void)row;
	if (html.len == 0)
		return ERR_OK;
	if (!html_check(&check, html))
		return ERR_MEMORY;
	html_check_total(&check, &total);
	api_set_answer(&reading->task,
	    json_pack("{s:o, s:o, s:{s:i, s:I, s:f, s:f, s:f}}", "Warnings",
		warnings_value(&check), "Platforms", platforms_value(), "Total",
		"Tests", HTML_FEATURES, "Nodes", (json_int_t)check.nodes,
		"Supported", total.yes, "Partial", total.partly, "Unsupported",
		total.no));
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
