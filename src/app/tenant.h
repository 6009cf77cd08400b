/*
 * tenant: a server that lives in somebody else's process.
 *
 * What stands behind the functions of mailstop.h: the state of a server, who
 * is inside a call, what went wrong in which thread, start and stop.
 */
#ifndef TENANT_H
#define TENANT_H

#include "mailstop.h"

#include "desk.h"
#include "server.h"

#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

enum tenant_state {
	TENANT_IDLE,
	TENANT_STARTING,
	TENANT_RUNNING,
	TENANT_STOPPING, /* only its own callbacks may still ask */
};

/* What went wrong last in one thread. */
struct tenant_error {
	pthread_t thread;
	bool has_failed;
	char *text; /* owned; NULL: there was no memory for it */
	struct tenant_error *next;
};

/* A callback for messages, and its thread (mailstop_watch.c). */
struct tenant_watch {
	struct mailstop *tenant;
	char *query; /* owned */
	mailstop_message_callback *callback;
	void *context;
	struct query *parsed; /* of the thread that runs, as is the rest */
	struct pick_request pick;
	struct desk_wait *wait;
	pthread_t thread;
	bool has_thread;
	struct tenant_watch *next;
};

/* Where a listener is reached. */
struct tenant_address {
	enum listen_protocol protocol;
	char *text; /* owned */
};

struct mailstop {
	pid_t pid;             /* of who made it */
	pthread_mutex_t mutex; /* over all that follows */
	pthread_cond_t changed;
	enum tenant_state state;
	size_t inside;   /* calls that use the server, callbacks left out */
	size_t stoppers; /* threads in tenant_stop() */
	/* The first one, of the thread that made it, needs no memory. */
	struct tenant_error errors;
	struct tenant_watch *watches;
	struct tenant_address *addresses;
	size_t address_count;
	char *ca;
	/* Set while it is idle, then read only. */
	char **words; /* "--name=value" */
	size_t word_count;
	mailstop_log_callback *log_callback;
	void *log_context;
	/* Of the thread that starts or stops it. */
	char *folder; /* for its certificate; NULL: none was made */
	struct options *options;
	struct log *log;
	struct server server;
	struct desk *desk;
	pthread_t thread; /* the loop's */
	/* One line of the log at a time. */
	pthread_mutex_t log_mutex;
	pthread_t log_thread;
	bool is_logging;
};

/* ---- calls */

/*
 * Begins a call that uses the running server; *desk is where it asks. Any
 * status but MAILSTOP_OK is for the caller, and nothing has begun.
 */
int tenant_enter(struct mailstop *, struct desk **desk);
/* Ends it. Notes the words where it has failed, and gives back the status. */
int tenant_leave(struct mailstop *, enum err, const char *words);

/* Notes the words for this thread; gives back the status. */
int tenant_fail(struct mailstop *, int status, const char *words);
/* The last ones of this thread; "" without any. */
const char *tenant_words(struct mailstop *);

/* Whether this thread is that of a callback for messages. */
bool tenant_is_called_back(struct mailstop *);

/* For what cannot be done while it runs: locks the mutex when it is idle. Any
   status but MAILSTOP_OK is for the caller, and nothing is locked. */
int tenant_lock_idle(struct mailstop *);
/* Likewise, without words: false, and nothing is locked. */
bool tenant_try_lock_idle(struct mailstop *);

/* ---- life */

int tenant_start(struct mailstop *);
int tenant_stop(struct mailstop *);
/* When it is idle. */
void tenant_free(struct mailstop *);

/* ---- mailstop_watch.c; the mutex is not held */

/* Starts its thread, which tells what comes after this call. While the loop
   runs. */
enum err tenant_watch_start(struct tenant_watch *, struct failure *);
/* After desk_stop_waits(): tells what is left, and waits for its end. */
void tenant_watch_end(struct tenant_watch *);
void tenant_watch_free(struct tenant_watch *);

/* ---- mailstop_record.c */

/* What is given back, of a value that becomes its own; *value is NULL then. */
struct mailstop_record *tenant_record(json_t **value);

/* ---- mailstop_query.c */

/* A query; query_free() it. The words of a failure point at the place. */
enum err tenant_query(struct query **out, const char *text, struct failure *);
/* Puts words to an err that has none yet. */
enum err tenant_blame(enum err, const char *id, struct failure *);

/* ---- mailstop_message.c */

/* A walk over one message, by id, number or "latest". Store thread. */
enum err
tenant_pick(struct sql *, const char *id, pick_callback *, void *context);

#endif
