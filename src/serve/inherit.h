/*
 * inherit: the sockets that systemd hands over (socket activation).
 */
#ifndef INHERIT_H
#define INHERIT_H

#include "err.h"
#include "listen_spec.h"

#include <stddef.h>

/*
 * Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, as sd_listen_fds(3) has
 * them, and removes them from the environment, so that no child takes them for
 * its own. The descriptors become close-on-exec. Call it once, while there is
 * one thread only.
 *
 * *out is an array of *count descriptions with addresses "fd:N"; release each,
 * then free(3) the array. None (and ERR_OK) when nothing was handed over to
 * this process. The protocol is a word of the socket's name: "smtp",
 * "mailstop-lmtp.socket", "http"; ERR_USAGE when there is none. The listener's
 * name is that name too, with a number behind it where it comes again.
 */
enum err
inherit_listeners(struct listen_spec **out, size_t *count, struct failure *);

#endif
