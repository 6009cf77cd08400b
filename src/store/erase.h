/*
 * erase: removing all that belongs to a message or a session.
 *
 * Inside a transaction (txn.h). The one place that knows every table with rows
 * of a message. That a message was there is remembered in the table `gone`, for
 * the last ERASE_REMEMBERED numbers.
 */
#ifndef ERASE_H
#define ERASE_H

#include "err.h"
#include "sql.h"

#include <stdint.h>

#define ERASE_REMEMBERED 100000

/* ERR_NOT_FOUND when there is no such message. */
enum err erase_message(struct sql *, int64_t seq);

/* A session with its dialogue and findings; its messages stay. */
enum err erase_session(struct sql *, int64_t seq);

#endif
