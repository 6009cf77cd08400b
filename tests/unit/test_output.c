/* test_output: the three forms, and what mail cannot do to a terminal. */
#include "output.h"

#include "unit.h"

#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static const struct row {
	struct span text;
	const char *shown;
} escapes[] = {
    {SPAN(""), ""},
    {SPAN("abc \\ \"'<>"), "abc \\ \"'<>"},
    {SPAN("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"),
	"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
    {SPAN("a\nb\rc\td"), "a\\nb\\rc\\td"},
    {SPAN("\x1b[2J\x07\0\x7f"), "\\x1b[2J\\x07\\x00\\x7f"},
    {SPAN("\xff\xc3"), "\\xff\\xc3"},
    /* CSI as one control of C1 */
    {SPAN("\xc2\x9b"
	  "2J"),
	"\\u009b2J"},
    /* bidirectional overrides, isolates, marks, and what has no width */
    {SPAN("\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8f\xd8\x9c\xe2\x80\x8b"),
	"\\u202e\\u2066\\u200f\\u061c\\u200b"},
    {SPAN("\xef\xbb\xbf\xe2\x80\xa8"), "\\ufeff\\u2028"},
    {SPAN("\xf3\xa0\x81\x81"), "\\ue0041"},
};

static void
escapes_what_a_terminal_obeys(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(escapes); i++) {
		struct buf out;

		buf_init(&out, 1000);
		output_escape(&out, escapes[i].text);
		assert_string_equal(buf_string(&out), escapes[i].shown);
		buf_release(&out);
	}
}

/* What is printed for one message into a pipe or a terminal of that width. */
static char *
print(json_t *row, enum output_form form, int width,
    const struct output_column *columns)
{
	struct winsize size = {.ws_col = (unsigned short)width};
	struct output output;
	int fds[2];
	FILE *file;
	static char found[4096];
	size_t len = 0;
	ssize_t got;

	if (width > 0) {
		struct termios termios;

		fds[0] = posix_openpt(O_RDWR | O_NOCTTY);
		assert_true(fds[0] >= 0);
		assert_int_equal(grantpt(fds[0]), 0);
		assert_int_equal(unlockpt(fds[0]), 0);
		fds[1] = open(ptsname(fds[0]), O_RDWR | O_NOCTTY);
		assert_true(fds[1] >= 0);
		assert_int_equal(tcgetattr(fds[1], &termios), 0);
		termios.c_oflag &= ~(tcflag_t)OPOST;
		assert_int_equal(tcsetattr(fds[1], TCSANOW, &termios), 0);
		assert_int_equal(ioctl(fds[1], TIOCSWINSZ, &size), 0);
	} else {
		assert_int_equal(pipe(fds), 0);
	}
	file = fdopen(fds[1], "w");
	assert_non_null(file);
	output_init(&output, file, form, columns);
	assert_int_equal(output_row(&output, row), ERR_OK);
	output_release(&output);
	assert_int_equal(fclose(file), 0);
	/* The end of a terminal is an error. */
	while ((got = read(fds[0], found + len, sizeof(found) - 1 - len)) > 0)
		len += (size_t)got;
	found[len] = '\0';
	(void)close(fds[0]);
	json_decref(row);
	return found;
}

static json_t *
make_message(const char *sender, const char *subject)
{
	json_t *row =
	    json_pack("{s:I, s:s, s:s, s:s, s:s, s:[{s:s}, {s:s}], s:I, s:s}",
		"seq", (json_int_t)7, "id", "0Vz1", "received",
		"2003-03-25T11:37:02.000001Z", "state", "accepted", "mail_from",
		sender, "recipients", "address", "alice@to.test", "address",
		"b@to.test", "size", (json_int_t)4096, "subject", subject);

	assert_non_null(row);
	return row;
}

static void
prints_lines_into_a_pipe(void **state)
{
	(void)state;
	assert_string_equal(print(make_message("", "a\tb\nc\\d\x1b[m\xc3\xa4"),
				OUTPUT_LINES, 0, output_messages),
	    "7\t0Vz1\t2003-03-25T11:37:02.000001Z\taccepted\t\t"
	    "alice@to.test, b@to.test\t4096\t"
	    "a\\tb\\nc\\\\d\\x1b[m\xc3\xa4\n");
}

static void
prints_json(void **state)
{
	(void)state;
	assert_string_equal(print(json_pack("{s:s}", "a", "\xc3\xa4\n"),
				OUTPUT_JSON, 0, output_messages),
	    "{\"a\":\"\xc3\xa4\\n\"}\n");
	assert_string_equal(
	    print(json_pack("{s:s}", "a", "\xc2\x9b\xe2\x80\xae"), OUTPUT_JSON,
		80, output_messages),
	    "{\"a\":\"\\u009B\\u202E\"}\n");
}

static void
prints_a_table_on_a_terminal(void **state)
{
	json_t *row = make_message("x", "y");
	time_t seconds = time(NULL);
	char now[32];
	struct tm tm;

	(void)state;
	assert_string_equal(print(make_message("", "Hi \x1b[m"), OUTPUT_LINES,
				100, output_messages),
	    "  SEQ  RECEIVED    FROM              TO                   SIZE"
	    "  SUBJECT\n"
	    "    7  2003-03-25  <>                alice@to.test, b     4096"
	    "  Hi \\x1b[m\n");
	strftime(
	    now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
	assert_int_equal(
	    json_object_set_new(row, "received", json_string(now)), 0);
	now[19] = '\0'; /* the Z */
	assert_non_null(
	    strstr(print(row, OUTPUT_LINES, 100, output_messages), now + 11));
}

/* Wide characters take two columns, and are never cut in two. */
static void
cuts_at_the_edge(void **state)
{
	const char *found =
	    print(make_message("\xe4\xbe\x8b\xe4\xbe\x8b\xe4\xbe\x8b\xe4\xbe"
			       "\x8b\xe4\xbe\x8b\xe4\xbe\x8b\xe4\xbe\x8b\xe4"
			       "\xbe\x8b\xe4\xbe\x8b\xe4\xbe\x8b\xe4\xbe\x8b",
		      "A long subject that does not fit at all, does it?"),
		OUTPUT_LINES, 100, output_messages);
	struct span rest = span_string(found);

	(void)state;
	(void)span_cut(&rest, '\n');
	while (rest.len > 0)
		assert_true(output_width(span_cut(&rest, '\n')) <= 100);
	assert_non_null(strstr(found, "\xbe\x8b  alice"));
	assert_null(strstr(found, "does it"));
	/* However small the terminal, something is shown. */
	found = print(
	    make_message("x", "subject"), OUTPUT_LINES, 5, output_messages);
	assert_non_null(strstr(found, "subject"));
}

static void
prints_other_kinds(void **state)
{
	(void)state;
	assert_string_equal(print(json_pack("{s:s, s:n, s:I}", "rule", "x",
				      "offset", "line", (json_int_t)3),
				OUTPUT_LINES, 0, output_findings),
	    "\t\t\tx\t4\t\t\t\n");
	assert_string_equal(
	    print(json_pack("{s:s, s:f}", "name", "x", "value", 1.5),
		OUTPUT_LINES, 0, output_numbers),
	    "x\t1.500000\n");
	assert_string_equal(
	    print(json_pack("{s:s, s:b}", "name", "x", "value", 1),
		OUTPUT_LINES, 0, output_numbers),
	    "x\tyes\n");
}

/* A refused recipient of a message that others got was not sent to. */
static void
names_who_got_it(void **state)
{
	static const struct {
		const char *state, *shown;
	} rows[] = {
	    {"accepted", "b@x.test"},
	    {"refused", "a@x.test, b@x.test"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *row = json_pack("{s:s, s:[{s:s, s:s}, {s:s, s:s}]}",
		    "state", rows[i].state, "recipients", "address", "a@x.test",
		    "reply", "452 4.2.2 Full", "address", "b@x.test", "reply",
		    "250 2.1.5 ok");

		const char *found;

		assert_non_null(row);
		found = print(row, OUTPUT_LINES, 0, output_messages);
		assert_non_null(strstr(found, rows[i].shown));
		assert_int_equal(strstr(found, "a@x.test") != NULL, i == 1);
	}
}

static void
says_when_it_cannot_write(void **state)
{
	json_t *row = make_message("x", "y");
	FILE *file = fopen("/dev/full", "we");
	struct output output;
	enum err err = ERR_OK;

	(void)state;
	assert_non_null(file);
	output_init(&output, file, OUTPUT_LINES, output_messages);
	for (int i = 0; i < 100000 && !err; i++)
		err = output_row(&output, row);
	assert_int_equal(err, ERR_IO);
	output_release(&output);
	(void)fclose(file);
	json_decref(row);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(escapes_what_a_terminal_obeys),
	    cmocka_unit_test(prints_lines_into_a_pipe),
	    cmocka_unit_test(prints_json),
	    cmocka_unit_test(prints_a_table_on_a_terminal),
	    cmocka_unit_test(cuts_at_the_edge),
	    cmocka_unit_test(prints_other_kinds),
	    cmocka_unit_test(names_who_got_it),
	    cmocka_unit_test(says_when_it_cannot_write),
	};

	(void)setenv("TZ", "UTC", 1);
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		abort();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
