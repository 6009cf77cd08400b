/* test_mailstop: servers inside this process, as others use them. */
#include "mailstop.h"

#include "letter.h"
#include "scratch.h"
#include "unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define LONG_MS 30000

/* ---- servers */

static struct mailstop *
new_server(void)
{
	struct mailstop *server = mailstop_new();

	assert_non_null(server);
	return server;
}

static void
set(struct mailstop *server, const char *name, const char *value)
{
	if (mailstop_set(server, name, value) != MAILSTOP_OK)
		fail_msg("%s %s: %s", name, value, mailstop_error(server));
}

static void
start(struct mailstop *server)
{
	if (mailstop_start(server) != MAILSTOP_OK)
		fail_msg("%s", mailstop_error(server));
	assert_true(mailstop_port(server, "smtp") > 0);
}

static int
set_up(void **state)
{
	*state = new_server();
	start(*state);
	return 0;
}

static int
tear_down(void **state)
{
	mailstop_free(*state);
	return 0;
}

static void
post(struct mailstop *server, const char *to, const char *subject)
{
	assert_int_equal(
	    letter_send(mailstop_port(server, "smtp"), to, subject), 250);
}

static void
expect_count(struct mailstop *server, const char *query, size_t wanted)
{
	size_t count;

	assert_int_equal(mailstop_count(server, query, &count), MAILSTOP_OK);
	assert_int_equal(count, wanted);
}

/* The words name it. */
static void
expect_words(struct mailstop *server, const char *words)
{
	if (!strstr(mailstop_error(server), words))
		fail_msg(
		    "\"%s\" without \"%s\"", mailstop_error(server), words);
}

/* ---- life */

static void
starts_again(void **state)
{
	struct mailstop *server = *state;
	int port = mailstop_port(server, "smtp");
	int fd = letter_connect(port);

	assert_int_equal(letter_hear(fd), 220);
	post(server, "a@x.test", "one");
	expect_count(server, NULL, 1);
	assert_int_equal(mailstop_stop(server), MAILSTOP_OK);
	assert_int_equal(mailstop_stop(server), MAILSTOP_OK);
	assert_int_equal(letter_hear(fd), 421);
	(void)close(fd);
	assert_int_equal(letter_connect(port), -1);
	start(server);
	expect_count(server, NULL, 0);
	post(server, "a@x.test", "two");
	expect_count(server, NULL, 1);
}

static void
is_what_was_set(void **state)
{
	char folder[SCRATCH_SIZE];
	char db[SCRATCH_SIZE + 16];
	char ready[SCRATCH_SIZE + 16];
	struct mailstop *server = new_server();
	struct stat found;

	(void)state;
	scratch_make(folder);
	(void)snprintf(db, sizeof(db), "%s/mail.db", folder);
	(void)snprintf(ready, sizeof(ready), "%s/ready", folder);
	set(server, "db", db);
	set(server, "ready-file", ready);
	set(server, "smtp", "127.0.0.1:0");
	set(server, "smtp", "127.0.0.1:0,name=second");
	set(server, "http", "[::1]:0");
	set(server, "http", "127.0.0.1:0");
	set(server, "lmtp", "unix:/dev/null/lmtp");
	assert_int_equal(mailstop_start(server), MAILSTOP_READONLY);
	expect_words(server, "--lmtp /dev/null");
	assert_int_equal(mailstop_port(server, "smtp"), 0);
	mailstop_free(server);

	server = new_server();
	set(server, "db", db);
	set(server, "ready-file", ready);
	set(server, "smtp", "127.0.0.1:0");
	set(server, "smtp", "127.0.0.1:0,name=second");
	set(server, "http", "127.0.0.1:0");
	start(server);
	assert_int_equal(stat(ready, &found), 0);
	assert_non_null(mailstop_address(server, "smtp", 1));
	assert_null(mailstop_address(server, "smtp", 2));
	assert_true(mailstop_port(server, "http") > 0);
	assert_null(mailstop_ca(server));
	post(server, "a@x.test", "kept");
	mailstop_free(server);

	server = new_server();
	set(server, "db", db);
	start(server);
	assert_null(mailstop_address(server, "http", 0));
	expect_count(server, "subject:kept", 1);
	mailstop_free(server);
	scratch_remove(folder);
}

static void
refuses_options(void **state)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
	    {NULL, "x"},
	    {"", "x"},
	    {"--db", "x"},
	    {"db=x", "y"},
	    {"no-such", "x"},
	    {"db", NULL},
	    {"db", ""},
	    {"keep-age", "7x"},
	    {"smtp", "what"},
	    {"url", "http://x"},
	    {"help", NULL},
	    {"version", NULL},
	    {"config", "/dev/null/x"},
	};
	struct mailstop *server = new_server();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
		    mailstop_set(server, rows[i].name, rows[i].value),
		    MAILSTOP_USAGE);
		assert_true(strlen(mailstop_error(server)) > 0);
	}
	expect_words(server, "/dev/null/x");
	start(server);
	assert_int_equal(mailstop_set(server, "memory", NULL), MAILSTOP_USAGE);
	expect_words(server, "while the server runs");
	assert_int_equal(mailstop_start(server), MAILSTOP_USAGE);
	assert_int_equal(mailstop_on_log(server, NULL, NULL), MAILSTOP_USAGE);
	assert_int_equal(mailstop_stop(server), MAILSTOP_OK);
	assert_int_equal(mailstop_set(server, "memory", NULL), MAILSTOP_OK);
	mailstop_free(server);
}

static void
tries_again_when_a_port_is_free(void **state)
{
	struct mailstop *first = *state;
	struct mailstop *second = new_server();

	set(second, "smtp", mailstop_address(first, "smtp", 0));
	assert_int_not_equal(mailstop_start(second), MAILSTOP_OK);
	expect_words(second, mailstop_address(first, "smtp", 0));
	assert_int_equal(mailstop_stop(first), MAILSTOP_OK);
	start(second);
	post(second, "a@x.test", "x");
	mailstop_free(second);
}

static void
needs_a_server_that_runs(void **state)
{
	struct mailstop *server = new_server();
	struct mailstop_record *record = (struct mailstop_record *)server;
	char *text = (char *)server;
	size_t count = 7;

	(void)state;
	assert_string_equal(mailstop_error(server), "");
	assert_int_equal(
	    mailstop_wait(server, "", 1, 0, &record), MAILSTOP_STOPPED);
	assert_null(record);
	expect_words(server, "does not run");
	assert_int_equal(mailstop_count(server, "", &count), MAILSTOP_STOPPED);
	assert_int_equal(count, 0);
	assert_int_equal(
	    mailstop_raw(server, "1", &text, &count), MAILSTOP_STOPPED);
	assert_null(text);
	assert_int_equal(mailstop_fault_add(server, "data reply=451", &text),
	    MAILSTOP_STOPPED);
	assert_int_equal(mailstop_count(NULL, "", &count), MAILSTOP_USAGE);
	assert_int_equal(mailstop_start(NULL), MAILSTOP_USAGE);
	assert_int_equal(mailstop_stop(NULL), MAILSTOP_USAGE);
	assert_string_equal(mailstop_error(NULL), "");
	assert_int_equal(mailstop_port(server, "smtp"), 0);
	assert_string_equal(mailstop_version(), PACKAGE_VERSION);
	for (int i = 0; i <= MAILSTOP_TIMEOUT; i++)
		assert_true(strlen(mailstop_status_text(i)) > 0);
	assert_string_equal(mailstop_status_text(99), "no such status");
	mailstop_free(server);
	mailstop_free(NULL);
}

/* ---- reading */

#define MESSAGE                                                                \
	"From: Me <me@letter.test>\r\nTo: <a@x.test>\r\n"                      \
	"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\n"        \
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n"                    \
	"--b\r\n\r\nHello.\r\n--b\r\nContent-Type: application/x-y\r\n"        \
	"Content-Disposition: attachment; filename=y.bin\r\n"                  \
	"Content-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--b--\r\n"

static void
reads_all_of_a_message(void **state)
{
	struct mailstop *server = *state;
	struct mailstop_record *list, *message;
	const struct mailstop_record *part;
	char *bytes;
	size_t size;
	char id[64];

	assert_int_equal(letter_send_text(mailstop_port(server, "smtp"),
			     "a@x.test", MESSAGE),
	    250);
	assert_int_equal(
	    mailstop_wait(server, "rcpt:a@x.test", 1, LONG_MS, &list),
	    MAILSTOP_OK);
	assert_int_equal(mailstop_size(list, NULL), 1);
	assert_string_equal(mailstop_text(list, "0.subject"),
	    "Gr\xc3\xbc\xc3\x9f"
	    "e");
	assert_int_equal(mailstop_number(list, "0.seq"), 1);
	(void)snprintf(
	    id, sizeof(id), "%s", mailstop_text(mailstop_at(list, 0), "id"));
	mailstop_record_free(list);

	assert_int_equal(mailstop_message(server, id, &message), MAILSTOP_OK);
	assert_string_equal(mailstop_header(message, "subject"),
	    "Gr\xc3\xbc\xc3\x9f"
	    "e");
	assert_null(mailstop_header(message, "X-None"));
	part = mailstop_get(message, "parts.parts.1");
	assert_string_equal(mailstop_text(part, "name"), "y.bin");
	assert_int_equal(
	    mailstop_part(server, id, mailstop_text(part, "id"), &bytes, &size),
	    MAILSTOP_OK);
	assert_int_equal(size, 4);
	assert_memory_equal(bytes, "\0\1\2\3\0", 5);
	mailstop_bytes_free(bytes);
	mailstop_record_free(message);

	assert_int_equal(
	    mailstop_raw(server, "latest", &bytes, &size), MAILSTOP_OK);
	assert_int_equal(size, strlen(MESSAGE));
	assert_string_equal(bytes, MESSAGE);
	mailstop_bytes_free(bytes);
}

static void
finds_links_and_codes(void **state)
{
	struct mailstop *server = *state;
	struct mailstop_record *links;

	assert_int_equal(
	    letter_send_text(mailstop_port(server, "smtp"), "a@x.test",
		"Subject: Sign in\r\n\r\n"
		"Your code is 123456, or follow\r\n"
		"https://x.test/confirm?t=1\r\n"),
	    250);
	assert_int_equal(mailstop_links(server, "latest", &links), MAILSTOP_OK);
	assert_string_equal(
	    mailstop_text(links, "links.0.url"), "https://x.test/confirm?t=1");
	assert_string_equal(mailstop_text(links, "codes.0.code"), "123456");
	assert_true(mailstop_number(links, "codes.0.confidence") > 0);
	mailstop_record_free(links);
	assert_int_equal(
	    mailstop_links(server, "9", &links), MAILSTOP_NOT_FOUND);
	assert_null(links);
}

static void
reads_records(void **state)
{
	struct mailstop *server = *state;
	struct mailstop_record *message;
	char *json;

	post(server, "a@x.test", "x");
	assert_int_equal(mailstop_message(server, "1", &message), MAILSTOP_OK);
	assert_string_equal(
	    mailstop_text(message, "recipients.0.address"), "a@x.test");
	assert_null(mailstop_text(message, "recipients.1.address"));
	assert_null(mailstop_text(message, "recipients.address"));
	assert_null(mailstop_text(message, "seq"));
	assert_null(mailstop_text(message, "no.such"));
	assert_null(mailstop_get(message, "date"));
	assert_int_equal(mailstop_number(message, "seq"), 1);
	assert_int_equal(mailstop_number(message, "read"), 0);
	assert_int_equal(mailstop_number(message, "subject"), 0);
	assert_int_equal(mailstop_size(message, "recipients"), 1);
	assert_true(mailstop_size(message, "recipients.0") > 1);
	assert_int_equal(mailstop_size(message, "subject"), 0);
	assert_null(mailstop_at(message, 0));
	assert_null(mailstop_at(mailstop_get(message, "recipients"), 1));
	assert_null(mailstop_text(NULL, "x"));
	assert_null(mailstop_header(NULL, "x"));
	json = mailstop_json(mailstop_get(message, "subject"));
	assert_string_equal(json, "\"x\"");
	mailstop_bytes_free(json);
	mailstop_record_free(message);
	mailstop_record_free(NULL);
	mailstop_bytes_free(NULL);
}

static void
reads_sessions(void **state)
{
	struct mailstop *server = *state;
	struct mailstop_record *sessions, *findings, *list;
	char *by_session, *by_message;

	post(server, "a@x.test", "x");
	assert_int_equal(
	    mailstop_sessions(server, "rcpt:a@x.test", 0, &sessions),
	    MAILSTOP_OK);
	assert_int_equal(mailstop_size(sessions, NULL), 1);
	assert_string_equal(mailstop_text(sessions, "0.helo"), "letter.test");
	assert_int_equal(mailstop_transcript(server,
			     mailstop_text(sessions, "0.id"), &by_session),
	    MAILSTOP_OK);
	assert_non_null(strstr(by_session, "RCPT TO:<a@x.test>"));
	assert_int_equal(
	    mailstop_transcript(server, "latest", &by_message), MAILSTOP_OK);
	assert_non_null(strstr(by_message, "EHLO letter.test"));
	mailstop_bytes_free(by_session);
	mailstop_bytes_free(by_message);
	assert_int_equal(mailstop_findings(server,
			     mailstop_text(sessions, "0.id"), &findings),
	    MAILSTOP_OK);
	mailstop_record_free(findings);
	/* It has neither Date nor Message-ID. */
	assert_int_equal(
	    mailstop_findings(server, "1", &findings), MAILSTOP_OK);
	assert_int_equal(
	    mailstop_list(server, "rcpt:a@x.test", 0, &list), MAILSTOP_OK);
	assert_true(mailstop_size(findings, NULL) > 0);
	assert_int_equal(
	    mailstop_size(findings, NULL), mailstop_number(list, "0.findings"));
	assert_non_null(mailstop_text(findings, "0.rule"));
	mailstop_record_free(list);
	mailstop_record_free(findings);
	mailstop_record_free(sessions);
	assert_int_equal(mailstop_transcript(server, "none", &by_session),
	    MAILSTOP_NOT_FOUND);
	expect_words(server, "none: ");
	assert_int_equal(
	    mailstop_findings(server, "none", &findings), MAILSTOP_NOT_FOUND);
	assert_int_equal(
	    mailstop_findings(server, NULL, &findings), MAILSTOP_USAGE);
}

static void
lists_takes_and_removes(void **state)
{
	struct mailstop *server = *state;
	struct mailstop_record *list, *message;
	char *bytes;
	size_t count;

	for (int i = 0; i < 4; i++)
		post(server, i % 2 ? "odd@x.test" : "even@x.test", "x");
	assert_int_equal(mailstop_list(server, "", 3, &list), MAILSTOP_OK);
	assert_int_equal(mailstop_size(list, NULL), 3);
	assert_int_equal(mailstop_number(list, "0.seq"), 1);
	mailstop_record_free(list);
	assert_int_equal(
	    mailstop_take(server, "rcpt:odd", 1, &list), MAILSTOP_OK);
	assert_int_equal(mailstop_number(list, "0.seq"), 2);
	mailstop_record_free(list);
	expect_count(server, "rcpt:odd", 1);
	assert_int_equal(
	    mailstop_message(server, "2", &message), MAILSTOP_GONE);
	assert_null(message);
	expect_words(server, "removed");
	assert_int_equal(
	    mailstop_message(server, "99", &message), MAILSTOP_NOT_FOUND);
	assert_int_equal(
	    mailstop_message(server, NULL, &message), MAILSTOP_USAGE);
	assert_int_equal(
	    mailstop_raw(server, "99", &bytes, NULL), MAILSTOP_NOT_FOUND);
	assert_int_equal(mailstop_part(server, "1", "7.7", &bytes, NULL),
	    MAILSTOP_NOT_FOUND);
	expect_words(server, "no part 7.7");
	assert_int_equal(
	    mailstop_remove(server, "rcpt:even", &count), MAILSTOP_OK);
	assert_int_equal(count, 2);
	assert_int_equal(mailstop_remove(server, NULL, NULL), MAILSTOP_OK);
	expect_count(server, NULL, 0);
	assert_int_equal(
	    mailstop_raw(server, "latest", &bytes, NULL), MAILSTOP_NOT_FOUND);
	assert_int_equal(
	    mailstop_list(server, "rcpt:(", 0, &list), MAILSTOP_USAGE);
	expect_words(server, "at 6");
	assert_int_equal(
	    mailstop_take(server, "is:odd", 0, &list), MAILSTOP_USAGE);
	assert_int_equal(
	    mailstop_remove(server, "is:odd", &count), MAILSTOP_USAGE);
}

/* ---- faults */

static void
fails_on_purpose(void **state)
{
	struct mailstop *server = *state;
	int port = mailstop_port(server, "smtp");
	struct mailstop_record *rules;
	char *id;

	assert_int_equal(
	    mailstop_fault_add(server, "rcpt to=*@full.test reply=452", &id),
	    MAILSTOP_OK);
	assert_int_equal(letter_send(port, "a@full.test", "x"), 452);
	assert_int_equal(letter_send(port, "a@free.test", "x"), 250);
	assert_int_equal(mailstop_faults(server, &rules), MAILSTOP_OK);
	assert_int_equal(mailstop_size(rules, NULL), 1);
	assert_string_equal(mailstop_text(rules, "0.id"), id);
	assert_int_equal(mailstop_number(rules, "0.acted"), 1);
	mailstop_record_free(rules);
	assert_int_equal(
	    mailstop_fault_add(server, "rcpt what", NULL), MAILSTOP_DATA);
	expect_words(server, "rcpt what: at 6");
	assert_int_equal(mailstop_fault_add(server, NULL, NULL), MAILSTOP_DATA);
	assert_int_equal(mailstop_fault_remove(server, id), MAILSTOP_OK);
	assert_int_equal(mailstop_fault_remove(server, id), MAILSTOP_NOT_FOUND);
	mailstop_bytes_free(id);
	assert_int_equal(letter_send(port, "a@full.test", "x"), 250);
	assert_int_equal(
	    mailstop_fault_add(server, "data reply=451", NULL), MAILSTOP_OK);
	assert_int_equal(mailstop_fault_clear(server), MAILSTOP_OK);
	assert_int_equal(letter_send(port, "a@full.test", "x"), 250);
}

/* ---- several */

static void
keeps_two_apart(void **state)
{
	struct mailstop *first = new_server();
	struct mailstop *second = new_server();
	char ca[128];

	(void)state;
	set(first, "tls", "optional");
	set(first, "fault", "rcpt to=*@b.test reply=550");
	set(second, "smtps", "127.0.0.1:0");
	start(first);
	start(second);
	assert_true(mailstop_port(second, "smtps") > 0);
	assert_string_not_equal(mailstop_ca(first), mailstop_ca(second));
	post(first, "a@a.test", "to the first");
	post(second, "a@b.test", "to the second");
	assert_int_equal(
	    letter_send(mailstop_port(first, "smtp"), "a@b.test", "x"), 550);
	expect_count(first, NULL, 1);
	expect_count(first, "subject:first", 1);
	expect_count(second, NULL, 1);
	expect_count(second, "subject:second", 1);
	(void)snprintf(ca, sizeof(ca), "%s", mailstop_ca(first));
	assert_int_equal(access(ca, R_OK), 0);
	mailstop_free(first);
	assert_int_equal(access(ca, R_OK), -1);
	assert_int_equal(access(mailstop_ca(second), R_OK), 0);
	post(second, "a@b.test", "again");
	expect_count(second, NULL, 2);
	mailstop_free(second);
}

/* A child has no threads, and leaves alone what is its parent's. */
static void
is_not_for_children(void **state)
{
	struct mailstop *server = *state;
	size_t count;
	int status;
	pid_t child = fork();

	if (child == 0) {
		int is_right =
		    mailstop_count(server, "", &count) == MAILSTOP_USAGE &&
		    mailstop_stop(server) == MAILSTOP_USAGE;

		mailstop_free(server);
		_exit(is_right ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	post(server, "a@x.test", "x");
	expect_count(server, NULL, 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(starts_again),
	    cmocka_unit_test(is_what_was_set),
	    cmocka_unit_test(refuses_options),
	    TEST(tries_again_when_a_port_is_free),
	    cmocka_unit_test(needs_a_server_that_runs),
	    TEST(reads_all_of_a_message),
	    TEST(finds_links_and_codes),
	    TEST(reads_records),
	    TEST(reads_sessions),
	    TEST(lists_takes_and_removes),
	    TEST(fails_on_purpose),
	    cmocka_unit_test(keeps_two_apart),
	    TEST(is_not_for_children),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
