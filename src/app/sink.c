/* sink: a whole server, put together and taken apart. */
#include "sink.h"

#include "clock.h"
#include "dns.h"
#include "fault.h"
#include "fault_rule.h"
#include "listen.h"
#include "mime.h"
#include "rules.h"
#include "serve_smtp.h"
#include "users.h"
#include "web.h"

#include <stdlib.h>
#include <string.h>

struct sink {
	struct sink_options options;
	struct store *store;
	struct loop *loop;
	struct tls *tls;
	struct users *users;
	struct dns *dns;
	struct fault_set *faults;
	struct serve_smtp *smtp;
	struct users *http_users;
	struct web *web;
	struct api_listener *listeners;
	size_t listener_count;
};

/* ---- the pieces, in the order in which they need each other */

static enum err
without_memory(struct failure *f)
{
	return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
}

static enum err
open_store(struct sink *sink, struct failure *f)
{
	struct store_options *options = &sink->options.store;

	options->log = sink->options.log;
	return store_open(&sink->store, options, f);
}

static enum err
open_loop(struct sink *sink, struct failure *f)
{
	enum err err = loop_new(&sink->loop, sink->store, sink->options.log);

	return err ? failure_set(f, err, "the event loop: %s", err_text(err))
		   : ERR_OK;
}

static bool
wants_tls(const struct sink_options *options)
{
	return options->tls.directory || options->tls.cert_path;
}

static enum err
open_tls(struct sink *sink, struct failure *f)
{
	struct tls_options *options = &sink->options.tls;
	enum err err;

	if (!wants_tls(&sink->options))
		return ERR_OK;
	options->log = sink->options.log;
	options->hostname = sink->options.smtp.hostname;
	err = tls_open(&sink->tls, options, f);
	if (!err || sink->options.tls_need == SINK_TLS_NEEDED)
		return err;
	log_warn(sink->options.log, "no TLS: %s", f->text);
	return ERR_OK;
}

static enum err
open_users(struct sink *sink, struct failure *f)
{
	if (!sink->options.users_path)
		return ERR_OK;
	return users_open(&sink->users, sink->options.users_path, f);
}

static enum err
open_dns(struct sink *sink, struct failure *f)
{
	const struct serve_smtp_options *smtp = &sink->options.smtp;

	if (!smtp->check_helo && !smtp->check_sender_domain)
		return ERR_OK;
	return dns_open(
	    &sink->dns, loop_base(sink->loop), sink->options.dns_server, f);
}

static struct rules
the_rules(const struct sink *sink)
{
	return (struct rules){sink->options.faults, sink->options.fault_count,
	    sink->options.fault_path};
}

/* Whoever wants the same luck again needs to know it. */
static void
say_seed(const struct sink *sink)
{
	struct fault_view view;

	for (size_t i = 0; fault_view(sink->faults, i, &view); i++) {
		if (view.chance == FAULT_ALWAYS)
			continue;
		log_info(sink->options.log,
		    "rules with chance= have the seed %llu (--seed)",
		    (unsigned long long)fault_seed(sink->faults));
		return;
	}
}

static enum err
open_faults(struct sink *sink, struct failure *f)
{
	struct rules rules = the_rules(sink);
	enum err err;

	sink->faults = fault_set_new(sink->options.seed);
	if (!sink->faults)
		return without_memory(f);
	err = rules_load(sink->faults, &rules, f);
	if (!err)
		say_seed(sink);
	return err;
}

static enum err
open_smtp(struct sink *sink, struct failure *f)
{
	struct serve_smtp_options *options = &sink->options.smtp;
	enum err err;

	if (sink->options.kind == SINK_VIEW)
		return ERR_OK;
	options->tls = sink->tls;
	options->users = sink->users;
	options->dns = sink->dns;
	options->faults = sink->faults;
	options->saw = web_saw;
	options->ended = web_ended;
	options->refused = web_refused;
	options->saw_context = sink->web;
	options->log = sink->options.log;
	err = serve_smtp_new(&sink->smtp, sink->loop, options);
	if (err)
		return without_memory(f);
	web_set_smtp(sink->web, sink->smtp);
	return ERR_OK;
}

/* The largest body of a request that carries no message. */
#define HTTP_BODY_MAX ((uint64_t)5 * 1024 * 1024)

#define VIEW_REFUSAL                                                           \
	"this is a view of a database that stays as it is (mailstop ui): "     \
	"nothing can be changed or sent here"

static struct web_options
the_web_options(const struct sink *sink)
{
	const struct sink_options *options = &sink->options;

	return (struct web_options){
	    .http = {.webroot = options->webroot,
		.hosts = options->http_hosts,
		.cors_origins = options->cors_origins,
		.read_only = options->kind == SINK_VIEW ? VIEW_REFUSAL : NULL,
		.users = sink->http_users,
		.body_max = HTTP_BODY_MAX,
		.large_max = options->smtp.max_message,
		.log = options->log},
	    .api = {.version = options->smtp.version,
		.database =
		    options->store.path ? options->store.path : "memory",
		.max_message = options->smtp.max_message,
		.started_us = clock_wall_us(),
		.label = options->label ? options->label : "",
		.inbox = options->smtp.default_inbox,
		.inbox_order = options->smtp.inbox_order,
		.finds = options->smtp.findings != SERVE_FINDINGS_OFF,
		.chaos = options->chaos == SINK_CHAOS_ON,
		.has_tls = sink->tls != NULL,
		.is_view = options->kind == SINK_VIEW},
	    .faults = sink->faults,
	    .spool_directory = options->smtp.spool_directory,
	    .log = options->log,
	};
}

static enum err
open_web(struct sink *sink, struct failure *f)
{
	struct web_options options;
	enum err err = ERR_OK;

	if (sink->options.http_users)
		err = users_open_list(
		    &sink->http_users, sink->options.http_users, f);
	else if (sink->options.http_users_path)
		err = users_open(
		    &sink->http_users, sink->options.http_users_path, f);
	if (err)
		return err;
	mime_init();
	options = the_web_options(sink);
	return web_new(&sink->web, sink->loop, &options) ? without_memory(f)
							 : ERR_OK;
}

/* ---- listeners */

static enum err
note_address(struct sink *sink, const struct listen_spec *spec,
    const char *address, struct failure *f)
{
	char *text = strdup(address);

	if (!text)
		return without_memory(f);
	sink->listeners[sink->listener_count++] =
	    (struct api_listener){spec, text};
	return ERR_OK;
}

/* Takes the listener. */
static enum err
accept_on(struct sink *sink, struct listener *listener, struct failure *f)
{
	enum listen_protocol protocol = listen_spec(listener)->protocol;
	enum err err;

	switch (protocol) {
	case LISTEN_SMTP:
	case LISTEN_SMTPS:
	case LISTEN_LMTP:
		err = serve_smtp_listen(sink->smtp, listener);
		break;
	case LISTEN_HTTP:
		err = web_listen(sink->web, listener);
		break;
	case LISTEN_POP3:
	default:
		listen_close(listener);
		err = ERR_USAGE;
		break;
	}
	if (err == ERR_USAGE)
		return failure_set(f, err, "--%s is not to be had here",
		    listen_protocol_name(protocol));
	return err ? without_memory(f) : ERR_OK;
}

static enum err
open_listener(
    struct sink *sink, const struct listen_spec *spec, struct failure *f)
{
	struct failure why;
	struct listener *listener;
	enum err err;

	if (sink->options.kind == SINK_VIEW && spec->protocol != LISTEN_HTTP)
		return failure_set(f, ERR_USAGE, "--%s: a view takes no mail",
		    listen_protocol_name(spec->protocol));
	err = listen_open(&listener, spec, &why);
	if (err)
		return failure_set(f, err, "--%s %s",
		    listen_protocol_name(spec->protocol), why.text);
	err = note_address(sink, spec, listen_address(listener), f);
	if (err) {
		listen_close(listener);
		return err;
	}
	return accept_on(sink, listener, f);
}

/* A busy port is found before anything is made anew, but not before the store
   has said whether it can keep what comes. */
static enum err
open_listeners(struct sink *sink, struct failure *f)
{
	size_t count = sink->options.listener_count;
	enum err err = ERR_OK;

	sink->listeners = calloc(count + 1, sizeof(sink->listeners[0]));
	if (!sink->listeners)
		return without_memory(f);
	for (size_t i = 0; i < count && !err; i++)
		err = open_listener(sink, &sink->options.listeners[i], f);
	web_set_listeners(sink->web, sink->listeners, sink->listener_count);
	return err;
}

/* ---- the whole */

enum err
sink_open(
    struct sink **out, const struct sink_options *options, struct failure *f)
{
	static enum err (*const steps[])(struct sink *, struct failure *) = {
	    open_store, open_loop, open_tls, open_users, open_dns, open_faults,
	    open_web, open_smtp, open_listeners};
	struct sink *sink = calloc(1, sizeof(*sink));
	enum err err = ERR_OK;

	*out = NULL;
	if (!sink)
		return without_memory(f);
	sink->options = *options;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !err; i++)
		err = steps[i](sink, f);
	if (err)
		sink_close(sink);
	else
		*out = sink;
	return err;
}

void
sink_run(struct sink *sink)
{
	loop_run(sink->loop);
}

/* Requests that wait for mail may wait for long; nothing comes any more. */
#define WEB_GRACE_US (CLOCK_SECOND / 5)

static void
on_idle(void *context)
{
	struct sink *sink = context;

	loop_stop(sink->loop);
}

/* Only now, so that who waits for the last message still gets it. */
static void
on_drained(void *context)
{
	struct sink *sink = context;

	web_stop(sink->web, WEB_GRACE_US, on_idle, sink);
}

void
sink_stop(struct sink *sink, int64_t grace_us)
{
	if (sink->smtp)
		serve_smtp_stop(sink->smtp, grace_us, on_drained, sink);
	else
		on_drained(sink);
}

void
sink_wake_stop(struct sink *sink)
{
	loop_stop(sink->loop);
}

/* Each thing is read again whatever became of the others. */
void
sink_reload(struct sink *sink)
{
	struct log *log = sink->options.log;
	struct rules rules = the_rules(sink);
	struct failure f;

	if (sink->tls && tls_reload(sink->tls, &f))
		log_error(log, "certificates stay as they were: %s", f.text);
	if (sink->users &&
	    users_reload(sink->users, sink->options.users_path, &f))
		log_error(log, "users stay as they were: %s", f.text);
	if (rules.path && rules_load(sink->faults, &rules, &f))
		log_error(log, "fault rules stay as they were: %s", f.text);
	if (rules.path)
		say_seed(sink);
	if (sink->http_users && !sink->options.http_users &&
	    users_reload(sink->http_users, sink->options.http_users_path, &f))
		log_error(log, "users stay as they were: %s", f.text);
	log_info(log, "certificates, users and fault rules are read again");
}

void
sink_close(struct sink *sink)
{
	if (!sink)
		return;
	serve_smtp_free(sink->smtp);
	web_free(sink->web);
	fault_set_free(sink->faults);
	dns_close(sink->dns);
	users_close(sink->http_users);
	users_close(sink->users);
	tls_close(sink->tls);
	loop_free(sink->loop);
	if (sink->store)
		store_close(sink->store);
	for (size_t i = 0; i < sink->listener_count; i++)
		free((char *)sink->listeners[i].address);
	free(sink->listeners);
	free(sink);
}

struct loop *
sink_loop(const struct sink *sink)
{
	return sink->loop;
}

struct watch *
sink_watch(const struct sink *sink)
{
	return web_watch(sink->web);
}

struct indexer *
sink_indexer(const struct sink *sink)
{
	return web_indexer(sink->web);
}

struct fault_set *
sink_faults(const struct sink *sink)
{
	return sink->faults;
}

bool
sink_address(
    const struct sink *sink, size_t index, struct sink_address *address)
{
	const struct api_listener *listener = &sink->listeners[index];

	if (index >= sink->listener_count)
		return false;
	*address =
	    (struct sink_address){listener->spec->protocol, listener->address};
	return true;
}

const char *
sink_ca_path(const struct sink *sink)
{
	return sink->tls ? tls_ca_path(sink->tls) : NULL;
}
