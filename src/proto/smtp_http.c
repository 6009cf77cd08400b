/*
 * smtp_http: tells browsers, and whatever else speaks HTTP, from clients.
 *
 * A web page can make a browser post to any port, with a body of SMTP
 * commands. The request's first line gives it away.
 */
#include "smtp_private.h"

static const struct span methods[] = {
    SPAN("CONNECT"),
    SPAN("DELETE"),
    SPAN("GET"),
    SPAN("HEAD"),
    SPAN("OPTIONS"),
    SPAN("PATCH"),
    SPAN("POST"),
    SPAN("PRI"),
    SPAN("PUT"),
    SPAN("TRACE"),
};

static bool
is_method(struct span word)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (span_equal_nocase(word, methods[i]))
			return true;
	return false;
}

/* Any method there may be: "X /path HTTP/1.1". */
static bool
names_version(struct span text)
{
	struct span word = span_make("", 0);

	while (text.len)
		word = span_cut_word(&text);
	return span_starts_nocase(word, SPAN("HTTP/"));
}

bool
smtp_is_http(struct span text)
{
	struct span rest = span_trim(text);
	struct span verb = span_cut_word(&rest);

	return rest.len && (is_method(verb) || names_version(rest));
}
