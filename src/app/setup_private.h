/*
 * setup_private: what the files of setup share.
 */
#ifndef SETUP_PRIVATE_H
#define SETUP_PRIVATE_H

#include "setup.h"

/* Whose the process is. */
enum setup_place {
	SETUP_OWN_PROCESS,
	SETUP_GUEST,
	SETUP_VIEW, /* likewise its own: of a database that stays as it is */
};

struct setup_work {
	struct setup *setup;
	const struct options *options;
	enum setup_place place;
	struct failure *f;
};

enum err setup_without_memory(const struct setup_work *);

/* setup_listen.c */
enum err setup_listeners(const struct setup_work *);

#endif
