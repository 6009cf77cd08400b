/*
 * letter: a client that sends mail to a port and blocks meanwhile.
 */
#ifndef LETTER_H
#define LETTER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

/* A connected socket; it gives up reading after a while. */
static inline int
letter_connect(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr = {htonl(INADDR_LOOPBACK)}};
	const struct timeval patience = {30, 0};
	const int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) == 0 &&
	    setsockopt(
		fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* Reads one reply, all its lines; its code, or -1. */
static inline int
letter_hear(int fd)
{
	char line[1024];
	size_t len = 0;
	int code;

	for (;;) {
		if (len == sizeof(line) - 1 || read(fd, line + len, 1) != 1)
			return -1;
		if (line[len++] != '\n')
			continue;
		line[len] = '\0';
		if (len > 4 && line[3] == ' ' && sscanf(line, "%d", &code) == 1)
			return code;
		len = 0;
	}
}

/* Says a line, and gives the code of the reply. */
static inline int
letter_ask(int fd, const char *line)
{
	size_t len = strlen(line);

	if (send(fd, line, len, MSG_NOSIGNAL) != (ssize_t)len ||
	    send(fd, "\r\n", 2, MSG_NOSIGNAL) != 2)
		return -1;
	return letter_hear(fd);
}

/* In one session, to its end; the code of the last reply of the transaction.
   `text` has its CR LF, without the dot. */
static inline int
letter_send_text(int port, const char *to, const char *text)
{
	char line[256];
	int fd = letter_connect(port);
	int code = letter_hear(fd);

	(void)snprintf(line, sizeof(line), "RCPT TO:<%s>", to);
	if (code == 220)
		code = letter_ask(fd, "EHLO letter.test");
	if (code == 250)
		code = letter_ask(fd, "MAIL FROM:<me@letter.test>");
	if (code == 250)
		code = letter_ask(fd, line);
	if (code == 250)
		code = letter_ask(fd, "DATA");
	if (code == 354) {
		size_t len = strlen(text);

		code = send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len
		    ? letter_ask(fd, ".")
		    : -1;
	}
	(void)letter_ask(fd, "QUIT");
	(void)close(fd);
	return code;
}

static inline int
letter_send(int port, const char *to, const char *subject)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "From: Me <me@letter.test>\r\nTo: <%s>\r\nSubject: %s\r\n"
	    "\r\nHello.\r\n",
	    to, subject);
	return letter_send_text(port, to, text);
}

#endif
