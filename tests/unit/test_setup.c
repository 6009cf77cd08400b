/* test_setup: what options make of a server. */
#include "setup.h"

#include "scratch.h"
#include "smtp.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct made {
	struct options *options;
	struct setup setup;
	char folder[SCRATCH_SIZE];
	char text[512]; /* of a failure */
};

/* Its state folder is a scratch one, which only release() removes. */
static enum err
make(struct made *made, const char *const *words)
{
	struct failure f = {""};
	size_t count = 0;
	enum err err;

	*made = (struct made){.options = NULL};
	scratch_make(made->folder);
	assert_int_equal(setenv("XDG_STATE_HOME", made->folder, 1), 0);
	while (words[count])
		count++;
	if (options_read(&made->options, COMMAND_SERVE, words, count, NULL, &f))
		fail_msg("%s", f.text);
	err = setup_make(&made->setup, made->options, &f);
	memcpy(made->text, f.text, sizeof(f.text));
	return err;
}

static void
release(struct made *made)
{
	setup_release(&made->setup);
	options_free(made->options);
	scratch_remove(made->folder);
}

#define WORDS(...)                                                             \
	(const char *[])                                                       \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}

static void
has_safe_defaults(void **state)
{
	struct made made;
	const struct sink_options *sink = &made.setup.sink;
	char path[SCRATCH_SIZE + 32];
	struct stat found;

	(void)state;
	assert_int_equal(make(&made, WORDS("--quiet")), ERR_OK);
	(void)snprintf(
	    path, sizeof(path), "%s/mailstop/mailstop.db", made.folder);
	assert_string_equal(sink->store.path, path);
	*strrchr(path, '/') = '\0';
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0700);
	assert_string_equal(sink->smtp.spool_directory, path);
	assert_int_equal(sink->store.durability, STORE_FULL);
	assert_int_equal(sink->store.keep.count, 0);
	assert_int_equal(sink->listener_count, 2);
	assert_int_equal(sink->listeners[0].protocol, LISTEN_SMTP);
	assert_string_equal(sink->listeners[0].address, "127.0.0.1:1025");
	assert_string_equal(sink->listeners[1].address, "127.0.0.1:8025");
	assert_int_equal(sink->smtp.max_message, 50 * 1024 * 1024);
	assert_int_equal(sink->smtp.max_recipients, 1000);
	assert_int_equal(sink->smtp.tls_mode, SERVE_TLS_OPTIONAL);
	assert_int_equal(sink->smtp.auth_mode, SERVE_AUTH_ANY);
	assert_int_equal(sink->tls_need, SINK_TLS_IF_POSSIBLE);
	assert_string_equal(sink->smtp.default_inbox, "default");
	assert_false(sink->smtp.bare_lf || sink->smtp.check_helo ||
	    sink->smtp.check_sender_domain);
	assert_int_equal(sink->smtp.hide, 0);
	assert_true(sink->smtp.hostname[0]);
	assert_string_equal(sink->webroot, "/");
	(void)snprintf(path, sizeof(path), "%s/mailstop/tls", made.folder);
	assert_string_equal(sink->tls.directory, path);
	release(&made);
}

/* Sockets that were handed over are not for a guest, nor does it speak by
   itself. */
static void
is_modest_as_a_guest(void **state)
{
	static const char *const words[] = {"--memory", "--smtp=127.0.0.1:0"};
	struct log *log = log_new(-1, LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	struct options *options;
	struct setup setup;
	struct failure f = {""};
	char pid[32];

	(void)state;
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	assert_int_equal(setenv("LISTEN_PID", pid, 1), 0);
	assert_int_equal(setenv("LISTEN_FDS", "1", 1), 0);
	assert_int_equal(
	    options_read(&options, COMMAND_SERVE, words, 2, NULL, &f), ERR_OK);
	assert_int_equal(setup_make_guest(&setup, options, log, &f), ERR_OK);
	assert_string_equal(getenv("LISTEN_FDS"), "1");
	assert_ptr_equal(setup.sink.log, log);
	assert_null(setup.log);
	assert_int_equal(setup.listener_count, 2);
	assert_string_equal(setup.listeners[0].address, "127.0.0.1:0");
	setup_release(&setup);
	options_free(options);
	assert_int_equal(unsetenv("LISTEN_FDS"), 0);
	assert_int_equal(unsetenv("LISTEN_PID"), 0);
	log_free(log);
}

static void
memory_is_for_all_where_there_is_no_file(void **state)
{
	struct made made;
	const struct sink_options *sink = &made.setup.sink;

	(void)state;
	assert_int_equal(
	    make(&made, WORDS("--quiet", "--db=/tmp/x.db")), ERR_OK);
	assert_int_equal(sink->smtp.memory_limit, 32 * 1024 * 1024);
	release(&made);
	assert_int_equal(make(&made, WORDS("--quiet", "--memory")), ERR_OK);
	assert_int_equal(sink->smtp.memory_limit, 256 * 1024 * 1024);
	release(&made);
}

static void
passes_on_what_is_set(void **state)
{
	struct made made;
	const struct sink_options *sink = &made.setup.sink;

	(void)state;
	assert_int_equal(
	    make(&made,
		WORDS("--quiet", "--memory", "--durability=none",
		    "--keep-count=5", "--keep-age=7d", "--keep-size=2G",
		    "--hide=SIZE,SMTPUTF8", "--hostname=x.test", "--banner=Hi",
		    "--bare-lf=accept", "--check-helo", "--check-sender-domain",
		    "--auth=required", "--auth-file=/u", "--timeout=5s",
		    "--max-errors=3", "--max-connections=9",
		    "--memory-limit=1M", "--dns-server=127.0.0.1:5",
		    "--default-inbox=in", "--fault=data stall",
		    "--fault-file=/f", "--seed=7", "--http-host=h.test",
		    "--api-cors=*", "--webroot=//m/x", "--http-auth-file=/w",
		    "--tls=required", "--tls-dir=/t")),
	    ERR_OK);
	assert_null(sink->store.path);
	assert_null(sink->smtp.spool_directory);
	assert_int_equal(sink->store.durability, STORE_NONE);
	assert_int_equal(sink->store.keep.count, 5);
	assert_int_equal(sink->store.keep.age_us, INT64_C(604800000000));
	assert_int_equal(sink->store.keep.size, INT64_C(2147483648));
	assert_int_equal(sink->smtp.hide, SMTP_SIZE | SMTP_SMTPUTF8);
	assert_string_equal(sink->smtp.hostname, "x.test");
	assert_string_equal(sink->smtp.banner, "Hi");
	assert_true(sink->smtp.bare_lf);
	assert_true(sink->smtp.check_helo);
	assert_true(sink->smtp.check_sender_domain);
	assert_int_equal(sink->smtp.auth_mode, SERVE_AUTH_REQUIRED);
	assert_string_equal(sink->users_path, "/u");
	assert_int_equal(sink->smtp.timeout_us, 5000000);
	assert_int_equal(sink->smtp.max_errors, 3);
	assert_int_equal(sink->smtp.max_connections, 9);
	assert_int_equal(sink->smtp.memory_limit, 1024 * 1024);
	assert_string_equal(sink->dns_server, "127.0.0.1:5");
	assert_string_equal(sink->smtp.default_inbox, "in");
	assert_int_equal(sink->fault_count, 1);
	assert_string_equal(sink->faults[0], "data stall");
	assert_string_equal(sink->fault_path, "/f");
	assert_int_equal(sink->seed, 7);
	assert_string_equal(sink->http_hosts[0], "h.test");
	assert_string_equal(sink->cors_origins[0], "*");
	assert_string_equal(sink->webroot, "/m/x/");
	assert_string_equal(sink->http_users_path, "/w");
	assert_int_equal(sink->tls_need, SINK_TLS_NEEDED);
	assert_string_equal(sink->tls.directory, "/t");
	release(&made);
}

/* Where the listeners are, as "protocol name address;" each. */
static const struct row {
	const char *words[6];
	const char *listeners;
} rows[] = {
    {{"--smtp=:25"}, "smtp smtp :25;http http 127.0.0.1:8025;"},
    {{"--smtp=off"}, "http http 127.0.0.1:8025;"},
    {{"--http=off"}, "smtp smtp 127.0.0.1:1025;"},
    {{"--http=off", "--http=:80"}, "http http :80;smtp smtp 127.0.0.1:1025;"},
    {{"--smtp=127.0.0.1:0"}, "smtp smtp 127.0.0.1:0;http http 127.0.0.1:0;"},
    {{"--lmtp=unix:/x", "--http=off"},
	"lmtp lmtp unix:/x;smtp smtp 127.0.0.1:1025;"},
    {{"--http=:0"}, "http http :0;smtp smtp 127.0.0.1:0;"},
    {{"--smtp=:25 :26", "--smtp=name=a,addr=:27", "--http=off"},
	"smtp smtp :25;smtp smtp-2 :26;smtp a :27;"},
    {{"--smtp=:25", "--smtp=name=smtp-2,addr=:26", "--smtp=:27", "--http=off"},
	"smtp smtp :25;smtp smtp-2 :26;smtp smtp-3 :27;"},
};

static void
chooses_listeners(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *words[8] = {"--quiet", "--memory"};
		struct made made;
		struct buf out;

		memcpy(words + 2, rows[i].words, sizeof(rows[i].words));
		assert_int_equal(make(&made, words), ERR_OK);
		buf_init(&out, 1000);
		for (size_t j = 0; j < made.setup.listener_count; j++) {
			const struct listen_spec *spec =
			    &made.setup.listeners[j];

			buf_printf(&out, "%s %s %s;",
			    listen_protocol_name(spec->protocol), spec->name,
			    spec->address);
		}
		assert_string_equal(buf_string(&out), rows[i].listeners);
		buf_release(&out);
		release(&made);
	}
}

static const struct refusal {
	const char *words[4];
	const char *says;
} refusals[] = {
    {{"--memory", "--db=x"}, "--memory and --db x"},
    {{"--db=http://x:4001"}, "--db http://x:4001: "},
    {{"--smtp=off", "--http=off"}, "all listeners are off"},
    {{"--smtp=name=a,addr=:1", "--lmtp=name=a,addr=:2"},
	"--lmtp name=a: another listener"},
    {{"--hostname=a b"}, "--hostname a b: "},
    {{"--tls-cert=/x"}, "--tls-cert and --tls-key"},
    {{"--tls-key=/x"}, "--tls-cert and --tls-key"},
    {{"--max-message=0"}, "--max-message 0: "},
    {{"--memory-limit=0"}, "--memory-limit 0: "},
    {{"--max-recipients=0"}, "--max-recipients 0: "},
    {{"--max-connections=4294967297"}, "--max-connections 4294967297: "},
};

static void
refuses_with_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct made made;

		assert_int_equal(make(&made, refusals[i].words), ERR_USAGE);
		if (!strstr(made.text, refusals[i].says))
			print_error("row %zu: %s\n", i, made.text);
		assert_non_null(strstr(made.text, refusals[i].says));
		release(&made);
	}
}

static void
takes_a_folder_for_the_database(void **state)
{
	char scratch[SCRATCH_SIZE];
	char word[SCRATCH_SIZE + 8];
	char path[SCRATCH_SIZE + 16];
	struct made made;

	(void)state;
	scratch_make(scratch);
	(void)snprintf(word, sizeof(word), "--db=%s", scratch);
	(void)snprintf(path, sizeof(path), "%s/mailstop.db", scratch);
	assert_int_equal(make(&made, WORDS("--quiet", word)), ERR_OK);
	assert_string_equal(made.setup.sink.store.path, path);
	assert_string_equal(made.setup.sink.smtp.spool_directory, scratch);
	release(&made);
	assert_int_equal(make(&made, WORDS("--quiet", "--db=x")), ERR_OK);
	assert_int_equal(made.setup.db[0], '/');
	assert_string_equal(strrchr(made.setup.db, '/'), "/x");
	release(&made);
	scratch_remove(scratch);
}

static void
needs_no_tls_when_it_is_off(void **state)
{
	struct made made;

	(void)state;
	assert_int_equal(
	    make(&made, WORDS("--quiet", "--memory", "--tls=off")), ERR_OK);
	assert_null(made.setup.sink.tls.directory);
	release(&made);
	assert_int_equal(
	    make(
		&made, WORDS("--quiet", "--memory", "--tls=off", "--smtps=:0")),
	    ERR_OK);
	assert_non_null(made.setup.sink.tls.directory);
	assert_int_equal(made.setup.sink.tls_need, SINK_TLS_NEEDED);
	release(&made);
	assert_int_equal(
	    make(&made,
		WORDS("--quiet", "--memory", "--tls-cert=/c", "--tls-key=/k")),
	    ERR_OK);
	assert_null(made.setup.sink.tls.directory);
	assert_string_equal(made.setup.sink.tls.cert_path, "/c");
	assert_int_equal(made.setup.sink.tls_need, SINK_TLS_NEEDED);
	release(&made);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_safe_defaults),
	    cmocka_unit_test(is_modest_as_a_guest),
	    cmocka_unit_test(passes_on_what_is_set),
	    cmocka_unit_test(memory_is_for_all_where_there_is_no_file),
	    cmocka_unit_test(chooses_listeners),
	    cmocka_unit_test(refuses_with_words),
	    cmocka_unit_test(takes_a_folder_for_the_database),
	    cmocka_unit_test(needs_no_tls_when_it_is_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
