/* test_session_check: messages that are refused for what is found in them. */
#include "house.h"

#include "mime.h"

#include <stdlib.h>
#include <string.h>

#define GOOD                                                                   \
	"From: a@x.test\r\nDate: Tue, 25 Mar 2003 11:37:02 +0000\r\n"          \
	"Message-ID: <1@x.test>\r\nSubject: x\r\n\r\nText\r\n"

static void
start(struct house *house)
{
	house->options.findings = SERVE_FINDINGS_REJECT;
	house->options.refused_max = 100;
	mime_init();
	house_start(house);
}

static void
tells_good_from_bad(void **state)
{
	struct house *house = *state;
	struct guest guest;

	start(house);
	guest_enter(&guest, house, house->address);
	guest_begin_mail(&guest);
	guest_ask(&guest, GOOD "\nbare\r\n.",
	    "550 5.6.0 bare-lf at octet 99: A line ends with LF without CR "
	    "(RFC 5321 2.3.8)\r\n");
	guest_begin_mail(&guest);
	guest_ask(&guest, GOOD ".", "250 2.0.0 OK Message saved as ");
	/* Undeclared 8-bit text is one, and a warning is none. */
	guest_begin_mail(&guest);
	guest_ask(&guest, GOOD "\xe4\r\n.", "550 5.6.0 8bit-undeclared at ");
	guest_begin_mail(&guest);
	guest_ask(&guest,
	    "From: a@x.test\r\nDate: Tue, 25 Mar 2003 11:37:02 +0000\r\n"
	    "\r\n.",
	    "250 2.0.0 OK Message saved as ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
	house_expect(house,
	    "SELECT group_concat(state || ':' || length(bytes)"
	    " || ':' || substr(reason, 1, 17), ' ') FROM message"
	    " JOIN raw ON raw.message = seq",
	    "1:100:550 5.6.0 bare-lf 0:99: 1:100:550 5.6.0 8bit-un 0:57:");
	house_expect(
	    house, "SELECT accepted || '/' || refused FROM session", "2/2");
}

/* In a file, and behind others that wait. */
static void
looks_into_large_ones(void **state)
{
	static const size_t len = (size_t)3 * 1024 * 1024;
	struct house *house = *state;
	struct guest guests[3];
	struct buf text;

	start(house);
	buf_init(&text, len * 2);
	(void)buf_put_string(&text, GOOD);
	while (text.len < len)
		(void)buf_put_string(&text, "1234567890123456789\r\n");
	for (size_t i = 0; i < COUNT(guests); i++) {
		guest_enter(&guests[i], house, house->address);
		guest_begin_mail(&guests[i]);
		guest_say_span(&guests[i], buf_span(&text));
	}
	guest_ask(&guests[0], ".", "250 2.0.0 OK Message saved as ");
	guest_ask(&guests[1], "\rx\r\n.", "550 5.6.0 bare-cr at octet 3145");
	guest_say(&guests[2], ".\r\n");
	guest_half_close(&guests[2]);
	guest_hear(&guests[2], "250 2.0.0 OK Message saved as ");
	for (size_t i = 0; i < COUNT(guests); i++)
		guest_leave(&guests[i]);
	house_wait_for_ends(house, COUNT(guests));
	buf_release(&text);
}

static void
says_so_by_chunks_and_in_lmtp(void **state)
{
	struct house *house = *state;
	char address[128];
	struct guest guest;

	start(house);
	house_listen(house, LISTEN_LMTP, "127.0.0.1:0", address);
	guest_come(&guest, house, address);
	guest_hear(&guest, "220 ");
	guest_ask(&guest, "LHLO x.test", "250-");
	guest_ask(&guest, "MAIL FROM:<a@x.test>", "250 ");
	guest_ask(&guest, "RCPT TO:<b@y.test>", "250 ");
	guest_ask(&guest, "RCPT TO:<c@y.test>", "250 ");
	guest_ask(&guest, "BDAT 5 LAST\r\nabc", "550 5.6.0 header-no-colon ");
	guest_hear(&guest, "550 5.6.0 header-no-colon ");
	guest_ask(&guest, "NOOP", "250 ");
	guest_leave(&guest);
	house_wait_for_ends(house, 1);
}

/* Its message is complete, and nobody hears what becomes of it. */
static void
ends_in_the_middle(void **state)
{
	struct house *house = *state;
	struct guest guest;

	start(house);
	guest_enter(&guest, house, house->address);
	guest_begin_mail(&guest);
	guest_say(&guest, GOOD ".\r\n");
	guest_reset(&guest);
	house_wait_for_ends(house, 1);
	/* Accepted or aborted: it is told apart by who was first. */
	house_expect(house, "SELECT count(*) FROM message", "1");
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(tells_good_from_bad),
	    TEST(looks_into_large_ones),
	    TEST(says_so_by_chunks_and_in_lmtp),
	    TEST(ends_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
