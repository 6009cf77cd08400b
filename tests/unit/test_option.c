/* test_option: where options are written, and which one wins. */
#include "option.h"

#include "fail_alloc.h"
#include "scratch.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

/* Reads words and variables; the failure's text when they are refused. */
static const char *
read_into(struct options **out, enum command command, const char *const *words,
    const char *const *environment)
{
	static struct failure f;
	size_t count = 0;

	*out = NULL;
	f.text[0] = '\0';
	while (words[count])
		count++;
	if (options_read(out, command, words, count, environment, &f)) {
		assert_null(*out);
		assert_true(f.text[0]);
		return f.text;
	}
	return NULL;
}

static void
write_file(char path[SCRATCH_SIZE + 8], const char *folder, const char *text)
{
	FILE *file;

	(void)snprintf(path, SCRATCH_SIZE + 8, "%s/config", folder);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* ---- the table */

static void
table_is_sound(void **state)
{
	(void)state;
	for (int i = 0; i < OPTIONS; i++) {
		const struct option_row *row = option_row((enum option)i);
		char variable[OPTION_VARIABLE_SIZE];

		assert_non_null(row->name);
		assert_non_null(row->help);
		assert_int_not_equal(row->commands, 0);
		assert_int_equal(!row->argument, row->kind == OPTION_IS_FLAG);
		assert_int_equal(!row->choices, row->kind != OPTION_IS_CHOICE);
		if (row->kind == OPTION_IS_CHOICE)
			assert_non_null(row->fallback);
		if (row->kind == OPTION_IS_LISTENER)
			assert_non_null(row->separators);
		option_variable((enum option)i, variable);
		assert_int_equal(strlen(variable), strlen(row->name) + 9);
		for (int j = 0; j < i; j++) {
			const struct option_row *other =
			    option_row((enum option)j);

			if (!(row->commands & other->commands))
				continue;
			assert_string_not_equal(row->name, other->name);
			if (row->letter)
				assert_int_not_equal(
				    row->letter, other->letter);
		}
	}
}

static void
commands_are_sound(void **state)
{
	(void)state;
	for (int i = 0; i < COMMANDS; i++) {
		const struct command_row *row = command_row((enum command)i);

		assert_int_equal(command_find(span_string(row->name)), i);
		assert_true(row->least <= row->most);
		assert_int_equal(row->most == 0, row->arguments[0] == '\0');
	}
	assert_int_equal(command_find(SPAN("serv")), COMMANDS);
	assert_int_equal(command_find(SPAN("")), COMMANDS);
}

static void
has_defaults(void **state)
{
	struct options *options;
	size_t count;

	(void)state;
	assert_null(
	    read_into(&options, COMMAND_SERVE, (const char *[]){NULL}, NULL));
	assert_false(option_is_set(options, OPTION_SMTP));
	assert_string_equal(
	    option_list(options, OPTION_SMTP, &count)[0], "127.0.0.1:1025");
	assert_int_equal(count, 1);
	assert_string_equal(
	    option_list(options, OPTION_HTTP, &count)[0], "127.0.0.1:8025");
	assert_null(option_list(options, OPTION_LMTP, &count)[0]);
	assert_int_equal(count, 0);
	assert_int_equal(
	    option_number(options, OPTION_MAX_MESSAGE), 50 * 1024 * 1024);
	assert_int_equal(option_number(options, OPTION_MAX_RECIPIENTS), 1000);
	assert_int_equal(option_choice(options, OPTION_TLS), 1);
	assert_int_equal(option_duration(options, OPTION_TIMEOUT), 0);
	assert_false(option_flag(options, OPTION_MEMORY));
	assert_null(option_text(options, OPTION_DB));
	options_free(options);
}

/* ---- words */

static void
reads_words(void **state)
{
	struct options *options;
	size_t count;
	const char *const *list;

	(void)state;
	assert_null(read_into(&options, COMMAND_SERVE,
	    (const char *[]){"--smtp", ":0", "--memory", "--keep-age=7d",
		"--smtp=unix:/x,name=y", "--tls", "required", NULL},
	    NULL));
	list = option_list(options, OPTION_SMTP, &count);
	assert_int_equal(count, 2);
	assert_string_equal(list[0], ":0");
	assert_string_equal(list[1], "unix:/x,name=y");
	assert_true(option_flag(options, OPTION_MEMORY));
	assert_true(option_is_flagged(options, OPTION_MEMORY));
	assert_int_equal(
	    option_duration(options, OPTION_KEEP_AGE), INT64_C(604800000000));
	assert_int_equal(option_choice(options, OPTION_TLS), 2);
	options_free(options);
}

static void
tells_arguments_from_options(void **state)
{
	struct options *options;

	(void)state;
	assert_null(read_into(&options, COMMAND_RM,
	    (const char *[]){"a", "--db", "x", "b", "-", "--", "-c", NULL},
	    NULL));
	assert_int_equal(options_argument_count(options), 4);
	assert_string_equal(options_argument(options, 0), "a");
	assert_string_equal(options_argument(options, 1), "b");
	assert_string_equal(options_argument(options, 2), "-");
	assert_string_equal(options_argument(options, 3), "-c");
	assert_string_equal(option_text(options, OPTION_DB), "x");
	options_free(options);
}

static void
reads_letters(void **state)
{
	static const char *const forms[][3] = {
	    {"-n5"}, {"-n", "5"}, {"-fn5"}, {"-fn", "5"}, {"--lines=5"}};

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		struct options *options;

		assert_null(read_into(&options, COMMAND_TAIL, forms[i], NULL));
		assert_int_equal(option_number(options, OPTION_LINES), 5);
		assert_int_equal(options_argument_count(options), 0);
		options_free(options);
	}
}

static void
last_word_wins_where_one_counts(void **state)
{
	struct options *options;

	(void)state;
	assert_null(read_into(&options, COMMAND_SERVE,
	    (const char *[]){
		"--db=a", "--db=b", "--memory", "--memory=no", NULL},
	    NULL));
	assert_string_equal(option_text(options, OPTION_DB), "b");
	assert_false(option_flag(options, OPTION_MEMORY));
	options_free(options);
}

static void
splits_lists(void **state)
{
	struct options *options;
	size_t count;
	const char *const *list;

	(void)state;
	assert_null(read_into(&options, COMMAND_SERVE,
	    (const char *[]){"--hide", "SIZE, SMTPUTF8;PIPELINING",
		"--hide=size", "--fault", "data reply=451\nrcpt reply=452",
		NULL},
	    NULL));
	list = option_list(options, OPTION_HIDE, &count);
	assert_int_equal(count, 4);
	assert_string_equal(list[1], "SMTPUTF8");
	assert_string_equal(list[3], "size");
	assert_null(list[4]);
	list = option_list(options, OPTION_FAULT, &count);
	assert_int_equal(count, 2);
	assert_string_equal(list[0], "data reply=451");
	options_free(options);
}

/* Each names the option and the value in what it says. */
static const struct refusal {
	enum command command;
	const char *words[4];
	const char *variables[2];
	const char *says;
} refusals[] = {
    {COMMAND_SERVE, {"--smpt", ":0"}, {0}, "--smpt: no such option"},
    {COMMAND_SERVE, {"-x"}, {0}, "-x: no such option"},
    {COMMAND_SERVE, {"--json"}, {0}, "--json is no option of \"mailstop serve"},
    {COMMAND_SERVE, {"--db"}, {0}, "--db: FILE is missing"},
    {COMMAND_SERVE, {"--db="}, {0}, "--db : the value is empty"},
    {COMMAND_SERVE, {"--smtp="}, {0}, "--smtp : the value is empty"},
    {COMMAND_SERVE, {"--smtp", "a:b"}, {0}, "--smtp a:b: "},
    {COMMAND_SERVE, {"--lmtp", "x,hide=y"}, {0}, "--lmtp x,hide=y: "},
    {COMMAND_SERVE, {"--keep-count=x"}, {0}, "--keep-count x: not a number"},
    {COMMAND_SERVE, {"--keep-count=9223372036854775808"}, {0},
	"9223372036854775808: not a number"},
    {COMMAND_SERVE, {"--keep-size", "1X"}, {0}, "--keep-size 1X: not a size"},
    {COMMAND_SERVE, {"--keep-age", "7x"}, {0}, "--keep-age 7x: not a time"},
    {COMMAND_SERVE, {"--tls", "on"}, {0},
	"--tls on: it is one of: off optional required"},
    {COMMAND_SERVE, {"--tls", "off optional"}, {0}, "it is one of"},
    {COMMAND_SERVE, {"--memory=2"}, {0}, "--memory 2: neither yes nor no"},
    {COMMAND_SERVE, {"--hide", "SIZE,NIX"}, {0}, "--hide NIX: "},
    {COMMAND_SERVE, {"word"}, {0}, "\"word\" is one word too many"},
    {COMMAND_SHOW, {0}, {0}, "mailstop show: ID is missing"},
    {COMMAND_SHOW, {"a", "b"}, {0}, "\"b\" is one word too many"},
    {COMMAND_SERVE, {0}, {"MAILSTOP_KEEP_AGE=7x"},
	"MAILSTOP_KEEP_AGE=7x: not a time"},
    {COMMAND_SERVE, {0}, {"MP_MAX_MESSAGES=x"},
	"MP_MAX_MESSAGES=x: not a number"},
    {COMMAND_SERVE, {0}, {"MP_MAX_MESSAGE_SIZE=5M"},
	"MP_MAX_MESSAGE_SIZE=5M: not a number"},
    {COMMAND_SERVE, {0}, {"MP_SMTP_REQUIRE_STARTTLS=maybe"},
	"MP_SMTP_REQUIRE_STARTTLS=maybe: neither true nor false"},
    {COMMAND_SERVE, {"--config", "/nonexistent/x"}, {0},
	"--config /nonexistent/x: No such file"},
    /* also where a better place has spoken */
    {COMMAND_SERVE, {"--keep-age=1d"}, {"MAILSTOP_KEEP_AGE=7x"},
	"MAILSTOP_KEEP_AGE=7x: not a time"},
};

static void
refuses_with_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const struct refusal *row = &refusals[i];
		struct options *options;
		const char *text = read_into(
		    &options, row->command, row->words, row->variables);

		if (!text || !strstr(text, row->says))
			print_error("row %zu: %s\n", i, text ? text : "taken");
		assert_non_null(text);
		assert_non_null(strstr(text, row->says));
	}
}

/* ---- the environment */

static void
reads_variables(void **state)
{
	static const char *const environment[] = {"MAILSTOP_SMTP=:1 :2",
	    "MAILSTOP_KEEP_COUNT=", "MAILSTOP_MEMORY=yes",
	    "MAILSTOP_READY_FILEX=no", "MAILSTOP_VERSION=1.2", NULL};
	struct options *options;
	size_t count;

	(void)state;
	assert_null(read_into(
	    &options, COMMAND_SERVE, (const char *[]){NULL}, environment));
	(void)option_list(options, OPTION_SMTP, &count);
	assert_int_equal(count, 2);
	assert_true(option_flag(options, OPTION_MEMORY));
	assert_false(option_is_set(options, OPTION_KEEP_COUNT));
	assert_false(option_is_set(options, OPTION_READY_FILE));
	assert_false(option_flag(options, OPTION_VERSION));
	options_free(options);
}

static const struct mailpit {
	const char *variable;
	enum option option;
	const char *value;
} mailpit[] = {
    {"MP_SMTP_BIND_ADDR=0.0.0.0:1025", OPTION_SMTP, "0.0.0.0:1025"},
    {"MP_UI_BIND_ADDR=[::]:8025", OPTION_HTTP, "[::]:8025"},
    {"MP_UI_BIND_ADDR=unix:/x/y:0660", OPTION_HTTP, "unix:/x/y:0660"},
    {"MP_DATABASE=/data/x.db", OPTION_DB, "/data/x.db"},
    {"MP_MAX_MESSAGES=500", OPTION_KEEP_COUNT, "500"},
    {"MP_MAX_AGE=36h", OPTION_KEEP_AGE, "36h"},
    {"MP_MAX_MESSAGE_SIZE=25", OPTION_MAX_MESSAGE, "25M"},
    {"MP_MAX_MESSAGE_SIZE=0", OPTION_MAX_MESSAGE, "1T"},
    {"MP_SMTP_MAX_RECIPIENTS=100", OPTION_MAX_RECIPIENTS, "100"},
    {"MP_SMTP_REQUIRE_STARTTLS=true", OPTION_TLS, "required"},
    {"MP_SMTP_REQUIRE_STARTTLS=false", OPTION_TLS, "optional"},
    {"MP_SMTP_AUTH_ACCEPT_ANY=1", OPTION_AUTH, "any"},
    {"MP_SMTP_AUTH_FILE=/u", OPTION_AUTH_FILE, "/u"},
    {"MP_SMTP_TLS_CERT=/c", OPTION_TLS_CERT, "/c"},
    {"MP_SMTP_TLS_KEY=/k", OPTION_TLS_KEY, "/k"},
    {"MP_UI_AUTH_FILE=/u", OPTION_HTTP_AUTH_FILE, "/u"},
    {"MP_WEBROOT=/mail", OPTION_WEBROOT, "/mail"},
    {"MP_API_CORS=*", OPTION_API_CORS, "*"},
    {"MP_VERBOSE=true", OPTION_LOG_LEVEL, "debug"},
    {"MP_QUIET=true", OPTION_QUIET, "true"},
};

static void
reads_mailpits_variables(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(mailpit); i++) {
		const char *environment[] = {mailpit[i].variable, NULL};
		struct options *options;

		assert_null(read_into(&options, COMMAND_SERVE,
		    (const char *[]){NULL}, environment));
		assert_string_equal(
		    option_text(options, mailpit[i].option), mailpit[i].value);
		options_free(options);
	}
}

/* ---- the file, and the order of all */

static void
reads_a_file(void **state)
{
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 8];
	struct options *options;
	size_t count;
	const char *const *list;

	(void)state;
	scratch_make(folder);
	write_file(path, folder,
	    "# a comment\n"
	    "\n"
	    "  keep-age 7d  \r\n"
	    "keep-count=5\n"
	    "smtp = :1\n"
	    "smtp :2 :3\n"
	    "memory\n"
	    "banner = Hello, you = there\n"
	    "url http://elsewhere\n" /* of other commands */
	    "tls\toff");
	assert_null(read_into(&options, COMMAND_SERVE,
	    (const char *[]){"--config", path, NULL}, NULL));
	list = option_list(options, OPTION_SMTP, &count);
	assert_int_equal(count, 3);
	assert_string_equal(list[2], ":3");
	assert_int_equal(option_number(options, OPTION_KEEP_COUNT), 5);
	assert_true(option_flag(options, OPTION_MEMORY));
	assert_string_equal(
	    option_text(options, OPTION_BANNER), "Hello, you = there");
	assert_int_equal(option_choice(options, OPTION_TLS), 0);
	options_free(options);
	scratch_remove(folder);
}

static void
refuses_a_bad_line(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} rows[] = {
	    {"\nkeep-aeg 7d\n", "/config:2: keep-aeg: no such option"},
	    {"keep-age 7x\n", "/config:1: keep-age 7x: not a time"},
	    {"keep-age\n", "/config:1: keep-age : not a time"},
	    {"config = other\n", "/config:1: config: no such option"},
	    {"help\n", "/config:1: help: no such option"},
	    {"= 3\n", "/config:1: : no such option"},
	};
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 8];
	struct options *options;

	(void)state;
	scratch_make(folder);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *text;

		write_file(path, folder, rows[i].text);
		text = read_into(&options, COMMAND_SERVE,
		    (const char *[]){"--config", path, NULL}, NULL);
		assert_non_null(text);
		if (!strstr(text, rows[i].says))
			print_error("%s\n", text);
		assert_non_null(strstr(text, rows[i].says));
	}
	scratch_remove(folder);
}

static void
words_win_over_variables_over_the_file(void **state)
{
	static const char *const environment[] = {"MAILSTOP_DB=variable",
	    "MP_DATABASE=mailpit", "MP_WEBROOT=/mailpit", "MAILSTOP_HOSTNAME=v",
	    "MAILSTOP_SMTP=:1", NULL};
	char folder[SCRATCH_SIZE];
	char path[SCRATCH_SIZE + 8];
	struct options *options;
	size_t count;

	(void)state;
	scratch_make(folder);
	write_file(path, folder,
	    "db file\nwebroot /file\nhostname f\ntls-dir f\nsmtp :2\n");
	assert_null(read_into(&options, COMMAND_SERVE,
	    (const char *[]){
		"--smtp=:3", "--config", path, "--hostname=w", NULL},
	    environment));
	assert_string_equal(option_text(options, OPTION_DB), "variable");
	assert_string_equal(option_text(options, OPTION_WEBROOT), "/mailpit");
	assert_string_equal(option_text(options, OPTION_HOSTNAME), "w");
	assert_string_equal(option_text(options, OPTION_TLS_DIR), "f");
	assert_string_equal(option_list(options, OPTION_SMTP, &count)[0], ":3");
	assert_int_equal(count, 1);
	assert_false(option_is_flagged(options, OPTION_DB));
	assert_true(option_is_flagged(options, OPTION_HOSTNAME));
	options_free(options);
	scratch_remove(folder);
}

static void
read_some(void *context)
{
	static const char *const words[] = {"--smtp=:3,name=x", "--db=a",
	    "--hide", "SIZE,SMTPUTF8", "--config=/dev/null"};
	static const char *const environment[] = {"MAILSTOP_SMTP=:1", NULL};
	struct options *options = NULL;
	struct failure f;
	enum err err;

	(void)context;
	err = options_read(
	    &options, COMMAND_SERVE, words, COUNT(words), environment, &f);
	assert_int_equal(err, fail_alloc_happened() ? ERR_MEMORY : ERR_OK);
	assert_int_equal(options == NULL, err != ERR_OK);
	options_free(options);
}

static void
survives_without_memory(void **state)
{
	(void)state;
	assert_true(fail_alloc_each(read_some, NULL) > 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(table_is_sound),
	    cmocka_unit_test(commands_are_sound),
	    cmocka_unit_test(has_defaults),
	    cmocka_unit_test(reads_words),
	    cmocka_unit_test(tells_arguments_from_options),
	    cmocka_unit_test(reads_letters),
	    cmocka_unit_test(last_word_wins_where_one_counts),
	    cmocka_unit_test(splits_lists),
	    cmocka_unit_test(refuses_with_words),
	    cmocka_unit_test(reads_variables),
	    cmocka_unit_test(reads_mailpits_variables),
	    cmocka_unit_test(reads_a_file),
	    cmocka_unit_test(refuses_a_bad_line),
	    cmocka_unit_test(words_win_over_variables_over_the_file),
	    cmocka_unit_test(survives_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
