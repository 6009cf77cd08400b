/* api_mailhog_jim: MailHog's chaos monkey, whose mischief are fault rules. */
#include "api_mailhog.h"

#include "api_json.h"
#include "fault_jim.h"

#include <jansson.h>
#include <stddef.h>

static const struct {
	const char *key;
	size_t offset; /* of a double in struct fault_jim */
} keys[] = {
    {"DisconnectChance", offsetof(struct fault_jim, disconnect)},
    {"AcceptChance", offsetof(struct fault_jim, accept)},
    {"LinkSpeedAffect", offsetof(struct fault_jim, link_affect)},
    {"LinkSpeedMin", offsetof(struct fault_jim, link_min)},
    {"LinkSpeedMax", offsetof(struct fault_jim, link_max)},
    {"RejectSenderChance", offsetof(struct fault_jim, reject_sender)},
    {"RejectRecipientChance", offsetof(struct fault_jim, reject_recipient)},
    {"RejectAuthChance", offsetof(struct fault_jim, reject_auth)},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static double *
place(struct fault_jim *jim, size_t index)
{
	return (double *)((char *)jim + keys[index].offset);
}

static void
reply_empty(struct http_request *request, int status)
{
	http_reply(request, status, NULL, SPAN(""));
}

/* Like Mailpit's chaos, he comes only where the server allows it. */
static bool
may_come(const struct api *api, struct http_request *request)
{
	if (api->options.chaos)
		return true;
	reply_empty(request, 404);
	return false;
}

void
mailhog_get_jim(struct http_request *request, void *context)
{
	const struct api *api = context;
	struct fault_jim jim;
	json_t *state;

	if (!fault_jim_read(api->faults, &jim)) {
		reply_empty(request, 404);
		return;
	}
	state = json_object();
	for (size_t i = 0; i < KEYS; i++)
		(void)json_object_set_new(
		    state, keys[i].key, json_real(*place(&jim, i)));
	http_reply_json(request, 200, state);
}

/* An empty body leaves all as it is. False for what is no object of numbers. */
static bool
read_body(struct http_request *request, struct fault_jim *jim)
{
	struct span body = http_body(request);
	bool is_read = true;
	json_t *object;

	if (span_trim(body).len == 0)
		return true;
	object = api_json_read(body, NULL, 0);
	if (!object)
		return false;
	for (size_t i = 0; i < KEYS; i++) {
		json_t *value = json_object_get(object, keys[i].key);

		if (value && !json_is_number(value))
			is_read = false;
		else if (value)
			*place(jim, i) = json_number_value(value);
	}
	json_decref(object);
	return is_read;
}

static void
change(struct api *api, struct http_request *request, struct fault_jim *jim,
    int status)
{
	if (!read_body(request, jim) ||
	    fault_jim_write(api->faults, jim) != ERR_OK)
		reply_empty(request, 400);
	else
		reply_empty(request, status);
}

void
mailhog_post_jim(struct http_request *request, void *context)
{
	struct api *api = context;
	struct fault_jim jim;

	if (!may_come(api, request))
		return;
	if (fault_jim_read(api->faults, &jim)) {
		reply_empty(request, 400);
		return;
	}
	fault_jim_init(&jim);
	change(api, request, &jim, 201);
}

void
mailhog_put_jim(struct http_request *request, void *context)
{
	struct api *api = context;
	struct fault_jim jim;

	if (!fault_jim_read(api->faults, &jim))
		reply_empty(request, 404);
	else
		change(api, request, &jim, 200);
}

void
mailhog_delete_jim(struct http_request *request, void *context)
{
	struct api *api = context;

	reply_empty(request, fault_jim_remove(api->faults) ? 200 : 404);
}
