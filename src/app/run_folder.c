/* run_folder: where a private server keeps its things. */
#include "run_folder.h"

#include "cmd.h"
#include "folder.h"
#include "sql.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRANSCRIPT_MAX ((size_t)256 * 1024 * 1024)

static enum err
without_memory(struct failure *f)
{
	return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
}

enum err
run_folder_make(char **path, struct failure *f)
{
	const char *base = getenv("TMPDIR");

	if (!base || base[0] != '/')
		base = "/tmp";
	*path = NULL;
	if (asprintf(path, "%s/mailstop-XXXXXX", base) < 0) {
		*path = NULL;
		return without_memory(f);
	}
	if (mkdtemp(*path))
		return ERR_OK;
	(void)failure_set(f, ERR_IO, "%s: %s", base, strerror(errno));
	free(*path);
	*path = NULL;
	return err_from_errno(errno);
}

static int
remove_one(
    const char *path, const struct stat *found, int type, struct FTW *where)
{
	(void)found;
	(void)type;
	(void)where;
	(void)remove(path);
	return 0;
}

void
run_folder_remove(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Relative to where the program was started, which a server may leave. */
static enum err
make_absolute(char **out, const char *path, const char *name, struct failure *f)
{
	char *real = realpath(path, NULL);
	int len;

	if (!real)
		return failure_set(f, err_from_errno(errno), "--keep %s: %s",
		    path, strerror(errno));
	len = asprintf(out, "%s/%s", real, name);
	free(real);
	return len < 0 ? without_memory(f) : ERR_OK;
}

enum err
run_folder_keep(char **db, const char *path, struct failure *f)
{
	struct stat found;
	enum err err = folder_make(path, f);

	*db = NULL;
	if (!err)
		err = make_absolute(db, path, "mailstop.db", f);
	if (!err && lstat(*db, &found) == 0) {
		err = failure_set(f, ERR_EXISTS,
		    "--keep %s: there is a mailstop.db already", path);
		free(*db);
		*db = NULL;
	}
	return err;
}

/* Readers leave a WAL behind, and a server that was killed one with mail in it:
   whoever closes it last, and may write, brings it home. */
void
run_folder_tidy(const char *db)
{
	struct sql *sql;

	if (sql_open(&sql, db, SQL_WRITE, NULL))
		return;
	(void)sql_checkpoint(sql);
	sql_close(sql);
}

/* ---- the artifacts */

static enum err
write_mbox(const char *path, const char *db, struct failure *f)
{
	const char *words[] = {"--db", db, "--format=mbox", "--quiet", NULL};
	struct options *options = NULL;
	char *target;
	enum err err;
	int status;

	if (asprintf(&target, "%s/mail.mbox", path) < 0)
		return without_memory(f);
	words[4] = target;
	err = options_read(&options, COMMAND_EXPORT, words, 5, NULL, f);
	if (!err) {
		status = cmd_export(options);
		if (status != CMD_YES && status != CMD_NO)
			err = failure_set(f, ERR_IO, "%s: not written", target);
	}
	options_free(options);
	free(target);
	return err;
}

struct writing {
	const char *path;
	struct source *source;
	struct failure *f;
	enum err err;
};

static enum err
write_file(const char *path, struct span text, struct failure *f)
{
	FILE *file = fopen(path, "wxe");
	bool is_whole;

	if (!file)
		return failure_set(
		    f, err_from_errno(errno), "%s: %s", path, strerror(errno));
	is_whole =
	    text.len == 0 || fwrite(text.at, 1, text.len, file) == text.len;
	is_whole = fclose(file) == 0 && is_whole;
	return is_whole ? ERR_OK
			: failure_set(f, err_from_errno(errno), "%s: %s", path,
			      strerror(errno));
}

/* Ids are made by the server: letters and digits. */
static bool
write_transcript(json_t *session, void *context)
{
	struct writing *writing = context;
	const char *id = json_string_value(json_object_get(session, "id"));
	char *path;
	struct buf text;

	if (!id || !id[0] || strchr(id, '/') || id[0] == '.')
		return true;
	if (asprintf(&path, "%s/transcripts/%s.txt", writing->path, id) < 0) {
		writing->err = without_memory(writing->f);
		return false;
	}
	buf_init(&text, TRANSCRIPT_MAX);
	writing->err = writing->source->kind->transcript(
	    writing->source, id, &text, writing->f);
	if (!writing->err)
		writing->err = write_file(path, buf_span(&text), writing->f);
	buf_release(&text);
	free(path);
	return !writing->err;
}

enum err
run_folder_write(
    const char *path, const char *db, struct source *source, struct failure *f)
{
	static const struct source_request all = {.limit = 0};
	struct writing writing = {path, source, f, ERR_OK};
	char *folder;
	enum err err = write_mbox(path, db, f);

	if (err)
		return err;
	if (asprintf(&folder, "%s/transcripts", path) < 0)
		return without_memory(f);
	err = folder_make(folder, f);
	free(folder);
	if (!err)
		err = source->kind->sessions(
		    source, &all, write_transcript, &writing, f);
	return err ? err : writing.err;
}
