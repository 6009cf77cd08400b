/* api_own_server: what the server is and where it is reached. */
#include "api_own.h"

#include "api_message.h"
#include "clock.h"
#include "smtp.h"

#include <jansson.h>
#include <string.h>

/* The folder of the database is nobody's business who asks by HTTP. */
static const char *
file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *
tls_of(const struct api *api, const struct listen_spec *spec)
{
	switch (spec->protocol) {
	case LISTEN_SMTPS:
		return "implicit";
	case LISTEN_SMTP:
	case LISTEN_LMTP:
		return api->options.has_tls && !(spec->hide & SMTP_STARTTLS)
		    ? "starttls"
		    : "none";
	case LISTEN_POP3:
	case LISTEN_HTTP:
	default:
		return "none";
	}
}

static json_t *
a_listener(const struct api *api, const struct api_listener *listener)
{
	const struct listen_spec *spec = listener->spec;

	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:b}", "protocol",
	    listen_protocol_name(spec->protocol), "name",
	    api_string(span_string(spec->name)), "address",
	    api_string(span_string(listener->address)), "inbox",
	    api_string(
		span_string(spec->inbox ? spec->inbox : api->options.inbox)),
	    "tls", tls_of(api, spec), "proxy", (int)spec->proxy);
}

static json_t *
the_listeners(const struct api *api)
{
	json_t *list = json_array();

	for (size_t i = 0; i < api->listener_count; i++)
		if (json_array_append_new(
			list, a_listener(api, &api->listeners[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

void
own_server(struct http_request *request, void *context)
{
	const struct api *api = context;
	const struct api_options *options = &api->options;

	http_reply_json(request, 200,
	    json_pack("{s:s, s:o, s:b, s:o, s:s, s:I, s:o, s:o}", "version",
		options->version, "label",
		api_string(span_string(options->label)), "read_only",
		(int)options->is_view, "database",
		api_string(span_string(file_name(options->database))), "inbox",
		options->inbox, "max_message", (json_int_t)options->max_message,
		"started", api_time(options->started_us), "listeners",
		the_listeners(api)));
}
