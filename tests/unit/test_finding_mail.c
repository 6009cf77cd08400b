/*
 * test_finding_mail: ordinary mail has no findings but those that are reviewed.
 *
 * tests/unit/finding holds what real programs sent, NAME.dialogue as the
 * session was recorded and NAME.eml as the message came.
 */
#include "finding_check.h"

#include "address.h"
#include "dialogue.h"

#include <stdlib.h>

struct program {
	const char *name;
	const char *accepted; /* findings that are right */
};

static const struct program programs[] = {
    /* curl -T FILE; what the file lacks is not curl's doing. */
    {"curl_upload", ""},
    /* curl -F; it has no Message-ID of its own. */
    {"curl_form", "message-id-missing"},
    {"msmtp", ""},
    /* nodemailer closes a connection that is not pooled without QUIT. */
    {"nodemailer_plain", "no-quit"},
    /* Likewise; Bcc stays out of the header; names of files are encoded words
       for old programs; the test signs in without TLS. */
    {"nodemailer_rich",
	"no-quit recipient-hidden encoded-word-place auth-clear"},
    {"smtplib_auth", ""},
    /* Postfix, from its queue; sendmail -t takes Bcc out of the header. */
    {"postfix_plain", "recipient-hidden"},
    {"postfix_8bit", ""},
    /* Python's older interface adds neither Date nor Message-ID. */
    {"smtplib_mimetext", "date-missing message-id-missing"},
    {"smtplib_plain", "date-missing message-id-missing"},
    /* Python folds quoted-printable at 78 where RFC 2045 says 76. */
    {"smtplib_rich", "encoding-qp"},
    {"smtplib_utf8", ""},
    {"snail", ""},
    {"snail_rich", ""},
    {"swaks", ""},
    {"swaks_attach", ""},
};

static bool
read_fixture(const char *name, const char *end, struct buf *out)
{
	const char *top = getenv("TOP_SRCDIR");
	char path[4096];
	FILE *file;
	size_t len;
	char *room;

	(void)snprintf(path, sizeof(path), "%s/tests/unit/finding/%s%s",
	    top ? top : "..", name, end);
	file = fopen(path, "rb");
	if (!file)
		return false;
	room = buf_room(out, 64 * 1024);
	len = room ? fread(room, 1, 64 * 1024, file) : 0;
	buf_grow(out, len);
	(void)fclose(file);
	return len > 0;
}

/* One command of the recorded session, as the server took it. */
static void
take_command(struct message *envelope, struct span text)
{
	struct span rest = text;
	struct message_rcpt rcpt = {.reply = SPAN("250 ok")};
	struct path path;
	bool is_mail = span_starts_nocase(text, SPAN("MAIL FROM:"));

	if (!is_mail && !span_starts_nocase(text, SPAN("RCPT TO:")))
		return;
	(void)span_cut(&rest, ':');
	assert_true(address_parse(&rest, is_mail ? PATH_REVERSE : PATH_FORWARD,
			&path) != PATH_SYNTAX);
	if (is_mail)
		assert_true(message_set(
		    envelope, MESSAGE_MAIL_PARAMS, span_trim(rest)));
	rcpt.address = path.mailbox;
	if (!is_mail)
		assert_true(message_add_recipient(envelope, &rcpt));
}

static void
read_envelope(struct message *envelope, struct span dialogue)
{
	struct dialogue_line line;
	struct buf text;

	buf_init(&text, 4096);
	assert_true(message_set(envelope, MESSAGE_SESSION, SPAN("0session")));
	while (dialogue_next(&dialogue, &line)) {
		buf_reset(&text);
		assert_true(dialogue_unescape(&text, line.text));
		if (line.kind == DIALOGUE_CLIENT ||
		    line.kind == DIALOGUE_PIPELINED)
			take_command(envelope, buf_span(&text));
	}
	assert_true(envelope->recipient_count > 0);
	buf_release(&text);
}

/* Each finding that is accepted must be there as well. */
static bool
has_all(const struct findings *found, const char *accepted)
{
	struct span rest = span_string(accepted);
	bool is_whole = true;

	while (rest.len) {
		struct span id = span_cut(&rest, ' ');
		bool is_there = false;

		for (size_t i = 0; i < found->count; i++)
			if (span_equal(span_string(found->at[i].rule->id), id))
				is_there = true;
		if (!is_there)
			print_error("gone: %.*s\n", SPAN_ARG(id));
		is_whole = is_whole && is_there;
	}
	return is_whole;
}

static bool
is_as_reviewed(const struct program *program)
{
	struct budget budget = {.limit = 0};
	struct spool_rules rules = {&budget, 0, NULL};
	struct message *envelope = message_new(&rules);
	struct findings found;
	struct buf dialogue, raw;
	struct mime *mime;
	bool is_good;

	buf_init(&dialogue, 128 * 1024);
	buf_init(&raw, 128 * 1024);
	assert_true(read_fixture(program->name, ".dialogue", &dialogue));
	assert_true(read_fixture(program->name, ".eml", &raw));
	read_envelope(envelope, buf_span(&dialogue));
	mime = mime_parse(buf_span(&raw));
	findings_init(&found);
	assert_true(
	    finding_session(&found, buf_span(&dialogue), SPAN("127.0.0.1")));
	assert_true(finding_message(&found, envelope, buf_span(&raw), mime));
	is_good = finding_check(&found, GOOD, "", program->accepted) &&
	    has_all(&found, program->accepted);
	if (!is_good)
		print_error("in %s\n", program->name);
	findings_release(&found);
	mime_free(mime);
	message_free(envelope);
	buf_release(&dialogue);
	buf_release(&raw);
	return is_good;
}

static void
ordinary_mail_has_no_findings(void **state)
{
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(programs); i++)
		bad += !is_as_reviewed(&programs[i]);
	assert_int_equal(bad, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ordinary_mail_has_no_findings),
	};

	mime_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
