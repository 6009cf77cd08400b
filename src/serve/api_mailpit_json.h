/*
 * api_mailpit_json: messages in the shapes of Mailpit's API.
 *
 * All keys are always there, in the spelling of that API. What Mailpit stores
 * on top of a message is composed from the envelope here (trace.h): sizes,
 * Message-ID and Return-Path count it. New values, NULL without memory. Any
 * thread.
 */
#ifndef API_MAILPIT_JSON_H
#define API_MAILPIT_JSON_H

#include "clock.h"
#include "index.h"
#include "mime.h"
#include "pick.h"

struct json_t; /* Jansson's */

/* RFC 3339 in UTC, at most three digits of a fraction, none where it is 0. */
void mailpit_time(char text[CLOCK_TEXT_SIZE], int64_t wall_us);

/* MessageSummary, for lists and searches: empty To, Cc and Bcc are null. */
struct json_t *mailpit_summary(const struct pick_row *);
/* The same of a message that was just indexed: lists are never null. */
struct json_t *mailpit_summary_of_entry(const struct index_entry *);

/* Message: what one message says. */
struct json_t *mailpit_message(const struct pick_row *, const struct mime *);

#endif
