/* api_mailpit_info: what Mailpit's API tells of the server itself. */
#include "api_mailpit.h"

#include "api_message.h"
#include "clock.h"
#include "mark.h"
#include "tag.h"

#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

/* Bytes that the process has in memory; 0 where the system does not tell. */
static int64_t
resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long pages = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%*s %ld", &pages) != 1)
		pages = 0;
	(void)fclose(file);
	return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

static bool
add_count(struct span name, int64_t count, void *context)
{
	char text[TAG_MAX + 1];

	(void)snprintf(text, sizeof(text), "%.*s", SPAN_ARG(name));
	return json_object_set_new(context, text, json_integer(count)) == 0;
}

/* The store's part of the answer; the loop adds the rest. */
static enum err
work_info(struct api_task *task, struct sql *sql)
{
	struct pick_stats stats;
	json_t *tags = json_object();
	enum err err = pick_stats(sql, &stats);

	if (!err)
		err = tag_list(sql, add_count, tags);
	api_set_answer(task,
	    json_pack("{s:I, s:I, s:I, s:o, s:I}", "DatabaseSize",
		(json_int_t)stats.file_bytes, "Messages",
		(json_int_t)stats.accepted, "Unread", (json_int_t)stats.unread,
		"Tags", tags, "MessagesDeleted",
		(json_int_t)(stats.removed + stats.pruned)));
	return err;
}

static json_t *
runtime_stats(const struct api *api, json_t *deleted)
{
	struct serve_smtp_stats smtp = {0};
	int64_t up_us = clock_wall_us() - api->options.started_us;

	if (api->smtp)
		serve_smtp_stats(api->smtp, &smtp);
	return json_pack("{s:I, s:I, s:O, s:I, s:I, s:I, s:i}", "Uptime",
	    (json_int_t)(up_us / CLOCK_SECOND), "Memory",
	    (json_int_t)resident_bytes(), "MessagesDeleted", deleted,
	    "SMTPAccepted", (json_int_t)(smtp.accepted + api->sent),
	    "SMTPAcceptedSize", (json_int_t)(api->smtp_bytes + api->sent_bytes),
	    "SMTPRejected", (json_int_t)smtp.refused, "SMTPIgnored", 0);
}

static void
reply_info(struct api_task *task, enum err err)
{
	const struct api_options *options = &task->api->options;
	json_t *known = task->answer, *answer;
	char version[40];

	if (err) {
		mailpit_reply_failure(task, err);
		return;
	}
	/* Clients compare it with Mailpit's, which begins with a v. */
	(void)snprintf(version, sizeof(version), "v%s", options->version);
	answer = json_pack("{s:s, s:s, s:s, s:O, s:O, s:O, s:O, s:o}",
	    "Version", version, "LatestVersion", "disabled", "Database",
	    options->database, "DatabaseSize",
	    json_object_get(known, "DatabaseSize"), "Messages",
	    json_object_get(known, "Messages"), "Unread",
	    json_object_get(known, "Unread"), "Tags",
	    json_object_get(known, "Tags"), "RuntimeStats",
	    runtime_stats(
		task->api, json_object_get(known, "MessagesDeleted")));
	http_reply_json(task->request, 200, answer);
}

void
mailpit_info(struct http_request *request, void *context)
{
	struct api_task *task =
	    api_task_new(context, request, sizeof(struct api_task));

	if (!task)
		return;
	task->work = work_info;
	task->reply = reply_info;
	api_read(task);
}

void
mailpit_webui(struct http_request *request, void *context)
{
	const struct api *api = context;

	http_reply_json(request, 200,
	    json_pack("{s:s, s:{s:b, s:s, s:s, s:s, s:s, s:s, s:b, s:s}, "
		      "s:b, s:b, s:b, s:b}",
		"Label", api->options.label, "MessageRelay", "Enabled", 0,
		"SMTPServer", "", "ReturnPath", "", "AllowedRecipients", "",
		"BlockedRecipients", "", "OverrideFrom", "",
		"PreserveMessageIDs", 0, "RecipientAllowlist", "",
		"SpamAssassin", 0, "ChaosEnabled", (int)api->options.chaos,
		"DuplicatesIgnored", 0, "HideDeleteAllButton", 0));
}

/* The empty body has no type either. */
void
mailpit_livez(struct http_request *request, void *context)
{
	(void)context;
	http_reply(request, 200, NULL, SPAN(""));
}

static enum err
work_ready(struct api_task *task, struct sql *sql)
{
	(void)task;
	return sql_exec(sql, "SELECT 1");
}

static void
reply_ready(struct api_task *task, enum err err)
{
	http_reply(task->request, err ? 503 : 200, NULL, SPAN(""));
}

/* Ready is who can read the database. */
void
mailpit_readyz(struct http_request *request, void *context)
{
	struct api_task *task =
	    api_task_new(context, request, sizeof(struct api_task));

	if (!task)
		return;
	task->work = work_ready;
	task->reply = reply_ready;
	api_read(task);
}
