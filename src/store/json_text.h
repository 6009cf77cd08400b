/*
 * json_text: lists of addresses and names as JSON, for columns.
 */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include "buf.h"
#include "message.h"
#include "mime.h"

/* A string with its quotes; empty when it is no UTF-8. */
bool json_text_put(struct buf *out, struct span text);

/* [{"Name":"A","Address":"a@x.test"}] */
bool json_text_put_list(struct buf *out, const struct mime_addresses *);

/* Likewise Bcc, with the recipients that no header names. */
bool
json_text_put_bcc(struct buf *out, const struct message *, const struct mime *);

#endif
