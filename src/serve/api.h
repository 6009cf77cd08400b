/*
 * api: what the handlers of all API families share.
 *
 * A handler reads its request, makes a task, and hands it to the store; the
 * task comes back to the loop and answers. Handlers are small: parse, work,
 * reply. Each family has a table of routes: api_own.c (/api/mailstop/v1),
 * api_mailpit.c (/api/v1, /view), api_mailhog.c (/api/v1, /api/v2).
 */
#ifndef API_H
#define API_H

#include "err.h"
#include "fault.h"
#include "http.h"
#include "inbox_name.h"
#include "indexer.h"
#include "listen_spec.h"
#include "loop.h"
#include "pick.h"
#include "query.h"
#include "recent.h"
#include "serve_smtp.h"
#include "watch.h"

#include <stdbool.h>
#include <stdint.h>

/* What the server is, for those who ask; const while it runs. */
struct api_options {
	const char *version;  /* "0.1.0" */
	const char *database; /* path, or "memory" */
	uint64_t max_message; /* octets */
	int64_t started_us;   /* wall clock */
	const char *label;    /* "" without one */
	const char *inbox;    /* the default one */
	struct inbox_order inbox_order;
	bool finds;   /* findings are looked for */
	bool chaos;   /* Mailpit's and MailHog's chaos routes are on */
	bool has_tls; /* there is a certificate */
	bool is_view; /* nothing changes: who opens a message has not read it */
};

/* Where the server is reached. Borrowed pointers. */
struct api_listener {
	const struct listen_spec *spec;
	const char *address; /* as listen_address() has it */
};

/* All that handlers need; the context of every route. Borrowed pointers. */
struct api {
	struct loop *loop;
	struct indexer *indexer;
	struct watch *watch;
	struct recent *recent;
	const struct serve_smtp *smtp; /* NULL: no sessions are served */
	struct fault_set *faults;
	struct log *log;
	const struct spool_rules *spool; /* for messages that come by HTTP */
	struct uid_source *ids;          /* likewise */
	uint64_t smtp_bytes;             /* of what sessions accepted */
	uint64_t sent;                   /* how many came by HTTP */
	uint64_t sent_bytes;
	const struct api_listener *listeners; /* NULL until all accept */
	size_t listener_count;
	struct api_options options;
};

/*
 * One piece of work for one request. Embed it first in a struct of your own,
 * made by api_task_new() with that struct's size (zeroed). `work` runs on a
 * thread of the store and touches nothing but the task and the connection;
 * `reply` runs on the loop and answers the request, exactly once; `release`
 * (may be NULL) frees what the task owns beyond the fields below; the task
 * itself is freed after it.
 */
struct api_task {
	struct store_job job;
	struct api *api;
	struct http_request *request;
	enum err (*work)(struct api_task *, struct sql *);
	void (*reply)(struct api_task *, enum err);
	void (*release)(struct api_task *);
	struct query *query;      /* owned */
	struct pick_request pick; /* `query` points at the one above */
	struct json_t *answer;    /* owned until reply() gives it away */
	char *id;                 /* owned; of a message or session */
	char *inbox;              /* owned; `pick` points at it */
	int status;               /* for reply(): 0 until work() knows better */
	bool is_handed_over;      /* api.c's */
};

/* NULL without memory, after the request was answered with a 500. */
void *api_task_new(struct api *, struct http_request *, size_t size);
/* Takes the route's {id}, or gives the task up with a 500: NULL. */
void *api_task_with_id(struct api_task *);
/* Of a task that was not handed over: its request is answered already. */
void api_task_free(struct api_task *);

/* After the index has caught up with what was stored before: reader thread. */
void api_read(struct api_task *);
/* Inside the writer's transaction, likewise after the index. */
void api_write(struct api_task *);
/* On the worker thread: long work such as thumbnails or exports. */
void api_work(struct api_task *);

/*
 * Reads the parameter `query` (and `tz`) into task->query and task->pick, and
 * in our own dialect `inbox` as well. False after answering with a 400 that
 * points at the place: JSON in our own family, text in Mailpit's.
 */
bool api_take_query(struct api_task *, enum query_dialect);

/* Likewise the parameter `inbox` alone. */
bool api_take_inbox(struct api_task *);

/* Likewise for a text that was put together from other parameters. */
bool api_parse_query(struct api_task *, enum query_dialect, struct span text);

/* Takes the value, in place of an earlier one: work() may run again after a
   rollback. Any thread. */
void api_set_answer(struct api_task *, struct json_t *);

/* task->answer as JSON; the status is task->status, or 200 while that is 0. */
void api_reply_answer(struct api_task *);

/* Whether the message is one that the task's query, inbox and cursor ask for;
   the same answer that pick_messages() gives. */
bool api_wants(const struct api_task *, const struct index_entry *);
/* Likewise, without a task. Any thread that has the entry. */
bool api_matches(const struct pick_request *, const struct index_entry *);

/* The number of the message of that id; pick_message()'s errors. Store thread.
 */
enum err api_find_seq(struct sql *, const char *id, int64_t *seq);

/* A whole number parameter; `fallback` when absent, false when it is none. */
bool api_take_number(
    struct http_request *, const char *name, int64_t fallback, int64_t *number);

/* Likewise for seconds with at most six decimals, read into microseconds. */
bool api_take_seconds(
    struct http_request *, const char *name, int64_t fallback_us, int64_t *us);

/* The status that an err deserves: 404, 410, 503, 507, 500... */
int api_status(enum err);

extern const struct http_route api_own_routes[];
extern const struct http_route api_mailpit_routes[];
extern const struct http_route api_mailhog_routes[];

#endif
