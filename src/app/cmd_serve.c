/* cmd_serve: the server as a command: signals, the ready file, the log. */
#include "clock.h"
#include "cmd.h"
#include "ready.h"
#include "setup.h"
#include "signals.h"
#include "sink.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* What is left of the second within which it must be gone. */
#define GRACE_US (CLOCK_SECOND * 8 / 10)
/* More descriptors cost nothing before they are used. */
#define DESCRIPTORS_MAX 65536

struct serve {
	const struct options *options;
	struct setup setup;
	struct sink *sink;
	struct signals *signals;
};

/* The second signal finds its old meaning again, and ends the process. */
static void
on_signal(int number, void *context)
{
	struct serve *serve = context;

	if (number == SIGHUP) {
		sink_reload(serve->sink);
		return;
	}
	log_info(serve->setup.log, "stopping; once more stops at once");
	sink_stop(serve->sink, GRACE_US);
	signals_close(serve->signals);
	serve->signals = NULL;
}

static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (limit.rlim_cur >= DESCRIPTORS_MAX)
		return;
	limit.rlim_cur =
	    limit.rlim_max < DESCRIPTORS_MAX ? limit.rlim_max : DESCRIPTORS_MAX;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* ---- what is said */

static void
say_what_is_kept(const struct serve *serve)
{
	const struct store_keep *keep = &serve->setup.sink.store.keep;
	const struct options *options = serve->options;
	struct log *log = serve->setup.log;

	log_info(log, "database: %s",
	    serve->setup.db ? serve->setup.db : "in memory, gone at the end");
	if (keep->count == 0 && keep->age_us == 0 && keep->size == 0)
		log_info(log,
		    "all messages are kept (--keep-count, --keep-age "
		    "and --keep-size set limits)");
	if (keep->count)
		log_info(log, "kept are the newest %s messages",
		    option_text(options, OPTION_KEEP_COUNT));
	if (keep->age_us)
		log_info(log, "kept is what is younger than %s",
		    option_text(options, OPTION_KEEP_AGE));
	if (keep->size)
		log_info(log, "kept are the newest %s of messages",
		    option_text(options, OPTION_KEEP_SIZE));
}

static void
say_where_it_is(const struct serve *serve)
{
	struct sink_address address;

	for (size_t i = 0; sink_address(serve->sink, i, &address); i++) {
		const char *name = listen_protocol_name(address.protocol);

		if (address.protocol == LISTEN_HTTP)
			log_info(serve->setup.log,
			    "[http] accessible via http://%s%s", address.text,
			    serve->setup.sink.webroot);
		else
			log_info(serve->setup.log, "[%s] listening on %s", name,
			    address.text);
	}
}

static void
put_recipients(struct buf *out, const struct message *message)
{
	for (size_t i = 0; i < message->recipient_count; i++) {
		struct message_rcpt rcpt = message_recipient(message, i);

		buf_printf(
		    out, "%s%.*s", i > 0 ? ", " : "", SPAN_ARG(rcpt.address));
	}
}

static void
on_watch(const struct watch_event *event, void *context)
{
	static const char *const states[] = {
	    [MESSAGE_ACCEPTED] = "",
	    [MESSAGE_REFUSED] = ", refused",
	    [MESSAGE_ABORTED] = ", aborted",
	};
	const struct serve *serve = context;
	const struct index_entry *entry = event->entry;
	struct buf to;

	if (event->kind != WATCH_MESSAGE)
		return;
	buf_init(&to, 400);
	put_recipients(&to, entry->message);
	log_info(serve->setup.log,
	    "%lld: from %.*s to %.*s%s: \"%s\", %llu bytes, %zu findings%s",
	    (long long)entry->seq,
	    SPAN_ARG(message_get(entry->message, MESSAGE_MAIL_FROM)),
	    SPAN_ARG(buf_span(&to)), buf_failed(&to) ? ", ..." : "",
	    entry->mime->subject, (unsigned long long)entry->size,
	    entry->findings.count, states[entry->message->state]);
	buf_release(&to);
}

/* ---- who waits for it */

#define ADDRESSES_MAX 1000

static bool
put_ready(const struct serve *serve, struct buf *text)
{
	struct ready_address *addresses =
	    calloc(ADDRESSES_MAX, sizeof(addresses[0]));
	struct ready ready = {.pid = getpid(),
	    .db = serve->setup.db,
	    .ca = sink_ca_path(serve->sink),
	    .addresses = addresses};
	struct sink_address address;
	bool is_put = false;

	while (addresses && ready.address_count < ADDRESSES_MAX &&
	    sink_address(serve->sink, ready.address_count, &address))
		addresses[ready.address_count++] =
		    (struct ready_address){address.protocol, address.text};
	if (addresses)
		is_put = ready_put(text, &ready);
	free(addresses);
	return is_put;
}

static enum err
say_ready(const struct serve *serve, struct failure *f)
{
	const char *path = option_text(serve->options, OPTION_READY_FILE);
	struct buf text;
	enum err err = ERR_OK;

	buf_init(&text, (size_t)1024 * 1024);
	if (!put_ready(serve, &text))
		err = failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	if (!err && path)
		err = ready_write_file(path, buf_span(&text), f);
	if (!err && option_is_set(serve->options, OPTION_READY_FD))
		err = ready_write_fd(
		    (int)option_number(serve->options, OPTION_READY_FD),
		    buf_span(&text), f);
	buf_release(&text);
	return err;
}

/* ---- the whole */

static enum err
run(struct serve *serve, struct failure *f)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, 0};
	enum err err = signals_open(
	    &serve->signals, sink_loop(serve->sink), numbers, on_signal, serve);

	if (err)
		return failure_set(f, err, "signals: %s", err_text(err));
	if (serve->setup.shows_messages &&
	    !watch_add(sink_watch(serve->sink), on_watch, serve))
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	say_what_is_kept(serve);
	say_where_it_is(serve);
	err = say_ready(serve, f);
	if (!err)
		sink_run(serve->sink);
	signals_close(serve->signals);
	return err;
}

int
cmd_serve(const struct options *options)
{
	struct serve serve = {.options = options};
	struct failure f = {""};
	const char *ready = option_text(options, OPTION_READY_FILE);
	enum err err = setup_make(&serve.setup, options, &f);

	if (err)
		return cmd_fail(err, &f);
	if (ready)
		ready_remove_file(ready);
	(void)signal(SIGPIPE, SIG_IGN);
	raise_limit();
	err = sink_open(&serve.sink, &serve.setup.sink, &f);
	if (!err) {
		err = run(&serve, &f);
		sink_close(serve.sink);
	}
	setup_release(&serve.setup);
	return err ? cmd_fail(err, &f) : CMD_YES;
}
