/* pick_remove: removing messages by query (pick.h). */
#include "pick.h"

#include "pick_private.h"

#include "envelope.h"
#include "erase.h"
#include "txn.h"

#include <stdlib.h>
#include <string.h>

enum column { COLUMN_SEQ, COLUMN_ID, COLUMN_INBOX, COLUMN_SIZE, COLUMN_STATE };

/* A walk may not change what it walks over: first the numbers. */
struct numbers {
	int64_t *at;
	size_t count, room;
	struct erase_sum sum;
};

static enum err
note(struct numbers *numbers, const struct sql_row *row)
{
	int64_t size = sql_number(row, COLUMN_SIZE);

	if (numbers->count == numbers->room) {
		size_t room = numbers->room ? numbers->room * 2 : 1024;
		int64_t *at = realloc(numbers->at, room * sizeof(*at));

		if (!at)
			return ERR_MEMORY;
		numbers->at = at;
		numbers->room = room;
	}
	numbers->at[numbers->count++] = sql_number(row, COLUMN_SEQ);
	numbers->sum.bytes += size;
	if (sql_number(row, COLUMN_STATE) == MESSAGE_ACCEPTED)
		return ERR_OK;
	numbers->sum.rest++;
	numbers->sum.rest_bytes += size;
	return ERR_OK;
}

/* Who is told of each message, and with what. */
struct telling {
	pick_callback *gone; /* NULL: nobody */
	void *context;
	struct message *message;
	bool is_over;
};

static enum err
tell(struct telling *telling, const struct sql_row *row)
{
	struct message *message = telling->message;
	struct pick_row told = {.message = message};
	struct span id = sql_span(row, COLUMN_ID);

	if (!telling->gone)
		return ERR_OK;
	if (id.len > UID_LEN)
		id.len = UID_LEN;
	message_reset(message);
	memcpy(message->id, id.at, id.len);
	message->id[id.len] = '\0';
	if (!message_set(message, MESSAGE_INBOX, sql_span(row, COLUMN_INBOX)))
		return ERR_MEMORY;
	told.seq = sql_number(row, COLUMN_SEQ);
	telling->is_over = !telling->gone(&told, telling->context);
	return ERR_OK;
}

static enum err
walk_over(
    struct pick_walk *walk, struct telling *telling, struct numbers *numbers)
{
	enum err err = ERR_OK;

	while (!err && !telling->is_over) {
		err = pick_walk_next(walk);
		if (!err)
			err = tell(telling, walk->row);
		if (!err)
			err = note(numbers, walk->row);
	}
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err
find(struct sql *sql, const struct pick_request *request,
    struct telling *telling, struct numbers *numbers)
{
	struct pick_walk walk;
	enum err err = pick_walk_open(&walk, sql, request,
	    "m.seq, m.id, m.inbox, m.size, m.state", "", PICK_WALK_PAGE);
	enum err closed;

	if (!err)
		err = walk_over(&walk, telling, numbers);
	closed = pick_walk_close(&walk);
	return err ? err : closed;
}

static int
compare(const void *a, const void *b)
{
	const int64_t *left = a;
	const int64_t *right = b;

	return *left < *right ? -1 : *left > *right;
}

/* Numbers that follow each other are removed in one go. */
static enum err
remove_numbers(struct sql *sql, struct numbers *numbers, uint64_t *count)
{
	enum err err = ERR_OK;
	size_t first = 0;

	if (numbers->count)
		qsort(numbers->at, numbers->count, sizeof(int64_t), compare);
	if (numbers->count >= ERASE_MANY)
		return erase_numbers(
		    sql, numbers->at, numbers->count, &numbers->sum, count);
	for (size_t i = 0; i < numbers->count && !err; i++) {
		if (i + 1 < numbers->count &&
		    numbers->at[i + 1] == numbers->at[i] + 1)
			continue;
		err =
		    erase_range(sql, numbers->at[first], numbers->at[i], count);
		first = i + 1;
	}
	return err;
}

static enum err
has_others(struct sql *sql, bool *has_them)
{
	struct sql_row *row;
	enum err err = sql_start(
	    sql, &row, "SELECT 1 FROM message WHERE state <> 0 LIMIT 1");

	if (err)
		return err;
	*has_them = sql_step(row) == ERR_OK;
	return sql_done(row);
}

/* Whether all that there is has to go, which is done much faster. */
static enum err
means_all(struct sql *sql, const struct pick_request *request, bool *is_all)
{
	bool has_them = false;
	enum err err = ERR_OK;

	*is_all = (!request->query || request->query->kind == QUERY_ALL) &&
	    !request->inbox && request->after <= 0 && !request->before &&
	    !request->skip && !request->limit;
	if (*is_all && !request->all_states)
		err = has_others(sql, &has_them);
	*is_all = *is_all && !has_them;
	return err;
}

static enum err
remove_found(struct sql *sql, const struct pick_request *request,
    struct telling *telling, uint64_t *count)
{
	struct numbers numbers = {0};
	bool is_all;
	enum err err = means_all(sql, request, &is_all);

	if (!err && (!is_all || telling->gone))
		err = find(sql, request, telling, &numbers);
	if (!err && is_all && !telling->is_over)
		err = erase_all(sql, count);
	else if (!err)
		err = remove_numbers(sql, &numbers, count);
	free(numbers.at);
	if (!err)
		txn_add(sql, TXN_REMOVED, (int64_t)*count);
	return err;
}

enum err
pick_remove(struct sql *sql, const struct pick_request *request,
    pick_callback *gone, void *context, uint64_t *count)
{
	struct telling telling = {gone, context, NULL, false};
	enum err err;

	*count = 0;
	telling.message = envelope_new();
	if (!telling.message)
		return ERR_MEMORY;
	err = remove_found(sql, request, &telling, count);
	message_free(telling.message);
	return err;
}
