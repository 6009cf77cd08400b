/* corpus: some forty messages plain and odd, in a database of the test's own.
 */
#include "corpus.h"

#include "put.h"
#include "schema.h"
#include "txn.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define DAY 86400
#define APRIL 1711929600 /* 2024-04-01T00:00:00Z */

#define HEAD(from, to, subject)                                                \
	"From: " from "\r\nTo: " to "\r\nSubject: " subject "\r\n"

#define PDF(name)                                                              \
	"MIME-Version: 1.0\r\n"                                                \
	"Content-Type: multipart/mixed; boundary=b\r\n\r\n"                    \
	"--b\r\nContent-Type: text/plain\r\n\r\nSee attached\r\n"              \
	"--b\r\nContent-Type: application/pdf; name=\"" name "\"\r\n"          \
	"Content-Disposition: attachment\r\n\r\nx\r\n--b--\r\n"

#define HTML(html) "Content-Type: text/html; charset=utf-8\r\n\r\n" html "\r\n"

const struct corpus_row corpus_rows[] = {
    {HEAD("Alice <alice@x.test>", "Bob <bob@y.test>",
	 "Welcome") "\r\nHello Bob, welcome to the house\r\n",
	"alice@x.test", "bob@y.test", "client.test", "127.0.0.1", "", "one",
	"s1", MESSAGE_ACCEPTED, APRIL, false},
    {HEAD("ALICE <Alice@X.test>", "carol@y.test",
	 "WELCOME back") "\r\nHELLO\r\n",
	"Alice@X.test", "carol@y.test", "CLIENT.test", "127.0.0.1", "me", "one",
	"s1", MESSAGE_ACCEPTED, APRIL + DAY, true},
    {HEAD("shop@x.test", "dave@z.test", "Invoice 4711") PDF("invoice-4711.pdf"),
	"bounce+17@x.test", "dave@z.test", "mail.x.test", "10.0.0.7", "", "two",
	"s2", MESSAGE_ACCEPTED, APRIL + 2 * DAY, false},
    {HEAD("shop@x.test", "dave@z.test", "Invoice 4712") PDF("Invoice [2].PDF"),
	"", "dave@z.test hidden@z.test", "mail.x.test", "10.0.0.7", "", "two",
	"s2", MESSAGE_ACCEPTED, APRIL + 3 * DAY, true},
    {HEAD("shop@x.test", "undisclosed-recipients:;", "Our news")
	    HTML("<title>hidden title</title><h1>Voice of the shop</h1>"
		 "<p>100% in<b>voice</b>s, see <a href='http://l.test/a_b?c=1'>"
		 "here</a> &amp; there"),
	"news@x.test", "e@z.test f@z.test", "mail.x.test", "10.0.0.8", "",
	"two", "s3", MESSAGE_ACCEPTED, APRIL + 4 * DAY, false},
    {HEAD("=?utf-8?Q?J=C3=96RG_M=C3=BCller?= <jm@x.test>",
	 "=?iso-8859-1?Q?Gr=FC=DFe?= <g@y.test>",
	 "=?utf-8?B?R3LDvMOfZSBhdXMgw4RneXB0ZW4=?=") "Content-Type: text/plain; charset=utf-8\r\n\r\n"
						     "\xc3\x84gypten, Gr\xc3\xb6\xc3\x9f"
						     "e und \xce\xa9\r\n",
	"jm@x.test", "g@y.test", "[127.0.0.1]", "::1", "", "", "s4",
	MESSAGE_ACCEPTED, APRIL + 5 * DAY, false},
    {HEAD(
	 "a@x.test", "b@x.test", "50% off_now") "\r\nunder_score and 100 %\r\n",
	"a@x.test", "b@x.test", "h", "p", "u", "i", "s5", MESSAGE_ACCEPTED,
	APRIL + 6 * DAY, false},
    {HEAD("a@x.test", "user+tag1+Tag.Two@x.test",
	 "Tagged") "X-Tags: Red, deep  blue, red, ;;, =?utf-8?Q?gr=C3=BCn?=\r\n\r\nx\r\n",
	"a@x.test", "user+tag1+Tag.Two@x.test user+own@x.test", "h", "p", "u",
	"i", "s5", MESSAGE_ACCEPTED, APRIL + 7 * DAY, false},
    {HEAD("a@x.test", "b@x.test", "Also tagged") "X-Tags: RED\r\n\r\ny\r\n",
	"a@x.test", "b@x.test", "h", "p", "u", "i", "s5", MESSAGE_ACCEPTED,
	APRIL + 8 * DAY, true},
    {HEAD("a@x.test", "b@x.test", "Refused") "\r\nrefused text\r\n", "a@x.test",
	"b@x.test", "h", "p", "u", "i", "s6", MESSAGE_REFUSED, APRIL + 9 * DAY,
	false},
    {HEAD("a@x.test", "b@x.test", "Aborted") "\r\nabo", "a@x.test", "b@x.test",
	"h", "p", "u", "i", "s6", MESSAGE_ABORTED, APRIL + 10 * DAY, false},
    {"", "a@x.test", "b@x.test", "h", "p", "u", "i", "s7", MESSAGE_ACCEPTED,
	APRIL + 11 * DAY, false},
    {"no header at all\r\n", "a@x.test", "!full@x.test b@x.test", "h", "p", "u",
	"i", "s7", MESSAGE_ACCEPTED, APRIL + 12 * DAY, false},
    {"\r\nbody only\nwith bare LF\xff\r\n", "a@x.test", "b@x.test", "h", "p",
	"u", "i", "s7", MESSAGE_ACCEPTED, APRIL + 13 * DAY, false},
    {HEAD("not an address", "also not",
	 "Odd  blanks\tin, (it); \"q\"") "Reply-To: Reply <reply@x.test>, second@x.test\r\n"
					 "Cc: cc1@y.test, \"Smith, J\" <cc2@y.test>\r\n"
					 "Bcc: bcc@y.test\r\nMessage-ID: <One.Two@x.test>\r\n"
					 "Return-Path: <ret@x.test>\r\nX-Empty:\r\n\r\nx\r\n",
	"a@x.test", "b@x.test", "h", "p", "u", "i", "s8", MESSAGE_ACCEPTED,
	APRIL + 14 * DAY, false},
    {HEAD("a@x.test", "friends: f1@y.test, f2@y.test;",
	 "Group") "Message-ID: <three@x.test>\r\nX-Test: one\r\nX-TEST: two words\r\n"
		  "X-Test: =?utf-8?Q?dr=C3=A9i?=\r\n\r\nx\r\n",
	"a@x.test", "f1@y.test F2@Y.test", "h", "p", "u", "i", "s8",
	MESSAGE_ACCEPTED, APRIL + 15 * DAY, false},
    {HEAD("a@x.test", "b@x.test",
	 "Inline picture") "Content-Type: multipart/related; boundary=b\r\n\r\n"
			   "--b\r\nContent-Type: text/html\r\n\r\n<p>pic <img src=cid:p>\r\n"
			   "--b\r\nContent-Type: image/png; name=pic.png\r\n"
			   "Content-Disposition: inline\r\nContent-ID: <p>\r\n\r\nx\r\n"
			   "--b\r\nContent-Type: image/gif; name=other.gif\r\n\r\nx\r\n--b--\r\n",
	"a@x.test", "b@x.test", "h", "p", "u", "i", "s9", MESSAGE_ACCEPTED,
	APRIL + 16 * DAY, false},
    {HEAD("a@x.test", "b@x.test",
	 "Both") "Content-Type: multipart/alternative; boundary=b\r\n\r\n"
		 "--b\r\nContent-Type: text/plain\r\n\r\nplain words\r\n"
		 "--b\r\nContent-Type: text/html\r\n\r\n<p>rich words</p>\r\n--b--\r\n",
	"a@x.test", "b@x.test", "h", "p", "u", "i", "s9", MESSAGE_ACCEPTED,
	APRIL + 17 * DAY, false},
    {HEAD("a@x.test", "b@x.test", "Bare LF") "\r\nfirst\nsecond\r\n",
	"a@x.test", "b@x.test", "h", "p", "u", "i", "s9", MESSAGE_ACCEPTED,
	APRIL + 18 * DAY, false},
    {HEAD("a@x.test", "b@x.test",
	 "aaab aaaab ab*c?d [x] \\ back") "\r\nab*c?d 0a1b2c3d4e5f A_B\\C order-0a1b2c3d\r\n",
	"a*b?c@x.test", "b@x.test", "h*", "p", "u_%\\", "i", "s9",
	MESSAGE_ACCEPTED, APRIL + 19 * DAY, false},
    {HEAD("a@x.test", "b@x.test",
	 "Long words") "\r\nsupercalifragilisticexpialidocious http://x.test/"
		       "aGVsbG8gd29ybGQgaGVsbG8?token=ab12cd34\r\n"
		       "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xb8\x96\xe7\x95\x8c\r\n",
	"a@x.test", "b@x.test", "h", "p", "u", "i", "s9", MESSAGE_ACCEPTED,
	APRIL + 20 * DAY, false},
    {HEAD("noreply@Example.COM", "User4711@example.com", "Order 4711 shipped")
	    HTML("<p>Your order <b>4711</b>&nbsp;has shipped"),
	"noreply@example.com", "User4711@example.com", "h", "p", "u", "i",
	"s10", MESSAGE_ACCEPTED, APRIL + 21 * DAY, false},
    {HEAD("a@x.test", "u1@many.test", "Many") "\r\nmany\r\n", "a@x.test",
	"u1@many.test u2@many.test u3@many.test u4@many.test !u5@many.test",
	"h", "p", "u", "i", "s10", MESSAGE_ACCEPTED, APRIL + 22 * DAY, false},
    {"Subject: twice\r\nSubject: second subject\r\nTo: one@x.test\r\n"
     "To: two@x.test\r\n\r\nx\r\n",
	"a@x.test", "b@x.test", "h", "p", "u", "i", "s10", MESSAGE_ACCEPTED,
	APRIL + 23 * DAY, false},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, false},
};

void
corpus_id(char id[UID_SIZE], int64_t seq)
{
	char text[UID_SIZE + 8];

	(void)snprintf(text, sizeof(text), "0aB%019lld", (long long)seq);
	memcpy(id, text, UID_LEN);
	id[UID_LEN] = '\0';
}

void
corpus_check(struct sql *sql, enum err err)
{
	if (err)
		print_error("%s: %s\n", err_text(err), sql_error_text(sql));
	assert_int_equal(err, ERR_OK);
}

int64_t
corpus_number(struct sql *sql, const char *text)
{
	struct sql_row *row;
	int64_t number;

	corpus_check(sql, sql_start_once(sql, &row, text));
	corpus_check(sql, sql_step(row));
	number = sql_number(row, 0);
	corpus_check(sql, sql_done(row));
	return number;
}

struct sql *
corpus_open(const char *path)
{
	struct failure failure = {""};
	struct sql *sql = NULL;
	enum err err = sql_open(&sql, path, SQL_WRITE, &failure);

	if (!err)
		err = schema_migrate(sql, &failure);
	if (err)
		print_error("%s\n", failure.text);
	assert_int_equal(err, ERR_OK);
	return sql;
}

static void
add_recipients(struct message *message, const char *rcpts)
{
	struct span rest = span_string(rcpts);

	while (rest.len) {
		struct span address = span_cut(&rest, ' ');
		struct message_rcpt rcpt = {
		    address, SPAN(""), SPAN("250 2.1.5 Ok"), SPAN("")};

		if (address.at[0] == '!') {
			span_skip(&rcpt.address, 1);
			rcpt.reply = SPAN("452 4.2.2 Full");
		}
		assert_true(message_add_recipient(message, &rcpt));
	}
}

static void
fill(struct message *message, const struct corpus_row *row)
{
	const char *const fields[MESSAGE_FIELDS] = {
	    [MESSAGE_SESSION] = row->session,
	    [MESSAGE_LISTENER] = "smtp",
	    [MESSAGE_INBOX] = row->inbox,
	    [MESSAGE_PEER] = row->peer,
	    [MESSAGE_HELO] = row->helo,
	    [MESSAGE_USER] = row->user,
	    [MESSAGE_MAIL_FROM] = row->mail_from,
	    [MESSAGE_MAIL_PARAMS] = "",
	    [MESSAGE_REASON] = row->state == MESSAGE_ACCEPTED ? "" : "no",
	};

	for (int i = 0; i < MESSAGE_FIELDS; i++)
		assert_true(message_set(
		    message, (enum message_field)i, span_string(fields[i])));
	message->state = row->state;
	message->received_us = row->received * 1000000;
	add_recipients(message, row->rcpts);
	assert_int_equal(
	    spool_put(&message->body, span_string(row->raw)), ERR_OK);
}

int64_t
corpus_put(struct sql *sql, const struct corpus_row *row)
{
	struct budget budget = {16 * 1024 * 1024, 0};
	struct spool_rules rules = {&budget, 8 * 1024 * 1024, NULL};
	struct message *message = message_new(&rules);
	struct put_message put;

	assert_non_null(message);
	fill(message, row);
	corpus_id(message->id,
	    1 +
		corpus_number(sql,
		    "SELECT ifnull((SELECT value FROM counter"
		    " WHERE name = 'seq'), 0)"));
	put_message_init(&put, message);
	corpus_check(sql, txn_begin(sql));
	corpus_check(sql, put.job.run(&put.job, sql));
	corpus_check(sql, txn_commit(sql));
	if (row->is_read) {
		struct sql_row *mark;

		corpus_check(sql,
		    sql_start(sql, &mark,
			"UPDATE message SET is_read = 1 WHERE seq = ?"));
		sql_bind_number(mark, 1, put.seq);
		(void)sql_step(mark);
		corpus_check(sql, sql_done(mark));
	}
	message_free(message);
	return put.seq;
}

void
corpus_fill(struct sql *sql)
{
	for (const struct corpus_row *row = corpus_rows; row->raw; row++)
		(void)corpus_put(sql, row);
}
