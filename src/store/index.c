/* index: what is derived from a stored message, so that it can be found. */
#include "index.h"

#include "fulltext.h"
#include "tag.h"
#include "txn.h"

#include <stdlib.h>

/* As much as is worth one transaction. */
#define BATCH_COUNT 500
#define BATCH_BYTES ((uint64_t)16 * 1024 * 1024)

void
index_entry_free(struct index_entry *entry)
{
	if (!entry)
		return;
	message_free(entry->message);
	mime_free(entry->mime);
	search_text_release(&entry->search);
	buf_release(&entry->pieces);
	findings_release(&entry->findings);
	tag_free(entry->tags);
	free(entry);
}

enum err
index_backlog(struct sql *sql, uint64_t *count, int64_t *seq)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row,
	    "SELECT count(*), ifnull(min(seq), 0) FROM message"
	    " WHERE is_indexed <> 1");

	*count = 0;
	*seq = 0;
	if (err)
		return err;
	if (sql_step(row) == ERR_OK) {
		*count = (uint64_t)sql_number(row, 0);
		*seq = sql_number(row, 1);
	}
	return sql_done(row);
}

enum err
index_clear(struct sql *sql)
{
	static const char *const texts[] = {
	    "DELETE FROM summary",
	    "DELETE FROM header",
	    "DELETE FROM part",
	    "DELETE FROM search",
	    "DELETE FROM finding WHERE message IS NOT NULL",
	    "UPDATE message SET is_indexed = 2 WHERE is_indexed = 1",
	};
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !err; i++)
		err = sql_run(sql, texts[i]);
	return err ? err : fulltext_clear(sql);
}

static enum err
put_batch(struct sql *sql, const struct index_entry *first)
{
	enum err err = txn_begin(sql);

	if (err)
		return err;
	err = index_put(sql, first);
	if (!err)
		return txn_commit(sql);
	txn_rollback(sql);
	return err;
}

enum err
index_catch_up(struct sql *sql)
{
	struct index_entry *entry;
	enum err err;

	do {
		err = index_take(sql, BATCH_COUNT, BATCH_BYTES, &entry);
		if (err || !entry)
			return err;
		err = put_batch(sql, entry);
		while (entry) {
			struct index_entry *next = entry->next;

			index_entry_free(entry);
			entry = next;
		}
	} while (!err);
	return err;
}
