/* mailstop_watch: the public library: callbacks for messages. */
#include "tenant.h"

#include "api_message.h"
#include "clock.h"

#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Messages that are read at a time. */
#define PAGE 100
/* How soon what could not be read is tried again. */
#define PATIENCE_US CLOCK_SECOND

/* ---- its thread: a reader with a cursor, so that nothing queues up */

struct page {
	struct pick_request pick;
	json_t *messages; /* owned */
};

static enum err
work_page(struct sql *sql, void *context)
{
	struct page *page = context;

	page->messages = json_array();
	return page->messages ? pick_found_messages(sql, &page->pick,
				    api_add_message, page->messages)
			      : ERR_MEMORY;
}

/* Tells one page of what is behind the cursor, and moves it. */
static enum err
tell_page(struct tenant_watch *watch, int64_t *told, size_t *count)
{
	struct page page = {.pick = watch->pick};
	json_t *message;
	enum err err;
	size_t i;

	page.pick.after = *told;
	err = desk_read(watch->tenant->desk, work_page, &page);
	json_array_foreach(page.messages, i, message)
	{
		watch->callback(watch->tenant,
		    (const struct mailstop_record *)message, watch->context);
		*told = json_integer_value(json_object_get(message, "seq"));
	}
	*count = json_array_size(page.messages);
	json_decref(page.messages);
	return err;
}

/* After the stop all that is left is told. */
static void *
run(void *context)
{
	struct tenant_watch *watch = context;
	int64_t told = watch->pick.after;
	enum err stop = ERR_OK;
	enum err err;
	size_t count;

	for (;;) {
		desk_wait_reset(watch->wait);
		err = tell_page(watch, &told, &count);
		if (!err && count > 0)
			continue;
		if (stop == ERR_STOPPED)
			return NULL;
		stop = desk_wait_for(watch->wait, 1,
		    err ? clock_mono_us() + PATIENCE_US : INT64_MAX);
	}
}

static enum err
work_newest(struct sql *sql, void *context)
{
	return pick_newest(sql, context);
}

/* Behind the mutex: the thread is known before it can call anything. Of the
   signals it gets those that its own code causes. */
static enum err
start_thread(struct tenant_watch *watch, struct failure *f)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
	sigset_t all;
	sigset_t before;
	int error;

	(void)sigfillset(&all);
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		(void)sigdelset(&all, faults[i]);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_mutex_lock(&watch->tenant->mutex);
	error = pthread_create(&watch->thread, NULL, run, watch);
	watch->has_thread = error == 0;
	pthread_mutex_unlock(&watch->tenant->mutex);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error ? failure_set(f, err_from_errno(error), "a thread: %s",
			   strerror(error))
		     : ERR_OK;
}

static void
release_run(struct tenant_watch *watch)
{
	if (watch->wait)
		desk_wait_end(watch->wait);
	query_free(watch->parsed);
	watch->wait = NULL;
	watch->parsed = NULL;
}

/* It watches from before the cursor is read, so that nothing falls between. */
enum err
tenant_watch_start(struct tenant_watch *watch, struct failure *f)
{
	struct desk *desk = watch->tenant->desk;
	enum err err = tenant_query(&watch->parsed, watch->query, f);

	if (err)
		return err;
	watch->pick = (struct pick_request){
	    .query = watch->parsed, .limit = PAGE, .oldest_first = true};
	err = desk_read(desk, work_newest, &watch->pick.after);
	if (!err) {
		watch->wait = desk_wait_begin(desk, &watch->pick);
		err = watch->wait ? ERR_OK : ERR_MEMORY;
	}
	if (!err)
		err = start_thread(watch, f);
	if (err)
		release_run(watch);
	return tenant_blame(err, NULL, f);
}

void
tenant_watch_end(struct tenant_watch *watch)
{
	if (!watch->has_thread)
		return;
	(void)pthread_join(watch->thread, NULL);
	pthread_mutex_lock(&watch->tenant->mutex);
	watch->has_thread = false;
	pthread_mutex_unlock(&watch->tenant->mutex);
	release_run(watch);
}

void
tenant_watch_free(struct tenant_watch *watch)
{
	free(watch->query);
	free(watch);
}

/* ---- the call */

static struct tenant_watch *
make_watch(struct mailstop *tenant, const char *query,
    mailstop_message_callback *callback, void *context)
{
	struct tenant_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->tenant = tenant;
	watch->callback = callback;
	watch->context = context;
	watch->query = strdup(query ? query : "");
	if (watch->query)
		return watch;
	free(watch);
	return NULL;
}

static enum err
check(struct mailstop *tenant, const char *query,
    mailstop_message_callback *callback, struct failure *f)
{
	struct query *parsed = NULL;
	enum err err;

	if (!callback)
		return failure_set(f, ERR_USAGE, "NULL for a callback");
	if (tenant_is_called_back(tenant))
		return failure_set(
		    f, ERR_USAGE, "a callback must not ask for another one");
	err = tenant_query(&parsed, query, f);
	query_free(parsed);
	return err;
}

/* The mutex is held. */
static void
add(struct mailstop *tenant, struct tenant_watch *watch)
{
	struct tenant_watch **end = &tenant->watches;

	while (*end)
		end = &(*end)->next;
	*end = watch;
}

/* It stays in the list only where its thread runs. */
static enum err
start_now(
    struct mailstop *tenant, struct tenant_watch *watch, struct failure *f)
{
	struct tenant_watch **at = &tenant->watches;
	enum err err;

	pthread_mutex_lock(&tenant->mutex);
	add(tenant, watch);
	pthread_mutex_unlock(&tenant->mutex);
	err = tenant_watch_start(watch, f);
	if (!err)
		return ERR_OK;
	pthread_mutex_lock(&tenant->mutex);
	while (*at != watch)
		at = &(*at)->next;
	*at = watch->next;
	pthread_mutex_unlock(&tenant->mutex);
	tenant_watch_free(watch);
	return err;
}

int
mailstop_on_message(struct mailstop *tenant, const char *query,
    mailstop_message_callback *callback, void *context)
{
	struct failure f = {""};
	struct tenant_watch *watch;
	struct desk *desk;
	int status;
	enum err err;

	if (!tenant)
		return MAILSTOP_USAGE;
	err = check(tenant, query, callback, &f);
	if (err)
		return tenant_fail(tenant, (int)err, f.text);
	watch = make_watch(tenant, query, callback, context);
	if (!watch)
		return tenant_fail(
		    tenant, MAILSTOP_MEMORY, err_text(ERR_MEMORY));
	if (tenant_try_lock_idle(tenant)) {
		add(tenant, watch);
		pthread_mutex_unlock(&tenant->mutex);
		return MAILSTOP_OK;
	}
	status = tenant_enter(tenant, &desk);
	if (status) {
		tenant_watch_free(watch);
		return status;
	}
	err = start_now(tenant, watch, &f);
	return tenant_leave(tenant, err, f.text);
}
