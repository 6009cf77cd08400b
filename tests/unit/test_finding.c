/* test_finding: messages that break a rule, and those that do not. */
#include "finding_check.h"

#include "fail_alloc.h"

#include <stdlib.h>

#define DATE "Date: Tue, 01 Jul 2025 10:00:00 +0000\r\n"
#define FROM "From: Ann <a@b.test>\r\n"
#define ID "Message-ID: <1@b.test>\r\n"
#define HEAD DATE FROM "To: x@y.test\r\n" ID
#define MIME HEAD "MIME-Version: 1.0\r\n"
#define MULTI MIME "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X49 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X900                                                                   \
	X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50 X50
#define TEXT(literal) literal, sizeof(literal) - 1

struct row {
	const char *rule;
	enum finding_kind kind;
	const char *params; /* of MAIL */
	const char *text;
	size_t len;
	const char *also;
};

#define WORDS                                                                  \
	"The quick brown fox jumps over the lazy dog while seven wizards "     \
	"brew potions\r\n"
#define ALTERNATIVES(text, html)                                               \
	MIME "Content-Type: multipart/alternative; boundary=b\r\n\r\n"         \
	     "--b\r\n\r\n" text "\r\n--b\r\nContent-Type: text/html\r\n\r\n"   \
	     "<p>" html "</p>\r\n--b--\r\n"

static const struct row rows[] = {
    /* bytes */
    {"bare-lf", BAD, "", TEXT(HEAD "\r\none\ntwo\r\n"), ""},
    {"bare-lf", GOOD, "", TEXT(HEAD "\r\none\r\ntwo\r\n"), ""},
    {"bare-lf", GOOD, "BODY=BINARYMIME", TEXT(HEAD "\r\none\ntwo\r\n"), ""},
    {"bare-cr", BAD, "", TEXT(HEAD "\r\none\rtwo\r\n"), ""},
    {"bare-cr", BAD, "", TEXT(HEAD "\r\none\r\r\n"), ""},
    {"bare-cr", GOOD, "", TEXT(HEAD "\r\none\r\n\r\n"), ""},
    {"nul", BAD, "", TEXT(HEAD "\r\none\0two\r\n"), ""},
    {"nul", GOOD, "", TEXT(HEAD "\r\none\001two\r\n"), ""},
    {"line-too-long", BAD, "", TEXT(HEAD "\r\n" X900 X50 X49 "\r\n"), ""},
    {"line-too-long", GOOD, "", TEXT(HEAD "\r\n" X900 X49 X49 "\r\n"), ""},
    {"8bit-undeclared", BAD, "SIZE=9999",
	TEXT(MIME "Content-Type: text/plain; charset=utf-8\r\n"
		  "Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\r\n"),
	""},
    {"8bit-undeclared", GOOD, "SIZE=9999 body=8bitmime",
	TEXT(MIME "Content-Type: text/plain; charset=utf-8\r\n"
		  "Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\r\n"),
	""},
    {"dot-doubled", BAD, "", TEXT(HEAD "\r\n..profile\r\n"), ""},
    {"dot-doubled", GOOD, "",
	TEXT(HEAD "\r\n.profile\r\n...and so on\r\n..\r\n.\r\n"), ""},
    /* header block */
    {"header-no-colon", BAD, "", TEXT(DATE FROM "Hello\r\n" ID "\r\nx\r\n"),
	""},
    {"header-no-colon", BAD, "", TEXT(HEAD "Hello\r\n\r\nx\r\n"), ""},
    {"header-no-colon", BAD, "", TEXT("Hello\r\nyou\r\n"),
	"date-missing from-missing message-id-missing"},
    {"header-no-colon", GOOD, "", TEXT(HEAD "X-Hello:\r\n\r\nx\r\n"), ""},
    {"header-no-colon", GOOD, "", TEXT(HEAD), ""},
    {"header-name", BAD, "", TEXT(HEAD "Subject : x\r\n\r\nx\r\n"), ""},
    {"header-name", BAD, "", TEXT(HEAD "My Header: x\r\n\r\nx\r\n"), ""},
    {"header-name", BAD, "SMTPUTF8", TEXT(HEAD "X-\xc3\xa4: x\r\n\r\nx\r\n"),
	""},
    {"header-name", GOOD, "", TEXT(HEAD "X-!#$%&'*: x\r\n\r\nx\r\n"), ""},
    {"header-8bit", BAD, "SMTPUTF8", TEXT(HEAD "Subject: \xe4\r\n\r\nx\r\n"),
	""},
    {"header-8bit", GOOD, "SMTPUTF8",
	TEXT(HEAD "Subject: \xc3\xa4\r\n\r\nx\r\n"), ""},
    {"header-utf8", BAD, "BODY=8BITMIME",
	TEXT(HEAD "Subject: \xc3\xa4\r\n\r\nx\r\n"), ""},
    {"header-utf8", BAD, "BODY=8BITMIME",
	TEXT(MULTI "--b\r\nContent-Description: \xc3\xa4\r\n\r\nx\r\n"
		   "--b--\r\n"),
	""},
    {"header-utf8", GOOD, "", TEXT(HEAD "Subject: a\r\n\r\nx\r\n"), ""},
    {"header-too-long", BAD, "",
	TEXT(HEAD "X: " X900 X49
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		  "\r\n\r\nx\r\n"),
	""},
    {"header-too-long", GOOD, "",
	TEXT(
	    HEAD "X: " X900 X49 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		 "\r\n " X50 "\r\n\r\nx\r\n"),
	""},
    {"header-fold", BAD, "", TEXT(HEAD "Subject: a\r\n \r\n b\r\n\r\nx\r\n"),
	""},
    {"header-fold", BAD, "", TEXT(" a\r\n" HEAD "\r\nx\r\n"),
	"recipient-hidden"},
    {"header-fold", GOOD, "", TEXT(HEAD "Subject: a\r\n b\r\n\tc\r\n\r\nx\r\n"),
	""},
    {"date-missing", BAD, "", TEXT(FROM ID "\r\nx\r\n"), ""},
    {"date-missing", GOOD, "", TEXT(FROM ID "dATE: 1 Jul 2025 10:00 -0730\r\n"),
	""},
    {"date-repeated", BAD, "", TEXT(HEAD DATE "\r\nx\r\n"), ""},
    {"date-repeated", GOOD, "", TEXT(HEAD "Resent-" DATE "\r\nx\r\n"), ""},
    {"date-syntax", BAD, "", TEXT("Date: today\r\n" FROM ID "\r\nx\r\n"), ""},
    {"date-syntax", GOOD, "",
	TEXT("Date:\r\n Tue, 1 Jul 2025 10:00:00 +0200 (CEST)\r\n" FROM ID
	     "\r\nx\r\n"),
	""},
    {"from-missing", BAD, "", TEXT(DATE ID "\r\nx\r\n"), ""},
    {"from-missing", GOOD, "", TEXT(DATE ID "from: a@b.test\r\n"), ""},
    {"from-repeated", BAD, "", TEXT(HEAD FROM "\r\nx\r\n"), ""},
    {"from-repeated", GOOD, "", TEXT(HEAD "X-" FROM "\r\nx\r\n"), ""},
    {"from-syntax", BAD, "", TEXT(DATE ID "From: Ann\r\n\r\nx\r\n"), ""},
    {"from-syntax", BAD, "", TEXT(DATE ID "From:\r\n\r\nx\r\n"), ""},
    {"from-syntax", GOOD, "",
	TEXT(DATE ID "From: \"A, B\" <a@b.test>, c@d.test\r\n\r\nx\r\n"), ""},
    {"message-id-missing", BAD, "", TEXT(DATE FROM "\r\nx\r\n"), ""},
    {"message-id-missing", GOOD, "",
	TEXT(DATE FROM "Message-Id: <a@b>\r\n\r\nx\r\n"), ""},
    {"message-id-repeated", BAD, "", TEXT(HEAD ID "\r\nx\r\n"), ""},
    {"message-id-repeated", GOOD, "", TEXT(HEAD "X-" ID "\r\nx\r\n"), ""},
    {"message-id-syntax", BAD, "",
	TEXT(DATE FROM "Message-ID: 1@b.test\r\n\r\nx\r\n"), ""},
    {"message-id-syntax", GOOD, "",
	TEXT(DATE FROM "Message-ID:\r\n <a.$b@[127.0.0.1]> (x)\r\n\r\nx\r\n"),
	""},
    {"mime-version-missing", BAD, "",
	TEXT(HEAD "Content-Type: text/plain\r\n\r\nx\r\n"), ""},
    {"mime-version-missing", GOOD, "",
	TEXT(MIME "Content-Type: text/plain\r\n\r\nx\r\n"), ""},
    {"mime-version-repeated", BAD, "",
	TEXT(MIME "MIME-Version: 1.0\r\n\r\nx\r\n"), ""},
    {"mime-version-repeated", GOOD, "", TEXT(MIME "\r\nx\r\n"), ""},
    {"mime-version-syntax", BAD, "", TEXT(HEAD "MIME-Version: 1\r\n\r\nx\r\n"),
	""},
    {"mime-version-syntax", GOOD, "",
	TEXT(HEAD "MIME-Version: 1.(made by)0 (x)\r\n\r\nx\r\n"), ""},
    {"header-repeated", BAD, "",
	TEXT(HEAD "Subject: a\r\nsubject: b\r\n\r\nx\r\n"), ""},
    {"header-repeated", BAD, "", TEXT(HEAD "To: x@y.test\r\n\r\nx\r\n"), ""},
    {"header-repeated", GOOD, "",
	TEXT(HEAD "Received: a\r\nReceived: b\r\n\r\nx\r\n"), ""},
    {"address-syntax", BAD, "", TEXT(HEAD "Cc: a@b.test c@d.test\r\n\r\nx\r\n"),
	""},
    {"address-syntax", GOOD, "",
	TEXT(HEAD "Cc: a@b.test, team: c@d.test, \"E\" <e@f.test>;\r\n\r\n"
		  "x\r\n"),
	""},
    {"bcc-left", BAD, "", TEXT(HEAD "Bcc: z@y.test\r\n\r\nx\r\n"), ""},
    {"bcc-left", GOOD, "", TEXT(HEAD "Bcc:\r\n\r\nx\r\n"), ""},
    {"encoded-word-syntax", BAD, "",
	TEXT(HEAD "Subject: =?utf-8?q?a b?=\r\n\r\nx\r\n"),
	"encoded-word-place"},
    {"encoded-word-syntax", BAD, "",
	TEXT(HEAD "Subject: =?utf-8?b?YQ?=\r\n\r\nx\r\n"), ""},
    {"encoded-word-syntax", BAD, "",
	TEXT(HEAD "Subject: =?utf-8?x?YQ?=\r\n\r\nx\r\n"), ""},
    {"encoded-word-syntax", BAD, "",
	TEXT(HEAD "Subject: =?utf-8?q?=4?=\r\n\r\nx\r\n"), ""},
    {"encoded-word-syntax", GOOD, "",
	TEXT(HEAD "Subject: =?utf-8*de?Q?=C3=A4_=41?=\r\n"
		  " =?ISO-8859-1?b?5A==?= a=?b \"=?\"\r\n\r\nx\r\n"),
	""},
    {"encoded-word-long", BAD, "",
	TEXT(HEAD "Subject: =?utf-8?q?" X50 "xxxxxxxxxxxxxx?=\r\n\r\nx\r\n"),
	""},
    {"encoded-word-long", GOOD, "",
	TEXT(HEAD "Subject: =?utf-8?q?" X50 "xxxxxxxxxxxxx?=\r\n\r\nx\r\n"),
	""},
    {"encoded-word-place", BAD, "",
	TEXT(HEAD "Cc: \"x =?utf-8?q?b?= y\" <z@y.test>\r\n\r\nx\r\n"), ""},
    {"encoded-word-place", BAD, "",
	TEXT(HEAD "Subject: a=?utf-8?q?b?=\r\n\r\nx\r\n"), ""},
    {"encoded-word-place", BAD, "",
	TEXT(HEAD "Cc: \"=?utf-8?q?b?=\" <z@y.test>\r\n\r\nx\r\n"), ""},
    {"encoded-word-place", BAD, "",
	TEXT(MULTI "--b\r\nContent-Disposition: attachment;\r\n"
		   " filename=\"=?utf-8?q?b?=\"\r\n\r\nx\r\n--b--\r\n"),
	""},
    {"encoded-word-place", GOOD, "",
	TEXT(HEAD "Cc: =?utf-8?q?b=2E?=  (=?utf-8?q?c?=)\r\n"
		  " <z@y.test>, =?utf-8?q?b?=<w@y.test>\r\n\r\nx\r\n"),
	""},
    /* structure */
    {"content-type-syntax", BAD, "",
	TEXT(MIME "Content-Type: text\r\n\r\nx\r\n"), ""},
    {"content-type-syntax", BAD, "",
	TEXT(MIME "Content-Type: text/plain; charset=utf-8;\r\n\r\nx\r\n"), ""},
    {"content-type-syntax", BAD, "",
	TEXT(MIME "Content-Type: multipart/mixed; boundary=a=b\r\n\r\n"
		  "--a=b\r\n\r\nx\r\n--a=b--\r\n"),
	""},
    {"content-type-syntax", GOOD, "",
	TEXT(MIME "Content-Type: text / plain (x);\r\n"
		  " charset=\"utf-8\" (y); a*0*=b\r\n\r\nx\r\n"),
	""},
    {"boundary-missing", BAD, "",
	TEXT(MIME "Content-Type: multipart/mixed\r\n\r\n--b\r\n"), ""},
    {"boundary-missing", GOOD, "",
	TEXT(MULTI "preamble\r\n--b\r\n\r\nx\r\n--b-- \r\nepilogue\r\n"), ""},
    {"boundary-syntax", BAD, "",
	TEXT(MIME "Content-Type: multipart/mixed; boundary=\"a*b\"\r\n\r\n"
		  "--a*b\r\n\r\nx\r\n--a*b--\r\n"),
	""},
    {"boundary-syntax", BAD, "",
	TEXT(MIME "Content-Type: multipart/mixed; boundary=" X50
		  "xxxxxxxxxxxxxxxxxxxxx\r\n\r\n--" X50
		  "xxxxxxxxxxxxxxxxxxxxx\r\n\r\nx\r\n--" X50
		  "xxxxxxxxxxxxxxxxxxxxx--\r\n"),
	""},
    {"boundary-syntax", GOOD, "",
	TEXT(MIME "Content-Type: multipart/mixed;\r\n"
		  " boundary=\"'()+_,-./:=? 0aA\"\r\n\r\n"
		  "--'()+_,-./:=? 0aA\r\n\r\nx\r\n--'()+_,-./:=? 0aA--\r\n"),
	""},
    {"boundary-unused", BAD, "", TEXT(MULTI "-- b\r\nx\r\n"), ""},
    {"boundary-unused", GOOD, "", TEXT(MULTI "--b\r\n\r\nx\r\n--b--"), ""},
    {"boundary-unclosed", BAD, "", TEXT(MULTI "--b\r\n\r\nx\r\n--b\r\n"), ""},
    {"boundary-unclosed", BAD, "",
	TEXT(MULTI "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
		   "--c\r\n\r\nx\r\n--b--\r\n"),
	""},
    {"boundary-unclosed", GOOD, "",
	TEXT(MULTI "--b\r\nContent-Type: multipart/mixed; boundary=bc\r\n\r\n"
		   "--bc\r\n\r\nx\r\n--bc--\r\n\r\n--b--\r\n"),
	""},
    {"boundary-in-body", BAD, "",
	TEXT(MULTI "--b\r\n\r\nx\r\n--b--\r\n--b\r\n"), ""},
    {"boundary-in-body", BAD, "", TEXT(MULTI "--b\r\n\r\n--bx\r\n--b--\r\n"),
	""},
    {"boundary-in-body", BAD, "",
	TEXT(MULTI "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
		   "--b\r\n\r\nx\r\n--b--\r\n--b--\r\n"),
	"boundary-unclosed boundary-unused"},
    {"boundary-in-body", GOOD, "",
	TEXT(MULTI "--b\r\n\r\n-b\r\n -- b\r\n--B\r\n --b\r\n--b--\r\n"), ""},
    {"encoding-unknown", BAD, "",
	TEXT(MIME "Content-Transfer-Encoding: utf-8\r\n\r\nx\r\n"), ""},
    {"encoding-unknown", GOOD, "",
	TEXT(MIME "Content-Transfer-Encoding: X-uuencode\r\n\r\nx\r\n"), ""},
    {"encoding-multipart", BAD, "",
	TEXT(MIME "Content-Transfer-Encoding: base64\r\n"
		  "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		  "--b\r\n\r\nx\r\n--b--\r\n"),
	""},
    {"encoding-multipart", GOOD, "",
	TEXT(MIME "Content-Transfer-Encoding: 7bit (x)\r\n"
		  "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		  "--b\r\n\r\nx\r\n--b--\r\n"),
	""},
    {"encoding-8bit", BAD, "BODY=8BITMIME", TEXT(HEAD "\r\n\xc3\xa4\r\n"), ""},
    {"encoding-8bit", BAD, "BODY=8BITMIME",
	TEXT(MIME "Content-Type: text/plain; charset=utf-8\r\n"
		  "Content-Transfer-Encoding: 7BIT\r\n\r\n\xc3\xa4\r\n"),
	""},
    {"encoding-8bit", GOOD, "BODY=8BITMIME",
	TEXT(MIME "Content-Type: text/plain; charset=utf-8\r\n"
		  "Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\r\n"),
	""},
#define BASE64                                                                 \
	MIME "Content-Type: image/png\r\n"                                     \
	     "Content-Transfer-Encoding: base64\r\n\r\n"
    {"encoding-base64", BAD, "", TEXT(BASE64 "YW!j\r\n"), ""},
    {"encoding-base64", BAD, "", TEXT(BASE64 "YWJj\r\nYW\r\n"), ""},
    {"encoding-base64", BAD, "", TEXT(BASE64 "YQ======\r\n"), ""},
    {"encoding-base64", BAD, "", TEXT(BASE64 "YQ==\r\nYWJj\r\n"), ""},
    {"encoding-base64", BAD, "",
	TEXT(BASE64 X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"), ""},
    {"encoding-base64", GOOD, "",
	TEXT(BASE64 X50 "xxxxxxxxxxxxxxxxxxxxxxxxxx\r\nYQ==\r\n\r\n"), ""},
#define QP                                                                     \
	MIME "Content-Type: text/plain; charset=utf-8\r\n"                     \
	     "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    {"encoding-qp", BAD, "", TEXT(QP "a=b\r\n"), ""},
    {"encoding-qp", BAD, "", TEXT(QP "a \r\n"), ""},
    {"encoding-qp", BAD, "BODY=8BITMIME", TEXT(QP "\xc3\xa4\r\n"), ""},
    {"encoding-qp", BAD, "", TEXT(QP X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"),
	""},
    {"encoding-qp", GOOD, "",
	TEXT(QP X50 "xxxxxxxxxxxxxxxxxxxxxxxxx=\r\n=C3=A4=20\r\na=\r\n\r\n"),
	""},
    {"charset-unknown", BAD, "",
	TEXT(MIME "Content-Type: text/plain; charset=klingon\r\n\r\nx\r\n"),
	""},
    {"charset-unknown", BAD, "",
	TEXT(MIME "Content-Type: text/plain; charset=\"utf-16//IGNORE\"\r\n\r\n"
		  "x\r\n"),
	""},
    {"charset-unknown", BAD, "",
	TEXT(MIME "Content-Type: text/plain; charset=" X900 "\r\n\r\nx\r\n"),
	""},
    {"charset-unknown", GOOD, "",
	TEXT(MIME "Content-Type: text/plain; charset=koi8-r\r\n\r\nx\r\n"), ""},
    {"charset-bytes", BAD, "", TEXT(QP "=C3\r\n"), ""},
    {"charset-bytes", BAD, "",
	TEXT(HEAD "Subject: =?utf-8?q?=C3?= =?utf-8?q?=A4?=\r\n\r\nx\r\n"), ""},
    {"charset-bytes", BAD, "BODY=8BITMIME",
	TEXT(MIME "Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\r\n"), ""},
    {"charset-bytes", BAD, "",
	TEXT(MIME "Content-Type: text/plain; charset=windows-1252\r\n"
		  "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		  "=81\r\n"),
	""},
    {"charset-bytes", GOOD, "",
	TEXT(MIME "Content-Type: text/plain; charset=windows-1252\r\n"
		  "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		  "=80\r\n"),
	""},
    {"charset-bytes", GOOD, "", TEXT(QP "=C3=\r\n=A4\r\n"), ""},
    /* A digest's parts are messages, if not said otherwise. */
    {"charset-bytes", GOOD, "BODY=8BITMIME",
	TEXT(MIME "Content-Type: multipart/digest; boundary=b\r\n\r\n"
		  "--b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
		  "Subject: \xe4\r\n--b--\r\n"),
	""},
    /* envelope */
    {"size-declared", BAD, "SIZE=20", TEXT(HEAD "\r\nx\r\n"), ""},
    {"size-declared", GOOD, "SIZE=2000", TEXT(HEAD "\r\nx\r\n"), ""},
    {"recipient-hidden", BAD, "", TEXT(DATE FROM ID "To: z@y.test\r\n\r\nx"),
	""},
    {"recipient-hidden", GOOD, "",
	TEXT(DATE FROM ID "To: z@y.test\r\nCc: X <X@Y.test>\r\n\r\nx"), ""},
    {"alternatives-differ", BAD, "",
	TEXT(ALTERNATIVES("Your program cannot show this message", WORDS)), ""},
    {"alternatives-differ", BAD, "", TEXT(ALTERNATIVES("", WORDS)), ""},
    {"alternatives-differ", GOOD, "",
	TEXT(ALTERNATIVES(WORDS "https://x.test/?seven", "<b>" WORDS "</b>")),
	""},
    {"alternatives-differ", GOOD, "", TEXT(ALTERNATIVES("Hi", "Hi")), ""},
    {"alternatives-differ", GOOD, "", TEXT(ALTERNATIVES(WORDS, WORDS WORDS)),
	""},
#define TEN(x)                                                                 \
	x "0 " x "1 " x "2 " x "3 " x "4 " x "5 " x "6 " x "7 " x "8 " x "9 "
    /* all of the text is in the HTML, but not the other way round */
    {"alternatives-differ", BAD, "",
	TEXT(ALTERNATIVES("The quick brown fox jumps over",
	    "The quick brown fox jumps over " TEN("a") TEN("b") TEN("c")
		TEN("d") TEN("e") TEN("f") TEN("g"))),
	""},
    /* one word often, and no other one */
    {"alternatives-differ", BAD, "",
	TEXT(ALTERNATIVES("fox " TEN("a"),
	    "fox fox fox fox fox fox fox fox " TEN("b") TEN("c"))),
	""},
    {"alternatives-differ", BAD, "",
	TEXT(MIME "Content-Type: multipart/alternative; boundary=b\r\n\r\n"
		  "--b\r\n\r\nNothing of all that is here\r\n"
		  "--b\r\nContent-Type: multipart/related; boundary=c\r\n\r\n"
		  "--c\r\nContent-Type: text/html\r\n\r\n<p>" WORDS
		  "</p>\r\n--c--\r\n\r\n--b--\r\n"),
	""},
};

static struct message *
make_envelope(const char *params)
{
	static struct budget budget = {.limit = 1024};
	static const struct spool_rules rules = {&budget, 1024, NULL};
	static const struct message_rcpt rcpt = {
	    {"x@y.test", 8}, {"", 0}, {"250 ok", 6}, {"", 0}};
	struct message *envelope = message_new(&rules);

	if (envelope &&
	    message_set(envelope, MESSAGE_SESSION, SPAN("0session")) &&
	    message_set(envelope, MESSAGE_MAIL_PARAMS, span_string(params)) &&
	    message_add_recipient(envelope, &rcpt))
		return envelope;
	message_free(envelope);
	return NULL;
}

/* The rows that are not about recipients need not name one. */
static const char *
also(const struct row *row)
{
	if (strcmp(row->rule, "recipient-hidden") == 0 ||
	    strstr(row->text, "x@y.test"))
		return row->also;
	return *row->also ? "recipient-hidden date-missing from-missing "
			    "message-id-missing"
			  : "recipient-hidden";
}

static bool
check_row(const struct row *row)
{
	struct span raw = span_make(row->text, row->len);
	struct message *envelope = make_envelope(row->params);
	struct mime *mime = mime_parse(raw);
	struct findings found;
	bool is_good;

	assert_non_null(envelope);
	assert_non_null(mime);
	findings_init(&found);
	assert_true(finding_message(&found, envelope, raw, mime));
	is_good = finding_check(&found, row->kind, row->rule, also(row));
	if (!is_good)
		print_error("in row %zu: %s\n%s\n", (size_t)(row - rows),
		    row->rule, row->text);
	findings_release(&found);
	mime_free(mime);
	message_free(envelope);
	return is_good;
}

static void
finds_what_breaks_a_rule(void **state)
{
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		bad += !check_row(&rows[i]);
	assert_int_equal(bad, 0);
}

static bool
has_rule(const struct findings *found, const struct finding_rule *rule)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->at[i].rule == rule)
			return true;
	return false;
}

/* Wherever it is cut, nothing is found that is not in the whole. */
static bool
check_cut(const struct message *envelope, struct span raw,
    const struct findings *whole)
{
	struct mime *mime = mime_parse(raw);
	struct findings found;
	bool is_good = true;

	findings_init(&found);
	assert_true(finding_message(&found, envelope, raw, mime));
	for (size_t i = 0; i < found.count; i++) {
		if (has_rule(whole, found.at[i].rule))
			continue;
		print_error(
		    "%s in %.*s\n", found.at[i].rule->id, SPAN_ARG(raw));
		is_good = false;
	}
	findings_release(&found);
	mime_free(mime);
	return is_good;
}

static size_t
check_cuts(struct message *envelope, struct span all)
{
	struct mime *mime = mime_parse(all);
	size_t step = all.len > 300 ? 29 : 1;
	struct findings whole;
	size_t bad = 0;

	findings_init(&whole);
	assert_true(finding_message(&whole, envelope, all, mime));
	envelope->state = MESSAGE_ABORTED;
	for (size_t len = 0; len <= all.len; len += step)
		bad += !check_cut(envelope, span_make(all.at, len), &whole);
	findings_release(&whole);
	mime_free(mime);
	return bad;
}

static void
a_cut_message_lacks_nothing(void **state)
{
	size_t bad = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct message *envelope = make_envelope(rows[i].params);
		struct span all = span_make(rows[i].text, rows[i].len);

		assert_non_null(envelope);
		bad += check_cuts(envelope, all);
		message_free(envelope);
	}
	assert_int_equal(bad, 0);
}

/* What is there is judged all the same. */
static void
a_cut_message_has_findings(void **state)
{
	static const struct {
		const char *text;
		const char *rules;
	} cuts[] = {
	    {"", ""},
	    {"Date: x\r\nFrom", ""},
	    {"Date: x\r\nFrom: a@b.test\r\n", "date-syntax"},
	    {HEAD "Subject: \xff\r\n x\r\nTo: x@", ""},
	    {"From: a\r\n\r\nx\ny",
		"date-missing from-syntax message-id-missing recipient-hidden "
		"bare-lf"},
	    {MULTI "--b\r\n\r\nx\r\n", ""},
	};
	struct message *envelope = make_envelope("");

	(void)state;
	envelope->state = MESSAGE_REFUSED;
	for (size_t i = 0; i < COUNT(cuts); i++) {
		struct span raw = span_string(cuts[i].text);
		struct mime *mime = mime_parse(raw);
		struct findings found;
		struct span rest = span_string(cuts[i].rules);
		size_t count = 0;

		findings_init(&found);
		assert_true(finding_message(&found, envelope, raw, mime));
		for (; rest.len; count++)
			assert_true(has_rule(
			    &found, finding_rule(span_cut(&rest, ' '))));
		assert_int_equal(found.count, count);
		findings_release(&found);
		mime_free(mime);
	}
	message_free(envelope);
}

static void
each_rule_has_two_fixtures(void **state)
{
	const char *rules[COUNT(rows)];
	enum finding_kind kinds[COUNT(rows)];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		rules[i] = rows[i].rule;
		kinds[i] = rows[i].kind;
		assert_non_null(finding_rule(span_string(rules[i])));
	}
	assert_true(finding_check_covers(
	    FINDING_OF_MESSAGE, rules, kinds, COUNT(rows)));
}

static bool
has_only(const char *text, const char *set)
{
	return text && *text && strspn(text, set) == strlen(text);
}

static void
rows_are_well_formed(void **state)
{
	const struct finding_rule *rules = finding_rules();

	(void)state;
	for (size_t i = 0; rules[i].id; i++) {
		assert_true(has_only(
		    rules[i].id, "abcdefghijklmnopqrstuvwxyz0123456789-"));
		assert_ptr_equal(
		    finding_rule(span_string(rules[i].id)), &rules[i]);
		assert_true(strncmp(rules[i].section, "RFC ", 4) == 0);
		assert_true(has_only(rules[i].section + 4, "0123456789. "));
		assert_true(rules[i].title[strlen(rules[i].title) - 1] != '.');
		assert_string_not_equal(
		    finding_severity_name(rules[i].severity), "");
	}
	assert_null(finding_rule(SPAN("")));
	assert_null(finding_rule(SPAN("bare-lff")));
}

static void
says_where(void **state)
{
	static const char text[] =
	    HEAD "\r\none\ntwo\0xxxxxxxxxxxxxxxxxxxxxxxx\r\n..a\r\n";
	struct span raw = span_make(text, sizeof(text) - 1);
	struct findings found;

	(void)state;
	findings_init(&found);
	assert_true(finding_message(&found, NULL, raw, NULL));
	assert_int_equal(found.count, 3);
	for (size_t i = 0; i < found.count; i++) {
		const struct finding *finding = &found.at[i];

		assert_true(i == 0 || finding[-1].offset < finding->offset);
		assert_memory_equal(finding->bytes.at, text + finding->offset,
		    finding->bytes.len);
	}
	assert_true(
	    span_equal(found.at[0].bytes, SPAN("\ntwo\0xxxxxxxxxxxxxxx")));
	assert_int_equal(text[found.at[1].offset], '\0');
	assert_true(span_equal(found.at[2].bytes, SPAN("..a")));
	findings_release(&found);
}

static void
undeclared_needs_a_session(void **state)
{
	struct span raw =
	    SPAN(MIME "Subject: \xc3\xa4\r\n"
		      "Content-Type: text/plain; charset=utf-8\r\n"
		      "Content-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\r\n");
	struct message *envelope = make_envelope("SIZE=1");
	struct findings found;

	(void)state;
	findings_init(&found);
	assert_true(finding_message(&found, NULL, raw, NULL));
	assert_true(message_set(envelope, MESSAGE_SESSION, SPAN("")));
	assert_true(finding_message(&found, envelope, raw, NULL));
	assert_int_equal(found.count, 0);
	assert_true(message_set(envelope, MESSAGE_SESSION, SPAN("s")));
	assert_true(finding_message(&found, envelope, raw, NULL));
	assert_int_equal(found.count, 3);
	findings_release(&found);
	message_free(envelope);
}

/* Both looks may share one list; what was found first stays as it is. */
static void
lists_can_be_continued(void **state)
{
	struct findings found;

	(void)state;
	findings_init(&found);
	assert_true(finding_session(
	    &found, SPAN("S 1 220 x\nC 2 NOOP\nS 3 250 x\n"), SPAN("unix")));
	assert_int_equal(found.count, 1);
	for (int i = 0; i < 30; i++)
		assert_true(finding_message(
		    &found, NULL, SPAN(HEAD "\r\nabc\n"), NULL));
	assert_int_equal(found.count, 31);
	assert_string_equal(found.at[0].rule->id, "no-quit");
	for (size_t i = 1; i < found.count; i++)
		assert_true(span_equal(found.at[i].bytes, SPAN("\n")));
	findings_release(&found);
}

static size_t
count_of(const struct findings *found, const char *id)
{
	size_t count = 0;

	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->at[i].rule->id, id) == 0)
			count += 1 + found->at[i].more;
	return count;
}

/* A message of so many pieces, and how many findings of a rule it must have. */
struct flood {
	const char *head, *piece, *tail;
	size_t count;
	const char *rule;
	size_t expected;
};

static const struct flood floods[] = {
    {HEAD, "Subject: a\r\n", "\r\n", 100000, "header-repeated", 99999},
    {HEAD, "Subject: =?iso-8859-15?q?a?=\r\n", "\r\n", 100000,
	"header-repeated", 99999},
    {HEAD "Cc: ", "a@b.test, ", "c@d.test\r\n\r\n", 100000, "address-syntax",
	0},
    {HEAD "Cc: ", "(", "\r\n\r\n", 1000000, "address-syntax", 1},
    {HEAD "Cc: ", "=?", "\r\n\r\n", 500000, "address-syntax", 1},
    {HEAD "Subject: ", "=?a?q?", "\r\n\r\n", 200000, "encoded-word-syntax",
	100000},
    {HEAD "\r\n", "\n", "", 1000000, "bare-lf", 1000000},
    {HEAD "\r\n", "\r", "", 1000000, "bare-cr", 1000000},
    {HEAD "\r\n", "xxxxxxxxxx", "\r\n", 500000, "line-too-long", 1},
    {MULTI, "--b\r\n\r\n", "--b--\r\n", 200000, "boundary-unclosed", 0},
    {MULTI "--b\r\n\r\n", "--bx\r\n", "--b--\r\n", 200000, "boundary-in-body",
	200000},
    {MULTI, "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n", "",
	1000, "boundary-unclosed", MIME_DEPTH_MAX},
    {MIME "Content-Type: text/plain", "; a=b", "\r\n\r\n", 200000,
	"content-type-syntax", 0},
    {MIME "Content-Type: text/plain; =", "boundary ", "\r\n\r\n", 200000,
	"content-type-syntax", 1},
};

static void
floods_are_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(floods); i++) {
		const struct flood *flood = &floods[i];
		struct findings found;
		struct buf text;

		buf_init(&text, 64 * 1024 * 1024);
		(void)buf_put_string(&text, flood->head);
		for (size_t n = 0; n < flood->count; n++)
			(void)buf_put_string(&text, flood->piece);
		assert_true(buf_put_string(&text, flood->tail));
		findings_init(&found);
		assert_true(
		    finding_message(&found, NULL, buf_span(&text), NULL));
		if (count_of(&found, flood->rule) != flood->expected)
			print_error("flood %zu\n", i);
		assert_int_equal(
		    count_of(&found, flood->rule), flood->expected);
		findings_release(&found);
		buf_release(&text);
	}
}

/* Each multipart inside the one before, deeper than anyone looks. */
static void
nested_multiparts_are_no_trouble(void **state)
{
	struct findings found;
	struct buf text;

	(void)state;
	buf_init(&text, 16 * 1024 * 1024);
	(void)buf_put_string(
	    &text, MIME "Content-Type: multipart/mixed; boundary=b0\r\n\r\n");
	for (int i = 0; i < 1000; i++)
		(void)buf_printf(&text,
		    "--b%d\r\nContent-Type: multipart/mixed; "
		    "boundary=b%d\r\n\r\n",
		    i, i + 1);
	assert_false(buf_failed(&text));
	findings_init(&found);
	assert_true(finding_message(&found, NULL, buf_span(&text), NULL));
	assert_int_equal(count_of(&found, "boundary-unclosed"), MIME_DEPTH_MAX);
	findings_release(&found);
	buf_release(&text);
}

static void
look(void *context)
{
	struct span raw = SPAN(ALTERNATIVES("a\nb\nc", WORDS) "\n\n\n\n\n\n\n");
	struct message *envelope = make_envelope("SIZE=1");
	struct findings found;

	findings_init(&found);
	if (envelope && !finding_message(&found, envelope, raw, context))
		assert_true(fail_alloc_happened());
	for (size_t i = 0; i < found.count; i++)
		assert_non_null(found.at[i].bytes.at);
	findings_release(&found);
	message_free(envelope);
}

static void
lack_of_memory_is_said(void **state)
{
	struct mime *mime = mime_parse(SPAN(ALTERNATIVES("a\nb\nc", WORDS)));

	(void)state;
	assert_true(fail_alloc_each(look, mime) > 5);
	mime_free(mime);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_are_well_formed),
	    cmocka_unit_test(finds_what_breaks_a_rule),
	    cmocka_unit_test(each_rule_has_two_fixtures),
	    cmocka_unit_test(a_cut_message_lacks_nothing),
	    cmocka_unit_test(a_cut_message_has_findings),
	    cmocka_unit_test(says_where),
	    cmocka_unit_test(undeclared_needs_a_session),
	    cmocka_unit_test(lists_can_be_continued),
	    cmocka_unit_test(floods_are_counted),
	    cmocka_unit_test(nested_multiparts_are_no_trouble),
	    cmocka_unit_test(lack_of_memory_is_said),
	};

	mime_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
