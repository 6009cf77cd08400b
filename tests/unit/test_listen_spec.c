/* test_listen_spec: descriptions of listeners, and slips in them. */
#include "listen_spec.h"

#include "fail_alloc.h"
#include "smtp.h"
#include "unit.h"

#include <string.h>

static const struct {
	const char *text;
	const char *name;
	const char *address;
	const char *inbox;
	unsigned hide;
	bool proxy;
	bool xclient;
} good[] = {
    {"127.0.0.1:1025", "smtp", "127.0.0.1:1025", NULL, 0, false, false},
    {":25", "smtp", ":25", NULL, 0, false, false},
    {"unix:/a=b", "smtp", "unix:/a=b", NULL, 0, false, false},
    {"addr=unix:/a=b:0600", "smtp", "unix:/a=b:0600", NULL, 0, false, false},
    {"name=legacy,addr=127.0.0.1:0,hide=PIPELINING;SMTPUTF8,inbox=old",
	"legacy", "127.0.0.1:0", "old", SMTP_PIPELINING | SMTP_SMTPUTF8, false,
	false},
    {"proxy,addr=1025", "smtp", "1025", NULL, 0, true, false},
    {"1025,xclient,name=x", "x", "1025", NULL, 0, false, true},
    {"addr=1025, proxy=No, xclient=yes", "smtp", "1025", NULL, 0, false, true},
    {"addr=1025,hide=pipelining,hide=SIZE;", "smtp", "1025", NULL,
	SMTP_PIPELINING | SMTP_SIZE, false, false},
    {"fd:3", "smtp", "fd:3", NULL, 0, false, false},
};

static const struct {
	const char *text;
	const char *says;
} bad[] = {
    {"", "empty"},
    {"localhost", "no port"},
    {"name=x", "addr="},
    {"addr=1025,addr=1026", "addr= is given twice"},
    {"1025,1026", "no such option"},
    {"addr=1025,name=a,name=b", "name= is given twice"},
    {"addr=1025,name=", "1 to 64"},
    {"addr=1025,name=a b", "blanks"},
    {"addr=1025,inbox=", "1 to 64"},
    {"addr=1025,hide=", "no such keyword"},
    {"addr=1025,hide=SIZE;NOPE", "NOPE"},
    {"addr=1025,bogus=1", "bogus"},
    {"bogus=1", "bogus"},
    {"addr=1025,proxy=perhaps", "perhaps"},
    {"addr=1025,name", "needs a value"},
    {"addr=1025,", NULL},
    {"addr=nowhere", "no port"},
};

static void
reads_descriptions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct listen_spec spec;
		struct failure failure = {""};

		if (listen_parse(&spec, LISTEN_SMTP, span_string(good[i].text),
			&failure))
			fail_msg("%s: %s", good[i].text, failure.text);
		assert_string_equal(spec.name, good[i].name);
		assert_string_equal(spec.address, good[i].address);
		if (good[i].inbox)
			assert_string_equal(spec.inbox, good[i].inbox);
		else
			assert_null(spec.inbox);
		assert_int_equal(spec.hide, good[i].hide);
		assert_int_equal(spec.proxy, good[i].proxy);
		assert_int_equal(spec.xclient, good[i].xclient);
		listen_spec_release(&spec);
	}
}

static void
refuses_slips(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct listen_spec spec;
		struct failure failure = {""};
		enum err err = listen_parse(
		    &spec, LISTEN_SMTP, span_string(bad[i].text), &failure);

		/* A comma too many at the end is no harm. */
		assert_int_equal(err, bad[i].says ? ERR_USAGE : ERR_OK);
		if (bad[i].says && !strstr(failure.text, bad[i].says))
			fail_msg("%s: %s", bad[i].text, failure.text);
		if (err)
			assert_null(spec.address);
		listen_spec_release(&spec);
	}
}

static void
knows_what_a_protocol_takes(void **state)
{
	static const struct span texts[] = {SPAN("addr=1025,proxy"),
	    SPAN("addr=1025,xclient"), SPAN("addr=1025,hide=SIZE"),
	    SPAN("addr=1025,inbox=a")};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		for (int p = 0; p < LISTEN_PROTOCOLS; p++) {
			struct listen_spec spec;
			enum err err = listen_parse(
			    &spec, (enum listen_protocol)p, texts[i], NULL);

			assert_int_equal(
			    err, p < LISTEN_POP3 ? ERR_OK : ERR_USAGE);
			listen_spec_release(&spec);
		}
	}
}

static void
scenario(void *context)
{
	struct listen_spec spec;
	struct listen_spec copy;
	struct failure failure = {""};
	enum err err;
	bool copied;

	(void)context;
	err = listen_parse(&spec, LISTEN_LMTP,
	    SPAN("name=a,addr=unix:/b,inbox=c,proxy"), &failure);
	assert_true(err == ERR_OK || err == ERR_MEMORY);
	copied = listen_spec_copy(&copy, &spec);
	assert_int_equal(err || !copied, fail_alloc_happened());
	assert_true(err || !copied || strcmp(copy.inbox, "c") == 0);
	listen_spec_release(&spec);
	listen_spec_release(&copy);
}

static void
survives_without_memory(void **state)
{
	(void)state;
	assert_int_equal(fail_alloc_each(scenario, NULL), 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_descriptions),
	    cmocka_unit_test(refuses_slips),
	    cmocka_unit_test(knows_what_a_protocol_takes),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("listen_spec", tests, NULL, NULL);
}
