/*
 * api_detail: all that is known of one message, as JSON.
 *
 * The Message object (api_message.h) with more: mail_params, headers [{name,
 * raw, value}] in order, text, html, snippet, reply_to, bcc, return_path,
 * parts: the MIME tree, each part {id, type, role, disposition, charset,
 * encoding, name, content_id, size, md5, sha1, sha256, parts}, is_cut, and
 * findings: the list instead of how many. Store thread.
 */
#ifndef API_DETAIL_H
#define API_DETAIL_H

#include "err.h"
#include "pick.h"

struct json_t; /* Jansson's */

/* A new value in *out. */
enum err api_detail(struct sql *, const struct pick_row *, struct json_t **out);

/* Appends the findings of one message. */
enum err
api_findings(struct sql *, const struct pick_row *, struct json_t *findings);

#endif
