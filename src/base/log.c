/* log: lines for the person who runs the server. */
#include "log.h"

#include "buf.h"
#include "clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_LIMIT 1024

struct log {
	int fd;
	enum log_level most;
	enum log_format format;
};

static const char *const level_names[] = {"error", "warn", "info", "debug"};

struct log *
log_new(int fd, enum log_level most, enum log_format format)
{
	struct log *log = malloc(sizeof(*log));

	if (!log)
		return NULL;
	log->fd = fd;
	log->most = most;
	log->format = format;
	return log;
}

void
log_free(struct log *log)
{
	free(log);
}

/* Control characters become \xHH in text and \u00HH in JSON. */
static void
put_escaped(struct buf *line, const char *text, enum log_format format)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < ' ' || byte == 127)
			(void)buf_printf(line,
			    format == LOG_FORMAT_JSON ? "\\u%04x" : "\\x%02x",
			    byte);
		else if (format == LOG_FORMAT_JSON &&
		    (byte == '"' || byte == '\\'))
			(void)buf_printf(line, "\\%c", byte);
		else
			(void)buf_put_char(line, (char)byte);
	}
}

static void
put_line(
    struct buf *line, struct log *log, enum log_level level, const char *text)
{
	char when[CLOCK_TEXT_SIZE];

	clock_rfc3339(when, clock_wall_us());
	if (log->format == LOG_FORMAT_JSON) {
		(void)buf_printf(line,
		    "{\"time\":\"%s\",\"level\":\"%s\",\"text\":\"", when,
		    level_names[level]);
		put_escaped(line, text, log->format);
		(void)buf_put_string(line, "\"}\n");
		return;
	}
	(void)buf_printf(line, "%s %s: ", when, level_names[level]);
	put_escaped(line, text, log->format);
	(void)buf_put_char(line, '\n');
}

static void
write_line(
    struct log *log, enum log_level level, const char *format, va_list args)
{
	char text[LINE_LIMIT];
	struct buf line;
	ssize_t written;

	if (!log || level > log->most)
		return;
	(void)vsnprintf(text, sizeof(text), format, args);
	/* Each byte may need six, and the time and level stand before them. */
	buf_init(&line, 6 * LINE_LIMIT + 128);
	put_line(&line, log, level, text);
	if (!buf_failed(&line)) {
		written = write(log->fd, line.at, line.len);
		/* A log that cannot be written has nobody left to tell. */
		(void)written;
	}
	buf_release(&line);
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
