/*
 * api_mailhog: MailHog's API, versions 1 and 2, beside Mailpit's.
 *
 * The two differ in what GET /api/v1/messages answers: Mailpit's wins. Under
 * /mailhog/ the whole of MailHog's API is answered as MailHog would. Loop
 * thread.
 */
#ifndef API_MAILHOG_H
#define API_MAILHOG_H

#include "api.h"
#include "pick.h"

struct json_t; /* Jansson's */

#define MAILHOG_RAW_MAX ((size_t)64 * 1024 * 1024)

/* An Item: the envelope, the header as sent, the body raw. NULL without
   memory. Any thread. */
struct json_t *mailhog_item(const struct pick_row *, struct span raw);

/*
 * Whether a request that both APIs know comes from a client of MailHog's: npm's
 * mailhog, which takes any answer that is not empty for JSON, sends neither a
 * body nor User-Agent nor Accept. Loop thread.
 */
bool mailhog_is_client(const struct http_request *);

/* Handlers of api_mailhog_events.c. */
void mailhog_events(struct http_request *, void *context);
void mailhog_websocket(struct http_request *, void *context);

/* Handlers of api_mailhog_jim.c. */
void mailhog_get_jim(struct http_request *, void *context);
void mailhog_post_jim(struct http_request *, void *context);
void mailhog_put_jim(struct http_request *, void *context);
void mailhog_delete_jim(struct http_request *, void *context);

#endif
