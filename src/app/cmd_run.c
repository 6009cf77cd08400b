/* cmd_run: a command beside a private server, and what it must have sent. */
#include "cmd.h"

#include "check.h"
#include "near.h"
#include "run_child.h"
#include "run_folder.h"
#include "run_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define READY_MAX ((size_t)1024 * 1024)
#define SHOWN_MAX 50

struct run {
	const struct options *options;
	struct checks checks;
	struct run_child child;
	char *folder; /* what is gone afterwards */
	char *kept;   /* the database of --keep; NULL: it is in the folder */
	struct run_place place;
	int status;
};

static enum err
without_memory(struct failure *f)
{
	return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
}

/* ---- before */

static enum err
read_checks(struct run *run, struct failure *f)
{
	size_t count;
	const char *const *texts =
	    option_list(run->options, OPTION_EXPECT, &count);
	enum err err = ERR_OK;

	for (size_t i = 0; i < count && !err; i++)
		err = checks_add(&run->checks, texts[i], f);
	texts = option_list(run->options, OPTION_EXPECT_NONE, &count);
	for (size_t i = 0; i < count && !err; i++)
		err = checks_add_none(&run->checks, texts[i], f);
	return err;
}

/* What is not said is private: free ports, and a database of its own. */
static enum err
make_words(const struct run *run, int ready_fd, struct run_words *words,
    struct failure *f)
{
	const struct options *options = run->options;
	bool is_whole = run_words_copy(words, options);

	if (!option_is_flagged(options, OPTION_SMTP))
		is_whole &= run_words_add(words, "--smtp=127.0.0.1:0");
	if (!option_is_flagged(options, OPTION_HTTP))
		is_whole &= run_words_add(words, "--http=127.0.0.1:0");
	if (run->kept)
		is_whole &= run_words_add(words, "--db=%s", run->kept);
	else if (!option_is_flagged(options, OPTION_DB) &&
	    !option_is_flagged(options, OPTION_MEMORY))
		is_whole &=
		    run_words_add(words, "--db=%s/mailstop.db", run->folder);
	if (!option_is_flagged(options, OPTION_TLS_DIR))
		is_whole &=
		    run_words_add(words, "--tls-dir=%s/tls", run->folder);
	/* It is gone, or nobody's loss, when the machine goes down. */
	if (!option_is_flagged(options, OPTION_DURABILITY))
		is_whole &= run_words_add(words, "--durability=none");
	if (!option_is_flagged(options, OPTION_LOG_LEVEL))
		is_whole &= run_words_add(words, "--log-level=warn");
	is_whole &= run_words_add(words, "--ready-fd=%d", ready_fd);
	return is_whole ? ERR_OK : without_memory(f);
}

static enum err
make_folders(struct run *run, struct failure *f)
{
	const char *keep = option_text(run->options, OPTION_KEEP);
	enum err err = ERR_OK;

	if (keep && option_is_flagged(run->options, OPTION_MEMORY))
		return failure_set(f, ERR_USAGE,
		    "--keep %s and --memory: only one of them can be", keep);
	if (keep && option_is_flagged(run->options, OPTION_DB))
		return failure_set(f, ERR_USAGE,
		    "--keep %s and --db: only one of them can be", keep);
	if (keep)
		err = run_folder_keep(&run->kept, keep, f);
	return err ? err : run_folder_make(&run->folder, f);
}

/* ---- the server, in its own process */

static int
be_server(struct run *run, int ready_fd)
{
	struct run_words words = {NULL, 0};
	struct options *options = NULL;
	struct failure f = {""};
	int status;
	enum err err;

	/* Sockets that were handed over are not a private server's. */
	(void)unsetenv("LISTEN_FDS");
	err = make_words(run, ready_fd, &words, &f);
	if (!err)
		err = options_read(&options, COMMAND_SERVE,
		    (const char *const *)words.at, words.count,
		    (const char *const *)environ, &f);
	status = err ? cmd_fail(err, &f) : cmd_serve(options);
	options_free(options);
	run_words_release(&words);
	/* Nobody else does it when the wrapper was killed. */
	if (run_child_is_alone(&run->child))
		run_folder_remove(run->folder);
	return status;
}

/* ---- both */

static bool
read_ready(int fd, struct buf *text)
{
	for (;;) {
		char *room = buf_room(text, 4096);
		ssize_t got = room ? read(fd, room, 4096) : 0;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return text->len > 0;
		buf_grow(text, (size_t)got);
		if (text->at[text->len - 1] == '\n')
			return true;
	}
}

/* Waits until it accepts. ERR_STOPPED: it has said itself why it does not. */
static enum err
meet_server(struct run *run, int fd, struct failure *f)
{
	struct buf text;
	enum err err = ERR_STOPPED;

	buf_init(&text, READY_MAX);
	if (read_ready(fd, &text))
		err = run_place_read(&run->place, buf_span(&text), run->options)
		    ? ERR_OK
		    : without_memory(f);
	buf_release(&text);
	return err;
}

/* In the child, true: it is over, and *status says how. */
static bool
start_server(struct run *run, int *status, enum err *err, struct failure *f)
{
	int ends[2];
	enum run_child_fork who;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		*err = failure_set(f, err_from_errno(errno), "pipe: %m");
		return false;
	}
	who = run_child_fork_server(&run->child);
	if (who == RUN_CHILD_CHILD) {
		(void)close(ends[0]);
		*status = be_server(run, ends[1]);
		return true;
	}
	(void)close(ends[1]);
	if (who == RUN_CHILD_FAILED)
		*err = failure_set(f, err_from_errno(errno), "fork: %m");
	else
		*err = meet_server(run, ends[0], f);
	(void)close(ends[0]);
	return false;
}

static bool
start_command(struct run *run, int *status, enum err *err, struct failure *f)
{
	size_t count = options_argument_count(run->options);
	char **words;

	switch (run_child_fork_command(&run->child)) {
	case RUN_CHILD_FAILED:
		*err = failure_set(f, err_from_errno(errno), "fork: %m");
		return false;
	case RUN_CHILD_PARENT:
		return false;
	case RUN_CHILD_CHILD:
		break;
	}
	words = calloc(count + 1, sizeof(words[0]));
	if (!words || !run_place_tell(&run->place)) {
		free(words);
		*status = EX_OSERR;
		return true;
	}
	for (size_t i = 0; i < count; i++)
		words[i] = (char *)options_argument(run->options, i);
	*status = run_child_become(words);
	free(words);
	return true;
}

/* ---- after */

struct coming {
	struct buf text;
	uint64_t count;
};

static bool
on_message(json_t *message, void *context)
{
	struct coming *coming = context;

	if (coming->count++ >= SHOWN_MAX) {
		buf_put_string(&coming->text, "    ...\n");
		return false;
	}
	buf_put_string(&coming->text, "    ");
	near_put_message(&coming->text, message);
	buf_put_char(&coming->text, '\n');
	return true;
}

/* All that was accepted, and what was not. */
static enum err
say_what_came(struct source *source, struct failure *f)
{
	static const struct source_request all = {
	    .query = "state:accepted OR state:refused",
	    .order = SOURCE_OLDEST_FIRST};
	struct coming coming = {.count = 0};
	enum err err;

	buf_init(&coming.text, (size_t)16 * 1024 * 1024);
	err = source->kind->list(source, &all, on_message, &coming, f);
	if (!err)
		(void)fprintf(stderr, "mailstop: %s\n%s",
		    coming.count > 0 ? "this came:" : "no message came",
		    coming.text.len > 0 ? buf_string(&coming.text) : "");
	buf_release(&coming.text);
	return err;
}

static enum err
judge(struct run *run, struct source *source, struct failure *f)
{
	enum err err = checks_run(&run->checks, source, f);

	if (err || checks_failed(&run->checks) == 0)
		return err;
	err = checks_explain(&run->checks, source, f);
	if (!err)
		err = say_what_came(source, f);
	if (err)
		return err;
	checks_print_failed(&run->checks, stderr);
	(void)fprintf(stderr, "mailstop: %zu of %zu expectations not met\n",
	    checks_failed(&run->checks), run->checks.count);
	return ERR_OK;
}

/* A database is looked at when the server has finished it; what is in memory,
   before the server goes. */
static enum err
look_back(struct run *run, struct failure *f)
{
	const char *keep = option_text(run->options, OPTION_KEEP);
	struct source *source = NULL;
	enum err err = ERR_OK;

	if (run->place.db)
		run_child_stop(&run->child);
	if (run->checks.count == 0 && !keep)
		return ERR_OK;
	if (run->place.db)
		err = source_db_open(&source, run->place.db, f);
	else if (run->place.url)
		err = source_http_open(&source, run->place.url, NULL, f);
	else
		err = failure_set(f, ERR_USAGE,
		    "--memory and --http off: nothing can be looked at");
	if (!err)
		err = judge(run, source, f);
	if (!err && keep)
		err = run_folder_write(keep, run->place.db, source, f);
	source_close(source);
	if (keep)
		run_folder_tidy(run->place.db);
	return err;
}

/* The command's own failure says more than ours. */
static int
conclude(const struct run *run, enum err err, const struct failure *f)
{
	int status = run->child.command_status;
	int ours = CMD_YES;

	if (err)
		ours = cmd_fail(err, f);
	else if (checks_failed(&run->checks) > 0)
		ours = CMD_NO;
	return status != 0 ? status : ours;
}

/* ---- the whole */

/* True in a child that has come to its end. */
static bool
run_both(struct run *run, struct failure *f)
{
	enum err err = ERR_OK;

	if (start_server(run, &run->status, &err, f))
		return true;
	if (!err && start_command(run, &run->status, &err, f))
		return true;
	if (err == ERR_STOPPED)
		run_child_wait_server(&run->child);
	if (err) {
		run_child_stop(&run->child);
		run->status = err == ERR_STOPPED && run->child.server_status
		    ? run->child.server_status
		    : cmd_fail(err, f);
		return false;
	}
	run_child_wait(&run->child);
	if (run->child.server == 0)
		err = failure_set(f, ERR_UNAVAILABLE,
		    "the server ended before the command, with %d",
		    run->child.server_status);
	else
		err = look_back(run, f);
	run_child_stop(&run->child);
	run->status = conclude(run, err, f);
	return false;
}

/* The keeper's part, or the whole where there is none. */
static int
keep(struct run *run)
{
	struct failure f = {""};
	bool is_child = false;
	enum err err = make_folders(run, &f);

	if (err)
		run->status = cmd_fail(err, &f);
	else
		is_child = run_both(run, &f);
	if (run->folder && !is_child)
		run_folder_remove(run->folder);
	run_place_release(&run->place);
	free(run->folder);
	free(run->kept);
	return run->status;
}

int
cmd_run(const struct options *options)
{
	struct run run = {.options = options};
	struct failure f = {""};
	enum err err;

	checks_init(&run.checks, NULL);
	err = read_checks(&run, &f);
	if (err) {
		run.status = cmd_fail(err, &f);
	} else {
		run_child_init(&run.child);
		if (run_child_fork_keeper(&run.child) == RUN_CHILD_PARENT) {
			run_child_wait(&run.child);
			run.status = run.child.command_status;
		} else {
			run.status = keep(&run);
		}
	}
	checks_release(&run.checks);
	return run.status;
}
