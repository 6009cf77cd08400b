/* source_http: messages of a running server, asked through its API. */
#include "source_http_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 1000 /* messages asked for at once */
/* A wait is told in whole seconds, and the answer needs a moment too. */
#define SLACK_US INT64_C(30000000)
#define SECOND_US INT64_C(1000000)

static struct source_http *
own(struct source *source)
{
	return (struct source_http *)source;
}

/* ---- requests */

static void
put_key(struct source_http *http, const char *key)
{
	bool is_first = span_find(buf_span(&http->path), '?') == http->path.len;

	buf_printf(&http->path, "%c%s=", is_first ? '?' : '&', key);
}

static void
put_text(struct source_http *http, const char *key, const char *text)
{
	if (!text || !*text)
		return;
	put_key(http, key);
	source_http_put_encoded(http, text);
}

static void
put_number(struct source_http *http, const char *key, int64_t number)
{
	if (number <= 0)
		return;
	put_key(http, key);
	buf_printf(&http->path, "%" PRId64, number);
}

static void
put_query(struct source_http *http, const struct source_request *request)
{
	char zone[SOURCE_ZONE_SIZE];

	put_text(http, "query", request->query);
	if (request->query)
		put_text(http, "tz", source_zone(zone));
	put_text(http, "inbox", request->inbox);
	put_number(http, "after", request->after);
}

/* ---- lists */

/* Tells the elements of a list, at most *left of them. */
static bool
tell(const json_t *list, uint64_t *left, source_callback *callback,
    void *context)
{
	size_t i;
	json_t *one;

	json_array_foreach(list, i, one)
	{
		if (*left == 0 || !callback(one, context))
			return false;
		--*left;
	}
	return *left > 0;
}

static int64_t
last_seq(const json_t *list)
{
	return json_integer_value(json_object_get(
	    json_array_get(list, json_array_size(list) - 1), "seq"));
}

/* One page, newest first; `path` and `key` say of what. */
struct paging {
	const char *path;
	const char *key;
	int64_t before;
	uint64_t left;
};

static enum err
get_page(struct source_http *http, const struct source_request *request,
    const struct paging *paging, json_t **answer, struct failure *f)
{
	source_http_begin(http, paging->path);
	put_query(http, request);
	put_number(http, "before", paging->before);
	put_number(
	    http, "limit", paging->left < PAGE ? (int64_t)paging->left : PAGE);
	return source_http_ask(http, "GET", answer, f);
}

/* Until a page is not full: there is nothing behind it. */
static enum err
walk_pages(struct source_http *http, const struct source_request *request,
    struct paging *paging, source_callback *callback, void *context,
    struct failure *f)
{
	bool goes_on = true;
	enum err err = ERR_OK;

	if (paging->left == 0)
		paging->left = UINT64_MAX;
	while (goes_on && !err) {
		json_t *answer;
		const json_t *list;

		err = get_page(http, request, paging, &answer, f);
		list = json_object_get(answer, paging->key);
		goes_on = tell(list, &paging->left, callback, context) &&
		    json_array_size(list) == PAGE && last_seq(list) > 0;
		paging->before = last_seq(list);
		json_decref(answer);
	}
	return err;
}

static bool
keep(json_t *message, void *context)
{
	return json_array_append(context, message) == 0;
}

static enum err
list_oldest_first(struct source_http *http,
    const struct source_request *request, source_callback *callback,
    void *context, struct failure *f)
{
	struct paging paging = {"/messages", "messages", request->before, 0};
	uint64_t left = request->limit > 0 ? request->limit : UINT64_MAX;
	json_t *all = json_array();
	enum err err = walk_pages(http, request, &paging, keep, all, f);

	for (size_t i = json_array_size(all); i-- > 0 && !err && left > 0;
	     left--)
		if (!callback(json_array_get(all, i), context))
			break;
	json_decref(all);
	return err;
}

static enum err
list(struct source *source, const struct source_request *request,
    source_callback *callback, void *context, struct failure *f)
{
	struct paging paging = {
	    "/messages", "messages", request->before, request->limit};

	if (request->order == SOURCE_OLDEST_FIRST)
		return list_oldest_first(
		    own(source), request, callback, context, f);
	return walk_pages(own(source), request, &paging, callback, context, f);
}

static enum err
sessions(struct source *source, const struct source_request *request,
    source_callback *callback, void *context, struct failure *f)
{
	struct paging paging = {
	    "/sessions", "sessions", request->before, request->limit};

	return walk_pages(own(source), request, &paging, callback, context, f);
}

/* ---- one message */

static enum err
get(struct source *source, const char *id, json_t **out, struct failure *f)
{
	source_http_begin_on(own(source), "/message/", id, "");
	return source_http_ask(own(source), "GET", out, f);
}

struct raw {
	struct spool *spool;
	struct source_http *http;
	enum err err;
	size_t len;
};

/* Whether it is the message or words about a failure is known afterwards. */
static bool
keep_raw(struct span piece, void *context)
{
	struct raw *raw = context;
	size_t most = 4096;

	if (raw->len < most)
		buf_put(&raw->http->body,
		    span_make(piece.at,
			piece.len < most - raw->len ? piece.len
						    : most - raw->len));
	raw->len += piece.len;
	raw->err = spool_put(raw->spool, piece);
	return raw->err == ERR_OK;
}

static enum err
raw(struct source *source, const char *id, struct spool *out, struct failure *f)
{
	struct source_http *http = own(source);
	struct raw kept = {out, http, ERR_OK, 0};
	struct fetch_request request = {
	    .method = "GET", .body = keep_raw, .context = &kept};
	int status;
	enum err err;

	source_http_begin_on(http, "/message/", id, "/raw");
	request.path = buf_string(&http->path);
	if (!request.path)
		return failure_set(f, ERR_NOT_FOUND, "%s: not found", id);
	buf_reset(&http->body);
	err = fetch_run(http->fetch, &request, &status, f);
	if (kept.err)
		return failure_set(f, kept.err, "%s", err_text(kept.err));
	if (err || status == 200)
		return err;
	return source_http_blame(http, status, f);
}

/* ---- removing */

static enum err
read_count(json_t *answer, const char *key, uint64_t *count)
{
	*count = (uint64_t)json_integer_value(json_object_get(answer, key));
	json_decref(answer);
	return ERR_OK;
}

static enum err
remove_matching(struct source *source, const struct source_request *request,
    uint64_t *count, struct failure *f)
{
	json_t *answer;
	enum err err;

	source_http_begin(own(source), "/messages");
	put_query(own(source), request);
	err = source_http_ask(own(source), "DELETE", &answer, f);
	return err ? err : read_count(answer, "deleted", count);
}

static enum err
remove_one(struct source *source, const char *id, struct failure *f)
{
	json_t *answer;
	enum err err;

	source_http_begin_on(own(source), "/message/", id, "");
	err = source_http_ask(own(source), "DELETE", &answer, f);
	json_decref(answer);
	return err;
}

static enum err
take(struct source *source, const struct source_request *request,
    source_callback *callback, void *context, struct failure *f)
{
	uint64_t left = UINT64_MAX;
	json_t *answer;
	enum err err;

	source_http_begin(own(source), "/take");
	put_query(own(source), request);
	put_number(own(source), "count", (int64_t)request->limit);
	err = source_http_ask(own(source), "POST", &answer, f);
	if (!err)
		(void)tell(json_object_get(answer, "messages"), &left, callback,
		    context);
	json_decref(answer);
	return err;
}

/* ---- waiting */

static enum err
wait_for(struct source *source, const struct source_request *request,
    int64_t timeout_us, json_t **out, struct failure *f)
{
	struct source_http *http = own(source);
	struct fetch_request wait = {.method = "GET",
	    .accept = SOURCE_HTTP_ACCEPT_JSON,
	    .timeout_us = timeout_us + SLACK_US};
	int status;
	enum err err;

	*out = NULL;
	source_http_begin(http, "/wait");
	put_query(http, request);
	put_number(http, "count", (int64_t)request->limit);
	put_key(http, "timeout");
	buf_printf(&http->path, "%" PRId64 ".%06" PRId64,
	    timeout_us / SECOND_US, timeout_us % SECOND_US);
	err = source_http_run(http, wait, &status, f);
	if (err)
		return err;
	if (status != 200 && status != 408)
		return source_http_blame(http, status, f);
	err = source_http_read_json(http, out, f);
	if (!err && status == 408)
		err = failure_set(f, ERR_NOT_FOUND, "the time is over");
	return err;
}

static enum err
now(struct source *source, int64_t *seq, struct failure *f)
{
	json_t *answer;
	enum err err;

	source_http_begin(own(source), "/now");
	err = source_http_ask(own(source), "GET", &answer, f);
	*seq = json_integer_value(json_object_get(answer, "seq"));
	json_decref(answer);
	return err;
}

/* ---- sessions */

static enum err
transcript(struct source *source, const char *session, struct buf *out,
    struct failure *f)
{
	struct source_http *http = own(source);
	struct fetch_request request = {.method = "GET"};
	int status;
	enum err err;

	source_http_begin_on(http, "/session/", session, "/transcript");
	err = source_http_run(http, request, &status, f);
	if (err)
		return err;
	if (status != 200)
		return source_http_blame(http, status, f);
	if (!buf_put(out, buf_span(&http->body)))
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	return ERR_OK;
}

static enum err
ask_list(struct source_http *http, const char *key, source_callback *callback,
    void *context, struct failure *f)
{
	uint64_t left = UINT64_MAX;
	json_t *answer;
	enum err err = source_http_ask(http, "GET", &answer, f);

	if (!err)
		(void)tell(
		    json_object_get(answer, key), &left, callback, context);
	json_decref(answer);
	return err;
}

static enum err
transcript_json(struct source *source, const char *session,
    source_callback *callback, void *context, struct failure *f)
{
	source_http_begin_on(own(source), "/session/", session, "/transcript");
	return ask_list(own(source), "transcript", callback, context, f);
}

static enum err
session_findings(struct source *source, const char *session,
    source_callback *callback, void *context, struct failure *f)
{
	source_http_begin_on(own(source), "/session/", session, "/findings");
	return ask_list(own(source), "findings", callback, context, f);
}

static enum err
message_findings(struct source *source, const char *id,
    source_callback *callback, void *context, struct failure *f)
{
	source_http_begin_on(own(source), "/message/", id, "/findings");
	return ask_list(own(source), "findings", callback, context, f);
}

static enum err
stats(struct source *source, const struct source_request *request, json_t **out,
    struct failure *f)
{
	source_http_begin(own(source), "/stats");
	put_text(own(source), "inbox", request->inbox);
	return source_http_ask(own(source), "GET", out, f);
}

/* ---- the whole */

static void
close_http(struct source *source)
{
	struct source_http *http = own(source);

	fetch_close(http->fetch);
	buf_release(&http->path);
	buf_release(&http->body);
	free(http);
}

static const struct source_kind kind = {
    .list = list,
    .get = get,
    .raw = raw,
    .remove = remove_matching,
    .remove_one = remove_one,
    .take = take,
    .wait = wait_for,
    .now = now,
    .sessions = sessions,
    .transcript = transcript,
    .transcript_json = transcript_json,
    .session_findings = session_findings,
    .message_findings = message_findings,
    .stats = stats,
    .call = source_http_call,
    .close = close_http,
};

enum err
source_http_open(
    struct source **out, const char *url, const char *ca, struct failure *f)
{
	struct fetch_options options = {url, ca};
	struct source_http *http = calloc(1, sizeof(*http));
	enum err err;

	*out = NULL;
	if (!http)
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	http->source.kind = &kind;
	buf_init(&http->path, SOURCE_HTTP_PATH_MAX);
	buf_init(&http->body, SOURCE_HTTP_JSON_MAX);
	err = fetch_open(&http->fetch, &options, f);
	if (err)
		close_http(&http->source);
	else
		*out = &http->source;
	return err;
}
