/*
 * batch: write jobs in as few transactions as it takes.
 *
 * All of them in one, as a rule. When that fails, what is at fault is found and
 * fails alone; the others are committed.
 */
#ifndef BATCH_H
#define BATCH_H

#include "job.h"
#include "sql.h"

/*
 * Runs jobs from `first` (not NULL) on, in order, until a transaction with one
 * or more of them is committed or none is left, and sets err of each that it
 * is done with: ERR_OK means committed. Returns the first one that it is not
 * done with, or NULL. A transaction ends when enough is written for one.
 */
struct store_job *batch_write(struct sql *, struct store_job *first);

#endif
