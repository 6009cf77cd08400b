/* deliver: sends one message to a server by SMTP. */
#include "deliver.h"

#include "buf.h"
#include "header.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#define TIMEOUT_SECONDS 60
#define REPLY_MAX ((size_t)64 * 1024)

/* ---- connecting */

static int
open_socket(const struct sockaddr *address, socklen_t size)
{
	struct timeval wait = {.tv_sec = TIMEOUT_SECONDS};
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (connect(fd, address, size) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static int
connect_unix(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return open_socket((struct sockaddr *)&address, sizeof(address));
}

static int
connect_host(const char *host, const char *port, const char **why)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	int error = getaddrinfo(host, port, &hints, &list);
	int fd = -1;

	if (error) {
		*why = gai_strerror(error);
		return -1;
	}
	for (struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
		fd = open_socket(at->ai_addr, at->ai_addrlen);
	*why = strerror(errno);
	freeaddrinfo(list);
	return fd;
}

/* "host:port", "[::1]:port", ":port". */
static int
connect_tcp(const char *address, const char **why)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : strlen(address);
	char host[256];

	if (len > 1 && address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	if (len >= sizeof(host)) {
		*why = "no such host";
		return -1;
	}
	(void)snprintf(host, sizeof(host), "%.*s", (int)len, address);
	return connect_host(
	    host[0] ? host : "127.0.0.1", colon ? colon + 1 : "25", why);
}

int
deliver_connect(const char *address, struct failure *f)
{
	const char *why = "";
	int fd;

	if (strncmp(address, "unix:", 5) == 0) {
		fd = connect_unix(address + 5);
		why = strerror(errno);
	} else {
		fd = connect_tcp(address, &why);
	}
	if (fd < 0)
		(void)failure_set(
		    f, ERR_UNAVAILABLE, "no server at %s: %s", address, why);
	return fd;
}

/* ---- talking */

struct talk {
	int fd;
	struct buf in;    /* what came and is not read yet */
	struct buf reply; /* the last one, its lines joined by blanks */
};

static bool
write_all(int fd, struct span text)
{
	while (text.len > 0) {
		ssize_t count = write(fd, text.at, text.len);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return false;
		span_skip(&text, (size_t)count);
	}
	return true;
}

static bool
read_line(struct talk *talk, struct span *line)
{
	for (;;) {
		size_t len = span_find(buf_span(&talk->in), '\n');
		char *room;
		ssize_t got;

		if (len < talk->in.len) {
			*line = span_make(talk->in.at, len);
			return true;
		}
		room = buf_room(&talk->in, 4096);
		got = room ? read(talk->fd, room, 4096) : 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		buf_grow(&talk->in, (size_t)got);
	}
}

/* The first digit of the code; 0 when there was no reply. */
static int
read_reply(struct talk *talk)
{
	struct span line;

	buf_reset(&talk->reply);
	while (read_line(talk, &line)) {
		bool goes_on = line.len > 3 && line.at[3] == '-';
		char digit = line.len > 0 ? line.at[0] : '0';
		size_t len = line.len + 1;

		while (line.len > 0 && line.at[line.len - 1] == '\r')
			line.len--;
		if (talk->reply.len > 0)
			buf_put_char(&talk->reply, ' ');
		buf_put(&talk->reply, line);
		buf_drop(&talk->in, len);
		if (!goes_on)
			return digit >= '2' && digit <= '5' ? digit - '0' : 0;
	}
	return 0;
}

/* 0 for a yes; else what the exit status is, and words. */
static int
judge(struct talk *talk, int digit, int status, struct span what,
    struct failure *f)
{
	if (digit == 2 || digit == 3)
		return EX_OK;
	if (digit == 0)
		(void)failure_set(f, ERR_UNAVAILABLE,
		    "%.*s: the server gave no reply", SPAN_ARG(what));
	else
		(void)failure_set(f, ERR_UNAVAILABLE, "%.*s: %.*s",
		    SPAN_ARG(what), SPAN_ARG(buf_span(&talk->reply)));
	return digit == 5 ? status : EX_TEMPFAIL;
}

/* Says the verb, what it is about, and the rest of the line. */
static int
ask(struct talk *talk, int status, struct failure *f, const char *verb,
    struct span object, const char *rest)
{
	struct buf line;
	size_t len;
	int digit = 0;

	buf_init(&line, REPLY_MAX);
	buf_printf(&line, "%s%.*s%s", verb, SPAN_ARG(object), rest);
	len = line.len;
	buf_put_string(&line, "\r\n");
	if (!buf_failed(&line) && write_all(talk->fd, buf_span(&line)))
		digit = read_reply(talk);
	status =
	    judge(talk, digit, status, span_make(buf_span(&line).at, len), f);
	buf_release(&line);
	return status;
}

/* Dots at the beginnings of lines are doubled, RFC 5321 4.5.2. */
static bool
write_text(struct talk *talk, struct span text)
{
	struct buf out;
	bool is_written;

	buf_init(&out, 2 * text.len + 16);
	while (text.len > 0) {
		size_t len = span_find(text, '\n');

		if (text.at[0] == '.')
			buf_put_char(&out, '.');
		len = len < text.len ? len + 1 : len;
		buf_put(&out, span_make(text.at, len));
		span_skip(&text, len);
	}
	buf_put_string(&out, ".\r\n");
	is_written = !buf_failed(&out) && write_all(talk->fd, buf_span(&out));
	buf_release(&out);
	return is_written;
}

static int
greet(
    struct talk *talk, const struct deliver_request *request, struct failure *f)
{
	int status =
	    judge(talk, read_reply(talk), EX_UNAVAILABLE, SPAN("greeting"), f);

	if (status == EX_OK)
		status = ask(talk, EX_UNAVAILABLE, f, "EHLO ",
		    span_string(request->hello), "");
	if (status == EX_UNAVAILABLE)
		status = ask(talk, EX_UNAVAILABLE, f, "HELO ",
		    span_string(request->hello), "");
	return status;
}

/* Whether EHLO was answered with that keyword; lines are words here, "250-PIPE"
   or, the last one, "250" and "PIPE". */
static bool
offers(const struct talk *talk, struct span keyword)
{
	struct span rest = buf_span(&talk->reply);
	bool is_last = false;

	while (rest.len > 0) {
		struct span word = span_cut(&rest, ' ');

		if (is_last && span_equal_nocase(word, keyword))
			return true;
		is_last = span_equal(word, SPAN("250"));
		if (!span_starts(word, SPAN("250-")))
			continue;
		span_skip(&word, 4);
		if (span_equal_nocase(word, keyword))
			return true;
	}
	return false;
}

static bool
is_8bit(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] > 127)
			return true;
	return false;
}

static bool
needs_utf8(const struct deliver_request *request)
{
	bool is_needed =
	    is_8bit(request->sender) || is_8bit(header_block(request->message));

	for (size_t i = 0; i < request->count && !is_needed; i++)
		is_needed = is_8bit(span_string(request->recipients[i]));
	return is_needed;
}

/* What the message needs (RFC 6152, RFC 6531), as far as it is to be had;
   otherwise it goes as it is, and the server sees to it. */
static const char *
find_parameters(const struct talk *talk, const struct deliver_request *request)
{
	bool has_8bit =
	    is_8bit(request->message) && offers(talk, SPAN("8BITMIME"));

	if (needs_utf8(request) && offers(talk, SPAN("SMTPUTF8")))
		return has_8bit ? "> BODY=8BITMIME SMTPUTF8" : "> SMTPUTF8";
	return has_8bit ? "> BODY=8BITMIME" : ">";
}

/* The worst that a recipient got; *taken says how many were accepted. */
static int
name_recipients(struct talk *talk, const struct deliver_request *request,
    size_t *taken, struct failure *f)
{
	int worst = EX_OK;

	*taken = 0;
	for (size_t i = 0; i < request->count; i++) {
		int status = ask(talk, EX_NOUSER, f, "RCPT TO:<",
		    span_string(request->recipients[i]), ">");

		if (status == EX_OK)
			++*taken;
		else if (worst != EX_TEMPFAIL)
			worst = status;
	}
	return worst;
}

static int
say_all(
    struct talk *talk, const struct deliver_request *request, struct failure *f)
{
	size_t taken = 0;
	int status = greet(talk, request, f);
	int refused;

	if (status == EX_OK)
		status = ask(talk, EX_UNAVAILABLE, f, "MAIL FROM:<",
		    request->sender, find_parameters(talk, request));
	if (status != EX_OK)
		return status;
	refused = name_recipients(talk, request, &taken, f);
	if (taken == 0)
		return refused;
	status = ask(talk, EX_UNAVAILABLE, f, "DATA", SPAN(""), "");
	if (status == EX_OK)
		status = judge(talk,
		    write_text(talk, request->message) ? read_reply(talk) : 0,
		    EX_UNAVAILABLE, SPAN("DATA"), f);
	if (status == EX_OK)
		(void)write_all(talk->fd, SPAN("QUIT\r\n"));
	return status == EX_OK ? refused : status;
}

int
deliver_send(int fd, const struct deliver_request *request, struct failure *f)
{
	struct talk talk = {.fd = fd};
	int status;

	buf_init(&talk.in, REPLY_MAX);
	buf_init(&talk.reply, REPLY_MAX);
	status = say_all(&talk, request, f);
	buf_release(&talk.in);
	buf_release(&talk.reply);
	return status;
}

/* ---- passing on */

/* False at the end. */
static bool
pass(int from, int to)
{
	char piece[16384];
	ssize_t got = read(from, piece, sizeof(piece));

	if (got < 0 && errno == EINTR)
		return true;
	return got > 0 && write_all(to, span_make(piece, (size_t)got));
}

int
deliver_relay(int fd, int in, int out, struct failure *f)
{
	struct pollfd ends[] = {{fd, POLLIN, 0}, {in, POLLIN, 0}};

	for (;;) {
		if (poll(ends, 2, -1) < 0 && errno != EINTR) {
			(void)failure_set(f, ERR_IO, "poll: %m");
			return EX_OSERR;
		}
		if (ends[0].revents && !pass(fd, out))
			return EX_OK;
		if (ends[1].revents && !pass(in, fd)) {
			(void)shutdown(fd, SHUT_WR);
			ends[1].fd = -1;
		}
	}
}
