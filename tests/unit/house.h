/*
 * house: a whole server on one thread, and guests that talk to it.
 *
 * A real store in a scratch folder, real sockets on loopback. Whoever waits for
 * something turns the loop until it is there, or a deadline has passed, which
 * fails the test.
 */
#ifndef HOUSE_H
#define HOUSE_H

#include "buf.h"
#include "fault.h"
#include "serve_smtp.h"
#include "store.h"

#include <event2/event.h>

#include "scratch.h"
#include "tls_peer.h"
#include "unit.h"

#define HOUSE_LISTENERS 4

struct house {
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 16]; /* of the database */
	struct serve_smtp_options options;
	struct store *store;
	struct loop *loop;
	struct serve_smtp *smtp;
	struct tls *tls;
	struct fault_set *faults; /* a test's, ended with the house */
	struct event *tick;       /* so that no turn waits for ever */
	unsigned saw;             /* messages */
	unsigned ended;           /* sessions */
	unsigned drained;
	bool is_closing;
	char refused[600]; /* the last such reply */
	char address[128]; /* of house_start()'s listener */
};

/* For cmocka: makes one as house_init() does; ends it in order. */
int house_set_up(void **state);
int house_tear_down(void **state);

/* Opens it, and one plain listener for SMTP. */
void house_start(struct house *);

/* Sets the usual options; change them, then open. */
void house_init(struct house *);
void house_open(struct house *);
/* Has a certificate from then on; before house_open(). */
void house_use_tls(struct house *);
/* Opens a listener as --smtp does; gives where it can be reached. */
void house_listen(
    struct house *, enum listen_protocol, const char *spec, char address[128]);
/* Waits until so many are connected. */
void house_wait_for_guests(struct house *, unsigned count);
/* Waits until so many sessions have ended, and are recorded. */
void house_wait_for_ends(struct house *, unsigned count);
/* Begins to stop in order; what happens then is the test's to see. */
void house_stop(struct house *, int64_t grace_us);
/* Stops in order, when that was not done, and checks that nothing is left. */
void house_close(struct house *);

/* Turns the loop until it holds. */
#define house_until(house, claim)                                              \
	do {                                                                   \
		int64_t house_deadline = house_now() + 10000000;               \
		while (!(claim) && house_now() < house_deadline)               \
			loop_turn((house)->loop);                              \
		assert_true(claim);                                            \
	} while (0)
int64_t house_now(void);

/* Asks the database, once the loop has nothing left for the store. */
int64_t house_number(struct house *, const char *sql);
/* The first column of the first row; the caller frees it. */
char *house_text(struct house *, const char *sql);
void house_expect(struct house *, const char *sql, const char *wanted);
/* The whole dialogue of the last session but `back`, times left out; the caller
   frees it. */
char *house_dialogue(struct house *, unsigned back);

/* A connected socket. */
int house_connect(const char *address);

struct guest {
	struct house *house;
	int fd;
	struct event *readable;
	struct buf heard; /* nothing is taken away */
	size_t at;        /* what was expected so far */
	bool is_over;     /* the server has closed */
	bool is_reset;
	bool is_deaf; /* reads nothing */
	bool is_tls;
	struct tls_peer tls;
};

/* Where the listener says it is: "127.0.0.1:1025", "unix:/path". */
void guest_come(struct guest *, struct house *, const char *address);
void guest_leave(struct guest *); /* closes; once */
void guest_reset(struct guest *); /* likewise, with RST */
void guest_half_close(struct guest *);

void guest_say(struct guest *, const char *text);
void guest_say_span(struct guest *, struct span);
/* Waits for one reply, all its lines; it starts with `wanted`. */
void guest_hear(struct guest *, const char *wanted);
void guest_ask(struct guest *, const char *line, const char *wanted);
/* Waits until the server closes; nothing else was said. */
void guest_hear_end(struct guest *);

/* The greeting and EHLO. */
void guest_enter(struct guest *, struct house *, const char *address);
/* MAIL, RCPT, DATA up to 354. */
void guest_begin_mail(struct guest *);

/* False when the handshake fails. */
bool guest_shake(struct guest *, const char *ca_path);

#endif
