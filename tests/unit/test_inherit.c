/* test_inherit: what the environment says of inherited sockets. */
#include "inherit.h"

#include "fail_alloc.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
set(const char *count, const char *names)
{
	char pid[32];

	(void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", count, 1);
	unsetenv("LISTEN_FDNAMES");
	if (names)
		setenv("LISTEN_FDNAMES", names, 1);
}

static void
release(struct listen_spec *specs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		listen_spec_release(&specs[i]);
	free(specs);
}

static void
names_each_socket(void **state)
{
	static const struct {
		enum listen_protocol protocol;
		const char *name;
		const char *address;
	} expected[] = {
	    {LISTEN_SMTP, "smtp", "fd:3"},
	    {LISTEN_SMTPS, "smtps", "fd:4"},
	    {LISTEN_LMTP, "mailstop-lmtp", "fd:5"},
	    {LISTEN_SMTP, "smtp#2", "fd:6"},
	    {LISTEN_HTTP, "web_HTTP", "fd:7"},
	    {LISTEN_SMTP, "smtp#3", "fd:8"},
	};
	struct listen_spec *specs;
	size_t count;

	(void)state;
	set("6", "smtp:smtps:mailstop-lmtp.socket:smtp:web_HTTP:smtp");
	assert_int_equal(inherit_listeners(&specs, &count, NULL), ERR_OK);
	assert_int_equal(count, COUNT(expected));
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(specs[i].protocol, expected[i].protocol);
		assert_string_equal(specs[i].name, expected[i].name);
		assert_string_equal(specs[i].address, expected[i].address);
	}
	release(specs, count);
	assert_null(getenv("LISTEN_PID"));
	assert_null(getenv("LISTEN_FDS"));
	assert_null(getenv("LISTEN_FDNAMES"));
	assert_int_equal(inherit_listeners(&specs, &count, NULL), ERR_OK);
	assert_int_equal(count, 0);
}

static void
leaves_what_is_not_for_it(void **state)
{
	static const char *const counts[] = {"", "0", "-1", "x", "99999999"};
	struct listen_spec *specs;
	size_t count;

	(void)state;
	for (size_t i = 0; i < COUNT(counts); i++) {
		set(counts[i], "smtp");
		assert_int_equal(
		    inherit_listeners(&specs, &count, NULL), ERR_OK);
		assert_int_equal(count, 0);
		assert_null(specs);
	}
	set("1", "smtp");
	setenv("LISTEN_PID", "1", 1);
	assert_int_equal(inherit_listeners(&specs, &count, NULL), ERR_OK);
	assert_int_equal(count, 0);
	assert_non_null(getenv("LISTEN_FDS"));
}

static void
asks_for_a_name(void **state)
{
	static const char *const names[] = {
	    NULL, "", "mailstop.socket", "smtpx", "smtp:web"};
	struct listen_spec *specs;
	size_t count;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct failure failure = {""};

		set("2", names[i]);
		assert_int_equal(
		    inherit_listeners(&specs, &count, &failure), ERR_USAGE);
		assert_non_null(strstr(failure.text, "FileDescriptorName="));
		assert_null(specs);
	}
}

static void
scenario(void *context)
{
	struct listen_spec *specs;
	size_t count;
	enum err err;

	(void)context;
	set("1", "smtp");
	err = inherit_listeners(&specs, &count, NULL);
	assert_int_equal(err, fail_alloc_happened() ? ERR_MEMORY : ERR_OK);
	release(specs, count);
}

static void
survives_without_memory(void **state)
{
	(void)state;
	assert_int_equal(fail_alloc_each(scenario, NULL), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_each_socket),
	    cmocka_unit_test(leaves_what_is_not_for_it),
	    cmocka_unit_test(asks_for_a_name),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests_name("inherit", tests, NULL, NULL);
}
