/* test_sarif: findings as a document that other programs read. */
#include "sarif.h"

#include "finding.h"
#include "unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Writes a document of these findings (a JSON array), and reads it. */
static json_t *
document(const char *findings)
{
	json_t *list = json_loads(findings, 0, NULL);
	json_t *finding, *read;
	struct sarif sarif;
	char *text = NULL;
	size_t len = 0, i;
	FILE *file = open_memstream(&text, &len);

	assert_non_null(list);
	assert_non_null(file);
	sarif_begin(&sarif, file);
	json_array_foreach(list, i, finding) sarif_put(&sarif, finding);
	assert_true(sarif_end(&sarif));
	assert_int_equal(fclose(file), 0);
	assert_int_equal(text[len - 1], '\n');
	read = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(read);
	free(text);
	json_decref(list);
	return read;
}

static const char *
text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

static json_t *
run_of(json_t *read)
{
	json_t *runs = json_object_get(read, "runs");

	assert_string_equal(text_at(read, "version"), "2.1.0");
	assert_true(strstr(text_at(read, "$schema"),
			"sarif-schema-2.1.0.json") != NULL);
	assert_int_equal(json_array_size(runs), 1);
	return json_array_get(runs, 0);
}

static json_t *
driver_of(json_t *read)
{
	return json_object_get(json_object_get(run_of(read), "tool"), "driver");
}

static bool
is_level(const char *text)
{
	return strcmp(text, "note") == 0 || strcmp(text, "warning") == 0 ||
	    strcmp(text, "error") == 0;
}

static void
has_each_rule(void **state)
{
	json_t *read = document("[]");
	json_t *driver = driver_of(read), *rules, *row;
	const struct finding_rule *rule = finding_rules();
	size_t i;

	(void)state;
	assert_string_equal(text_at(driver, "name"), "mailstop");
	assert_string_equal(text_at(driver, "version"), PACKAGE_VERSION);
	rules = json_object_get(driver, "rules");
	json_array_foreach(rules, i, row)
	{
		const char *level = text_at(
		    json_object_get(row, "defaultConfiguration"), "level");

		assert_string_equal(text_at(row, "id"), rule[i].id);
		assert_string_equal(
		    text_at(json_object_get(row, "shortDescription"), "text"),
		    rule[i].title);
		assert_true(is_level(level));
		assert_string_equal(level,
		    rule[i].severity == FINDING_INFO
			? "note"
			: finding_severity_name(rule[i].severity));
		assert_int_equal(
		    strncmp(text_at(row, "helpUri"), "https://www.", 12), 0);
	}
	assert_null(rule[i].id);
	assert_true(json_is_array(json_object_get(run_of(read), "results")));
	assert_int_equal(
	    json_array_size(json_object_get(run_of(read), "results")), 0);
	json_decref(read);
}

static void
says_what_and_where(void **state)
{
	static const char findings[] =
	    "[{\"rule\":\"bare-lf\",\"severity\":\"error\",\"title\":\"T\","
	    "\"offset\":120,\"line\":null,\"bytes\":\"\\nx\\u00e4\","
	    "\"more\":3,\"session\":\"S\",\"message\":\"M\"},"
	    "{\"rule\":\"no-quit\",\"severity\":\"warning\",\"title\":\"U\","
	    "\"offset\":null,\"line\":4,\"bytes\":\"\",\"more\":0,"
	    "\"session\":\"S\",\"message\":null},"
	    "{\"rule\":\"of-tomorrow\",\"severity\":\"error\",\"title\":\"V\","
	    "\"offset\":0,\"message\":\"M\"}]";
	static const char wanted[] =
	    "[{\"ruleId\":\"bare-lf\",\"level\":\"error\","
	    "\"message\":{\"text\":\"T.\"},\"locations\":[{"
	    "\"physicalLocation\":{\"artifactLocation\":{"
	    "\"uri\":\"message/M/raw\",\"uriBaseId\":\"API\"},"
	    "\"region\":{\"byteOffset\":120,"
	    "\"snippet\":{\"text\":\"\\nx\\u00e4\"}}}}],"
	    "\"properties\":{\"session\":\"S\"},\"ruleIndex\":%d,"
	    "\"occurrenceCount\":4},"
	    "{\"ruleId\":\"no-quit\",\"level\":\"warning\","
	    "\"message\":{\"text\":\"U.\"},\"locations\":[{"
	    "\"physicalLocation\":{\"artifactLocation\":{"
	    "\"uri\":\"session/S/transcript\",\"uriBaseId\":\"API\"},"
	    "\"region\":{\"startLine\":5}}}],"
	    "\"properties\":{\"session\":\"S\"},\"ruleIndex\":%d},"
	    "{\"ruleId\":\"of-tomorrow\",\"level\":\"error\","
	    "\"message\":{\"text\":\"V.\"},\"locations\":[{"
	    "\"physicalLocation\":{\"artifactLocation\":{"
	    "\"uri\":\"message/M/raw\",\"uriBaseId\":\"API\"},"
	    "\"region\":{\"byteOffset\":0}}}],"
	    "\"properties\":{\"session\":\"\"}}]";
	json_t *read = document(findings);
	char text[4096];
	json_t *expected;

	(void)state;
	(void)snprintf(text, sizeof(text), wanted,
	    (int)(finding_rule(SPAN("bare-lf")) - finding_rules()),
	    (int)(finding_rule(SPAN("no-quit")) - finding_rules()));
	expected = json_loads(text, 0, NULL);
	assert_non_null(expected);
	assert_true(
	    json_equal(json_object_get(run_of(read), "results"), expected));
	json_decref(expected);
	json_decref(read);
}

static void
says_when_it_cannot_write(void **state)
{
	FILE *file = fopen("/dev/full", "w");
	struct sarif sarif;

	(void)state;
	if (!file)
		skip();
	(void)setvbuf(file, NULL, _IONBF, 0);
	sarif_begin(&sarif, file);
	assert_false(sarif_end(&sarif));
	(void)fclose(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_each_rule),
	    cmocka_unit_test(says_what_and_where),
	    cmocka_unit_test(says_when_it_cannot_write),
	};

	return cmocka_run_group_tests_name("sarif", tests, NULL, NULL);
}
