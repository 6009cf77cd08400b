/* api_own_fault: the fault rules of mailstop's own API. */
#include "api_own.h"

#include "api_json.h"
#include "api_message.h"

#include <jansson.h>

#define RULES_MAX ((size_t)1024 * 1024)

static json_t *
rule_value(const struct fault_view *view)
{
	return json_pack("{s:s, s:o, s:I, s:I}", "id", view->id, "rule",
	    api_string(view->text), "seen", (json_int_t)view->seen, "acted",
	    (json_int_t)view->acted);
}

json_t *
own_fault_list(const struct fault_set *faults)
{
	json_t *rules = json_array();
	struct fault_view view;

	for (size_t i = 0; fault_view(faults, i, &view); i++)
		(void)json_array_append_new(rules, rule_value(&view));
	return rules;
}

static json_t *
set_value(const struct fault_set *faults)
{
	return json_pack("{s:o, s:I}", "faults", own_fault_list(faults), "seed",
	    (json_int_t)fault_seed(faults));
}

static void
refuse(
    struct http_request *request, enum err err, const struct fault_error *error)
{
	if (err == ERR_DATA || err == ERR_EXISTS)
		http_reply_error(request, 400, "%s (at character %zu)",
		    error->text, error->offset + 1);
	else
		http_reply_error(request, api_status(err), "%s",
		    err == ERR_LIMIT ? "there are too many rules"
				     : err_text(err));
}

void
own_get_faults(struct http_request *request, void *context)
{
	struct api *api = context;

	http_reply_json(request, 200, set_value(api->faults));
}

/* The rules of {"faults": [...]}, each a string or an object with "rule", a
   line each. False when the body has another shape. */
static bool
put_rules(struct buf *text, const json_t *body)
{
	json_t *rules = json_object_get(body, "faults"), *item;
	size_t i;

	if (!json_is_array(rules))
		return false;
	json_array_foreach(rules, i, item)
	{
		json_t *rule =
		    json_is_object(item) ? json_object_get(item, "rule") : item;

		if (!json_is_string(rule))
			return false;
		(void)buf_put_string(text, json_string_value(rule));
		(void)buf_put_char(text, '\n');
	}
	return !buf_failed(text);
}

/* JSON where the body begins like it, else the rules themselves. */
static bool
is_json(struct span body)
{
	struct span text = span_trim(body);

	return text.len > 0 && text.at[0] == '{';
}

void
own_put_faults(struct http_request *request, void *context)
{
	struct api *api = context;
	struct span body = http_body(request);
	struct fault_error error = {0};
	struct buf text;
	json_t *json = NULL;
	enum err err;

	buf_init(&text, RULES_MAX);
	if (is_json(body)) {
		json = api_json_read(body, error.text, sizeof(error.text));
		if (!json || !put_rules(&text, json)) {
			http_reply_error(request, 400, "%s",
			    json ? "faults is a list of rules" : error.text);
			json_decref(json);
			buf_release(&text);
			return;
		}
		body = buf_span(&text);
	}
	err = fault_replace(api->faults, body, &error);
	if (err)
		refuse(request, err, &error);
	else
		http_reply_json(request, 200, set_value(api->faults));
	json_decref(json);
	buf_release(&text);
}

void
own_post_fault(struct http_request *request, void *context)
{
	struct api *api = context;
	struct span rule = span_trim(http_body(request));
	struct fault_error error = {0};
	struct fault_view view;
	json_t *json = NULL;
	const char *id, *text = "";
	enum err err;

	if (is_json(rule)) {
		json = api_json_read(rule, error.text, sizeof(error.text));
		if (!json ||
		    api_json_string(json, "rule", &text) != API_JSON_OK) {
			http_reply_error(request, 400, "%s",
			    json ? "rule is a string" : error.text);
			json_decref(json);
			return;
		}
		rule = span_string(text);
	}
	err = fault_add(api->faults, rule, &error, &id);
	if (err)
		refuse(request, err, &error);
	else if (fault_find(api->faults, span_string(id), &view))
		http_reply_json(request, 201, rule_value(&view));
	json_decref(json);
}

void
own_delete_fault(struct http_request *request, void *context)
{
	struct api *api = context;
	struct span id = http_value(request, "id");

	if (fault_remove(api->faults, id))
		http_reply_json(request, 200, json_pack("{s:i}", "deleted", 1));
	else
		http_reply_error(
		    request, 404, "there is no rule %.*s", SPAN_ARG(id));
}
