/*
 * trace: the header fields that a delivering server would have put on top.
 *
 * mailstop stores what the client sent and adds nothing. Readers that expect
 * the fields of delivery (Return-Path, Received and so on) get them composed
 * from the envelope, always the same for one message. Pure.
 *
 *	Bcc: a@x.test, b@y.test          recipients that no header names
 *	Message-ID: <ID@mailstop>        where the message has none
 *	Return-Path: <mail@from.test>    unless it says the same, or is <>
 *	Received: from HELO ([PEER])
 *	        by mailstop with ESMTP id ID
 *	        for <first recipient>; DATE
 */
#ifndef TRACE_H
#define TRACE_H

#include "buf.h"
#include "message.h"
#include "mime.h"

#include <stdbool.h>

/*
 * Appends the fields, each line ended by CRLF. `mime` is what mime_parse()
 * made of the message, or of its header block alone. False when `out` is full
 * or memory is.
 */
bool
trace_put(struct buf *out, const struct message *, const struct mime *mime);

/*
 * Calls back for each accepted recipient that To, Cc and Bcc do not name
 * (letters in any case), in RCPT order, each once. False from the callback
 * ends it. False without memory: there was no callback.
 */
typedef bool trace_callback(struct span address, void *context);
bool trace_unlisted(const struct message *, const struct mime *mime,
    trace_callback *, void *context);

#endif
