/* test_token: text in pieces, and sets of them. */
#include "token.h"

#include "buf.h"
#include "fail_alloc.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define TWENTY "abcdefghijklmnopqrst"

static const struct {
	const char *text;
	const char *pieces; /* words in [] */
} rows[] = {
    {"", ""},
    {"a bc", ""},
    {"hello world", "[hello][world]"},
    {"the end.", "[the][end]"},
    {"user4711@mail.test", "(user4711)[mail][test]"},
    {"0a1b-2c3d/e_f", "(0a1b)(2c3d)"},
    {"gr\xc3\xb6\xc3\x9f"
     "e",
	"(gr\xc3\xb6\xc3\x9f"
	"e)"},
    {"\xe4\xbd\xa0", "(\xe4\xbd\xa0)"},
    {TWENTY, "[" TWENTY "]"},
    {TWENTY "u", "(" TWENTY "u)"},
    {"ABC", ""}, /* search text has no capitals */
    {",,abc,,", "[abc]"},
};

static void
splits_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span rest = span_string(rows[i].text);
		struct token token;
		struct buf out;

		buf_init(&out, 1000);
		while (token_next(&rest, &token))
			(void)buf_printf(&out, "%c%.*s%c",
			    token.is_word ? '[' : '(', SPAN_ARG(token.text),
			    token.is_word ? ']' : ')');
		assert_string_equal(buf_string(&out), rows[i].pieces);
		buf_release(&out);
	}
}

static void
a_set_knows_what_it_has(void **state)
{
	static char texts[5000][8];
	struct token_set set;

	(void)state;
	token_set_init(&set);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT(texts); i++) {
			uint8_t *number;

			(void)snprintf(
			    texts[i], sizeof(texts[i]), "%zu", i + 1);
			number = token_set_take(&set, span_string(texts[i]));
			assert_non_null(number);
			assert_int_equal(*number, 0);
			*number = (uint8_t)(i % 200 + 1);
		}
		assert_int_equal(set.count, COUNT(texts));
		for (size_t i = 0; i < COUNT(texts); i++)
			assert_int_equal(
			    *token_set_take(&set, span_string(texts[i])),
			    i % 200 + 1);
		token_set_reset(&set);
		assert_int_equal(set.count, 0);
	}
	/* The rounds begin again one day. */
	set.round = UINT32_MAX;
	*token_set_take(&set, SPAN("x")) = 7;
	token_set_reset(&set);
	assert_int_equal(*token_set_take(&set, SPAN("x")), 0);
	token_set_release(&set);
}

static void
fill(void *context)
{
	struct token_set set;
	char texts[700][8];

	(void)context;
	token_set_init(&set);
	for (size_t i = 0; i < COUNT(texts); i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "%zu", i);
		if (!token_set_take(&set, span_string(texts[i])))
			assert_true(fail_alloc_happened());
	}
	token_set_release(&set);
}

static void
bears_lack_of_memory(void **state)
{
	(void)state;
	assert_int_equal(fail_alloc_each(fill, NULL), 2);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(splits_text),
	    cmocka_unit_test(a_set_knows_what_it_has),
	    cmocka_unit_test(bears_lack_of_memory),
	};

	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
