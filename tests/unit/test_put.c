/* test_put: what is put comes back, byte for byte. */
#include "put.h"

#include "fail_alloc.h"
#include "sample.h"
#include "scratch.h"
#include "txn.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
	char folder[SCRATCH_SIZE];
	struct budget budget;
	struct spool_rules rules;
	struct sql *sql;
};

static int
set_up(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	scratch_make(fixture.folder);
	fixture.budget.limit = 1024 * 1024;
	fixture.rules.budget = &fixture.budget;
	fixture.rules.memory_max = 64 * 1024;
	fixture.rules.directory = fixture.folder;
	fixture.sql = sample_database();
	*state = &fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	sql_close(fixture->sql);
	scratch_remove(fixture->folder);
	assert_int_equal(fixture->budget.used, 0);
	return 0;
}

/* Runs a job as the writer does. */
static enum err
run(struct sql *sql, struct store_job *job)
{
	enum err err = txn_begin(sql);

	if (err)
		return err;
	err = job->run(job, sql);
	if (err)
		txn_rollback(sql);
	else
		err = txn_commit(sql);
	return err;
}

static void
assert_body(struct sql *sql, int64_t seq, size_t size)
{
	char *bytes = malloc(size + 1);

	assert_non_null(bytes);
	assert_int_equal(
	    sql_blob_read(sql, "raw", "bytes", seq, 0, bytes, size), ERR_OK);
	assert_int_equal(
	    sql_blob_read(sql, "raw", "bytes", seq, size, bytes, 1), ERR_DATA);
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != sample_byte(i))
			fail_msg("byte %zu of %zu", i, size);
	}
	free(bytes);
}

static void
an_envelope_is_kept_whole(void **state)
{
	struct fixture *fixture = *state;
	struct sql *sql = fixture->sql;
	struct message *message = sample_message(&fixture->rules, "one", 100);
	struct message_rcpt rcpt = {.address = SPAN("no@x.test"),
	    .params = SPAN(""),
	    .reply = SPAN("550 5.1.1 no"),
	    .fault = SPAN("f1")};
	struct put_message put;

	assert_true(message_add_recipient(message, &rcpt));
	message->state = MESSAGE_REFUSED;
	sample_set(message, MESSAGE_REASON, "because");
	sample_set(message, MESSAGE_MAIL_PARAMS, "SIZE=5 BODY=8BITMIME");
	sample_set(message, MESSAGE_USER, "somebody");
	put_message_init(&put, message);
	assert_int_equal(run(sql, &put.job), ERR_OK);
	assert_int_equal(put.seq, 1);
	assert_text(sql,
	    "SELECT seq || '|' || id || '|'"
	    " || session || '|' || received || '|' || state || '|' || reason"
	    " || '|' || listener || '|' || inbox || '|' || peer || '|' || helo"
	    " || '|' || user || '|' || mail_from || '|' || mail_params || '|'"
	    " || size || '|' || is_read || is_indexed FROM message",
	    "1|one|session-1|1048592222000000|1|because|smtp|default|127.0.0.1"
	    "|client.test|somebody|a@x.test|SIZE=5 BODY=8BITMIME|100|00");
	assert_text(sql,
	    "SELECT group_concat(message || position || address || params ||"
	    " reply || fault || is_accepted, ';') FROM recipient",
	    "10b@x.testNOTIFY=NEVER250 2.1.5 b@x.test... Recipient ok1;"
	    "11no@x.test550 5.1.1 nof10");
	assert_body(sql, 1, 100);
	message_free(message);
}

static void
bodies_of_any_size(void **state)
{
	/* In memory up to 64 KiB, in a file beyond; pieces end on and off. */
	static const size_t sizes[] = {
	    0, 1, 16384, 65535, 65536, 65537, 131072, 131073, 1000001};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		char id[UID_SIZE];
		struct message *message;
		struct put_message put;

		(void)snprintf(id, sizeof(id), "id-%zu", i);
		message = sample_message(&fixture->rules, id, sizes[i]);
		assert_int_equal(message->body.fd >= 0, sizes[i] > 64 * 1024);
		put_message_init(&put, message);
		assert_int_equal(run(fixture->sql, &put.job), ERR_OK);
		assert_int_equal(put.seq, i + 1);
		assert_body(fixture->sql, put.seq, sizes[i]);
		message_free(message);
	}
}

static void
any_bytes_are_a_name(void **state)
{
	struct fixture *fixture = *state;
	struct message *message = sample_message(&fixture->rules, "one", 1);
	struct put_message put;

	assert_true(message_set(message, MESSAGE_HELO,
	    SPAN("'; DROP TABLE message; --\0\xff\n%s")));
	put_message_init(&put, message);
	assert_int_equal(run(fixture->sql, &put.job), ERR_OK);
	assert_text(fixture->sql, "SELECT hex(helo) FROM message",
	    "273B2044524F50205441424C45206D6573736167653B202D2D00FF0A2573");
	message_free(message);
}

static void
fill_session(struct put_session *session)
{
	static const char *const values[PUT_SESSION_FIELDS] = {"smtp", "smtps",
	    "127.0.0.1", "127.0.0.1:25", "proxy", "client.test", "user",
	    "PLAIN", "TLSv1.3", "cipher", "group", "sni", "alpn", "cert", ""};

	put_session_init(session);
	(void)snprintf(session->id, sizeof(session->id), "session-1");
	session->started_us = 1000;
	session->peer_port = 4242;
	for (int i = 0; i < PUT_SESSION_FIELDS; i++)
		session->fields[i] = span_string(values[i]);
	session->accepted = 1;
	session->dialogue = SPAN("C 1 EHLO x\n");
}

static const char session_text[] =
    "SELECT seq || '|' || id || '|' || started || '|' || ifnull(ended, '') ||"
    " '|' || listener || '|' || protocol || '|' || peer || '|' || peer_port ||"
    " '|' || local || '|' || proxy || '|' || helo || '|' || user || '|' ||"
    " mechanism || '|' || tls_version || '|' || tls_cipher || '|' ||"
    " tls_group || '|' || sni || '|' || alpn || '|' || client_cert || '|' ||"
    " ending || '|' || accepted || refused || aborted FROM session";

static void
a_session_grows(void **state)
{
	struct fixture *fixture = *state;
	struct sql *sql = fixture->sql;
	struct put_session session;

	fill_session(&session);
	assert_int_equal(run(sql, &session.job), ERR_OK);
	assert_text(sql, session_text,
	    "1|session-1|1000||smtp|smtps|127.0.0.1|4242|127.0.0.1:25|proxy|"
	    "client.test|user|PLAIN|TLSv1.3|cipher|group|sni|alpn|cert||100");
	session.ended_us = 2000;
	session.fields[PUT_SESSION_ENDING] = SPAN("quit");
	session.fields[PUT_SESSION_HELO] = SPAN("other.test");
	session.refused = 2;
	session.aborted = 3;
	session.part = 1;
	session.dialogue = SPAN("C 2 QUIT\n");
	assert_int_equal(run(sql, &session.job), ERR_OK);
	session.dialogue = SPAN("");
	assert_int_equal(run(sql, &session.job), ERR_OK);
	assert_text(sql, session_text,
	    "1|session-1|1000|2000|smtp|smtps|127.0.0.1|4242|127.0.0.1:25|"
	    "proxy|other.test|user|PLAIN|TLSv1.3|cipher|group|sni|alpn|cert|"
	    "quit|123");
	assert_text(sql, "SELECT group_concat(text, '') FROM dialogue",
	    "C 1 EHLO x\nC 2 QUIT\n");
}

static void
a_message_brings_its_session(void **state)
{
	struct fixture *fixture = *state;
	struct message *message = sample_message(&fixture->rules, "one", 10);
	struct put_session session;
	struct put_message put;

	fill_session(&session);
	put_message_init(&put, message);
	put.session = &session;
	assert_int_equal(run(fixture->sql, &put.job), ERR_OK);
	assert_int_equal(
	    sample_number(fixture->sql,
		"SELECT count(*) FROM session JOIN message"
		" ON session.id = message.session"
		" JOIN dialogue ON dialogue.session = session.seq"),
	    1);
	/* All of it or nothing: the message's id is there already. */
	session.part = 1;
	session.accepted = 2;
	assert_int_equal(run(fixture->sql, &put.job), ERR_EXISTS);
	assert_int_equal(
	    sample_number(fixture->sql, "SELECT count(*) FROM dialogue"), 1);
	assert_int_equal(
	    sample_number(fixture->sql, "SELECT accepted FROM session"), 1);
	message_free(message);
}

static void
store_one(struct fixture *fixture, const char *id, struct put_session *session)
{
	struct message *message = sample_message(&fixture->rules, id, 10);
	struct put_message put;

	put_message_init(&put, message);
	put.session = session;
	assert_int_equal(run(fixture->sql, &put.job), ERR_OK);
	message_free(message);
}

static const char limits_text[] =
    "SELECT after_seq || '|' || ifnull(until_seq, 'open') FROM session"
    " WHERE id = 'session-1'";

static void
a_session_knows_where_its_messages_are(void **state)
{
	struct fixture *fixture = *state;
	struct put_session session;

	store_one(fixture, "before", NULL);
	store_one(fixture, "before too", NULL);
	fill_session(&session);
	store_one(fixture, "first", &session);
	assert_text(fixture->sql, limits_text, "2|open");
	store_one(fixture, "another's", NULL);
	session.part = 1;
	assert_int_equal(run(fixture->sql, &session.job), ERR_OK);
	assert_text(fixture->sql, limits_text, "2|open");
	session.part = 2;
	session.ended_us = 1;
	store_one(fixture, "last", &session);
	assert_text(fixture->sql, limits_text, "2|5");
}

static void
a_session_without_messages_has_none(void **state)
{
	struct fixture *fixture = *state;
	struct put_session session;

	store_one(fixture, "before", NULL);
	fill_session(&session);
	session.ended_us = 1;
	assert_int_equal(run(fixture->sql, &session.job), ERR_OK);
	assert_text(fixture->sql, limits_text, "1|1");
}

/* A put of it failed, so messages may have come before it. */
static void
a_late_session_may_have_any(void **state)
{
	struct fixture *fixture = *state;
	struct put_session session;

	store_one(fixture, "its own", NULL);
	fill_session(&session);
	session.is_late = true;
	assert_int_equal(run(fixture->sql, &session.job), ERR_OK);
	assert_text(fixture->sql, limits_text, "0|open");
}

static void
numbers_are_not_used_again(void **state)
{
	struct fixture *fixture = *state;

	for (int64_t i = 1; i <= 3; i++) {
		char id[UID_SIZE];
		struct message *message;
		struct put_session session;
		struct put_message put;

		(void)snprintf(id, sizeof(id), "id-%d", (int)i);
		message = sample_message(&fixture->rules, id, 10);
		fill_session(&session);
		put_message_init(&put, message);
		put.session = &session;
		assert_int_equal(run(fixture->sql, &put.job), ERR_OK);
		assert_int_equal(put.seq, i);
		assert_int_equal(
		    sample_number(fixture->sql, "SELECT seq FROM session"), i);
		assert_int_equal(sql_exec(fixture->sql,
				     "DELETE FROM message; DELETE FROM session;"
				     "DELETE FROM recipient; DELETE FROM raw;"
				     "DELETE FROM dialogue"),
		    ERR_OK);
		message_free(message);
	}
}

/* Its file is shorter than it says: nothing half may stay. */
static void
a_body_that_cannot_be_read(void **state)
{
	struct fixture *fixture = *state;
	struct message *message =
	    sample_message(&fixture->rules, "one", 100000);
	struct put_message put;

	assert_int_equal(ftruncate(message->body.fd, 90000), 0);
	put_message_init(&put, message);
	assert_int_equal(run(fixture->sql, &put.job), ERR_IO);
	assert_int_equal(sample_number(fixture->sql,
			     "SELECT (SELECT count(*) FROM message) +"
			     " (SELECT count(*) FROM recipient) +"
			     " (SELECT count(*) FROM raw)"),
	    0);
	message_free(message);
}

static void
many_recipients(void **state)
{
	struct fixture *fixture = *state;
	struct message *message = sample_message(&fixture->rules, "one", 10);
	struct message_rcpt rcpt = {.address = SPAN("b@x.test"),
	    .params = SPAN(""),
	    .reply = SPAN("250 ok"),
	    .fault = SPAN("")};
	struct put_message put;

	for (int i = 0; i < 4999; i++)
		assert_true(message_add_recipient(message, &rcpt));
	put_message_init(&put, message);
	assert_int_equal(run(fixture->sql, &put.job), ERR_OK);
	assert_int_equal(sample_number(fixture->sql,
			     "SELECT count(*) FROM recipient"
			     " WHERE message = 1 AND is_accepted"),
	    5000);
	message_free(message);
}

struct shortage {
	struct message *message;
};

static void
put_one(void *context)
{
	struct shortage *shortage = context;
	struct sql *sql = NULL;
	struct put_message put;
	enum err err = sql_open(&sql, NULL, SQL_WRITE, NULL);

	if (!err)
		err = schema_migrate(sql, NULL);
	put_message_init(&put, shortage->message);
	if (!err)
		err = run(sql, &put.job);
	assert_int_equal(err, fail_alloc_happened() ? ERR_MEMORY : ERR_OK);
	sql_close(sql);
}

static void
survives_without_memory(void **state)
{
	struct fixture *fixture = *state;
	struct shortage shortage = {
	    .message = sample_message(&fixture->rules, "one", 100)};

	assert_true(fail_alloc_each(put_one, &shortage) > 10);
	message_free(shortage.message);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_envelope_is_kept_whole),
	    TEST(bodies_of_any_size),
	    TEST(any_bytes_are_a_name),
	    TEST(a_session_grows),
	    TEST(a_message_brings_its_session),
	    TEST(a_session_knows_where_its_messages_are),
	    TEST(a_session_without_messages_has_none),
	    TEST(a_late_session_may_have_any),
	    TEST(numbers_are_not_used_again),
	    TEST(a_body_that_cannot_be_read),
	    TEST(many_recipients),
	    TEST(survives_without_memory),
	};

	return cmocka_run_group_tests_name("put", tests, NULL, NULL);
}
