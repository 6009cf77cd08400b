/*
 * cmd: the commands, a function each.
 *
 * Each gets its options, prints what it has to say, and returns the exit
 * status: 0, 1 for "the answer is no", or one of sysexits.h.
 */
#ifndef CMD_H
#define CMD_H

#include "err.h"
#include "option.h"
#include "output.h"
#include "source.h"

int cmd_serve(const struct options *);
int cmd_run(const struct options *);
int cmd_ui(const struct options *);
int cmd_list(const struct options *);
int cmd_show(const struct options *);
int cmd_tail(const struct options *);
int cmd_wait(const struct options *);
int cmd_assert(const struct options *);
int cmd_take(const struct options *);
int cmd_rm(const struct options *);
int cmd_export(const struct options *);
int cmd_import(const struct options *);
int cmd_sessions(const struct options *);
int cmd_transcript(const struct options *);
int cmd_findings(const struct options *);
int cmd_fault(const struct options *);
int cmd_stats(const struct options *);
int cmd_reindex(const struct options *);
int cmd_ready(const struct options *);
int cmd_sendmail(const struct options *);
int cmd_completion(const struct options *);

/* ---- what they share */

#define CMD_YES 0
#define CMD_NO 1

/* Prints "mailstop: " and the words to standard error; gives the status. */
int cmd_fail(enum err, const struct failure *);

/* Likewise, but that something is not there is only an answer: CMD_NO. */
int cmd_answer(enum err, const struct failure *);

/*
 * A command that reads: its source, what it is asked for (the words that are no
 * options, with blanks between, are the query), and where it prints. On failure
 * the status is said and nothing is open.
 */
struct cmd {
	const struct options *options;
	struct source *source;
	struct source_request request;
	struct buf query;
	struct output output;
	uint64_t count; /* of rows printed */
	enum err err;   /* of printing */
};
enum err cmd_open(struct cmd *, const struct options *,
    const struct output_column *, struct failure *);
/* Likewise, with a server as its source, and no query. */
enum err cmd_open_server(struct cmd *, const struct options *,
    const struct output_column *, struct failure *);
void cmd_close(struct cmd *);

/* A source_callback that prints a row; its context is the struct cmd. */
bool cmd_print(json_t *, void *context);

/*
 * What became of it: failures are said, of printing too, then it is closed.
 * CMD_NO when nothing was printed and `least` is 1.
 */
int cmd_end(struct cmd *, enum err, uint64_t least, const struct failure *);

/* Writes all of standard output; ERR_IO says why not. */
enum err cmd_flush(struct failure *);

/* Bytes of a message while a command has them: in memory, then in a file. */
struct cmd_body {
	struct budget budget;
	struct spool_rules rules;
	struct spool spool;
};
void cmd_body_init(struct cmd_body *);
void cmd_body_release(struct cmd_body *);

/*
 * The id of a message that is named by its id, its number, or "latest", in a
 * form that is safe in a file name; the object is the caller's, or NULL.
 */
enum err cmd_get(struct cmd *, const char *id, json_t **out, struct failure *);

#endif
