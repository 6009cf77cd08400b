/* cmd_import: reads messages from files into a database. */
#include "cmd.h"

#include "deposit.h"
#include "mbox.h"
#include "setup.h"
#include "state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_SIZE ((size_t)64 * 1024)
#define PROGRESS 100 /* messages between two words about it */
#define SECOND INT64_C(1000000)

struct import {
	const struct options *options;
	struct deposit *deposit;
	struct failure *f;
	const char *source; /* the one that is read */
	uint64_t count;
	bool shows_progress;
};

enum form { FORM_AUTO, FORM_MBOX, FORM_MAILDIR, FORM_EML };

static enum err
blame(const struct import *import, const char *path)
{
	int number = errno;

	return failure_set(import->f, err_from_errno(number), "%s: %s", path,
	    strerror(number));
}

static enum err
end_message(struct import *import, const struct deposit_envelope *envelope)
{
	enum err err = deposit_end(import->deposit, envelope, import->f);

	import->count += err == ERR_OK;
	if (import->shows_progress && import->count % PROGRESS == 0)
		(void)fprintf(stderr, "\r%llu messages",
		    (unsigned long long)import->count);
	return err;
}

static enum err
put_octets(struct import *import, struct span octets)
{
	enum err err = deposit_put(import->deposit, octets);

	return err ? failure_set(import->f, err, "%s: %s", import->source,
			 err_text(err))
		   : ERR_OK;
}

/* ---- a file that is a message */

static enum err
read_message(struct import *import, int fd, const char *path)
{
	struct deposit_envelope envelope = {.knows = DEPOSIT_SENDER_UNKNOWN};
	char piece[PIECE_SIZE];
	struct stat found;
	ssize_t got;

	while ((got = read(fd, piece, sizeof(piece))) > 0) {
		enum err err =
		    put_octets(import, span_make(piece, (size_t)got));

		if (err)
			return err;
	}
	if (got < 0)
		return blame(import, path);
	if (fstat(fd, &found) == 0 && S_ISREG(found.st_mode))
		envelope.received_us = (int64_t)found.st_mtim.tv_sec * SECOND +
		    found.st_mtim.tv_nsec / 1000;
	return end_message(import, &envelope);
}

static enum err
import_file(struct import *import, int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	enum err err;

	if (fd < 0)
		return blame(import, name);
	err = read_message(import, fd, name);
	if (err)
		deposit_drop(import->deposit);
	(void)close(fd);
	return err;
}

/* ---- mbox */

struct mbox {
	struct import *import;
	struct mbox_reader reader;
	struct buf in;
	struct buf sender;
	int64_t received_us;
};

static enum err
take_event(struct mbox *mbox, enum mbox_event event)
{
	const struct mbox_envelope *envelope = mbox_envelope(&mbox->reader);
	struct deposit_envelope kept;

	switch (event) {
	case MBOX_BEGIN:
		/* It is borrowed, and the end of the message is far. */
		buf_reset(&mbox->sender);
		buf_put(&mbox->sender, envelope->sender);
		mbox->received_us = envelope->received_us;
		return ERR_OK;
	case MBOX_CONTENT:
		return put_octets(mbox->import, mbox_content(&mbox->reader));
	case MBOX_END:
		kept = (struct deposit_envelope){
		    .sender = buf_span(&mbox->sender),
		    .knows = DEPOSIT_SENDER_KNOWN,
		    .received_us = mbox->received_us,
		};
		return end_message(mbox->import, &kept);
	case MBOX_BROKEN:
		return failure_set(mbox->import->f, ERR_DATA,
		    "%s: no mbox: it does not begin with a \"From \" line",
		    mbox->import->source);
	case MBOX_MORE:
	case MBOX_OVER:
		break;
	}
	return ERR_OK;
}

/* As far as the bytes that are there allow it. */
static enum err
read_on(struct mbox *mbox)
{
	struct span in = buf_span(&mbox->in);
	enum mbox_event event;
	enum err err;

	do {
		event = mbox_step(&mbox->reader, &in);
		err = take_event(mbox, event);
	} while (!err && event != MBOX_MORE && event != MBOX_OVER);
	buf_drop(&mbox->in, buf_span(&mbox->in).len - in.len);
	return err;
}

static enum err
read_mbox(struct mbox *mbox, int fd)
{
	ssize_t got = 1;
	enum err err = ERR_OK;

	while (!err && got > 0) {
		char *room = buf_room(&mbox->in, PIECE_SIZE);

		if (!room)
			return failure_set(mbox->import->f, ERR_MEMORY, "%s",
			    err_text(ERR_MEMORY));
		got = read(fd, room, PIECE_SIZE);
		if (got < 0)
			return blame(mbox->import, mbox->import->source);
		buf_grow(&mbox->in, (size_t)got);
		if (got == 0)
			mbox_last(&mbox->reader);
		err = read_on(mbox);
	}
	return err;
}

static enum err
import_mbox(struct import *import, const char *path)
{
	struct mbox mbox = {.import = import};
	bool is_input = strcmp(path, "-") == 0;
	int fd = is_input ? STDIN_FILENO
			  : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	enum err err;

	if (fd < 0)
		return blame(import, path);
	buf_init(&mbox.in, 2 * PIECE_SIZE);
	buf_init(&mbox.sender, 2 * MBOX_LINE_MAX);
	err = read_mbox(&mbox, fd);
	if (err)
		deposit_drop(import->deposit);
	buf_release(&mbox.in);
	buf_release(&mbox.sender);
	if (!is_input)
		(void)close(fd);
	return err;
}

/* ---- folders */

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool
is_file(int folder, const char *name)
{
	struct stat found;

	return fstatat(folder, name, &found, 0) == 0 && S_ISREG(found.st_mode);
}

/* In the order of the names, which is that of time in both forms. */
static enum err
import_folder(struct import *import, const char *path)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, is_visible, alphasort);
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum err err = ERR_OK;

	if (count < 0 || folder < 0)
		err = blame(import, path);
	for (int i = 0; i < count; i++) {
		if (!err && is_file(folder, entries[i]->d_name))
			err = import_file(import, folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	if (folder >= 0)
		(void)close(folder);
	return err;
}

static enum err
import_maildir(struct import *import, const char *path)
{
	static const char *const names[] = {"cur", "new"};
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !err; i++) {
		char below[PATH_MAX];

		(void)snprintf(below, sizeof(below), "%s/%s", path, names[i]);
		err = import_folder(import, below);
	}
	return err;
}

/* A folder of files, or a single one. */
static enum err
import_eml(struct import *import, const char *path)
{
	struct stat found;

	if (stat(path, &found) == 0 && S_ISDIR(found.st_mode))
		return import_folder(import, path);
	return import_file(import, AT_FDCWD, path);
}

/* ---- the command */

static bool
begins_as_mbox(const char *path)
{
	char start[5];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t got = fd < 0 ? -1 : read(fd, start, sizeof(start));

	if (fd >= 0)
		(void)close(fd);
	return got == 0 || (got == 5 && memcmp(start, "From ", 5) == 0);
}

static enum form
choose_form(const struct import *import, const char *path)
{
	enum form form =
	    (enum form)option_choice(import->options, OPTION_FORMAT);
	char below[PATH_MAX];
	struct stat found;

	if (form != FORM_AUTO)
		return form;
	if (strcmp(path, "-") == 0)
		return FORM_MBOX;
	(void)snprintf(below, sizeof(below), "%s/cur", path);
	if (stat(below, &found) == 0 && S_ISDIR(found.st_mode))
		return FORM_MAILDIR;
	if (stat(path, &found) == 0 && S_ISREG(found.st_mode) &&
	    begins_as_mbox(path))
		return FORM_MBOX;
	return FORM_EML;
}

static enum err
import_source(struct import *import, const char *path)
{
	static enum err (*const forms[])(struct import *, const char *) = {
	    [FORM_MBOX] = import_mbox,
	    [FORM_MAILDIR] = import_maildir,
	    [FORM_EML] = import_eml,
	};

	import->source = path;
	return forms[choose_form(import, path)](import, path);
}

static enum err
open_deposit(struct import *import)
{
	struct buf path;
	enum err err;

	buf_init(&path, PATH_MAX);
	err = source_db_path(&path, import->options, import->f);
	if (!err && !option_text(import->options, OPTION_DB))
		err = state_make_folder_of(buf_string(&path), import->f);
	if (!err) {
		struct deposit_options options = {buf_string(&path),
		    option_text(import->options, OPTION_DEFAULT_INBOX),
		    setup_inbox_order(import->options)};

		err = deposit_open(&import->deposit, &options, import->f);
	}
	buf_release(&path);
	return err;
}

static enum err
run(struct import *import)
{
	size_t count = options_argument_count(import->options);
	struct failure why;
	enum err err = ERR_OK;
	enum err last;

	if (count == 0)
		err = import_source(import, "-");
	for (size_t i = 0; i < count && !err; i++)
		err =
		    import_source(import, options_argument(import->options, i));
	/* What came before a failure is kept. */
	last = deposit_finish(import->deposit, &why);
	if (last && !err)
		*import->f = why;
	return err ? err : last;
}

int
cmd_import(const struct options *options)
{
	struct failure f = {""};
	struct import import = {.options = options, .f = &f};
	bool is_quiet = option_flag(options, OPTION_QUIET);
	enum err err = open_deposit(&import);

	if (err)
		return cmd_fail(err, &f);
	import.shows_progress = !is_quiet && isatty(STDERR_FILENO);
	err = run(&import);
	if (!is_quiet)
		(void)fprintf(stderr, "%s%llu messages\n",
		    import.shows_progress ? "\r" : "",
		    (unsigned long long)deposit_count(import.deposit));
	deposit_close(import.deposit);
	return err ? cmd_fail(err, &f) : CMD_YES;
}
