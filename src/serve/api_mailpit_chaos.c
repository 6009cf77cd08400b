/* api_mailpit_chaos: Mailpit's chaos triggers, which are fault rules here. */
#include "api_mailpit.h"

#include "api_json.h"
#include "fault_chaos.h"

#include <jansson.h>

static const char *const names[FAULT_CHAOS_KINDS] = {
    [FAULT_CHAOS_SENDER] = "Sender",
    [FAULT_CHAOS_RECIPIENT] = "Recipient",
    [FAULT_CHAOS_AUTHENTICATION] = "Authentication",
};

static bool
is_on(struct http_request *request, const struct api *api)
{
	if (api->options.chaos)
		return true;
	mailpit_reply_text(request, 400, "Chaos is not enabled");
	return false;
}

static void
reply_state(struct http_request *request, const struct api *api)
{
	json_t *state = json_object();
	struct fault_chaos chaos;

	fault_chaos_read(api->faults, &chaos);
	for (size_t i = 0; i < FAULT_CHAOS_KINDS; i++)
		(void)json_object_set_new(state, names[i],
		    json_pack("{s:I, s:I}", "ErrorCode",
			(json_int_t)chaos.triggers[i].code, "Probability",
			(json_int_t)chaos.triggers[i].probability));
	http_reply_json(request, 200, state);
}

void
mailpit_get_chaos(struct http_request *request, void *context)
{
	if (is_on(request, context))
		reply_state(request, context);
}

/* False when a type is wrong; what is not there keeps its default. */
static bool
read_trigger(
    const json_t *body, const char *name, struct fault_trigger *trigger)
{
	int code = 0, probability = 0;
	json_t *given = NULL;

	switch (api_json_object(body, name, &given)) {
	case API_JSON_WRONG:
		return false;
	case API_JSON_ABSENT:
		return true;
	case API_JSON_OK:
		break;
	}
	if (api_json_number(given, "ErrorCode", &code) == API_JSON_WRONG ||
	    api_json_number(given, "Probability", &probability) ==
		API_JSON_WRONG)
		return false;
	trigger->code = code;
	trigger->probability = probability;
	return true;
}

void
mailpit_put_chaos(struct http_request *request, void *context)
{
	struct api *api = context;
	struct fault_chaos chaos;
	struct failure failure;
	bool is_read = true;
	char error[200];
	json_t *body;

	if (!is_on(request, api))
		return;
	body = api_json_read(http_body(request), error, sizeof(error));
	if (!body) {
		mailpit_reply_text(request, 400, "%s", error);
		return;
	}
	fault_chaos_init(&chaos);
	for (size_t i = 0; i < FAULT_CHAOS_KINDS; i++)
		is_read &= read_trigger(body, names[i], &chaos.triggers[i]);
	json_decref(body);
	if (!is_read)
		mailpit_reply_text(request, 400,
		    "a trigger is {ErrorCode: number, Probability: number}");
	else if (fault_chaos_write(api->faults, &chaos, &failure) != ERR_OK)
		mailpit_reply_text(request, 400, "%s", failure.text);
	else
		reply_state(request, api);
}
