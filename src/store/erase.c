/* erase: removing all that belongs to a message or a session. */
#include "erase.h"

#include "txn.h"

#include <stddef.h>

/* Each with the number as its one parameter; the last is the message itself. */
static const char *const of_message[] = {
    "DELETE FROM recipient WHERE message = ?",
    "DELETE FROM raw WHERE message = ?",
    "DELETE FROM summary WHERE message = ?",
    "DELETE FROM header WHERE message = ?",
    "DELETE FROM body WHERE message = ?",
    "DELETE FROM part WHERE message = ?",
    "DELETE FROM tag WHERE message = ?",
    "DELETE FROM finding WHERE message = ?",
    "INSERT OR REPLACE INTO gone (seq, id)"
    " SELECT seq, id FROM message WHERE seq = ?",
    "DELETE FROM message WHERE seq = ?",
};

static const char *const of_session[] = {
    "DELETE FROM dialogue WHERE session = ?",
    "DELETE FROM finding WHERE message IS NULL"
    " AND session = (SELECT id FROM session WHERE seq = ?)",
    "DELETE FROM session WHERE seq = ?",
};

static enum err
run_with(struct sql *sql, const char *text, int64_t number)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	sql_bind_number(row, 1, number);
	(void)sql_step(row);
	return sql_done(row);
}

/* Where the message stands, and how much of the tally it is. */
static enum err
find(struct sql *sql, int64_t seq, int64_t *size)
{
	struct sql_row *row;
	enum err err =
	    sql_start(sql, &row, "SELECT size FROM message WHERE seq = ?");
	enum err found;

	if (err)
		return err;
	sql_bind_number(row, 1, seq);
	found = sql_step(row);
	if (found == ERR_OK)
		*size = sql_number(row, 0);
	err = sql_done(row);
	return err ? err : found;
}

enum err
erase_message(struct sql *sql, int64_t seq)
{
	int64_t size = 0;
	enum err err = find(sql, seq, &size);

	for (size_t i = 0; i < sizeof(of_message) / sizeof(of_message[0]); i++)
		err = err ? err : run_with(sql, of_message[i], seq);
	if (err)
		return err;
	txn_tally(sql, -1, -size);
	return run_with(
	    sql, "DELETE FROM gone WHERE seq <= ?", seq - ERASE_REMEMBERED);
}

enum err
erase_session(struct sql *sql, int64_t seq)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof(of_session) / sizeof(of_session[0]); i++)
		err = err ? err : run_with(sql, of_session[i], seq);
	return err;
}
