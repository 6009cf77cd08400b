/*
 * load: sends many messages over many SMTP sessions, and says how fast it went.
 *
 * usage: load [-s SESSIONS] [-m MESSAGES] [-l OCTETS] [-r RECIPIENTS]
 *             [-f FILE] [-c] [-p] HOST:PORT
 *
 * -f sends that file, with CR LF and no line that begins with a dot, instead of
 * so many octets;
 * -c opens a connection for each message, -p pipelines each transaction (MAIL,
 * RCPT and DATA in one segment; -r needs it). One thread, epoll, no allocation
 * after the start. Prints one line of key=value pairs.
 */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REPLY_SIZE 4096
#define EVENTS 256
#define FILE_MAX ((size_t)16 * 1024 * 1024)

/* What a session waits for. */
enum step { GREETING, HELLO, MAIL, RCPT, DATA, SENT, QUIT, STEPS };

struct settings {
	unsigned sessions;
	unsigned long messages;
	size_t octets;
	const char *file; /* NULL: none */
	unsigned recipients;
	bool reconnect;
	bool pipeline;
	struct sockaddr_storage address;
	socklen_t address_len;
};

struct session {
	int fd;
	enum step step;
	unsigned replies; /* that the step still waits for */
	unsigned failed;
	char line[REPLY_SIZE];
	size_t line_len;
	const char *out; /* what is still to be written */
	size_t out_len;
	long long began_us;
};

struct load {
	struct settings settings;
	struct session *sessions;
	int epoll;
	unsigned long begun;
	unsigned long sent;
	unsigned long failed;
	unsigned open;
	long long wait_us; /* from the end of the data to its reply, all */
	char *texts[STEPS];
	size_t lens[STEPS];
};

static long long
now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static char *
make_body(size_t octets, size_t *len)
{
	static const char head[] =
	    "From: load@bench.test\r\nTo: sink@bench.test\r\n"
	    "Subject: load\r\nMessage-ID: <load@bench.test>\r\n\r\n";
	char *text = malloc(octets + sizeof(head) + 8);
	size_t at = sizeof(head) - 1;

	if (!text)
		die("malloc");
	memcpy(text, head, at);
	while (at < octets) {
		size_t line = octets - at < 72 ? octets - at : 72;

		memset(text + at, 'x', line);
		if (line > 2)
			memcpy(text + at + line - 2, "\r\n", 2);
		at += line;
	}
	memcpy(text + at, "\r\n.\r\n", 5);
	*len = at + 5;
	return text;
}

static char *
read_body(const char *path, size_t *len)
{
	static const char end[] = "\r\n.\r\n";
	FILE *file = fopen(path, "rb");
	char *text = malloc(FILE_MAX + sizeof(end));

	if (!file || !text) {
		perror(path);
		exit(66);
	}
	*len = fread(text, 1, FILE_MAX, file);
	memcpy(text + *len, end, sizeof(end) - 1);
	*len += sizeof(end) - 1;
	(void)fclose(file);
	return text;
}

static char *
make_envelope(const struct settings *settings, size_t *len)
{
	size_t size = 128 + (size_t)settings->recipients * 64;
	char *text = malloc(size);
	int at;

	if (!text)
		die("malloc");
	at = snprintf(text, size, "MAIL FROM:<load@bench.test>\r\n");
	for (unsigned i = 0; i < settings->recipients; i++)
		at += snprintf(text + at, size - (size_t)at,
		    "RCPT TO:<sink%u@bench.test>\r\n", i);
	at += snprintf(text + at, size - (size_t)at, "DATA\r\n");
	*len = (size_t)at;
	return text;
}

static void
make_texts(struct load *load)
{
	static char hello[] = "EHLO bench.test\r\n";
	static char mail[] = "MAIL FROM:<load@bench.test>\r\n";
	static char rcpt[] = "RCPT TO:<sink@bench.test>\r\n";
	static char data[] = "DATA\r\n";
	static char quit[] = "QUIT\r\n";
	const struct {
		enum step step;
		char *text;
	} rows[] = {{HELLO, hello}, {MAIL, mail}, {RCPT, rcpt}, {DATA, data},
	    {QUIT, quit}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		load->texts[rows[i].step] = rows[i].text;
		load->lens[rows[i].step] = strlen(rows[i].text);
	}
	load->texts[SENT] = load->settings.file
	    ? read_body(load->settings.file, &load->lens[SENT])
	    : make_body(load->settings.octets, &load->lens[SENT]);
	if (load->settings.pipeline)
		load->texts[MAIL] =
		    make_envelope(&load->settings, &load->lens[MAIL]);
}

static void
watch(struct load *load, struct session *session, int operation)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = session};

	if (session->out_len > 0)
		event.events |= EPOLLOUT;
	if (epoll_ctl(load->epoll, operation, session->fd, &event) != 0)
		die("epoll_ctl");
}

static void
push(struct load *load, struct session *session)
{
	bool waited = session->out_len > 0;
	ssize_t count;

	do
		count = send(
		    session->fd, session->out, session->out_len, MSG_NOSIGNAL);
	while (count < 0 && errno == EINTR);
	if (count < 0 && errno != EAGAIN)
		die("send");
	if (count > 0) {
		session->out += count;
		session->out_len -= (size_t)count;
	}
	if (session->out_len > 0 || (waited && count < 0))
		watch(load, session, EPOLL_CTL_MOD);
}

static void
say(struct load *load, struct session *session, enum step step)
{
	session->step = step;
	session->replies = 1;
	if (step == MAIL && load->settings.pipeline)
		session->replies = load->settings.recipients + 2;
	session->out = load->texts[step];
	session->out_len = load->lens[step];
	if (step == SENT)
		session->began_us = now_us();
	push(load, session);
}

static void
open_session(struct load *load, struct session *session)
{
	int one = 1;
	int fd = socket(
	    load->settings.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	if (connect(fd, (struct sockaddr *)&load->settings.address,
		load->settings.address_len) != 0)
		die("connect");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		die("fcntl");
	*session = (struct session){.fd = fd, .step = GREETING, .replies = 1};
	load->open++;
	watch(load, session, EPOLL_CTL_ADD);
}

static void
close_session(struct load *load, struct session *session)
{
	(void)close(session->fd);
	session->fd = -1;
	load->open--;
}

static void
begin(struct load *load, struct session *session)
{
	if (load->begun == load->settings.messages) {
		say(load, session, QUIT);
		return;
	}
	load->begun++;
	session->failed = 0;
	say(load, session, MAIL);
}

static void
end(struct load *load, struct session *session)
{
	load->wait_us += now_us() - session->began_us;
	if (session->failed)
		load->failed++;
	else
		load->sent++;
	if (load->settings.reconnect)
		say(load, session, QUIT);
	else
		begin(load, session);
}

/* All replies to the step are here. */
static void
advance(struct load *load, struct session *session)
{
	switch (session->step) {
	case GREETING:
		say(load, session, HELLO);
		break;
	case HELLO:
		begin(load, session);
		break;
	case MAIL:
		say(load, session, load->settings.pipeline ? SENT : RCPT);
		break;
	case RCPT:
		say(load, session, DATA);
		break;
	case DATA:
		say(load, session, SENT);
		break;
	case SENT:
		end(load, session);
		break;
	default:
		close_session(load, session);
		if (load->settings.reconnect &&
		    load->begun < load->settings.messages)
			open_session(load, session);
		break;
	}
}

static void
take_line(struct load *load, struct session *session, const char *line)
{
	if (line[0] != '2' && line[0] != '3') {
		fprintf(stderr, "load: %.80s\n", line);
		session->failed = 1;
	}
	if (line[3] == '-')
		return;
	session->replies--;
	if (session->replies == 0)
		advance(load, session);
}

static void
pull(struct load *load, struct session *session)
{
	int fd = session->fd;
	ssize_t count = recv(fd, session->line + session->line_len,
	    REPLY_SIZE - 1 - session->line_len, 0);
	char *line = session->line;
	char *mark;

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count <= 0) {
		fprintf(stderr, "load: the server hung up\n");
		exit(1);
	}
	session->line_len += (size_t)count;
	session->line[session->line_len] = '\0';
	while ((mark = strchr(line, '\n')) != NULL) {
		size_t rest = session->line_len - (size_t)(mark + 1 - line);

		take_line(load, session, line);
		/* Behind QUIT the session is closed, or another one. */
		if (session->fd != fd || session->step == GREETING)
			return;
		session->line_len = rest;
		line = mark + 1;
	}
	memmove(session->line, line, session->line_len + 1);
}

static void
run(struct load *load)
{
	struct epoll_event events[EVENTS];

	while (load->open > 0) {
		int count = epoll_wait(load->epoll, events, EVENTS, 30000);

		if (count == 0) {
			fprintf(stderr, "load: no answer for 30 seconds\n");
			exit(1);
		}
		for (int i = 0; i < count; i++) {
			struct session *session = events[i].data.ptr;

			if (session->fd >= 0 && events[i].events & EPOLLOUT)
				push(load, session);
			if (session->fd >= 0 &&
			    events[i].events & (EPOLLIN | EPOLLHUP))
				pull(load, session);
		}
	}
}

static void
resolve(struct settings *settings, char *where)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	char *colon = strrchr(where, ':');

	if (!colon) {
		fprintf(stderr, "load: HOST:PORT is missing\n");
		exit(64);
	}
	*colon = '\0';
	if (getaddrinfo(where, colon + 1, &hints, &found) != 0) {
		fprintf(stderr, "load: %s is no address\n", where);
		exit(68);
	}
	memcpy(&settings->address, found->ai_addr, found->ai_addrlen);
	settings->address_len = found->ai_addrlen;
	freeaddrinfo(found);
}

static void
read_options(struct settings *settings, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "s:m:l:r:f:cp")) != -1) {
		unsigned long value = optarg ? strtoul(optarg, NULL, 10) : 0;

		switch (option) {
		case 's':
			settings->sessions = (unsigned)value;
			break;
		case 'm':
			settings->messages = value;
			break;
		case 'l':
			settings->octets = value;
			break;
		case 'f':
			settings->file = optarg;
			break;
		case 'r':
			settings->recipients = (unsigned)value;
			break;
		case 'c':
			settings->reconnect = true;
			break;
		case 'p':
			settings->pipeline = true;
			break;
		default:
			exit(64);
		}
	}
	if (optind != argc - 1 || settings->sessions == 0) {
		fprintf(stderr,
		    "usage: load [-s SESSIONS] [-m MESSAGES] "
		    "[-l OCTETS] [-r RECIPIENTS] [-f FILE] [-c] [-p] "
		    "HOST:PORT\n");
		exit(64);
	}
	resolve(settings, argv[optind]);
}

int
main(int argc, char **argv)
{
	struct load load = {.settings = {.sessions = 50,
				.messages = 20000,
				.octets = 4096,
				.recipients = 1}};
	long long began_us;
	double seconds;

	read_options(&load.settings, argc, argv);
	make_texts(&load);
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	load.sessions = calloc(load.settings.sessions, sizeof(*load.sessions));
	if (load.epoll < 0 || !load.sessions)
		die("start");
	began_us = now_us();
	for (unsigned i = 0; i < load.settings.sessions; i++)
		open_session(&load, &load.sessions[i]);
	run(&load);
	seconds = (double)(now_us() - began_us) / 1e6;
	printf("sent=%lu failed=%lu seconds=%.3f messages_per_second=%.0f "
	       "mean_commit_us=%.0f\n",
	    load.sent, load.failed, seconds, (double)load.sent / seconds,
	    load.sent ? (double)load.wait_us / (double)load.sent : 0);
	return load.failed > 0;
}
