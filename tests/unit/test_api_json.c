/* test_api_json: what clients send as JSON, well and badly formed. */
#include "api_json.h"

#include "unit.h"

#include <jansson.h>
#include <string.h>

static void
reads_an_object_only(void **state)
{
	static const struct {
		const char *body;
		bool is_read;
	} rows[] = {
	    {"{}", true},
	    {" {\"a\": 1} trailing", true},
	    {"{\"a\": 1}{\"b\": 2}", true},
	    {"", false},
	    {"[]", false},
	    {"null", false},
	    {"{\"a\":", false},
	    {"a=1&b=2", false},
	    {"{\"a\": \"\xff\"}", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char error[200] = "";
		json_t *value = api_json_read(
		    span_string(rows[i].body), error, sizeof(error));

		assert_int_equal(value != NULL, rows[i].is_read);
		assert_int_equal(error[0] != '\0', !rows[i].is_read);
		json_decref(value);
	}
}

static void
finds_keys_in_any_case(void **state)
{
	json_t *object = api_json_read(
	    SPAN("{\"fileNAME\": \"x\", \"Read\": true, \"code\": 451,"
		 "\"none\": null, \"IDs\": [\"1\", \"2\"],"
		 "\"to\": [{\"Email\": \"a\"}], \"mixed\": [\"1\", 2],"
		 "\"sender\": {\"a\": 1}, \"huge\": 99999999999}"),
	    NULL, 0);
	const char *string = NULL;
	json_t *found = NULL;
	int number = 0;
	bool is = false;

	(void)state;
	assert_non_null(object);
	assert_int_equal(
	    api_json_string(object, "Filename", &string), API_JSON_OK);
	assert_string_equal(string, "x");
	assert_int_equal(api_json_bool(object, "read", &is), API_JSON_OK);
	assert_true(is);
	assert_int_equal(api_json_number(object, "Code", &number), API_JSON_OK);
	assert_int_equal(number, 451);
	assert_int_equal(api_json_strings(object, "ids", &found), API_JSON_OK);
	assert_int_equal(json_array_size(found), 2);
	assert_int_equal(api_json_objects(object, "To", &found), API_JSON_OK);
	assert_int_equal(
	    api_json_object(object, "Sender", &found), API_JSON_OK);
	assert_int_equal(
	    api_json_string(object, "none", &string), API_JSON_ABSENT);
	assert_int_equal(
	    api_json_string(object, "nowhere", &string), API_JSON_ABSENT);
	assert_int_equal(
	    api_json_strings(object, "mixed", &found), API_JSON_WRONG);
	assert_int_equal(
	    api_json_string(object, "read", &string), API_JSON_WRONG);
	assert_int_equal(
	    api_json_number(object, "huge", &number), API_JSON_WRONG);
	assert_int_equal(api_json_bool(object, "code", &is), API_JSON_WRONG);
	assert_int_equal(api_json_object(object, "to", &found), API_JSON_WRONG);
	json_decref(object);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_an_object_only),
	    cmocka_unit_test(finds_keys_in_any_case),
	};

	return cmocka_run_group_tests_name("api_json", tests, NULL, NULL);
}
