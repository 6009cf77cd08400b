/* api_near: the messages that came closest to a query that nothing matches. */
#include "api_near.h"

#include "api_message.h"
#include "mime.h"
#include "pick_session.h"
#include "query_match.h"

#include <jansson.h>
#include <stdlib.h>

#define RAW_LIMIT ((size_t)INDEX_MESSAGE_MAX)
#define MISSED_LIMIT ((size_t)64 * 1024)

/* One that did not match, and how far it was from it. */
struct candidate {
	size_t failed; /* terms */
	json_t *value; /* owned */
};

struct looking {
	struct sql *sql;
	const struct query *query;
	struct candidate best[API_NEAR_MAX]; /* the fewest failed first */
	size_t count;
	enum err err;
};

static bool
note_rule(const struct pick_finding *found, void *context)
{
	struct findings *findings = context;
	struct finding *at = realloc(
	    findings->at, (findings->count + 1) * sizeof(*findings->at));

	if (!at)
		return false;
	findings->at = at;
	at[findings->count] =
	    (struct finding){.rule = finding_rule(found->rule)};
	if (at[findings->count].rule)
		findings->count++;
	return true;
}

/* The tags as a list that ends with NULL; it borrows from `array`. */
static const char **
tag_list(const json_t *array)
{
	const char **tags = calloc(json_array_size(array) + 1, sizeof(*tags));
	json_t *tag;
	size_t i;

	if (tags)
		json_array_foreach((json_t *)array, i, tag) tags[i] =
		    json_string_value(tag);
	return tags;
}

/* Terms that fail, as a JSON list. */
static json_t *
missed_value(struct span lines)
{
	json_t *missed = json_array();

	while (lines.len > 0)
		(void)json_array_append_new(
		    missed, api_string(span_cut(&lines, '\n')));
	return missed;
}

/* Takes the value; keeps it if it is among the best. */
static void
keep(struct looking *looking, size_t failed, json_t *value)
{
	size_t place = looking->count;

	while (place > 0 && looking->best[place - 1].failed > failed)
		place--;
	if (place == API_NEAR_MAX) {
		json_decref(value);
		return;
	}
	if (looking->count == API_NEAR_MAX)
		json_decref(looking->best[--looking->count].value);
	for (size_t i = looking->count; i > place; i--)
		looking->best[i] = looking->best[i - 1];
	looking->best[place] = (struct candidate){failed, value};
	looking->count++;
}

static void
weigh(struct looking *looking, const struct pick_row *row,
    const struct query_subject *subject)
{
	struct buf missed;
	size_t failed = 0;

	buf_init(&missed, MISSED_LIMIT);
	(void)query_misses(looking->query, subject, &missed, &failed);
	if (failed > 0) {
		json_t *value = api_message(row);

		(void)json_object_set_new(
		    value, "missed", missed_value(buf_span(&missed)));
		keep(looking, failed, value);
	}
	buf_release(&missed);
}

static bool
look_at(const struct pick_row *row, void *context)
{
	struct looking *looking = context;
	json_t *array =
	    json_loadb(row->summary.tags.at, row->summary.tags.len, 0, NULL);
	const char **tags = tag_list(array);
	struct findings findings;
	struct mime *mime = NULL;
	struct buf raw;

	buf_init(&raw, RAW_LIMIT);
	findings_init(&findings);
	looking->err =
	    pick_findings(looking->sql, row->seq, note_rule, &findings);
	if (!looking->err)
		looking->err = pick_body_whole(looking->sql, row->seq, &raw);
	/* One too large to be looked at is not near. */
	if (looking->err == ERR_LIMIT)
		looking->err = ERR_OK;
	else if (!looking->err)
		mime = mime_parse(buf_span(&raw));
	if (mime) {
		const struct query_subject subject = {
		    .seq = row->seq,
		    .size = row->size,
		    .trace_size = row->summary.trace_size,
		    .message = row->message,
		    .mime = mime,
		    .findings = &findings,
		    .tags = tags,
		    .is_read = row->summary.is_read,
		};

		weigh(looking, row, &subject);
	}
	mime_free(mime);
	findings_release(&findings);
	buf_release(&raw);
	free(tags);
	json_decref(array);
	return !looking->err;
}

enum err
api_near(struct sql *sql, const struct pick_request *request, json_t *near)
{
	const struct pick_request newest = {
	    .inbox = request->inbox,
	    .after = request->after,
	    .limit = API_NEAR_LOOK,
	    .all_states = request->all_states,
	};
	struct looking looking = {.sql = sql, .query = request->query};
	enum err err = pick_messages(sql, &newest, look_at, &looking);

	for (size_t i = 0; i < looking.count; i++)
		(void)json_array_append_new(near, looking.best[i].value);
	return err ? err : looking.err;
}
