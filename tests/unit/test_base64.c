/* test_base64: the vectors of RFC 4648, and texts that are none. */
#include "base64.h"

#include "fail_alloc.h"
#include "unit.h"

#include <string.h>

static const struct {
	struct span bytes;
	struct span text;
} pairs[] = {
    {SPAN(""), SPAN("")},
    {SPAN("f"), SPAN("Zg==")},
    {SPAN("fo"), SPAN("Zm8=")},
    {SPAN("foo"), SPAN("Zm9v")},
    {SPAN("foob"), SPAN("Zm9vYg==")},
    {SPAN("fooba"), SPAN("Zm9vYmE=")},
    {SPAN("foobar"), SPAN("Zm9vYmFy")},
    {SPAN("\0"), SPAN("AA==")},
    {SPAN("\0user\0pass"), SPAN("AHVzZXIAcGFzcw==")},
    {SPAN("\xff\xff\xff"), SPAN("////")},
    {SPAN("\xfb\xef\xbe"), SPAN("++++")},
    {SPAN("\xff\xfe"), SPAN("//4=")},
};

static const struct {
	const char *what;
	struct span text;
} refused[] = {
    {"one letter", SPAN("A")},
    {"two without padding", SPAN("Zg")},
    {"three without padding", SPAN("Zm8")},
    {"half of the padding", SPAN("Zg=")},
    {"only padding", SPAN("====")},
    {"three of padding", SPAN("A===")},
    {"padding alone", SPAN("=")},
    {"padding inside", SPAN("Zg==Zm9v")},
    {"a letter behind padding", SPAN("Zg=v")},
    {"padding in front", SPAN("=Zg=")},
    {"too much padding", SPAN("Zm9v====")},
    {"leftover bits of one byte", SPAN("Zh==")},
    {"leftover bits of two bytes", SPAN("Zm9=")},
    {"a blank", SPAN("Zm 9")},
    {"a line end", SPAN("Zm9v\r\n")},
    {"a line end within the count", SPAN("Zm\r\n")},
    {"the URL alphabet", SPAN("-_-_")},
    {"a NUL", SPAN("Zm9\0")},
    {"8-bit", SPAN("Zm9\xc3")},
    {"an asterisk", SPAN("*")},
};

static void
encodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct buf buf;

		buf_init(&buf, pairs[i].text.len);
		assert_true(base64_encode(&buf, pairs[i].bytes));
		assert_true(span_equal(buf_span(&buf), pairs[i].text));
		buf_release(&buf);
	}
}

static void
decodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct buf buf;

		buf_init(&buf, pairs[i].bytes.len);
		assert_int_equal(base64_decode(&buf, pairs[i].text), ERR_OK);
		assert_true(span_equal(buf_span(&buf), pairs[i].bytes));
		buf_release(&buf);
	}
}

static void
refuses(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	for (size_t i = 0; i < COUNT(refused); i++) {
		if (base64_decode(&buf, refused[i].text) != ERR_DATA)
			fail_msg("accepted: %s", refused[i].what);
		assert_int_equal(buf.len, 0);
		assert_false(buf_failed(&buf));
	}
	buf_release(&buf);
}

/* Each letter in each place: what is accepted must be what encoding gives. */
static void
each_letter_has_one_meaning(void **state)
{
	struct buf bytes;
	struct buf text;
	unsigned accepted = 0;

	(void)state;
	buf_init(&bytes, 3);
	buf_init(&text, 4);
	for (unsigned i = 0; i < 4 * 256; i++) {
		char group[4] = {'A', 'A', 'A', 'A'};

		group[i / 256] = (char)(i % 256);
		buf_reset(&bytes);
		buf_reset(&text);
		if (base64_decode(&bytes, span_make(group, 4)) != ERR_OK)
			continue;
		accepted++;
		assert_true(base64_encode(&text, buf_span(&bytes)));
		assert_memory_equal(text.at, group, 4);
	}
	/* 64 in each place, and the '=' of one missing byte. */
	assert_int_equal(accepted, 4 * 64 + 1);
	buf_release(&bytes);
	buf_release(&text);
}

static void
appends(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 100);
	assert_true(buf_put_string(&buf, "AUTH "));
	assert_true(base64_encode(&buf, SPAN("foo")));
	assert_int_equal(base64_decode(&buf, SPAN("Zm8=")), ERR_OK);
	assert_string_equal(buf_string(&buf), "AUTH Zm9vfo");
	buf_release(&buf);
}

static void
keeps_the_ceiling(void **state)
{
	struct buf buf;

	(void)state;
	buf_init(&buf, 3);
	assert_false(base64_encode(&buf, SPAN("f")));
	assert_int_equal(buf.len, 0);
	buf_reset(&buf);
	assert_int_equal(base64_decode(&buf, SPAN("Zm9vYg==")), ERR_LIMIT);
	assert_int_equal(buf.len, 0);
	buf_release(&buf);
}

static void
scenario(void *context)
{
	struct buf buf;
	bool encoded;
	enum err err;

	(void)context;
	buf_init(&buf, 4096);
	encoded = base64_encode(&buf, SPAN("foo"));
	buf_release(&buf);
	err = base64_decode(&buf, SPAN("Zm8="));
	assert_int_equal(!encoded || err, fail_alloc_happened());
	buf_release(&buf);
}

static void
survives_without_memory(void **state)
{
	(void)state;
	assert_int_equal(fail_alloc_each(scenario, NULL), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(encodes),
	    cmocka_unit_test(decodes),
	    cmocka_unit_test(refuses),
	    cmocka_unit_test(each_letter_has_one_meaning),
	    cmocka_unit_test(appends),
	    cmocka_unit_test(keeps_the_ceiling),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
