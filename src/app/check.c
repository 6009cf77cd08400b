/* check: expectations held against what a source has. */
#include "check.h"

#include "clock.h"
#include "near.h"
#include "output.h"
#include "query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is no message (removals, the end of a session) is seen this late. */
#define LOOK_US (CLOCK_SECOND / 5)
#define SHOWN_MAX 10
#define ACCOUNT_MAX ((size_t)1024 * 1024)

void
checks_init(struct checks *checks, const char *inbox)
{
	*checks = (struct checks){.inbox = inbox};
}

void
checks_release(struct checks *checks)
{
	for (size_t i = 0; i < checks->count; i++) {
		expect_free(checks->at[i].expect);
		free(checks->at[i].text);
		buf_release(&checks->at[i].account);
	}
	free(checks->at);
	checks_init(checks, NULL);
}

static enum err
without_memory(struct failure *f)
{
	return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
}

enum err
checks_add(struct checks *checks, const char *text, struct failure *f)
{
	char zone[SOURCE_ZONE_SIZE];
	struct query_options options = {.dialect = QUERY_OWN,
	    .zone = source_zone(zone),
	    .now_us = clock_wall_us()};
	struct query_error error;
	struct expect *expect =
	    expect_parse(span_string(text), &options, &error);
	struct check *grown;
	char *copy;

	if (!expect && error.text[0])
		return failure_set(f, ERR_USAGE, "\"%s\": at %zu: %s", text,
		    error.offset + 1, error.text);
	grown = realloc(checks->at, (checks->count + 1) * sizeof(grown[0]));
	if (grown)
		checks->at = grown;
	copy = strdup(text);
	if (!expect || !grown || !copy) {
		expect_free(expect);
		free(copy);
		return without_memory(f);
	}
	grown[checks->count] = (struct check){.expect = expect, .text = copy};
	buf_init(&grown[checks->count++].account, ACCOUNT_MAX);
	return ERR_OK;
}

enum err
checks_add_none(struct checks *checks, const char *query, struct failure *f)
{
	char *text;
	enum err err;

	if (asprintf(&text, "none %s", query) < 0)
		return without_memory(f);
	err = checks_add(checks, text, f);
	free(text);
	return err;
}

size_t
checks_failed(const struct checks *checks)
{
	size_t failed = 0;

	for (size_t i = 0; i < checks->count; i++)
		failed += !checks->at[i].holds;
	return failed;
}

/* ---- counting */

/* What is told of messages or findings: counted, and shown when asked. */
struct look {
	const struct checks *checks;
	struct check *check;
	struct source *source;
	struct failure *f;
	struct buf *out; /* NULL: nothing is shown */
	uint64_t count;
	enum err err;
};

static uint64_t
enough(const struct check *check)
{
	uint64_t wanted = expect_enough(check->expect);

	return wanted > CHECK_FOUND_MAX ? wanted : CHECK_FOUND_MAX;
}

static void
show(struct look *look, const json_t *object,
    void (*put)(struct buf *, const json_t *))
{
	if (!look->out || look->count > SHOWN_MAX)
		return;
	buf_put_string(look->out, "    found: ");
	put(look->out, object);
	buf_put_char(look->out, '\n');
}

static bool
on_message(json_t *message, void *context)
{
	struct look *look = context;

	look->count++;
	show(look, message, near_put_message);
	return true;
}

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static bool
on_finding(json_t *finding, void *context)
{
	struct look *look = context;

	if (!expect_counts(look->check->expect, text_of(finding, "rule"),
		text_of(finding, "severity")))
		return true;
	look->count++;
	show(look, finding, near_put_finding);
	return look->count < enough(look->check);
}

static bool
on_found_message(json_t *message, void *context)
{
	struct look *look = context;

	look->err = look->source->kind->message_findings(
	    look->source, text_of(message, "id"), on_finding, look, look->f);
	/* It may have been removed meanwhile. */
	if (look->err == ERR_NOT_FOUND || look->err == ERR_GONE)
		look->err = ERR_OK;
	return !look->err && look->count < enough(look->check);
}

static bool
on_session(json_t *session, void *context)
{
	struct look *look = context;

	look->err = look->source->kind->session_findings(
	    look->source, text_of(session, "id"), on_finding, look, look->f);
	if (look->err == ERR_NOT_FOUND || look->err == ERR_GONE)
		look->err = ERR_OK;
	return !look->err && look->count < enough(look->check);
}

/* Sessions belong to no inbox. */
static enum err
look_at_findings(struct look *look)
{
	static const struct source_request all = {.limit = 0};
	struct source_request request = {
	    .query = "has:finding (state:accepted OR state:refused)",
	    .inbox = look->checks->inbox,
	    .order = SOURCE_OLDEST_FIRST};
	struct source *source = look->source;
	enum err err = source->kind->list(
	    source, &request, on_found_message, look, look->f);

	if (!err && !look->err && !look->checks->inbox &&
	    look->count < enough(look->check))
		err = source->kind->sessions(
		    source, &all, on_session, look, look->f);
	return err ? err : look->err;
}

static enum err
look_at_messages(struct look *look)
{
	struct source_request request = {.query = look->check->expect->query,
	    .inbox = look->checks->inbox,
	    .limit = enough(look->check)};

	return look->source->kind->list(
	    look->source, &request, on_message, look, look->f);
}

static enum err
look_at(struct look *look)
{
	return look->check->expect->subject == EXPECT_FINDINGS
	    ? look_at_findings(look)
	    : look_at_messages(look);
}

enum err
checks_run(struct checks *checks, struct source *source, struct failure *f)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < checks->count && !err; i++) {
		struct check *check = &checks->at[i];
		struct look look = {checks, check, source, f, NULL, 0, ERR_OK};

		err = look_at(&look);
		check->found = look.count;
		check->holds = !err && expect_holds(check->expect, look.count);
	}
	return err;
}

/* ---- waiting */

/* Until something came, or for a while. */
static enum err
wait_for_more(
    struct source *source, int64_t *seq, int64_t timeout_us, struct failure *f)
{
	struct source_request request = {.after = *seq, .limit = 1};
	json_t *answer = NULL;
	enum err err =
	    source->kind->wait(source, &request, timeout_us, &answer, f);

	if (answer)
		*seq = json_integer_value(json_object_get(answer, "seq"));
	json_decref(answer);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err
checks_wait(struct checks *checks, struct source *source, int64_t timeout_us,
    struct failure *f)
{
	int64_t deadline_us = clock_mono_us() + timeout_us;
	int64_t seq = 0;
	enum err err = ERR_OK;

	if (timeout_us > 0)
		err = source->kind->now(source, &seq, f);
	while (!err) {
		int64_t left_us = deadline_us - clock_mono_us();

		err = checks_run(checks, source, f);
		if (err || left_us <= 0 || checks_failed(checks) == 0)
			break;
		err = wait_for_more(
		    source, &seq, left_us < LOOK_US ? left_us : LOOK_US, f);
	}
	return err;
}

/* ---- the account */

static enum err
put_misses(struct look *look)
{
	struct source_request request = {.query = look->check->expect->query,
	    .inbox = look->checks->inbox,
	    .limit = look->check->found + 1};
	json_t *answer = NULL;
	enum err err = look->source->kind->wait(
	    look->source, &request, 0, &answer, look->f);

	near_put_misses(look->out, "    ", answer);
	json_decref(answer);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err
checks_explain(struct checks *checks, struct source *source, struct failure *f)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < checks->count && !err; i++) {
		struct check *check = &checks->at[i];
		struct look look = {
		    checks, check, source, f, &check->account, 0, ERR_OK};

		if (check->holds)
			continue;
		buf_reset(&check->account);
		if (check->found > 0)
			err = look_at(&look);
		if (!err && look.count > SHOWN_MAX)
			buf_put_string(look.out, "    ...\n");
		if (!err && check->expect->subject == EXPECT_MESSAGES &&
		    expect_wants_more(check->expect, check->found))
			err = put_misses(&look);
	}
	return err;
}

void
checks_print_failed(const struct checks *checks, FILE *file)
{
	struct buf line;

	buf_init(&line, ACCOUNT_MAX * 2);
	for (size_t i = 0; i < checks->count; i++) {
		const struct check *check = &checks->at[i];

		if (check->holds)
			continue;
		buf_put_string(&line, "mailstop: not met: ");
		output_escape(&line, span_string(check->text));
		buf_printf(
		    &line, " (found %llu)\n", (unsigned long long)check->found);
		buf_put(&line, buf_span(&check->account));
	}
	(void)fwrite(line.at ? line.at : "", 1, line.len, file);
	buf_release(&line);
}
