/* sarif: findings as one document of SARIF 2.1.0. */
#include "sarif.h"

#include "finding.h"

#include <string.h>

#define SCHEMA                                                                 \
	"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"  \
	"sarif-schema-2.1.0.json"

/* Names the place of both kinds of documents, wherever the server is. */
#define BASE "API"

static const char *
text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Takes the object. */
static void
put(struct sarif *sarif, json_t *object)
{
	if (!object ||
	    json_dumpf(object, sarif->file, JSON_COMPACT | JSON_ENSURE_ASCII))
		sarif->failed = true;
	json_decref(object);
}

static void
put_text(struct sarif *sarif, const char *text)
{
	if (fputs(text, sarif->file) < 0)
		sarif->failed = true;
}

/* ---- rules */

/* SARIF knows no others. */
static const char *
level_of(const char *severity)
{
	if (strcmp(severity, "info") == 0)
		return "note";
	return strcmp(severity, "error") == 0 ? "error" : "warning";
}

/* "RFC 5321 2.3.8" on the web. */
static json_t *
help_uri(const char *section)
{
	const char *number = section + strlen("RFC ");
	size_t len = strcspn(number, " ");

	return json_sprintf("https://www.rfc-editor.org/rfc/rfc%.*s#section-%s",
	    (int)len, number, number[len] ? number + len + 1 : "1");
}

static json_t *
describe(const struct finding_rule *rule)
{
	return json_pack("{s:s, s:{s:s}, s:{s:s+}, s:o, s:{s:s}, s:{s:s, s:s}}",
	    "id", rule->id, "shortDescription", "text", rule->title,
	    "fullDescription", "text", rule->title, ".", "helpUri",
	    help_uri(rule->section), "defaultConfiguration", "level",
	    level_of(finding_severity_name(rule->severity)), "properties",
	    "section", rule->section, "scope",
	    rule->scope == FINDING_OF_SESSION ? "session" : "message");
}

static json_t *
describe_driver(void)
{
	json_t *rules = json_array();
	bool is_whole = rules != NULL;

	for (const struct finding_rule *rule = finding_rules(); rule->id;
	     rule++)
		is_whole = json_array_append_new(rules, describe(rule)) == 0 &&
		    is_whole;
	if (!is_whole) {
		json_decref(rules);
		return NULL;
	}
	return json_pack("{s:{s:s, s:s, s:s, s:o}}", "driver", "name",
	    "mailstop", "version", PACKAGE_VERSION, "semanticVersion",
	    PACKAGE_VERSION, "rules", rules);
}

void
sarif_begin(struct sarif *sarif, FILE *file)
{
	*sarif = (struct sarif){.file = file};
	put_text(sarif,
	    "{\"$schema\":\"" SCHEMA "\",\"version\":\"2.1.0\",\n"
	    "\"runs\":[{\"tool\":");
	put(sarif, describe_driver());
	put_text(sarif,
	    ",\n\"columnKind\":\"unicodeCodePoints\","
	    "\"originalUriBaseIds\":");
	put(sarif,
	    json_pack("{s:{s:{s:s}}}", BASE, "description", "text",
		"/api/mailstop/v1/ of the server, or of `mailstop ui` on its "
		"database"));
	put_text(sarif, ",\n\"results\":[");
}

/* ---- findings */

/* JSON counts lines from 0, SARIF from 1. */
static json_t *
place_of(const json_t *finding)
{
	const char *message = text_of(finding, "message");
	json_int_t offset =
	    json_integer_value(json_object_get(finding, "offset"));
	json_int_t line = json_integer_value(json_object_get(finding, "line"));
	const char *bytes = text_of(finding, "bytes");
	json_t *region = message[0] ? json_pack("{s:I}", "byteOffset", offset)
				    : json_pack("{s:I}", "startLine", line + 1);

	if (bytes[0])
		(void)json_object_set_new(
		    region, "snippet", json_pack("{s:s}", "text", bytes));
	return json_pack("[{s:{s:{s:o, s:s}, s:o}}]", "physicalLocation",
	    "artifactLocation", "uri",
	    message[0] ? json_sprintf("message/%s/raw", message)
		       : json_sprintf("session/%s/transcript",
			     text_of(finding, "session")),
	    "uriBaseId", BASE, "region", region);
}

/* Titles have no dot; a server that is newer may know other rules. */
static json_t *
result_of(const json_t *finding)
{
	const char *id = text_of(finding, "rule");
	const struct finding_rule *rule = finding_rule(span_string(id));
	json_int_t more = json_integer_value(json_object_get(finding, "more"));
	json_t *result = json_pack("{s:s, s:s, s:{s:s+}, s:o, s:{s:s}}",
	    "ruleId", id, "level", level_of(text_of(finding, "severity")),
	    "message", "text", text_of(finding, "title"), ".", "locations",
	    place_of(finding), "properties", "session",
	    text_of(finding, "session"));

	if (result && rule)
		(void)json_object_set_new(result, "ruleIndex",
		    json_integer((json_int_t)(rule - finding_rules())));
	if (result && more > 0)
		(void)json_object_set_new(
		    result, "occurrenceCount", json_integer(more + 1));
	return result;
}

void
sarif_put(struct sarif *sarif, const json_t *finding)
{
	put_text(sarif, sarif->count++ ? ",\n" : "\n");
	put(sarif, result_of(finding));
}

bool
sarif_end(struct sarif *sarif)
{
	put_text(sarif, "]}]}\n");
	return !sarif->failed;
}
