/*
 * log: lines for the person who runs the server.
 *
 * One line a call, written with one write(2), so lines of several threads never
 * mix. Any thread may log; a struct log is shared. A NULL log is silent.
 * Logging needs no memory, and does not wait: while a pipe or a terminal is
 * full, lines are lost, and how many is said later. What comes from a client is
 * escaped: no control character of a session ever reaches the terminal, and a
 * line of JSON is valid UTF-8 whatever the session said.
 */
#ifndef LOG_H
#define LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

struct log;

/* Logs to the descriptor, which stays the caller's. NULL without memory. */
struct log *log_new(int fd, enum log_level most, enum log_format);
/* Likewise, but each line goes to `write`, without time and level in front and
   without its end; it is borrowed. Several threads may call at once. */
typedef void log_callback(enum log_level, const char *line, void *context);
struct log *
log_new_callback(log_callback *write, void *context, enum log_level most);
void log_free(struct log *);

/* `format` makes one line without its end; longer than 1,024 bytes is cut, and
   once it is escaped, longer than PIPE_BUF. */
void log_error(struct log *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_warn(struct log *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_info(struct log *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_debug(struct log *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
