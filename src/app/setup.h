/*
 * setup: a server's options, made of what the user has set.
 */
#ifndef SETUP_H
#define SETUP_H

#include "option.h"
#include "sink.h"

struct setup {
	struct sink_options sink; /* borrows from the rest and the options */
	/* Owned. */
	struct listen_spec *listeners;
	size_t listener_count;
	struct keep_inbox_rule *inbox_rules;
	size_t inbox_rule_count;
	struct log *log;
	char *db;     /* absolute; NULL: in memory */
	char *folder; /* that it stands in */
	char *tls_folder;
	char *webroot;
	char hostname[256];
	bool shows_messages; /* a line a message is asked for */
};

/*
 * Takes the sockets of systemd too, so once a process. The words of a failure
 * name option and value. The options must outlive the setup.
 */
enum err setup_make(struct setup *, const struct options *, struct failure *);
/* Likewise of a view: HTTP alone, over the database that is the first argument.
 */
enum err
setup_make_view(struct setup *, const struct options *, struct failure *);
/* Likewise for a server in somebody else's process: it takes no sockets of
   systemd, and logs to `log`, which stays the caller's; NULL: nothing. */
enum err setup_make_guest(
    struct setup *, const struct options *, struct log *, struct failure *);
void setup_release(struct setup *);

/* What --inbox-from says. */
struct inbox_order setup_inbox_order(const struct options *);

#endif
