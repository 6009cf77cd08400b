/*
 * api_message: the Message object of mailstop's own API as JSON.
 *
 * One place for its keys: lists, waits, takes, events, and the command line's
 * --json print the same. Any thread.
 */
#ifndef API_MESSAGE_H
#define API_MESSAGE_H

#include "index.h"
#include "pick.h"

struct json_t; /* Jansson's */

/*
 * A new value, or NULL without memory. Keys, always all of them and in this
 * order: id, seq, state ("accepted", "refused", "aborted"), received, session,
 * listener, inbox, peer, helo, user, mail_from, mail_params, recipients
 * [{address, params, reply, fault}], size, sha256, subject, from, to, cc (lists
 * of {name, address}), date (null without a Date header), message_id,
 * attachments and findings (counts), tags, read, reason, snippet (how the text
 * begins). Texts are empty where there is nothing to say.
 */
struct json_t *api_message(const struct pick_row *);
/* A pick_callback that appends it to the array `context`. */
bool api_add_message(const struct pick_row *, void *context);
/* The same object of a message that was just indexed. */
struct json_t *api_message_of_entry(const struct index_entry *);

/* What there is: accepted, refused, aborted, sessions, unread, bytes (of the
   bodies), file_bytes, first, last (times, or null), seq, pruned, removed. */
struct json_t *api_stats(const struct pick_stats *);

/* A string whatever the bytes: what is not UTF-8 becomes U+FFFD. */
struct json_t *api_string(struct span);

/* A time: RFC 3339 in UTC with microseconds. */
struct json_t *api_time(int64_t wall_us);

#endif
