/* setup: a server's options, made of what the user has set. */
#include "setup_private.h"

#include "address.h"
#include "keep_spec.h"
#include "smtp.h"
#include "state.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum err
setup_without_memory(const struct setup_work *work)
{
	return failure_set(work->f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
}

/* ---- the log */

/* On a terminal somebody looks on: each message has its line. */
static enum err
make_log(const struct setup_work *work)
{
	enum log_level level =
	    (enum log_level)option_choice(work->options, OPTION_LOG_LEVEL);
	enum log_format format =
	    (enum log_format)option_choice(work->options, OPTION_LOG_FORMAT);
	bool is_quiet = option_flag(work->options, OPTION_QUIET);

	if (work->place == SETUP_GUEST)
		return ERR_OK;
	if (is_quiet)
		level = LOG_LEVEL_ERROR;
	work->setup->shows_messages = level >= LOG_LEVEL_INFO &&
	    (isatty(STDERR_FILENO) ||
		option_is_set(work->options, OPTION_LOG_LEVEL));
	work->setup->log = log_new(STDERR_FILENO, level, format);
	work->setup->sink.log = work->setup->log;
	return work->setup->log ? ERR_OK : setup_without_memory(work);
}

/* ---- the database */

static bool
is_folder(const char *path)
{
	struct stat found;

	return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/* Others read such paths in the ready file. NULL, and errno, on failure. */
static char *
make_absolute(const char *path, const char *last)
{
	char here[PATH_MAX] = "";
	char *whole;

	if (path[0] != '/' && !getcwd(here, sizeof(here)))
		return NULL;
	if (asprintf(&whole, "%s%s%s%s", here, here[0] ? "/" : "", path, last) <
	    0)
		return NULL;
	return whole;
}

static enum err
set_db(const struct setup_work *work, const char *path)
{
	char *db = make_absolute(path, is_folder(path) ? "/mailstop.db" : "");

	if (!db)
		return failure_set(
		    work->f, err_from_errno(errno), "--db %s: %m", path);
	work->setup->db = db;
	work->setup->folder =
	    strndup(db, (size_t)(strrchr(db, '/') - db) + (db[1] == '\0'));
	return work->setup->folder ? ERR_OK : setup_without_memory(work);
}

static enum err
set_default_db(const struct setup_work *work)
{
	struct buf path;
	enum err err;

	buf_init(&path, PATH_MAX);
	err = state_path(&path, "mailstop.db", work->f);
	if (!err && !buf_string(&path))
		err = setup_without_memory(work);
	if (!err)
		err = state_make_folder_of(buf_string(&path), work->f);
	if (!err)
		err = set_db(work, buf_string(&path));
	buf_release(&path);
	return err;
}

static enum err
choose_db(const struct setup_work *work)
{
	const char *path = option_text(work->options, OPTION_DB);
	bool in_memory = option_flag(work->options, OPTION_MEMORY);

	if (in_memory && option_is_flagged(work->options, OPTION_DB) &&
	    option_is_flagged(work->options, OPTION_MEMORY))
		return failure_set(work->f, ERR_USAGE,
		    "--memory and --db %s: only one of them can be", path);
	/* A flag wins over a variable. */
	if (in_memory && !option_is_flagged(work->options, OPTION_DB))
		return ERR_OK;
	if (path && strstr(path, "://"))
		return failure_set(
		    work->f, ERR_USAGE, "--db %s: a database is a file", path);
	return path ? set_db(work, path) : set_default_db(work);
}

static enum err
make_inbox_rules(const struct setup_work *work)
{
	struct setup *setup = work->setup;
	size_t count;
	const char *const *texts =
	    option_list(work->options, OPTION_KEEP_INBOX, &count);
	struct failure why;
	enum err err = ERR_OK;

	setup->inbox_rules = calloc(count + 1, sizeof(setup->inbox_rules[0]));
	if (!setup->inbox_rules)
		return setup_without_memory(work);
	for (size_t i = 0; i < count && !err; i++) {
		err = keep_spec_read(
		    &setup->inbox_rules[i], span_string(texts[i]), &why);
		if (err)
			return failure_set(work->f, err, "--keep-inbox %s: %s",
			    texts[i], why.text);
		setup->inbox_rule_count++;
	}
	setup->sink.store.inbox_rules = setup->inbox_rules;
	setup->sink.store.inbox_rule_count = setup->inbox_rule_count;
	return err;
}

static enum err
make_store(const struct setup_work *work)
{
	struct store_options *store = &work->setup->sink.store;
	enum err err = make_inbox_rules(work);

	if (!err)
		err = choose_db(work);
	if (err)
		return err;
	store->path = work->setup->db;
	store->durability = (enum store_durability)option_choice(
	    work->options, OPTION_DURABILITY);
	store->keep = (struct store_keep){
	    .count = option_number(work->options, OPTION_KEEP_COUNT),
	    .age_us = option_duration(work->options, OPTION_KEEP_AGE),
	    .size = option_number(work->options, OPTION_KEEP_SIZE),
	};
	work->setup->sink.smtp.spool_directory = work->setup->folder;
	return ERR_OK;
}

/* Bodies that come would be spooled beside it, but none come. */
static enum err
make_view(const struct setup_work *work)
{
	struct sink_options *sink = &work->setup->sink;
	enum err err = set_db(work, options_argument(work->options, 0));

	sink->kind = SINK_VIEW;
	sink->store.path = work->setup->db;
	sink->store.touch = STORE_UNTOUCHED;
	return err;
}

/* ---- sessions */

static enum err
choose_hostname(const struct setup_work *work)
{
	char *hostname = work->setup->hostname;
	const char *given = option_text(work->options, OPTION_HOSTNAME);

	if (given && !address_is_domain(span_string(given)))
		return failure_set(work->f, ERR_USAGE,
		    "--hostname %s: not the name of a host", given);
	if (given)
		(void)snprintf(
		    hostname, sizeof(work->setup->hostname), "%s", given);
	else if (gethostname(hostname, sizeof(work->setup->hostname) - 1) ||
	    !address_is_domain(span_string(hostname)))
		(void)snprintf(
		    hostname, sizeof(work->setup->hostname), "localhost");
	return ERR_OK;
}

/* Numbers that are kept in less than 64 bits. */
static enum err
get_number(const struct setup_work *work, enum option option, uint64_t least,
    unsigned *number)
{
	uint64_t given = option_number(work->options, option);

	if (given < least || given > INT_MAX)
		return failure_set(work->f, ERR_USAGE,
		    "--%s %s: it must be from %llu to %d",
		    option_row(option)->name,
		    option_text(work->options, option),
		    (unsigned long long)least, INT_MAX);
	*number = (unsigned)given;
	return ERR_OK;
}

static enum err
get_size(const struct setup_work *work, enum option option, uint64_t *bytes)
{
	*bytes = option_number(work->options, option);
	if (*bytes == 0)
		return failure_set(work->f, ERR_USAGE,
		    "--%s %s: nothing would fit", option_row(option)->name,
		    option_text(work->options, option));
	return ERR_OK;
}

/* What does not fit into less goes to a file; where there is none, it has to.
 */
#define MEMORY_WITHOUT_FILES ((uint64_t)256 * 1024 * 1024)

static enum err
make_limits(const struct setup_work *work)
{
	struct serve_smtp_options *smtp = &work->setup->sink.smtp;
	uint64_t memory = 0;
	enum err err = get_size(work, OPTION_MAX_MESSAGE, &smtp->max_message);

	if (!err)
		err = get_size(work, OPTION_MEMORY_LIMIT, &memory);
	if (!err)
		err = get_number(
		    work, OPTION_MAX_RECIPIENTS, 1, &smtp->max_recipients);
	if (!err)
		err = get_number(work, OPTION_MAX_ERRORS, 1, &smtp->max_errors);
	if (!err)
		err = get_number(
		    work, OPTION_MAX_CONNECTIONS, 1, &smtp->max_connections);
	if (!smtp->spool_directory &&
	    !option_is_set(work->options, OPTION_MEMORY_LIMIT))
		memory = MEMORY_WITHOUT_FILES;
	smtp->memory_limit = (size_t)memory;
	smtp->timeout_us = option_duration(work->options, OPTION_TIMEOUT);
	return err;
}

struct inbox_order
setup_inbox_order(const struct options *options)
{
	struct inbox_order order = {.count = 0};
	size_t count;
	const char *const *words =
	    option_list(options, OPTION_INBOX_FROM, &count);

	for (size_t i = 0; i < count; i++)
		(void)inbox_order_add(&order, span_string(words[i]));
	return order;
}

static enum err
make_smtp(const struct setup_work *work)
{
	const struct options *options = work->options;
	struct serve_smtp_options *smtp = &work->setup->sink.smtp;
	size_t count;
	const char *const *words = option_list(options, OPTION_HIDE, &count);
	enum err err = choose_hostname(work);

	if (err)
		return err;
	for (size_t i = 0; i < count; i++)
		smtp->hide |= smtp_feature_find(span_string(words[i]));
	smtp->hostname = work->setup->hostname;
	smtp->banner = option_text(options, OPTION_BANNER);
	smtp->version = PACKAGE_VERSION;
	smtp->default_inbox = option_text(options, OPTION_DEFAULT_INBOX);
	smtp->inbox_order = setup_inbox_order(options);
	smtp->auth_mode = (enum serve_auth)option_choice(options, OPTION_AUTH);
	smtp->tls_mode = (enum serve_tls)option_choice(options, OPTION_TLS);
	smtp->bare_lf = option_choice(options, OPTION_BARE_LF) == 1;
	smtp->check_helo = option_flag(options, OPTION_CHECK_HELO);
	smtp->check_sender_domain =
	    option_flag(options, OPTION_CHECK_SENDER_DOMAIN);
	smtp->findings =
	    (enum serve_findings)option_choice(options, OPTION_FINDINGS);
	smtp->refused_max = option_number(options, OPTION_REFUSED_MAX);
	smtp->keep_secrets = option_flag(options, OPTION_KEEP_SECRETS);
	work->setup->sink.users_path = option_text(options, OPTION_AUTH_FILE);
	work->setup->sink.dns_server = option_text(options, OPTION_DNS_SERVER);
	return make_limits(work);
}

static enum err
make_faults(const struct setup_work *work)
{
	struct sink_options *sink = &work->setup->sink;

	sink->faults =
	    option_list(work->options, OPTION_FAULT, &sink->fault_count);
	sink->fault_path = option_text(work->options, OPTION_FAULT_FILE);
	sink->seed = option_number(work->options, OPTION_SEED);
	if (!option_is_set(work->options, OPTION_SEED) &&
	    getrandom(&sink->seed, sizeof(sink->seed), 0) !=
		(ssize_t)sizeof(sink->seed))
		return failure_set(work->f, ERR_IO, "no random seed: %m");
	/* It is a number of the command line and of JSON. */
	sink->seed &= (UINT64_C(1) << 53) - 1;
	return ERR_OK;
}

/* With a slash at both ends, and one only. */
static enum err
choose_webroot(const struct setup_work *work)
{
	struct span path =
	    span_string(option_text(work->options, OPTION_WEBROOT));
	char *webroot;

	while (path.len > 0 && path.at[0] == '/')
		span_skip(&path, 1);
	while (path.len > 0 && path.at[path.len - 1] == '/')
		path.len--;
	if (asprintf(&webroot, "/%.*s%s", SPAN_ARG(path),
		path.len > 0 ? "/" : "") < 0)
		return setup_without_memory(work);
	work->setup->webroot = webroot;
	return ERR_OK;
}

static enum err
make_http(const struct setup_work *work)
{
	struct sink_options *sink = &work->setup->sink;
	size_t count;
	enum err err = choose_webroot(work);

	sink->http_users_path =
	    option_text(work->options, OPTION_HTTP_AUTH_FILE);
	if (option_is_set(work->options, OPTION_HTTP_AUTH)) {
		if (sink->http_users_path)
			return failure_set(work->f, ERR_USAGE,
			    "--http-auth and --http-auth-file: give one of "
			    "them");
		sink->http_users =
		    option_list(work->options, OPTION_HTTP_AUTH, &count);
	}
	sink->http_hosts = option_list(work->options, OPTION_HTTP_HOST, &count);
	sink->cors_origins =
	    option_list(work->options, OPTION_API_CORS, &count);
	sink->webroot = work->setup->webroot;
	sink->label = option_text(work->options, OPTION_LABEL);
	sink->chaos = option_flag(work->options, OPTION_ENABLE_CHAOS)
	    ? SINK_CHAOS_ON
	    : SINK_CHAOS_OFF;
	return err;
}

/* ---- TLS */

static bool
has_listener(const struct setup *setup, enum listen_protocol protocol)
{
	for (size_t i = 0; i < setup->listener_count; i++)
		if (setup->listeners[i].protocol == protocol)
			return true;
	return false;
}

static enum err
choose_tls_folder(const struct setup_work *work)
{
	const char *given = option_text(work->options, OPTION_TLS_DIR);
	struct buf path;
	enum err err = ERR_OK;

	buf_init(&path, PATH_MAX);
	if (given)
		buf_put_string(&path, given);
	else
		err = state_path(&path, "tls", work->f);
	if (!err) {
		const char *text = buf_string(&path);

		work->setup->tls_folder = text ? make_absolute(text, "") : NULL;
		if (!work->setup->tls_folder)
			err = setup_without_memory(work);
	}
	buf_release(&path);
	return err;
}

static enum err
make_tls(const struct setup_work *work)
{
	const struct options *options = work->options;
	struct sink_options *sink = &work->setup->sink;
	struct tls_options *tls = &sink->tls;
	bool is_needed = sink->smtp.tls_mode == SERVE_TLS_REQUIRED ||
	    has_listener(work->setup, LISTEN_SMTPS) ||
	    option_is_set(options, OPTION_TLS_DIR) ||
	    option_is_set(options, OPTION_TLS);
	enum err err;

	tls->cert_path = option_text(options, OPTION_TLS_CERT);
	tls->key_path = option_text(options, OPTION_TLS_KEY);
	if (!tls->cert_path != !tls->key_path)
		return failure_set(work->f, ERR_USAGE,
		    "--tls-cert and --tls-key belong together");
	if (sink->smtp.tls_mode == SERVE_TLS_OFF &&
	    !has_listener(work->setup, LISTEN_SMTPS)) {
		tls->cert_path = tls->key_path = NULL;
		return ERR_OK;
	}
	sink->tls_need = is_needed || tls->cert_path ? SINK_TLS_NEEDED
						     : SINK_TLS_IF_POSSIBLE;
	if (tls->cert_path)
		return ERR_OK;
	err = choose_tls_folder(work);
	if (err && sink->tls_need == SINK_TLS_IF_POSSIBLE) {
		log_warn(work->setup->sink.log, "no TLS: %s", work->f->text);
		return ERR_OK;
	}
	tls->directory = work->setup->tls_folder;
	return err;
}

/* ---- all of it */

typedef enum err step(const struct setup_work *);

static enum err
make(const struct setup_work *work)
{
	static step *const server[] = {make_log, make_store, make_smtp,
	    make_faults, make_http, setup_listeners, make_tls, NULL};
	static step *const view[] = {
	    make_log, make_view, make_smtp, make_http, setup_listeners, NULL};
	step *const *steps = work->place == SETUP_VIEW ? view : server;
	enum err err = ERR_OK;

	while (*steps && !err)
		err = (*steps++)(work);
	if (err)
		setup_release(work->setup);
	return err;
}

enum err
setup_make(
    struct setup *setup, const struct options *options, struct failure *f)
{
	struct setup_work work = {setup, options, SETUP_OWN_PROCESS, f};

	*setup = (struct setup){.log = NULL};
	return make(&work);
}

enum err
setup_make_view(
    struct setup *setup, const struct options *options, struct failure *f)
{
	struct setup_work work = {setup, options, SETUP_VIEW, f};

	*setup = (struct setup){.log = NULL};
	return make(&work);
}

enum err
setup_make_guest(struct setup *setup, const struct options *options,
    struct log *log, struct failure *f)
{
	struct setup_work work = {setup, options, SETUP_GUEST, f};

	*setup = (struct setup){.sink = {.log = log}};
	return make(&work);
}

void
setup_release(struct setup *setup)
{
	for (size_t i = 0; i < setup->listener_count; i++)
		listen_spec_release(&setup->listeners[i]);
	free(setup->listeners);
	for (size_t i = 0; i < setup->inbox_rule_count; i++)
		free((char *)setup->inbox_rules[i].name);
	free(setup->inbox_rules);
	free(setup->db);
	free(setup->folder);
	free(setup->tls_folder);
	free(setup->webroot);
	log_free(setup->log);
	*setup = (struct setup){.log = NULL};
}
