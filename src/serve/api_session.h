/*
 * api_session: sessions and findings of mailstop's own API as JSON, and the
 * conversation as text.
 *
 * One place for the keys, as in api_message.h. Any thread.
 */
#ifndef API_SESSION_H
#define API_SESSION_H

#include "finding.h"
#include "pick_session.h"

struct json_t; /* Jansson's */

/*
 * A new value, or NULL without memory. Keys, always all of them: id, seq,
 * started, ended (null while it goes on), seconds (null likewise), listener,
 * protocol, peer, peer_port, local, proxy, helo, user, auth {mechanism,
 * identity} (null without AUTH), tls {version, cipher, group, sni, alpn,
 * client_cert} (null without TLS), ending, accepted, refused, aborted.
 */
struct json_t *api_session(const struct pick_session *);

/*
 * When things happened, in seconds since the session began: {greeting, hello,
 * tls, messages: [{id, state, first_octet, last_octet, reply}]}. null is what
 * did not happen, or no longer stands in the record. A message is committed
 * just before its reply; one that was refused had its reply before.
 */
struct json_t *api_session_times(struct span dialogue);

/*
 * The conversation as text, a line each: seconds since the start, "C:", "S:" or
 * "--" for a remark of ours, what was said, escaped as dialogue.h has it. "+C:"
 * came in one read with the line before. False when `out` is full.
 */
bool api_transcript_text(struct buf *out, struct span dialogue);

/* Likewise as a list of {at, kind ("client", "server", "remark"), pipelined,
   text}; `at` in seconds. */
struct json_t *api_transcript(struct span dialogue);

/*
 * A finding: {rule, severity, section, title, offset, line, bytes, more,
 * session, message}. `offset` counts octets of a message, `line` records of a
 * conversation; the other one is null. `message` is null in a session's.
 */
struct json_t *api_finding_of_message(
    const struct pick_finding *, struct span session, struct span message);
struct json_t *
api_finding_of_session(const struct finding *, struct span session);

#endif
