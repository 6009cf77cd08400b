/*
 * api_mailpit: what the handlers of Mailpit's API share.
 *
 * The routes stand in api_mailpit.c; each of the other files serves one group
 * of them. Loop thread, but for what is called inside work().
 */
#ifndef API_MAILPIT_H
#define API_MAILPIT_H

#include "api.h"

/* Plain text, as that API tells of errors. */
void mailpit_reply_text(struct http_request *, int status, const char *format,
    ...) __attribute__((format(printf, 3, 4)));
/* A 400 with that text; gives up the task, which was not handed over. */
void mailpit_refuse(struct api_task *, const char *why);
/* "ok" */
void mailpit_reply_ok(struct http_request *);
/* 404 for an id that is none, or for "latest" where nothing is. Other errors
   of the store get the status that they deserve. */
void mailpit_reply_failure(struct api_task *, enum err);

/*
 * Takes an id of the route into task->id, and for "latest" the parameter
 * `query` as well. False after answering.
 */
bool mailpit_take_id(struct api_task *, struct span id);

/* Inside work(): calls back with the accepted message that it names. */
enum err
mailpit_pick(struct api_task *, struct sql *, pick_callback *, void *context);

/*
 * Reads `start`, `limit` and `before` (and nothing else) into the request. What
 * is no number means the default; limit 0 is left to the caller.
 */
struct mailpit_page {
	uint64_t start;
	uint64_t limit;
};
void mailpit_take_page(struct http_request *, struct mailpit_page *);

/* ---- handlers, by file */

/* api_mailpit_list.c */
void mailpit_list(struct http_request *, void *context);
void mailpit_search(struct http_request *, void *context);
void mailpit_mark(struct http_request *, void *context);
void mailpit_delete(struct http_request *, void *context);
void mailpit_delete_search(struct http_request *, void *context);

/* api_mailpit_message.c */
void mailpit_get_message(struct http_request *, void *context);
void mailpit_get_headers(struct http_request *, void *context);
void mailpit_get_raw(struct http_request *, void *context);
void mailpit_get_part(struct http_request *, void *context);
void mailpit_get_thumbnail(struct http_request *, void *context);

/* api_mailpit_view.c */
void mailpit_view(struct http_request *, void *context);

/* api_mailpit_send.c */
void mailpit_send(struct http_request *, void *context);

/* api_mailpit_tags.c */
void mailpit_list_tags(struct http_request *, void *context);
void mailpit_set_tags(struct http_request *, void *context);
void mailpit_rename_tag(struct http_request *, void *context);
void mailpit_delete_tag(struct http_request *, void *context);

/* api_mailpit_info.c */
void mailpit_info(struct http_request *, void *context);
void mailpit_webui(struct http_request *, void *context);
void mailpit_livez(struct http_request *, void *context);
void mailpit_readyz(struct http_request *, void *context);

/* api_mailpit_chaos.c */
void mailpit_get_chaos(struct http_request *, void *context);
void mailpit_put_chaos(struct http_request *, void *context);

/* api_mailpit_check.c */
void mailpit_release(struct http_request *, void *context);
void mailpit_html_check(struct http_request *, void *context);
void mailpit_sa_check(struct http_request *, void *context);

/* api_mailpit_link.c */
void mailpit_link_check(struct http_request *, void *context);

/* api_mailpit_events.c */
void mailpit_events(struct http_request *, void *context);

#endif
