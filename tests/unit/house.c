/* house: a whole server on one thread, and guests that talk to it. */
#include "house.h"

#include "clock.h"
#include "dialogue.h"
#include "sql.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HEARD_MAX ((size_t)64 * 1024 * 1024)

int64_t
house_now(void)
{
	return clock_mono_us();
}

/* ---- the house */

static void
on_tick(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	(void)context;
}

static void
see(const struct message *message, int64_t seq, void *context)
{
	struct house *house = context;

	assert_true(seq > 0);
	assert_int_equal(strlen(message->id), UID_LEN);
	house->saw++;
}

static void
note_end(const char *id, void *context)
{
	struct house *house = context;

	assert_int_equal(strlen(id), UID_LEN);
	house->ended++;
}

static void
note_refusal(const char *peer, struct span reply, void *context)
{
	struct house *house = context;

	assert_true(strlen(peer) > 0);
	(void)snprintf(
	    house->refused, sizeof(house->refused), "%.*s", SPAN_ARG(reply));
}

void
house_init(struct house *house)
{
	memset(house, 0, sizeof(*house));
	scratch_make(house->folder);
	(void)snprintf(
	    house->path, sizeof(house->path), "%s/mail.db", house->folder);
	house->options = (struct serve_smtp_options){
	    .hostname = "mail.test",
	    .version = "0.1.0",
	    .default_inbox = "default",
	    .max_message = 10 * 1024 * 1024,
	    .max_recipients = 1000,
	    .max_errors = 100,
	    .max_connections = 1000,
	    .memory_limit = 64 * 1024 * 1024,
	    .refused_max = 64 * 1024,
	    .spool_directory = house->folder,
	    .tls_mode = SERVE_TLS_OPTIONAL,
	    .auth_mode = SERVE_AUTH_ANY,
	    .saw = see,
	    .ended = note_end,
	    .refused = note_refusal,
	    .saw_context = house,
	};
}

void
house_use_tls(struct house *house)
{
	static const char name[] = "/tls";
	char path[SCRATCH_SIZE + sizeof(name)];
	struct tls_options options = {
	    .directory = path, .hostname = "mail.test"};
	struct failure failure;

	(void)snprintf(path, sizeof(path), "%s%s", house->folder, name);
	if (tls_open(&house->tls, &options, &failure) != ERR_OK)
		fail_msg("%s", failure.text);
	house->options.tls = house->tls;
}

void
house_open(struct house *house)
{
	const struct store_options store = {
	    .path = house->path,
	    .durability = STORE_NONE,
	};
	struct timeval time = {.tv_usec = 20000};
	struct failure failure;

	if (store_open(&house->store, &store, &failure) != ERR_OK)
		fail_msg("%s", failure.text);
	assert_int_equal(loop_new(&house->loop, house->store, NULL), ERR_OK);
	house->tick =
	    event_new(loop_base(house->loop), -1, EV_PERSIST, on_tick, NULL);
	assert_int_equal(event_add(house->tick, &time), 0);
	assert_int_equal(
	    serve_smtp_new(&house->smtp, house->loop, &house->options), ERR_OK);
}

void
house_listen(struct house *house, enum listen_protocol protocol,
    const char *text, char address[128])
{
	struct listen_spec spec;
	struct listener *listener;
	struct failure failure;

	if (listen_parse(&spec, protocol, span_string(text), &failure) !=
		ERR_OK ||
	    listen_open(&listener, &spec, &failure) != ERR_OK)
		fail_msg("%s", failure.text);
	listen_spec_release(&spec);
	(void)snprintf(address, 128, "%s", listen_address(listener));
	assert_int_equal(serve_smtp_listen(house->smtp, listener), ERR_OK);
}

static void
note_drained(void *context)
{
	struct house *house = context;

	house->drained++;
}

void
house_stop(struct house *house, int64_t grace_us)
{
	house->is_closing = true;
	serve_smtp_stop(house->smtp, grace_us, note_drained, house);
}

void
house_close(struct house *house)
{
	if (house->smtp) {
		if (!house->is_closing)
			house_stop(house, 5000000);
		house_until(house, house->drained);
	}
	serve_smtp_free(house->smtp);
	event_free(house->tick);
	store_close(house->store);
	loop_free(house->loop);
	tls_close(house->tls);
	fault_set_free(house->faults);
	scratch_remove(house->folder);
}

int
house_set_up(void **state)
{
	struct house *house = malloc(sizeof(*house));

	assert_non_null(house);
	house_init(house);
	*state = house;
	return 0;
}

int
house_tear_down(void **state)
{
	house_close(*state);
	free(*state);
	return 0;
}

void
house_start(struct house *house)
{
	house_open(house);
	house_listen(house, LISTEN_SMTP, "127.0.0.1:0", house->address);
}

static unsigned
count_guests(const struct house *house)
{
	struct serve_smtp_stats stats;

	serve_smtp_stats(house->smtp, &stats);
	return stats.connections;
}

void
house_wait_for_guests(struct house *house, unsigned count)
{
	house_until(house, count_guests(house) == count);
}

void
house_wait_for_ends(struct house *house, unsigned count)
{
	house_until(house, house->ended >= count);
	assert_int_equal(house->ended, count);
}

/* ---- the database */

char *
house_text(struct house *house, const char *text)
{
	struct sql *sql;
	struct sql_row *row;
	struct span found;
	char *copy = NULL;

	house_until(house, store_pending(house->store) == 0);
	assert_int_equal(sql_open(&sql, house->path, SQL_READ, NULL), ERR_OK);
	assert_int_equal(sql_start_once(sql, &row, text), ERR_OK);
	if (sql_step(row) == ERR_OK) {
		found = sql_span(row, 0);
		copy = malloc(found.len + 1);
		assert_non_null(copy);
		if (found.len)
			memcpy(copy, found.at, found.len);
		copy[found.len] = '\0';
	}
	(void)sql_done(row);
	sql_close(sql);
	return copy ? copy : strdup("nothing");
}

int64_t
house_number(struct house *house, const char *text)
{
	char *found = house_text(house, text);
	int64_t number = strtoll(found, NULL, 10);

	free(found);
	return number;
}

void
house_expect(struct house *house, const char *sql, const char *wanted)
{
	char *found = house_text(house, sql);

	assert_string_equal(found, wanted);
	free(found);
}

/* Without when its text came: ", from 0.000123 to 0.000130". */
static struct span
remark_without_times(struct span text)
{
	static const struct span from = SPAN(" octets, from ");
	static const struct span kept = SPAN(" octets kept, from ");

	for (size_t at = 0; at < text.len; at++) {
		struct span rest = text;

		span_skip(&rest, at);
		if (span_starts(rest, from) || span_starts(rest, kept))
			return span_make(text.at, at + span_find(rest, ','));
	}
	return text;
}

/* "C 123 EHLO x" becomes "C EHLO x". */
static char *
without_times(const char *text)
{
	struct span rest = span_string(text);
	struct dialogue_line line;
	char *out = malloc(strlen(text) + 1);
	size_t len = 0;

	assert_non_null(out);
	while (dialogue_next(&rest, &line)) {
		if (line.kind == DIALOGUE_REMARK)
			line.text = remark_without_times(line.text);
		out[len++] = (char)line.kind;
		out[len++] = ' ';
		memcpy(out + len, line.text.at, line.text.len);
		len += line.text.len;
		out[len++] = '\n';
	}
	out[len] = '\0';
	return out;
}

char *
house_dialogue(struct house *house, unsigned back)
{
	char query[256];
	char *text;
	char *shown;

	(void)snprintf(query, sizeof(query),
	    "SELECT group_concat(text, '') FROM (SELECT text FROM dialogue"
	    " WHERE session = (SELECT max(seq) - %u FROM session)"
	    " ORDER BY part)",
	    back);
	text = house_text(house, query);
	shown = without_times(text);
	free(text);
	return shown;
}

/* ---- guests */

static void
hear_some(struct guest *guest, ssize_t got)
{
	if (got > 0)
		buf_grow(&guest->heard, (size_t)got);
	else if (got == 0)
		guest->is_over = true;
	else if (errno != EAGAIN)
		guest->is_over = guest->is_reset = true;
}

static ssize_t
read_some(struct guest *guest, char *room, size_t size)
{
	int got;

	if (!guest->is_tls)
		return read(guest->fd, room, size);
	got = SSL_read(guest->tls.ssl, room, (int)size);
	if (got > 0)
		return got;
	if (tls_peer_waits(&guest->tls, got)) {
		errno = EAGAIN;
		return -1;
	}
	errno = ECONNRESET;
	return SSL_get_error(guest->tls.ssl, got) == SSL_ERROR_ZERO_RETURN ? 0
									   : -1;
}

static void
on_readable(evutil_socket_t fd, short what, void *context)
{
	struct guest *guest = context;
	ssize_t got;

	(void)fd;
	(void)what;
	do {
		char *room = buf_room(&guest->heard, 65536);

		assert_non_null(room);
		got = read_some(guest, room, 65536);
		hear_some(guest, got);
	} while (got > 0);
	if (guest->is_over)
		(void)event_del(guest->readable);
}

int
house_connect(const char *address)
{
	struct sockaddr_in tcp = {
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	bool is_local = strncmp(address, "unix:", 5) == 0;
	int fd =
	    socket(is_local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;

	assert_true(fd >= 0);
	if (is_local) {
		(void)snprintf(
		    local.sun_path, sizeof(local.sun_path), "%s", address + 5);
		assert_int_equal(
		    connect(fd, (struct sockaddr *)&local, sizeof(local)), 0);
		return fd;
	}
	tcp.sin_port =
	    htons((uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	assert_int_equal(connect(fd, (struct sockaddr *)&tcp, sizeof(tcp)), 0);
	return fd;
}

void
guest_come(struct guest *guest, struct house *house, const char *address)
{
	memset(guest, 0, sizeof(*guest));
	guest->house = house;
	guest->fd = house_connect(address);
	assert_int_equal(fcntl(guest->fd, F_SETFL, O_NONBLOCK), 0);
	buf_init(&guest->heard, HEARD_MAX);
	guest->readable = event_new(loop_base(house->loop), guest->fd,
	    EV_READ | EV_PERSIST, on_readable, guest);
	assert_int_equal(event_add(guest->readable, NULL), 0);
}

void
guest_leave(struct guest *guest)
{
	event_free(guest->readable);
	tls_peer_release(&guest->tls);
	close(guest->fd);
	buf_release(&guest->heard);
}

void
guest_reset(struct guest *guest)
{
	struct linger linger = {.l_onoff = 1};

	assert_int_equal(setsockopt(guest->fd, SOL_SOCKET, SO_LINGER, &linger,
			     sizeof(linger)),
	    0);
	guest_leave(guest);
}

void
guest_half_close(struct guest *guest)
{
	assert_int_equal(shutdown(guest->fd, SHUT_WR), 0);
}

static ssize_t
write_some(struct guest *guest, struct span text)
{
	int sent;

	if (!guest->is_tls)
		return send(guest->fd, text.at, text.len, MSG_NOSIGNAL);
	sent = SSL_write(guest->tls.ssl, text.at, (int)text.len);
	if (sent <= 0)
		errno = EAGAIN;
	return sent;
}

/* As fast as the house takes it. */
void
guest_say_span(struct guest *guest, struct span text)
{
	int64_t deadline = house_now() + 10 * CLOCK_SECOND;

	while (text.len) {
		ssize_t sent = write_some(guest, text);

		if (sent > 0) {
			span_skip(&text, (size_t)sent);
			continue;
		}
		assert_int_equal(errno, EAGAIN);
		assert_true(house_now() < deadline);
		loop_turn(guest->house->loop);
	}
}

void
guest_say(struct guest *guest, const char *text)
{
	guest_say_span(guest, span_string(text));
}

/* The length of a reply, or 0: not all of it is there. */
static size_t
reply_len(const struct guest *guest)
{
	struct span rest = buf_span(&guest->heard);
	size_t start = guest->at;

	span_skip(&rest, start);
	while (span_find(rest, '\n') < rest.len) {
		struct span line = span_cut(&rest, '\n');

		if (line.len < 4 || line.at[3] != '-')
			return guest->heard.len - rest.len - start;
	}
	return 0;
}

void
guest_hear(struct guest *guest, const char *wanted)
{
	struct span reply;

	house_until(guest->house, reply_len(guest) || guest->is_over);
	reply = span_make(guest->heard.at + guest->at, reply_len(guest));
	if (!span_starts(reply, span_string(wanted)))
		fail_msg("\"%.*s\" is not \"%s\"", SPAN_ARG(reply), wanted);
	guest->at += reply.len;
}

void
guest_ask(struct guest *guest, const char *line, const char *wanted)
{
	guest_say(guest, line);
	guest_say(guest, "\r\n");
	guest_hear(guest, wanted);
}

void
guest_hear_end(struct guest *guest)
{
	house_until(guest->house, guest->is_over);
	if (guest->at != guest->heard.len)
		fail_msg("said too: \"%.*s\"",
		    (int)(guest->heard.len - guest->at),
		    guest->heard.at + guest->at);
}

void
guest_enter(struct guest *guest, struct house *house, const char *address)
{
	guest_come(guest, house, address);
	guest_hear(guest, "220 mail.test ESMTP mailstop 0.1.0; ");
	guest_ask(guest, "EHLO guest.test", "250-mail.test");
}

void
guest_begin_mail(struct guest *guest)
{
	guest_ask(guest, "MAIL FROM:<a@x.test>", "250 2.1.0 ");
	guest_ask(guest, "RCPT TO:<b@y.test>", "250 2.1.5 ");
	guest_ask(guest, "DATA", "354 ");
}

bool
guest_shake(struct guest *guest, const char *ca_path)
{
	int64_t deadline = house_now() + 10 * CLOCK_SECOND;
	int result;

	(void)event_del(guest->readable);
	assert_true(
	    tls_peer_init(&guest->tls, guest->fd, ca_path, "localhost"));
	assert_int_equal(
	    SSL_set_tlsext_host_name(guest->tls.ssl, "localhost"), 1);
	for (;;) {
		result = SSL_do_handshake(guest->tls.ssl);
		if (result == 1 || !tls_peer_waits(&guest->tls, result))
			break;
		assert_true(house_now() < deadline);
		loop_turn(guest->house->loop);
	}
	guest->is_tls = true;
	assert_int_equal(event_add(guest->readable, NULL), 0);
	return result == 1;
}
