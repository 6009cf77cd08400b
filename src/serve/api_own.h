/*
 * api_own: what the handlers of mailstop's own API share.
 *
 * The routes stand in api_own.c; each of the other files serves one group of
 * them. JSON throughout, errors as {"error": "..."}. Loop thread, but for what
 * is called inside work().
 */
#ifndef API_OWN_H
#define API_OWN_H

#include "api.h"

/* Answers with what went wrong at the store. */
void own_reply_failure(struct api_task *, enum err);

/*
 * The seq from which who has got `messages` goes on: in the same reading, so
 * that nothing is missed that was stored meanwhile and could not be found yet.
 */
enum err own_cursor(struct sql *, const struct json_t *messages, int64_t *seq);

/*
 * Reads the parameter named `count` (1 to OWN_COUNT_MAX), `after`, `before` and
 * the query into task->pick. False after answering.
 */
#define OWN_COUNT_MAX 10000
bool own_take_cursor(struct api_task *, uint64_t fallback, const char *count);

/* What removes says what in its address; whoever says it in a body would lose
   something else. False after answering. */
bool own_take_no_body(struct api_task *);

/* Reads `order` into task->pick. False after answering. */
bool own_take_order(struct api_task *);

/* ---- handlers, by file */

/* api_own_wait.c */
void own_now(struct http_request *, void *context);
void own_wait(struct http_request *, void *context);

/* api_own_server.c */
void own_server(struct http_request *, void *context);

/* api_own_stats.c */
void own_stats(struct http_request *, void *context);

/* api_own_message.c */
void own_take(struct http_request *, void *context);
void own_list(struct http_request *, void *context);
void own_remove(struct http_request *, void *context);
void own_get_message(struct http_request *, void *context);
void own_remove_message(struct http_request *, void *context);
void own_get_raw(struct http_request *, void *context);
void own_get_message_findings(struct http_request *, void *context);
void own_get_message_links(struct http_request *, void *context);

/* api_own_session.c */
void own_sessions(struct http_request *, void *context);
void own_get_session(struct http_request *, void *context);
void own_get_transcript(struct http_request *, void *context);
void own_get_session_findings(struct http_request *, void *context);

/* api_own_fault.c */
/* A new list of the rules, or NULL. For mailstop_fault.c too. */
struct json_t *own_fault_list(const struct fault_set *);
void own_get_faults(struct http_request *, void *context);
void own_put_faults(struct http_request *, void *context);
void own_post_fault(struct http_request *, void *context);
void own_delete_fault(struct http_request *, void *context);

/* api_own_inbox.c */
void own_get_inboxes(struct http_request *, void *context);
void own_delete_inboxes(struct http_request *, void *context);
void own_delete_inbox(struct http_request *, void *context);

/* api_own_events.c */
void own_events(struct http_request *, void *context);
/* The watch's witness, which fills api->recent; the context is the API. */
void own_remember(const struct watch_event *, void *context);

#endif
