/* signals: those of the process, told on the loop. */
#include "signals.h"

#include <event2/event.h>
#include <stdlib.h>

#define SIGNALS_MAX 8

struct signals {
	struct event *events[SIGNALS_MAX];
	size_t count;
	void (*got)(int number, void *context);
	void *context;
};

static void
on_signal(evutil_socket_t number, short what, void *context)
{
	const struct signals *signals = context;

	(void)what;
	signals->got(number, signals->context);
}

enum err
signals_open(struct signals **out, struct loop *loop, const int *numbers,
    void (*got)(int number, void *context), void *context)
{
	struct signals *signals = calloc(1, sizeof(*signals));

	*out = NULL;
	if (!signals)
		return ERR_MEMORY;
	signals->got = got;
	signals->context = context;
	for (size_t i = 0; numbers[i] && i < SIGNALS_MAX; i++) {
		struct event *event = evsignal_new(
		    loop_base(loop), numbers[i], on_signal, signals);

		signals->events[i] = event;
		signals->count++;
		if (event && event_add(event, NULL) == 0)
			continue;
		signals_close(signals);
		return ERR_MEMORY;
	}
	*out = signals;
	return ERR_OK;
}

void
signals_close(struct signals *signals)
{
	if (!signals)
		return;
	for (size_t i = 0; i < signals->count; i++)
		if (signals->events[i])
			event_free(signals->events[i]);
	free(signals);
}
