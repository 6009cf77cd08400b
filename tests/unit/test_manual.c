/* test_manual: the man page names every command, option and variable. */
#include "option.h"

#include "buf.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_MAX ((size_t)200000)

static int
read_page(void **state)
{
	static struct buf page;
	const char *top = getenv("TOP_SRCDIR");
	char path[4096];
	char *room;
	FILE *file;

	buf_init(&page, PAGE_MAX);
	(void)snprintf(
	    path, sizeof(path), "%s/src/app/mailstop.1", top ? top : "..");
	file = fopen(path, "rb");
	room = buf_room(&page, PAGE_MAX - 1);
	if (!file || !room) {
		print_error("%s: %s\n", path, strerror(errno));
		return -1;
	}
	buf_grow(&page, fread(room, 1, PAGE_MAX - 1, file));
	(void)fclose(file);
	*state = &page;
	return 0;
}

static int
forget_page(void **state)
{
	buf_release(*state);
	return 0;
}

/* Whether the words stand there, and no letter goes on behind them. */
static bool
has(struct buf *page, const char *words)
{
	const char *at = buf_string(page);
	size_t len = strlen(words);

	while ((at = strstr(at, words))) {
		if (strchr(" \n,", at[len]))
			return true;
		at += len;
	}
	return false;
}

static void
names_each_command(void **state)
{
	for (int i = 0; i < COMMANDS; i++) {
		char words[64];

		(void)snprintf(words, sizeof(words), "\n.It Cm %s",
		    command_row((enum command)i)->name);
		if (!has(*state, words))
			fail_msg("no \"%s\"", words + 1);
	}
}

/* As an item of a list: in the flow of the text it is not explained. */
static void
names_each_option(void **state)
{
	for (int i = 0; i < OPTIONS; i++) {
		const struct option_row *row = option_row((enum option)i);
		char words[80];

		if (row->letter)
			(void)snprintf(words, sizeof(words),
			    "\n.It Fl %c , Fl Fl %s", row->letter, row->name);
		else
			(void)snprintf(
			    words, sizeof(words), "\n.It Fl Fl %s", row->name);
		if (!has(*state, words))
			fail_msg("no \"%s\"", words + 1);
	}
}

static void
names_each_variable_of_mailpit(void **state)
{
	for (int i = 0; i < OPTIONS; i++) {
		const char *name = option_row((enum option)i)->mailpit;

		if (name && !has(*state, name))
			fail_msg("no \"%s\"", name);
	}
}

static void
explains_no_other_option(void **state)
{
	struct span rest = buf_span(*state);

	while (rest.len > 0) {
		struct span line = span_cut(&rest, '\n');
		struct span word;
		bool is_known = false;

		if (!span_starts(line, SPAN(".It Fl ")))
			continue;
		word = line;
		while (word.len > 0 && !span_starts(word, SPAN("Fl Fl ")))
			span_skip(&word, 1);
		span_skip(&word, strlen("Fl Fl "));
		word = span_cut(&word, ' ');
		for (int i = 0; i < OPTIONS; i++)
			is_known |= span_equal(word,
			    span_string(option_row((enum option)i)->name));
		if (!is_known)
			fail_msg("%.*s", SPAN_ARG(line));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_each_command),
	    cmocka_unit_test(names_each_option),
	    cmocka_unit_test(names_each_variable_of_mailpit),
	    cmocka_unit_test(explains_no_other_option),
	};

	return cmocka_run_group_tests(tests, read_page, forget_page);
}
