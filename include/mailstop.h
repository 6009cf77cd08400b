/*
 * mailstop.h: a server that takes test mail, inside a program of one's own.
 *
 *	struct mailstop *server = mailstop_new();
 *	struct mailstop_record *mail;
 *
 *	if (!server || mailstop_start(server) != MAILSTOP_OK)
 *		return 1;
 *	send_the_mail("127.0.0.1", mailstop_port(server, "smtp"));
 *	if (mailstop_wait(server, "rcpt:alice", 1, 5000, &mail) == MAILSTOP_OK)
 *		puts(mailstop_text(mail, "0.subject"));
 *	mailstop_record_free(mail);
 *	mailstop_free(server);
 *
 * A process may have any number of servers; each has threads, ports, database,
 * certificates and fault rules of its own. The library prints nothing, takes no
 * signals, reads no options from the environment, never exits, and has no state
 * but that of the servers. mailstop(3) is the manual, with whole programs.
 *
 * Threads. Any function may be called from any thread, several at a time and on
 * one server. Not so: mailstop_free() ends a server for everybody, so no call
 * on it may begin any more; a log callback must not call functions of its own
 * server (they refuse with MAILSTOP_USAGE); and in the child of a fork(2) a
 * server is not usable (calls are refused, mailstop_free() leaves it alone).
 *
 * Errors. A function that can fail returns a status, 0 (MAILSTOP_OK) for
 * success; mailstop_error() has the words. On failure every out parameter is
 * NULL or 0, but where it is said otherwise.
 *
 * Texts are UTF-8 and end with a NUL. Texts that are given are copied where
 * they are needed longer than the call. NULL for a query, or an empty one, is
 * every accepted message; queries are described in mailstop(1).
 */
#ifndef MAILSTOP_H
#define MAILSTOP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A server. */
struct mailstop;

/*
 * What the library tells: a list, an object with names, or a value. The names
 * are those of mailstop's HTTP API, a message has "id", "subject" and so on.
 * Never changes, so that any number of threads may read it.
 */
struct mailstop_record;

enum mailstop_status {
	MAILSTOP_OK = 0,
	MAILSTOP_MEMORY = 1,      /* no memory */
	MAILSTOP_IO = 2,          /* reading or writing failed */
	MAILSTOP_FULL = 3,        /* no space left */
	MAILSTOP_BUSY = 4,        /* another program has the database locked */
	MAILSTOP_READONLY = 5,    /* the database may not be written, or made */
	MAILSTOP_CORRUPT = 6,     /* the file is damaged, or no database */
	MAILSTOP_VERSION = 7,     /* it was written by a newer mailstop */
	MAILSTOP_NOT_FOUND = 8,   /* there is no such thing */
	MAILSTOP_GONE = 9,        /* it was removed */
	MAILSTOP_EXISTS = 10,     /* it is there already */
	MAILSTOP_USAGE = 11,      /* the call, an option or a query is wrong */
	MAILSTOP_DATA = 12,       /* the input is not what it should be */
	MAILSTOP_LIMIT = 13,      /* a ceiling is reached */
	MAILSTOP_PERMISSION = 14, /* not allowed */
	MAILSTOP_UNAVAILABLE = 15, /* a port is taken, a service missing */
	MAILSTOP_STOPPED = 16,     /* the server does not run, or was stopped */
	MAILSTOP_TIMEOUT = 17      /* the time is over */
};

/* ---- the life of a server */

/* The version of the library, "0.1.0"; constant. */
const char *mailstop_version(void);

/* A server that does not run yet. The caller's, until mailstop_free(); NULL
   without memory. */
struct mailstop *mailstop_new(void);

/*
 * Stops it if it runs, and frees it with all that it owns; records and bytes
 * stay. As long as other threads are inside a call, it waits for them; those
 * that wait for mail return MAILSTOP_STOPPED. NULL is allowed. Neither from a
 * callback.
 */
void mailstop_free(struct mailstop *);

/*
 * Sets an option of "mailstop serve" by its name in mailstop(1), without the
 * dashes, for the next mailstop_start(): ("keep-count", "100"). NULL for the
 * value of a flag is yes. What may be given several times, such as "fault" and
 * "smtp", is added; else the last value holds. What is not set is as in the
 * program, but for this: SMTP on a free port of 127.0.0.1, no HTTP, mail in
 * memory, no TLS; where "tls" or "smtps" is set without "tls-dir" or
 * "tls-cert", a certificate is made in a temporary folder, which
 * mailstop_free() removes. MAILSTOP_USAGE for what is no option or no value of
 * it, and while the server runs.
 */
int mailstop_set(struct mailstop *, const char *name, const char *value);

/*
 * Opens the database and all listeners, and starts the threads. They accept
 * when it returns. On failure nothing runs, and it may be tried again.
 */
int mailstop_start(struct mailstop *);

/*
 * Accepts no more, lets sessions finish what they have begun (for 0.8 seconds
 * at most), tells callbacks of all that was acknowledged before, and returns
 * when no thread of the server is left. What waits in other threads returns
 * MAILSTOP_STOPPED. A database in memory is gone then. The server may be
 * started again, with the same options. MAILSTOP_OK also when it did not run;
 * MAILSTOP_USAGE from a callback of its own.
 */
int mailstop_stop(struct mailstop *);

/*
 * The words about the last call on this server that failed in this thread;
 * "" when none did. Good until the next failure in this thread, or
 * mailstop_free().
 */
const char *mailstop_error(struct mailstop *);

/* What a status means, "no space left"; constant. */
const char *mailstop_status_text(int status);

/* ---- where it is reached */

/*
 * The port of the first listener of that protocol ("smtp", "smtps", "lmtp",
 * "http"); 0 when it has none, or a unix socket.
 */
int mailstop_port(struct mailstop *, const char *protocol);

/*
 * Where number `index` of those listeners is reached: "127.0.0.1:1025",
 * "[::1]:1025", "unix:/path". NULL behind the last. Good until the next
 * mailstop_start() or mailstop_free().
 */
const char *
mailstop_address(struct mailstop *, const char *protocol, size_t index);

/* The file with the CA that clients have to trust; NULL without one. Good as
   above. */
const char *mailstop_ca(struct mailstop *);

/* ---- messages */

/*
 * Blocks until `count` messages match, those that are there included, and gives
 * them, oldest first: a list of messages in *messages, the caller's. `count` is
 * 1 at least. The time is in milliseconds; 0: does not wait; below 0: for ever.
 * MAILSTOP_TIMEOUT when it is over: *messages then has those that came, and
 * mailstop_error() names the nearest misses. MAILSTOP_STOPPED when the server
 * was stopped meanwhile, MAILSTOP_USAGE for what is no query. `messages` may be
 * NULL. To look only at what is new, give "seq>N" with the "seq" of the last
 * message seen.
 */
int mailstop_wait(struct mailstop *, const char *query, size_t count,
    int timeout_ms, struct mailstop_record **messages);

/* The first `limit` messages that match, oldest first; 0: all of them. The list
   is the caller's. */
int mailstop_list(struct mailstop *, const char *query, size_t limit,
    struct mailstop_record **messages);

/* Likewise, and they are removed at once: nobody else gets them. */
int mailstop_take(struct mailstop *, const char *query, size_t limit,
    struct mailstop_record **messages);

/* How many match. */
int mailstop_count(struct mailstop *, const char *query, size_t *count);

/* Removes what matches; NULL or "": all there is, refused messages too. `count`
   says how many went; it may be NULL. */
int mailstop_remove(struct mailstop *, const char *query, size_t *count);

/*
 * All that is known of one message: its envelope, "headers", "text", "html",
 * "parts" and "findings". The id is that of the 250 reply, the message's number
 * ("seq"), or "latest". MAILSTOP_NOT_FOUND, MAILSTOP_GONE, MAILSTOP_LIMIT for
 * one of more than 256 MiB. The record is the caller's.
 */
int mailstop_message(
    struct mailstop *, const char *id, struct mailstop_record **message);

/*
 * The message byte for byte as the client sent it, and one of its parts,
 * decoded, text in UTF-8: number "1.2" as in "parts". The bytes are the
 * caller's, for mailstop_bytes_free(); a NUL stands behind them, and there may
 * be others between. `size` may be NULL.
 */
int mailstop_raw(struct mailstop *, const char *id, char **bytes, size_t *size);
int mailstop_part(struct mailstop *, const char *id, const char *part,
    char **bytes, size_t *size);

/*
 * The links of a message and the one-time codes in it: {"links": a list of
 * {"url", "text", "kind", "confidence", "source", "part"}, "codes": a list of
 * {"code", "confidence", "source", "part"}, the surest first, "is_cut"}. The
 * record is the caller's. Nothing is fetched.
 */
int mailstop_links(
    struct mailstop *, const char *id, struct mailstop_record **links);

/* ---- sessions */

/* The newest `limit` sessions with a message that matches, or that match
   themselves, newest first; 0: all of them. */
int mailstop_sessions(struct mailstop *, const char *query, size_t limit,
    struct mailstop_record **sessions);

/*
 * What was said: a line each, with seconds, "C:" or "S:". The id is a session's
 * or that of a message which came in it. The text is the caller's, for
 * mailstop_bytes_free().
 */
int mailstop_transcript(struct mailstop *, const char *id, char **text);

/* What the client did against the RFCs: a list of findings, of a message, or of
   a session's dialogue. */
int mailstop_findings(
    struct mailstop *, const char *id, struct mailstop_record **findings);

/* ---- faults: failing on purpose; mailstop-fault(5) has the language */

/*
 * Adds a rule behind the others: "rcpt to=*@full.test reply=452". It holds for
 * every command that comes after the call. Its id in *id is the caller's, for
 * mailstop_bytes_free(); `id` may be NULL. MAILSTOP_DATA for what is no rule,
 * MAILSTOP_EXISTS where its id is taken.
 */
int mailstop_fault_add(struct mailstop *, const char *rule, char **id);
/* MAILSTOP_NOT_FOUND when there is none of that id. */
int mailstop_fault_remove(struct mailstop *, const char *id);
/* All of them. */
int mailstop_fault_clear(struct mailstop *);
/* A list of {"id", "rule", "seen", "acted"}; the caller's. */
int mailstop_faults(struct mailstop *, struct mailstop_record **rules);

/* ---- callbacks */

/*
 * Called with each message that matches and was stored after this call or, when
 * the server did not run, after mailstop_start(); in their order, one at a
 * time. Each mailstop_on_message() has a thread of its own for it: the callback
 * may take its time and call any function but mailstop_start(),
 * mailstop_stop() and mailstop_free() of this server. The message is as in a
 * list, and borrowed. What is removed before its turn is not told. It holds
 * until mailstop_free(). MAILSTOP_USAGE for what is no query, or in a callback.
 */
typedef void mailstop_message_callback(
    struct mailstop *, const struct mailstop_record *message, void *context);
int mailstop_on_message(struct mailstop *, const char *query,
    mailstop_message_callback *, void *context);

/*
 * Called with each line of the log, as far as the option "log-level" asks for
 * it: 0 is an error, 1 a warning, 2 information, 3 for finding errors. Without
 * it nothing is logged. One call at a time, from any thread of the server,
 * which waits meanwhile, and inside mailstop_start() and mailstop_stop(). Only
 * while the server does not run; the last one holds, NULL for none.
 */
typedef void mailstop_log_callback(int level, const char *line, void *context);
int mailstop_on_log(struct mailstop *, mailstop_log_callback *, void *context);

/* ---- records */

/*
 * A path names what stands in a record: names and numbers with dots between,
 * "subject", "0.subject" of a list, "recipients.0.address". NULL or "" is the
 * record itself. All that these give is borrowed from the record.
 */

/* A text. NULL when there is nothing of that name, or no text. */
const char *mailstop_text(const struct mailstop_record *, const char *path);

/* A number, cut to a whole one; 1 for true; 0 when there is none. */
int64_t mailstop_number(const struct mailstop_record *, const char *path);

/* How many elements a list has, or names an object; 0 when it is neither. */
size_t mailstop_size(const struct mailstop_record *, const char *path);

/* What stands there; NULL when there is nothing, or null. */
const struct mailstop_record *
mailstop_get(const struct mailstop_record *, const char *path);

/* The element of a list; NULL behind the last. */
const struct mailstop_record *
mailstop_at(const struct mailstop_record *, size_t index);

/* The decoded value of the first header field of that name, in any case, of
   what mailstop_message() gave; NULL when there is none. */
const char *
mailstop_header(const struct mailstop_record *message, const char *name);

/* As JSON, on one line; the caller's, for mailstop_bytes_free(). NULL without
   memory. */
char *mailstop_json(const struct mailstop_record *);

/* Of a record that a function gave, not of what stands in one. NULL is
   allowed. */
void mailstop_record_free(struct mailstop_record *);

/* Bytes and texts that are the caller's. NULL is allowed. */
void mailstop_bytes_free(char *);

#ifdef __cplusplus
}
#endif

#endif
