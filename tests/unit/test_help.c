/* test_help: help fits the screen, and leaves nothing out. */
#include "help.h"

#include "option.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static void
check_screen(struct span text, size_t most_lines)
{
	size_t lines = 0;

	while (text.len > 0) {
		struct span line = span_cut(&text, '\n');

		if (line.len > 79)
			print_error("too long: %.*s\n", SPAN_ARG(line));
		assert_true(line.len < 80);
		lines++;
	}
	if (lines > most_lines)
		print_error("%zu lines\n", lines);
	assert_true(lines <= most_lines);
}

static void
fits_a_screen(void **state)
{
	(void)state;
	for (int i = 0; i <= COMMANDS; i++) {
		struct buf out;

		buf_init(&out, 100000);
		assert_true(help_short(&out, (enum command)i));
		check_screen(buf_span(&out), 24);
		if (i < COMMANDS)
			assert_non_null(strstr(buf_string(&out),
			    command_row((enum command)i)->help));
		buf_release(&out);
	}
}

static void
overview_names_each_command(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 100000);
	assert_true(help_short(&out, COMMANDS));
	for (int i = 0; i < COMMANDS; i++)
		assert_non_null(strstr(
		    buf_string(&out), command_row((enum command)i)->name));
	assert_non_null(strstr(buf_string(&out), "--smtp ADDR"));
	assert_null(strstr(buf_string(&out), "--bare-lf"));
	buf_release(&out);
}

static void
all_names_each_option(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 100000);
	assert_true(help_all(&out));
	check_screen(buf_span(&out), 1000);
	for (int i = 0; i < OPTIONS; i++) {
		const struct option_row *row = option_row((enum option)i);
		char name[64];

		(void)snprintf(name, sizeof(name), "--%s%s", row->name,
		    row->argument ? " " : "");
		assert_non_null(strstr(buf_string(&out), name));
		assert_non_null(strstr(buf_string(&out), row->help));
	}
	buf_release(&out);
}

static void
says_when_it_does_not_fit(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	assert_false(help_all(&out));
	buf_reset(&out);
	assert_false(help_short(&out, COMMANDS));
	buf_reset(&out);
	assert_false(help_short(&out, COMMAND_SERVE));
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fits_a_screen),
	    cmocka_unit_test(overview_names_each_command),
	    cmocka_unit_test(all_names_each_option),
	    cmocka_unit_test(says_when_it_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
