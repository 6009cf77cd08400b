/* log: lines for the person who runs the server. */
#include "log.h"

#include "clock.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_LIMIT 1024

struct log {
	log_callback *write; /* NULL: to the descriptor */
	void *context;
	int fd;
	enum log_level most;
	enum log_format format;
	atomic_uint lost; /* lines, since one could be written */
};

static const char *const level_names[] = {"error", "warn", "info", "debug"};

struct log *
log_new(int fd, enum log_level most, enum log_format format)
{
	struct log *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->fd = fd;
	log->most = most;
	log->format = format;
	return log;
}

struct log *
log_new_callback(log_callback *write, void *context, enum log_level most)
{
	struct log *log = log_new(-1, most, LOG_FORMAT_TEXT);

	if (!log)
		return NULL;
	log->write = write;
	log->context = context;
	return log;
}

void
log_free(struct log *log)
{
	free(log);
}

/* A line while it is made; on the stack, so that a lack of memory is told. */
struct line {
	size_t len;
	/* So much goes into a pipe at once, or not at all. */
	char at[PIPE_BUF];
};

/* The longest form of one character, and what ends a line. */
#define ESCAPE_MAX 6
#define END_MAX sizeof("\"}\n")

__attribute__((format(printf, 2, 3))) static void
put(struct line *line, const char *format, ...)
{
	size_t room = sizeof(line->at) - line->len;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line->at + line->len, room, format, args);
	va_end(args);
	assert(len >= 0 && (size_t)len < room);
	line->len += (size_t)len;
}

/*
 * How many bytes the character in UTF-8 that starts here has; 0 when it is no
 * character, or one of the controls U+0080 to U+009F, which terminals obey.
 */
static size_t
measure(const unsigned char *at)
{
	static const struct {
		unsigned char from, to; /* the first byte */
		unsigned char second_from, second_to;
		size_t len;
	} forms[] = {
	    {0x20, 0x7e, 0, 0xff, 1},
	    {0xc2, 0xc2, 0xa0, 0xbf, 2},
	    {0xc3, 0xdf, 0x80, 0xbf, 2},
	    {0xe0, 0xe0, 0xa0, 0xbf, 3},
	    {0xe1, 0xec, 0x80, 0xbf, 3},
	    {0xed, 0xed, 0x80, 0x9f, 3},
	    {0xee, 0xef, 0x80, 0xbf, 3},
	    {0xf0, 0xf0, 0x90, 0xbf, 4},
	    {0xf1, 0xf3, 0x80, 0xbf, 4},
	    {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	size_t form = 0;

	while (form < sizeof(forms) / sizeof(forms[0]) &&
	    (at[0] < forms[form].from || at[0] > forms[form].to))
		form++;
	if (form == sizeof(forms) / sizeof(forms[0]) ||
	    at[1] < forms[form].second_from || at[1] > forms[form].second_to)
		return 0;
	/* The NUL at the end is no such byte: this never reads past it. */
	for (size_t i = 2; i < forms[form].len; i++)
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	return forms[form].len;
}

/* What is no printable character becomes \xHH in text and \u00HH in JSON. */
static void
put_escaped(struct line *line, const char *text, enum log_format format)
{
	while (*text && line->len + ESCAPE_MAX + END_MAX <= sizeof(line->at)) {
		size_t len = measure((const unsigned char *)text);

		if (len == 0)
			put(line,
			    format == LOG_FORMAT_JSON ? "\\u%04x" : "\\x%02x",
			    (unsigned)(unsigned char)*text);
		else if (format == LOG_FORMAT_JSON &&
		    (*text == '"' || *text == '\\'))
			put(line, "\\%c", *text);
		else
			put(line, "%.*s", (int)len, text);
		text += len ? len : 1;
	}
}

static void
put_line(
    struct line *line, struct log *log, enum log_level level, const char *text)
{
	char when[CLOCK_TEXT_SIZE];

	clock_rfc3339(when, clock_wall_us());
	if (log->format == LOG_FORMAT_JSON) {
		put(line, "{\"time\":\"%s\",\"level\":\"%s\",\"text\":\"", when,
		    level_names[level]);
		put_escaped(line, text, log->format);
		put(line, "\"}\n");
		return;
	}
	put(line, "%s %s: ", when, level_names[level]);
	put_escaped(line, text, log->format);
	put(line, "\n");
}

static void
call_back(struct log *log, enum log_level level, const char *text)
{
	struct line line = {.len = 0};

	line.at[0] = '\0';
	put_escaped(&line, text, LOG_FORMAT_TEXT);
	log->write(level, line.at, log->context);
}

/* False when it would have to wait: nobody reads it. */
static bool
write_now(struct log *log, enum log_level level, const char *text)
{
	struct pollfd wait = {.fd = log->fd, .events = POLLOUT};
	struct line line = {.len = 0};
	ssize_t written;

	if (poll(&wait, 1, 0) == 0)
		return false;
	put_line(&line, log, level, text);
	do
		written = write(log->fd, line.at, line.len);
	while (written < 0 && errno == EINTR);
	/* A log that cannot be written has nobody left to tell. */
	return true;
}

/* Whether all that was lost has been told. */
static bool
tell_lost(struct log *log)
{
	unsigned lost = atomic_exchange(&log->lost, 0);
	char text[80];

	if (lost == 0)
		return true;
	(void)snprintf(text, sizeof(text),
	    "%u lines were lost, since nobody read them", lost);
	if (write_now(log, LOG_LEVEL_WARN, text))
		return true;
	atomic_fetch_add(&log->lost, lost);
	return false;
}

static void
write_line(
    struct log *log, enum log_level level, const char *format, va_list args)
{
	char text[LINE_LIMIT];

	if (!log || level > log->most)
		return;
	(void)vsnprintf(text, sizeof(text), format, args);
	if (log->write) {
		call_back(log, level, text);
		return;
	}
	if (!tell_lost(log) || !write_now(log, level, text))
		atomic_fetch_add(&log->lost, 1);
}

#define DEFINE_LEVEL(name, level)                                              \
	void log_##name(struct log *log, const char *format, ...)              \
	{                                                                      \
		va_list args;                                                  \
                                                                               \
		va_start(args, format);                                        \
		write_line(log, level, format, args);                          \
		va_end(args);                                                  \
	}

DEFINE_LEVEL(error, LOG_LEVEL_ERROR)
DEFINE_LEVEL(warn, LOG_LEVEL_WARN)
DEFINE_LEVEL(info, LOG_LEVEL_INFO)
DEFINE_LEVEL(debug, LOG_LEVEL_DEBUG)
