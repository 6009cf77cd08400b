/*
 * keep_spec: what is kept of some inboxes, as a person writes it.
 *
 *	name=ci-*,count=100,age=7d,size=64M
 *
 * `name` comes first; '*' and '?' in it stand for any. At least one limit.
 * Pure.
 */
#ifndef KEEP_SPEC_H
#define KEEP_SPEC_H

#include "err.h"
#include "keep_inbox.h"
#include "span.h"

/* The name is the caller's to free. ERR_USAGE with words about the place. */
enum err
keep_spec_read(struct keep_inbox_rule *, struct span text, struct failure *);

#endif
