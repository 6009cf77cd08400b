/* cmd_reindex: reads all stored messages again. */
#include "cmd.h"

#include "index.h"
#include "mime.h"
#include "schema.h"
#include "txn.h"

#include <limits.h>
#include <unistd.h>

static enum err
open_file(struct sql **sql, const struct options *options, struct buf *path,
    struct failure *f)
{
	enum err err = source_db_path(path, options, f);

	if (err)
		return err;
	/* Opening it for writing would make it. */
	if (access(buf_string(path), F_OK) != 0)
		return failure_set(f, ERR_NOT_FOUND,
		    "%s: there is no such database", buf_string(path));
	err = sql_open(sql, buf_string(path), SQL_WRITE, f);
	return err ? err : schema_migrate(*sql, f);
}

static enum err
clear(struct sql *sql)
{
	enum err err = txn_begin(sql);

	if (err)
		return err;
	err = index_clear(sql);
	if (err)
		txn_rollback(sql);
	else
		err = txn_commit(sql);
	return err;
}

int
cmd_reindex(const struct options *options)
{
	struct failure f = {""};
	struct sql *sql = NULL;
	struct buf path;
	uint64_t count = 0;
	int64_t seq;
	enum err err;

	buf_init(&path, PATH_MAX);
	err = open_file(&sql, options, &path, &f);
	if (!err) {
		mime_init();
		err = clear(sql);
		if (!err)
			err = index_backlog(sql, &count, &seq);
		if (!err)
			err = index_catch_up(sql);
		if (err)
			(void)failure_set(&f, err, "%s: %s", buf_string(&path),
			    err_text(err));
	}
	if (!err && !option_flag(options, OPTION_QUIET))
		(void)fprintf(stderr, "%llu messages are read again\n",
		    (unsigned long long)count);
	if (sql)
		sql_close(sql);
	buf_release(&path);
	return err ? cmd_fail(err, &f) : CMD_YES;
}
