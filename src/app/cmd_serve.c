/* cmd_serve: the server as a command, or a view of a database: signals, words.
 */
#include "cmd.h"
#include "server.h"
#include "signals.h"

#include <signal.h>
#include <sys/resource.h>

/* More descriptors cost nothing before they are used. */
#define DESCRIPTORS_MAX 65536

struct serve {
	struct server server;
	struct signals *signals;
};

/* The second signal finds its old meaning again, and ends the process. */
static void
on_signal(int number, void *context)
{
	struct serve *serve = context;

	if (number == SIGHUP) {
		sink_reload(serve->server.sink);
		return;
	}
	log_info(serve->server.setup.log, "stopping; once more stops at once");
	sink_stop(serve->server.sink, SERVER_GRACE_US);
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
	const struct store_keep *keep = &serve->server.setup.sink.store.keep;
	const struct options *options = serve->server.options;
	struct log *log = serve->server.setup.log;
	const char *const *rules;
	size_t count;

	log_info(log, "database: %s",
	    serve->server.setup.db ? serve->server.setup.db
				   : "in memory, gone at the end");
	if (keep->count == 0 && keep->age_us == 0 && keep->size == 0 &&
	    serve->server.setup.inbox_rule_count == 0)
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
	rules = option_list(options, OPTION_KEEP_INBOX, &count);
	for (size_t i = 0; i < count; i++)
		log_info(log, "kept of inboxes: %s", rules[i]);
}

static void
say_where_it_is(const struct serve *serve)
{
	struct sink_address address;

	for (size_t i = 0; sink_address(serve->server.sink, i, &address); i++) {
		const char *name = listen_protocol_name(address.protocol);

		if (address.protocol == LISTEN_HTTP)
			log_info(serve->server.setup.log,
			    "[http] accessible via http://%s%s", address.text,
			    serve->server.setup.sink.webroot);
		else
			log_info(serve->server.setup.log,
			    "[%s] listening on %s", name, address.text);
	}
}

static void
put_recipients(struct buf *out, const struct message *message)
{
	const char *before = "";

	for (size_t i = 0; i < message->recipient_count; i++) {
		struct message_rcpt rcpt = message_recipient(message, i);

		/* Who was refused did not get it, unless nobody did. */
		if (message->state == MESSAGE_ACCEPTED &&
		    !message_rcpt_is_accepted(&rcpt))
			continue;
		buf_printf(out, "%s%.*s", before, SPAN_ARG(rcpt.address));
		before = ", ";
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
	struct span from;
	struct buf to;

	if (event->kind != WATCH_MESSAGE)
		return;
	buf_init(&to, 400);
	put_recipients(&to, entry->message);
	from = message_get(entry->message, MESSAGE_MAIL_FROM);
	if (from.len == 0)
		from = SPAN("<>");
	log_info(serve->server.setup.log,
	    "%lld: from %.*s to %.*s%s: \"%s\", %llu bytes, %zu findings%s",
	    (long long)entry->seq, SPAN_ARG(from), SPAN_ARG(buf_span(&to)),
	    buf_failed(&to) ? ", ..." : "", entry->mime->subject,
	    (unsigned long long)entry->size, entry->findings.count,
	    states[entry->message->state]);
	buf_release(&to);
}

/* ---- the whole */

static enum err
run(struct serve *serve, struct failure *f)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, 0};
	enum err err;

	server_await_reader(&serve->server);
	err = signals_open(&serve->signals, sink_loop(serve->server.sink),
	    numbers, on_signal, serve);
	if (err)
		return failure_set(f, err, "signals: %s", err_text(err));
	if (serve->server.setup.shows_messages &&
	    !watch_add(sink_watch(serve->server.sink), on_watch, serve))
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	if (serve->server.setup.sink.kind == SINK_VIEW)
		log_info(serve->server.setup.log, "%s stays as it is",
		    serve->server.setup.db);
	else
		say_what_is_kept(serve);
	say_where_it_is(serve);
	err = server_say_ready(&serve->server, f);
	if (!err)
		sink_run(serve->server.sink);
	signals_close(serve->signals);
	return err;
}

typedef enum err
opener(struct server *, const struct options *, struct failure *);

static int
open_and_run(const struct options *options, opener *open)
{
	struct serve serve = {.signals = NULL};
	struct failure f = {""};
	enum err err;

	(void)signal(SIGPIPE, SIG_IGN);
	raise_limit();
	err = open(&serve.server, options, &f);
	if (err)
		return cmd_fail(err, &f);
	err = run(&serve, &f);
	server_close(&serve.server);
	server_release(&serve.server);
	return err ? cmd_fail(err, &f) : CMD_YES;
}

int
cmd_serve(const struct options *options)
{
	return open_and_run(options, server_open);
}

int
cmd_ui(const struct options *options)
{
	return open_and_run(options, server_open_view);
}
