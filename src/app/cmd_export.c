/* cmd_export: writes messages to an mbox, a Maildir or a folder of files. */
#include "cmd.h"

#include "export_file.h"
#include "mbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_SIZE ((size_t)64 * 1024)
#define PROGRESS 100 /* messages between two words about it */

struct export
{
	struct cmd *cmd;
	const char *target; /* "-": standard output */
	struct failure *f;
	struct export_folder *folder;
	FILE *file;
	bool is_made; /* the file is ours to remove */
	bool shows_progress;
	uint64_t skipped;
	enum err err;
};

/* The forms, in the order of the option's words. */
enum form { FORM_AUTO, FORM_MBOX, FORM_MAILDIR, FORM_EML };

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* ---- mbox */

static enum err
open_mbox(struct export *export)
{
	int fd;

	if (strcmp(export->target, "-") == 0) {
		export->file = stdout;
		return ERR_OK;
	}
	fd =
	    open(export->target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	export->is_made = fd >= 0;
	if (fd >= 0)
		export->file = fdopen(fd, "w");
	if (export->file)
		return ERR_OK;
	return failure_set(export->f, err_from_errno(errno), "%s: %s",
	    export->target, strerror(errno));
}

static enum err
write_out(struct export *export, struct buf *piece)
{
	struct span bytes = buf_span(piece);

	if (buf_failed(piece))
		return failure_set(
		    export->f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	if (fwrite(bytes.at, 1, bytes.len, export->file) != bytes.len)
		return failure_set(export->f, err_from_errno(errno), "%s: %s",
		    export->target, strerror(errno));
	buf_reset(piece);
	return ERR_OK;
}

static bool
is_unended(const struct spool *body)
{
	char last = '\n';

	if (body->len > 0)
		(void)spool_read(body, body->len - 1, &last, 1);
	return last != '\n';
}

static enum err
write_body(struct export *export, const struct spool *body,
    struct mbox_writer *writer, struct buf *out)
{
	char piece[PIECE_SIZE];
	uint64_t offset = 0;
	ssize_t got;
	enum err err = ERR_OK;

	while (!err &&
	    (got = spool_read(body, offset, piece, sizeof(piece))) != 0) {
		if (got < 0)
			return failure_set(
			    export->f, ERR_IO, "%s", err_text(ERR_IO));
		(void)mbox_put(writer, out, span_make(piece, (size_t)got));
		err = write_out(export, out);
		offset += (uint64_t)got;
	}
	return err;
}

static enum err
put_mbox(struct export *export, const json_t *message, const struct spool *body)
{
	struct mbox_envelope envelope = {
	    .sender = span_string(text_of(message, "mail_from")),
	    .received_us = export_time(text_of(message, "received")),
	    .is_unended = is_unended(body),
	};
	struct mbox_writer writer;
	struct buf out;
	enum err err;

	/* Each byte may need a quote. */
	buf_init(&out, 4 * PIECE_SIZE);
	(void)mbox_begin(&writer, &out, &envelope);
	err = write_body(export, body, &writer, &out);
	if (!err) {
		(void)mbox_end(&writer, &out);
		err = write_out(export, &out);
	}
	buf_release(&out);
	return err;
}

/* ---- folders */

static enum err
open_maildir(struct export *export)
{
	return export_folder_open(
	    &export->folder, export->target, EXPORT_MAILDIR, export->f);
}

static enum err
open_eml(struct export *export)
{
	return export_folder_open(
	    &export->folder, export->target, EXPORT_EML, export->f);
}

static enum err
put_file(struct export *export, const json_t *message, const struct spool *body)
{
	struct export_message file = {
	    .id = text_of(message, "id"),
	    .seq = json_integer_value(json_object_get(message, "seq")),
	    .received_us = export_time(text_of(message, "received")),
	    .body = body,
	};
	enum err err = export_folder_put(export->folder, &file, export->f);

	if (err != ERR_EXISTS)
		return err;
	export->skipped++;
	return ERR_OK;
}

static const struct {
	enum err (*open)(struct export *);
	enum err (*put)(
	    struct export *, const json_t *message, const struct spool *);
} forms[] = {
    [FORM_MBOX] = {open_mbox, put_mbox},
    [FORM_MAILDIR] = {open_maildir, put_file},
    [FORM_EML] = {open_eml, put_file},
};

/* ---- the command */

static enum form
choose_form(const struct export *export)
{
	enum form form =
	    (enum form)option_choice(export->cmd->options, OPTION_FORMAT);
	size_t len = strlen(export->target);
	char path[4096];
	struct stat found;

	if (form != FORM_AUTO)
		return form;
	(void)snprintf(path, sizeof(path), "%s/cur", export->target);
	if (stat(path, &found) == 0 && S_ISDIR(found.st_mode))
		return FORM_MAILDIR;
	if (export->target[len - 1] == '/' ||
	    (stat(export->target, &found) == 0 && S_ISDIR(found.st_mode)))
		return FORM_EML;
	return FORM_MBOX;
}

struct walk {
	struct export *export;
	enum form form;
};

static bool
export_one(json_t *message, void *context)
{
	struct walk *walk = context;
	struct export *export = walk->export;
	struct source *source = export->cmd->source;
	struct cmd_body body;

	cmd_body_init(&body);
	export->err = source->kind->raw(
	    source, text_of(message, "id"), &body.spool, export->f);
	/* Somebody removed it meanwhile: it is not there any more. */
	if (export->err == ERR_NOT_FOUND || export->err == ERR_GONE) {
		export->err = ERR_OK;
	} else if (!export->err) {
		export->err =
		    forms[walk->form].put(export, message, &body.spool);
		export->cmd->count++;
	}
	cmd_body_release(&body);
	if (export->shows_progress && export->cmd->count % PROGRESS == 0)
		(void)fprintf(stderr, "\r%llu messages",
		    (unsigned long long)export->cmd->count);
	return export->err == ERR_OK;
}

static enum err
close_file(struct export *export, enum err err)
{
	if (!export->file || export->file == stdout)
		return err;
	if (fclose(export->file) != 0 && !err)
		err = failure_set(export->f, err_from_errno(errno), "%s: %s",
		    export->target, strerror(errno));
	/* Half an mbox looks like a whole one. */
	if (err && export->is_made)
		(void)unlink(export->target);
	return err;
}

static enum err
run(struct export *export)
{
	struct walk walk = {export, choose_form(export)};
	struct source *source = export->cmd->source;
	enum err err = forms[walk.form].open(export);

	if (err)
		return err;
	err = source->kind->list(
	    source, &export->cmd->request, export_one, &walk, export->f);
	if (!err)
		err = export->err;
	export_folder_close(export->folder);
	return close_file(export, err);
}

static void
say_what_was_done(const struct export *export)
{
	if (option_flag(export->cmd->options, OPTION_QUIET))
		return;
	(void)fprintf(stderr, "%s%llu messages\n",
	    export->shows_progress ? "\r" : "",
	    (unsigned long long)(export->cmd->count - export->skipped));
	if (export->skipped > 0)
		(void)fprintf(stderr, "%llu were there already\n",
		    (unsigned long long)export->skipped);
}

int
cmd_export(const struct options *options)
{
	struct failure f = {""};
	struct cmd cmd;
	struct export export = {.cmd = &cmd, .target = "-", .f = &f};
	enum err err = cmd_open(&cmd, options, output_messages, &f);

	if (err)
		return cmd_fail(err, &f);
	if (options_argument_count(options) > 0 &&
	    options_argument(options, 0)[0])
		export.target = options_argument(options, 0);
	export.shows_progress =
	    isatty(STDERR_FILENO) && !option_flag(options, OPTION_QUIET);
	cmd.request = (struct source_request){
	    .query = option_text(options, OPTION_QUERY),
	    .inbox = option_text(options, OPTION_INBOX),
	    .order = SOURCE_OLDEST_FIRST,
	};
	err = run(&export);
	if (!err)
		say_what_was_done(&export);
	return cmd_end(&cmd, err, cmd.request.query != NULL, &f);
}
