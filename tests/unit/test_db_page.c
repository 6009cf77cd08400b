/* test_db_page: the man page of the database names every table and column. */
#include "schema.h"
#include "sql.h"

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
	    path, sizeof(path), "%s/src/store/mailstop-db.5", top ? top : "..");
	file = fopen(path, "rb");
	room = buf_room(&page, PAGE_MAX);
	if (!file || !room) {
		print_error("%s: %s\n", path, strerror(errno));
		return -1;
	}
	buf_grow(&page, fread(room, 1, PAGE_MAX, file));
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

/* Whether one of the words of a line, with blanks and commas between, is it. */
static bool
has_word(struct span line, struct span word)
{
	while (line.len > 0) {
		struct span found = span_cut(&line, ' ');

		if (span_equal(found, word))
			return true;
	}
	return false;
}

/* From the heading with the table's name to the next one. */
static bool
names(struct span page, struct span table, struct span column)
{
	bool is_inside = false;

	while (page.len > 0) {
		struct span line = span_cut(&page, '\n');

		if (span_starts(line, SPAN(".Ss ")))
			is_inside = has_word(line, table);
		if (is_inside && span_starts(line, SPAN(".It Va ")) &&
		    has_word(line, column))
			return true;
	}
	return false;
}

static void
names_each_column(void **state)
{
	struct sql *sql;
	struct sql_row *row;
	size_t count = 0;

	assert_int_equal(sql_open(&sql, NULL, SQL_WRITE, NULL), ERR_OK);
	assert_int_equal(schema_migrate(sql, NULL), ERR_OK);
	/* What the index over the texts makes for itself is its own. */
	assert_int_equal(
	    sql_start_once(sql, &row,
		"SELECT t.name, c.name FROM sqlite_schema t,"
		" pragma_table_info(t.name) c WHERE t.type = 'table'"
		" AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE"
		" 'fulltext@_%' ESCAPE '@'"),
	    ERR_OK);
	while (sql_step(row) == ERR_OK) {
		struct span table = sql_span(row, 0);
		struct span column = sql_span(row, 1);

		count++;
		if (!names(buf_span(*state), table, column))
			fail_msg("mailstop-db.5 does not name %.*s.%.*s",
			    SPAN_ARG(table), SPAN_ARG(column));
	}
	assert_int_equal(sql_done(row), ERR_OK);
	assert_true(count > 50);
	sql_close(sql);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_each_column),
	};

	return cmocka_run_group_tests(tests, read_page, forget_page);
}
