/*
 * signals: those of the process, told on the loop.
 *
 * For the program; who uses the server as a library keeps its own. One struct
 * signals at a time, because signals belong to the process. Loop thread only.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include "err.h"
#include "loop.h"

struct signals;

/* Watches for each number of the list, which ends with a 0. */
enum err signals_open(struct signals **out, struct loop *, const int *numbers,
    void (*got)(int number, void *context), void *context);

/* From now on they do again what they did before. NULL is allowed. */
void signals_close(struct signals *);

#endif
