/*
 * run_child: a server and a command as children that end with this process.
 *
 * For a process with one thread and no other children. It splits in two: the
 * outer one has the number that others know, and only waits; the keeper, its
 * child, has server and command as children of its own, and inherits what the
 * command leaves behind. So signals that are meant for the command reach it,
 * and when either is killed, nothing is left behind: the kernel tells the
 * keeper, which ends all that came of the command, or it ends both children.
 */
#ifndef RUN_CHILD_H
#define RUN_CHILD_H

#include "err.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct run_child {
	sigset_t before; /* what was blocked at the start */
	pid_t outer;     /* 0: there is none */
	pid_t parent;    /* of the children */
	pid_t server;    /* 0: there is none any more */
	pid_t command;   /* likewise */
	int server_status;
	int command_status; /* as a shell tells it: 128 + N for signal N */
	bool has_passed;    /* a signal to the command */
};

/* Holds signals back until run_child_wait(). */
void run_child_init(struct run_child *);

enum run_child_fork { RUN_CHILD_FAILED, RUN_CHILD_PARENT, RUN_CHILD_CHILD };

/* The child is the keeper, and the parent waits for it like for a command. When
   it fails this process goes on as the keeper, of itself. */
enum run_child_fork run_child_fork_keeper(struct run_child *);

/* The child is the server: in a session of its own, without input and output,
   and told to leave by SIGTERM. */
enum run_child_fork run_child_fork_server(struct run_child *);
/* The child becomes the command, by run_child_become(). */
enum run_child_fork run_child_fork_command(struct run_child *);

/* Only comes back when there is no such command: 126 or 127. */
int run_child_become(char *const *words);

/*
 * Passes signals on until the command has ended. When it ended of one of them,
 * or the outer process was killed, all that came of it is ended too.
 */
void run_child_wait(struct run_child *);

/* Waits, for some seconds at most, until the server has ended by itself. */
void run_child_wait_server(struct run_child *);

/* Ends the server, politely at first, and the command if it still runs. */
void run_child_stop(struct run_child *);

/* Whether the process that forked this one is gone. */
bool run_child_is_alone(const struct run_child *);

#endif
