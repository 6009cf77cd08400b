/* index_take: reading what is not indexed yet, and parsing it (index.h). */
#include "index.h"

#include "digest.h"
#include "envelope.h"
#include "fulltext.h"
#include "tag.h"
#include "token.h"
#include "trace.h"

#include <stdlib.h>

/* What is read at once of a body that is not read whole. */
#define PIECE_SIZE ((size_t)64 * 1024)
#define TRACE_LIMIT ((size_t)16 * 1024 * 1024)
/* Blanks between words take a third more than search_text.h allows for. */
#define PIECES_LIMIT ((size_t)1100 * 1024 * 1024)

enum { COLUMN_BYTES = ENVELOPE_COUNT };

/* One call of index_take(). */
struct taking {
	struct sql *sql;
	struct digest *digest;
	struct token_set pieces; /* scratch */
	enum index_extent extent;
	struct index_entry *first;
	struct index_entry **last; /* where the next one is hung */
	size_t count;
	uint64_t bytes;
};

static struct index_entry *
entry_new(void)
{
	struct index_entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	findings_init(&entry->findings);
	search_text_init(&entry->search);
	buf_init(&entry->pieces, PIECES_LIMIT);
	entry->message = envelope_new();
	if (entry->message)
		return entry;
	index_entry_free(entry);
	return NULL;
}

static enum err
measure_trace(struct index_entry *entry)
{
	struct buf trace;
	enum err err = ERR_OK;

	buf_init(&trace, TRACE_LIMIT);
	if (!trace_put(&trace, entry->message, entry->mime))
		err = ERR_MEMORY;
	entry->trace_size = (int64_t)trace.len;
	buf_release(&trace);
	return err;
}

static enum err
parse(struct taking *taking, struct index_entry *entry, struct span bytes)
{
	entry->mime = mime_parse(bytes);
	if (!entry->mime ||
	    !search_text_make(&entry->search, entry->message, entry->mime) ||
	    !fulltext_split(&entry->search, &taking->pieces, &entry->pieces))
		return ERR_MEMORY;
	if (taking->extent == INDEX_ALL &&
	    !finding_message(
		&entry->findings, entry->message, bytes, entry->mime))
		return ERR_MEMORY;
	entry->tags = tag_find(entry->message, entry->mime);
	return entry->tags ? measure_trace(entry) : ERR_MEMORY;
}

/* The beginning goes into `out`, all of it into the digest. */
static enum err
read_large(struct taking *taking, struct index_entry *entry, struct buf *out)
{
	char piece[PIECE_SIZE];
	enum err err = ERR_OK;

	for (uint64_t at = 0; at < entry->size && !err;) {
		uint64_t left = entry->size - at;
		size_t len = left < PIECE_SIZE ? (size_t)left : PIECE_SIZE;
		struct span bytes = span_make(piece, len);

		err = sql_blob_read(
		    taking->sql, "raw", "bytes", entry->seq, at, piece, len);
		if (err)
			break;
		digest_put(taking->digest, bytes);
		if (at + len <= INDEX_MESSAGE_MAX && !buf_put(out, bytes))
			err = ERR_MEMORY;
		at += len;
	}
	sql_blob_done(taking->sql);
	return err;
}

static enum err
take_large(struct taking *taking, struct index_entry *entry)
{
	struct buf bytes;
	enum err err;

	buf_init(&bytes, (size_t)INDEX_MESSAGE_MAX);
	err = read_large(taking, entry, &bytes);
	if (!err)
		err = parse(taking, entry, buf_span(&bytes));
	if (!err)
		entry->mime->is_cut = true;
	buf_release(&bytes);
	return err;
}

static enum err
fill(
    struct taking *taking, struct index_entry *entry, const struct sql_row *row)
{
	enum err err = envelope_read(taking->sql, row, entry->message);

	entry->seq = sql_number(row, ENVELOPE_SEQ);
	entry->size = (uint64_t)sql_number(row, ENVELOPE_SIZE);
	if (err)
		return err;
	if (sql_is_null(row, COLUMN_BYTES) && entry->size > INDEX_MESSAGE_MAX) {
		err = take_large(taking, entry);
	} else {
		digest_put(taking->digest, sql_span(row, COLUMN_BYTES));
		err = parse(taking, entry, sql_span(row, COLUMN_BYTES));
	}
	if (!digest_end(taking->digest, entry->sha256) && !err)
		err = ERR_MEMORY;
	return err;
}

static enum err
take_one(struct taking *taking, const struct sql_row *row)
{
	struct index_entry *entry = entry_new();
	enum err err;

	if (!entry)
		return ERR_MEMORY;
	*taking->last = entry;
	taking->last = &entry->next;
	err = fill(taking, entry, row);
	taking->count++;
	taking->bytes += entry->size;
	return err;
}

/* A body that is missing (the file may be anybody's) is an empty one. */
static enum err
take_rows(struct taking *taking, const struct index_wish *wish)
{
	static const char text[] = "SELECT " ENVELOPE_COLUMNS ", r.bytes"
				   " FROM message m LEFT JOIN raw r"
				   " ON r.message = m.seq AND m.size <= ?1"
				   " WHERE m.is_indexed <> 1"
				   " AND m.seq > ?3 AND m.seq <= ?4"
				   " ORDER BY m.seq LIMIT ?2";
	struct sql_row *row;
	enum err err = sql_start(taking->sql, &row, text);
	enum err done;

	if (err)
		return err;
	sql_bind_number(row, 1, (int64_t)INDEX_MESSAGE_MAX);
	sql_bind_number(row, 2, (int64_t)wish->count);
	sql_bind_number(row, 3, wish->after);
	sql_bind_number(row, 4, wish->until);
	while (!err && sql_step(row) == ERR_OK) {
		err = take_one(taking, row);
		if (taking->bytes >= wish->bytes)
			break;
	}
	done = sql_done(row);
	return err ? err : done;
}

enum err
index_take_some(
    struct sql *sql, const struct index_wish *wish, struct index_entry **out)
{
	struct taking taking = {
	    .sql = sql, .extent = wish->extent, .last = &taking.first};
	enum err err = ERR_MEMORY;

	token_set_init(&taking.pieces);
	taking.digest = digest_new();
	if (taking.digest)
		err = take_rows(&taking, wish);
	digest_free(taking.digest);
	token_set_release(&taking.pieces);
	*out = taking.first;
	if (!err)
		return ERR_OK;
	while (*out) {
		struct index_entry *next = (*out)->next;

		index_entry_free(*out);
		*out = next;
	}
	return err;
}

enum err
index_take(
    struct sql *sql, size_t count, uint64_t bytes, struct index_entry **out)
{
	struct index_wish wish = {
	    .until = INT64_MAX, .count = count, .bytes = bytes};

	return index_take_some(sql, &wish, out);
}
