/* tenant: a server that lives in somebody else's process. */
#include "tenant.h"

#include "run_folder.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- words about what went wrong */

/* A thread that has ended leaves its place to the next one of that number. */
static struct tenant_error *
find_error(struct mailstop *tenant)
{
	pthread_t self = pthread_self();
	struct tenant_error *error;

	for (error = &tenant->errors; error; error = error->next)
		if (pthread_equal(error->thread, self))
			return error;
	return NULL;
}

static void
note_words(struct mailstop *tenant, const char *words)
{
	struct tenant_error *error = find_error(tenant);

	if (!error) {
		error = calloc(1, sizeof(*error));
		if (!error)
			return;
		error->thread = pthread_self();
		error->next = tenant->errors.next;
		tenant->errors.next = error;
	}
	error->has_failed = true;
	free(error->text);
	error->text = strdup(words);
}

int
tenant_fail(struct mailstop *tenant, int status, const char *words)
{
	pthread_mutex_lock(&tenant->mutex);
	note_words(tenant, words);
	pthread_mutex_unlock(&tenant->mutex);
	return status;
}

const char *
tenant_words(struct mailstop *tenant)
{
	struct tenant_error *error;
	const char *words = "";

	pthread_mutex_lock(&tenant->mutex);
	error = find_error(tenant);
	if (error && error->has_failed)
		words = error->text ? error->text : err_text(ERR_MEMORY);
	pthread_mutex_unlock(&tenant->mutex);
	return words;
}

/* ---- calls; the mutex is held */

static bool
is_in_log(const struct mailstop *tenant)
{
	return tenant->is_logging &&
	    pthread_equal(tenant->log_thread, pthread_self());
}

static bool
is_in_callback(const struct mailstop *tenant)
{
	for (const struct tenant_watch *it = tenant->watches; it; it = it->next)
		if (it->has_thread && pthread_equal(it->thread, pthread_self()))
			return true;
	return false;
}

/* NULL when the call may go on. */
static const char *
refuse_caller(const struct mailstop *tenant)
{
	if (tenant->pid != getpid())
		return "the server belongs to the parent process";
	if (is_in_log(tenant))
		return "a log callback must not call its server";
	return NULL;
}

/* Unlocks. */
static int
refuse(struct mailstop *tenant, int status, const char *words)
{
	note_words(tenant, words);
	pthread_mutex_unlock(&tenant->mutex);
	return status;
}

int
tenant_enter(struct mailstop *tenant, struct desk **desk)
{
	const char *words;
	bool is_own;

	if (!tenant)
		return MAILSTOP_USAGE;
	pthread_mutex_lock(&tenant->mutex);
	words = refuse_caller(tenant);
	if (words)
		return refuse(tenant, MAILSTOP_USAGE, words);
	is_own = is_in_callback(tenant);
	if (tenant->state != TENANT_RUNNING &&
	    !(is_own && tenant->state != TENANT_IDLE))
		return refuse(
		    tenant, MAILSTOP_STOPPED, "the server does not run");
	tenant->inside += !is_own;
	*desk = tenant->desk;
	pthread_mutex_unlock(&tenant->mutex);
	return MAILSTOP_OK;
}

int
tenant_leave(struct mailstop *tenant, enum err err, const char *words)
{
	pthread_mutex_lock(&tenant->mutex);
	if (err)
		note_words(tenant, words);
	if (!is_in_callback(tenant) && --tenant->inside == 0)
		pthread_cond_broadcast(&tenant->changed);
	pthread_mutex_unlock(&tenant->mutex);
	return (int)err;
}

bool
tenant_is_called_back(struct mailstop *tenant)
{
	bool is_called_back;

	pthread_mutex_lock(&tenant->mutex);
	is_called_back = is_in_callback(tenant);
	pthread_mutex_unlock(&tenant->mutex);
	return is_called_back;
}

int
tenant_lock_idle(struct mailstop *tenant)
{
	const char *words;

	if (!tenant)
		return MAILSTOP_USAGE;
	pthread_mutex_lock(&tenant->mutex);
	words = refuse_caller(tenant);
	if (!words && tenant->state != TENANT_IDLE)
		words = "not while the server runs";
	return words ? refuse(tenant, MAILSTOP_USAGE, words) : MAILSTOP_OK;
}

bool
tenant_try_lock_idle(struct mailstop *tenant)
{
	pthread_mutex_lock(&tenant->mutex);
	if (tenant->state == TENANT_IDLE && !refuse_caller(tenant))
		return true;
	pthread_mutex_unlock(&tenant->mutex);
	return false;
}

/* ---- the log */

static void
on_log(enum log_level level, const char *line, void *context)
{
	struct mailstop *tenant = context;

	pthread_mutex_lock(&tenant->log_mutex);
	pthread_mutex_lock(&tenant->mutex);
	tenant->log_thread = pthread_self();
	tenant->is_logging = true;
	pthread_mutex_unlock(&tenant->mutex);
	tenant->log_callback((int)level, line, tenant->log_context);
	pthread_mutex_lock(&tenant->mutex);
	tenant->is_logging = false;
	pthread_mutex_unlock(&tenant->mutex);
	pthread_mutex_unlock(&tenant->log_mutex);
}

/* Without a callback it stays NULL, which is silent. */
static enum err
make_log(struct mailstop *tenant, struct failure *f)
{
	if (!tenant->log_callback)
		return ERR_OK;
	tenant->log = log_new_callback(on_log, tenant,
	    (enum log_level)option_choice(tenant->options, OPTION_LOG_LEVEL));
	return tenant->log
	    ? ERR_OK
	    : failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
}

/* ---- options */

#define DEFAULTS_MAX 8

/* The last value that was set; NULL without one. */
static const char *
find_set(const struct mailstop *tenant, enum option option)
{
	struct span name = span_string(option_row(option)->name);

	for (size_t i = tenant->word_count; i-- > 0;) {
		const char *word = tenant->words[i] + 2;
		struct span rest = span_string(word);

		if (span_equal(span_cut(&rest, '='), name))
			return word + name.len + (word[name.len] == '=');
	}
	return NULL;
}

static bool
needs_certificate(const struct mailstop *tenant)
{
	const char *mode = find_set(tenant, OPTION_TLS);

	if (find_set(tenant, OPTION_TLS_DIR) ||
	    find_set(tenant, OPTION_TLS_CERT))
		return false;
	return find_set(tenant, OPTION_SMTPS) ||
	    (mode && strcmp(mode, "off") != 0);
}

static bool
is_plain(const struct mailstop *tenant)
{
	return !find_set(tenant, OPTION_TLS) &&
	    !find_set(tenant, OPTION_TLS_DIR) &&
	    !find_set(tenant, OPTION_TLS_CERT) &&
	    !find_set(tenant, OPTION_SMTPS);
}

/* What a server of one's own is, where nothing else was set. */
static size_t
put_defaults(const struct mailstop *tenant, const char **words, char *folder)
{
	size_t count = 0;

	if (!find_set(tenant, OPTION_SMTP))
		words[count++] = "--smtp=127.0.0.1:0";
	if (!find_set(tenant, OPTION_HTTP))
		words[count++] = "--http=off";
	if (!find_set(tenant, OPTION_DB) && !find_set(tenant, OPTION_MEMORY))
		words[count++] = "--memory=yes";
	if (is_plain(tenant))
		words[count++] = "--tls=off";
	if (folder) {
		words[count++] = "--tls-dir";
		words[count++] = folder;
	}
	return count;
}

static enum err
make_folder(struct mailstop *tenant, struct failure *f)
{
	if (tenant->folder || !needs_certificate(tenant))
		return ERR_OK;
	return run_folder_make(&tenant->folder, f);
}

/* The words are copied, or stand in the tenant. */
static enum err
make_options(struct mailstop *tenant, struct failure *f)
{
	const char **words =
	    calloc(tenant->word_count + DEFAULTS_MAX, sizeof(words[0]));
	size_t count;
	enum err err = make_folder(tenant, f);

	if (!words)
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	count = put_defaults(
	    tenant, words, needs_certificate(tenant) ? tenant->folder : NULL);
	for (size_t i = 0; i < tenant->word_count; i++)
		words[count++] = tenant->words[i];
	if (!err)
		err = options_read(
		    &tenant->options, COMMAND_SERVE, words, count, NULL, f);
	free(words);
	return err;
}

/* ---- where it is */

static void
forget_addresses(struct mailstop *tenant)
{
	for (size_t i = 0; i < tenant->address_count; i++)
		free(tenant->addresses[i].text);
	free(tenant->addresses);
	free(tenant->ca);
	tenant->addresses = NULL;
	tenant->address_count = 0;
	tenant->ca = NULL;
}

static bool
copy_address(struct mailstop *tenant, const struct sink_address *address)
{
	struct tenant_address *grown = realloc(
	    tenant->addresses, (tenant->address_count + 1) * sizeof(grown[0]));

	if (!grown)
		return false;
	tenant->addresses = grown;
	grown += tenant->address_count;
	*grown =
	    (struct tenant_address){address->protocol, strdup(address->text)};
	if (!grown->text)
		return false;
	tenant->address_count++;
	return true;
}

static enum err
note_addresses(struct mailstop *tenant, struct failure *f)
{
	const struct sink *sink = tenant->server.sink;
	const char *ca = sink_ca_path(sink);
	struct sink_address address;
	bool is_whole = true;

	pthread_mutex_lock(&tenant->mutex);
	for (size_t i = 0; is_whole && sink_address(sink, i, &address); i++)
		is_whole = copy_address(tenant, &address);
	if (is_whole && ca) {
		tenant->ca = strdup(ca);
		is_whole = tenant->ca != NULL;
	}
	pthread_mutex_unlock(&tenant->mutex);
	return is_whole
	    ? ERR_OK
	    : failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
}

/* ---- its threads */

static void *
run(void *context)
{
	struct mailstop *tenant = context;

	sink_run(tenant->server.sink);
	/* Here, where no signal comes: it may write to sockets. */
	server_close(&tenant->server);
	return NULL;
}

/* It gets no signals, so that those of the process reach whom they always
   did, and writing to a closed socket is an error only. */
static enum err
start_thread(struct mailstop *tenant, struct failure *f)
{
	sigset_t all;
	sigset_t before;
	int error;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&tenant->thread, NULL, run, tenant);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error ? failure_set(f, err_from_errno(error), "a thread: %s",
			   strerror(error))
		     : ERR_OK;
}

static void
stop_sink(struct sink *sink, void *context)
{
	(void)context;
	sink_stop(sink, SERVER_GRACE_US);
}

/* Nobody else uses the server any more. */
static void
end_thread(struct mailstop *tenant)
{
	desk_call(tenant->desk, stop_sink, NULL);
	(void)pthread_join(tenant->thread, NULL);
}

static void
end_watches(struct mailstop *tenant)
{
	desk_stop_waits(tenant->desk);
	for (struct tenant_watch *it = tenant->watches; it; it = it->next)
		tenant_watch_end(it);
}

static void
release_server(struct mailstop *tenant)
{
	desk_free(tenant->desk);
	server_release(&tenant->server);
	tenant->desk = NULL;
}

static void
release_options(struct mailstop *tenant)
{
	options_free(tenant->options);
	log_free(tenant->log);
	tenant->options = NULL;
	tenant->log = NULL;
}

/* ---- start */

static enum err
start_watches(struct mailstop *tenant, struct failure *f)
{
	enum err err = ERR_OK;

	for (struct tenant_watch *it = tenant->watches; it && !err;
	     it = it->next)
		err = tenant_watch_start(it, f);
	return err;
}

/* The server is open; on failure it is closed. */
static enum err
start_open(struct mailstop *tenant, struct failure *f)
{
	enum err err = note_addresses(tenant, f);

	tenant->desk = desk_new(tenant->server.sink);
	if (!err && !tenant->desk)
		err = failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	if (!err)
		err = start_thread(tenant, f);
	if (err) {
		server_close(&tenant->server);
		release_server(tenant);
		return err;
	}
	err = start_watches(tenant, f);
	if (!err)
		err = server_say_ready(&tenant->server, f);
	if (err) {
		end_watches(tenant);
		end_thread(tenant);
		release_server(tenant);
	}
	return err;
}

static enum err
start(struct mailstop *tenant, struct failure *f)
{
	enum err err = make_options(tenant, f);

	if (!err)
		err = make_log(tenant, f);
	if (!err)
		err = server_open_guest(
		    &tenant->server, tenant->options, tenant->log, f);
	if (!err)
		err = start_open(tenant, f);
	if (err)
		release_options(tenant);
	return err;
}

static void
change_state(struct mailstop *tenant, enum tenant_state state)
{
	pthread_mutex_lock(&tenant->mutex);
	tenant->state = state;
	pthread_cond_broadcast(&tenant->changed);
	pthread_mutex_unlock(&tenant->mutex);
}

int
tenant_start(struct mailstop *tenant)
{
	struct failure f = {""};
	int status = tenant_lock_idle(tenant);
	enum err err;

	if (status)
		return status;
	tenant->state = TENANT_STARTING;
	forget_addresses(tenant);
	pthread_mutex_unlock(&tenant->mutex);
	err = start(tenant, &f);
	change_state(tenant, err ? TENANT_IDLE : TENANT_RUNNING);
	return err ? tenant_fail(tenant, (int)err, f.text) : MAILSTOP_OK;
}

/* ---- stop */

/* Those that wait for mail were sent away; the others are soon done. */
static void
wait_until_left(struct mailstop *tenant)
{
	pthread_mutex_lock(&tenant->mutex);
	while (tenant->inside > 0)
		pthread_cond_wait(&tenant->changed, &tenant->mutex);
	pthread_mutex_unlock(&tenant->mutex);
}

static void
stop(struct mailstop *tenant)
{
	desk_stop_waits(tenant->desk);
	wait_until_left(tenant);
	end_watches(tenant);
	end_thread(tenant);
	release_server(tenant);
	release_options(tenant);
}

/* Whether this thread is the one that has to stop it; the mutex is held. */
static bool
take_stop(struct mailstop *tenant)
{
	while (tenant->state == TENANT_STARTING ||
	    tenant->state == TENANT_STOPPING)
		pthread_cond_wait(&tenant->changed, &tenant->mutex);
	if (tenant->state == TENANT_IDLE)
		return false;
	tenant->state = TENANT_STOPPING;
	return true;
}

int
tenant_stop(struct mailstop *tenant)
{
	const char *words;
	bool is_ours;

	pthread_mutex_lock(&tenant->mutex);
	words = refuse_caller(tenant);
	if (!words && is_in_callback(tenant))
		words = "a callback must not stop its server";
	if (words)
		return refuse(tenant, MAILSTOP_USAGE, words);
	tenant->stoppers++;
	is_ours = take_stop(tenant);
	pthread_mutex_unlock(&tenant->mutex);
	if (is_ours)
		stop(tenant);
	pthread_mutex_lock(&tenant->mutex);
	if (is_ours)
		tenant->state = TENANT_IDLE;
	tenant->stoppers--;
	pthread_cond_broadcast(&tenant->changed);
	pthread_mutex_unlock(&tenant->mutex);
	return MAILSTOP_OK;
}

void
tenant_free(struct mailstop *tenant)
{
	struct tenant_error *error;
	struct tenant_watch *watch;

	pthread_mutex_lock(&tenant->mutex);
	while (tenant->stoppers > 0)
		pthread_cond_wait(&tenant->changed, &tenant->mutex);
	pthread_mutex_unlock(&tenant->mutex);
	free(tenant->errors.text);
	while ((error = tenant->errors.next) != NULL) {
		tenant->errors.next = error->next;
		free(error->text);
		free(error);
	}
	while ((watch = tenant->watches) != NULL) {
		tenant->watches = watch->next;
		tenant_watch_free(watch);
	}
	for (size_t i = 0; i < tenant->word_count; i++)
		free(tenant->words[i]);
	free(tenant->words);
	forget_addresses(tenant);
	if (tenant->folder)
		run_folder_remove(tenant->folder);
	free(tenant->folder);
	(void)pthread_mutex_destroy(&tenant->log_mutex);
	(void)pthread_cond_destroy(&tenant->changed);
	(void)pthread_mutex_destroy(&tenant->mutex);
	free(tenant);
}
