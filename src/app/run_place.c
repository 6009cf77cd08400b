/* run_place: where a private server is, told to it and by it. */
#include "run_place.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words */

bool
run_words_add(struct run_words *words, const char *format, ...)
{
	char **grown =
	    realloc(words->at, (words->count + 2) * sizeof(grown[0]));
	va_list arguments;
	char *word;
	int len;

	if (!grown)
		return false;
	words->at = grown;
	va_start(arguments, format);
	len = vasprintf(&word, format, arguments);
	va_end(arguments);
	if (len < 0)
		return false;
	grown[words->count++] = word;
	grown[words->count] = NULL;
	return true;
}

bool
run_words_copy(struct run_words *words, const struct options *options)
{
	for (int i = 0; i < OPTIONS; i++) {
		enum option option = (enum option)i;
		size_t count;
		const char *const *values =
		    option_list(options, option, &count);

		if (!option_is_for(option, COMMAND_SERVE) ||
		    !option_is_flagged(options, option))
			continue;
		for (size_t j = 0; j < count; j++)
			if (!run_words_add(words, "--%s=%s",
				option_row(option)->name, values[j]))
				return false;
	}
	return true;
}

void
run_words_release(struct run_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->at[i]);
	free(words->at);
	*words = (struct run_words){NULL, 0};
}

/* ---- the place */

static bool
copy(char **out, const char *text)
{
	if (text)
		*out = strdup(text);
	return !text || *out;
}

static const char *
first_of(const json_t *ready, const char *protocol)
{
	return json_string_value(
	    json_array_get(json_object_get(ready, protocol), 0));
}

/* "127.0.0.1:25" and "[::1]:25"; a socket in a folder has no port. */
static bool
read_smtp(struct run_place *place, const char *address)
{
	const char *colon = address ? strrchr(address, ':') : NULL;
	struct span host;

	if (!colon || strncmp(address, "unix:", 5) == 0)
		return true;
	host = span_make(address, (size_t)(colon - address));
	if (host.len > 1 && host.at[0] == '[')
		host = span_make(host.at + 1, host.len - 2);
	place->smtp_host = strndup(host.at, host.len);
	place->smtp_port = strdup(colon + 1);
	if (asprintf(&place->mail_url, "smtp://%s", address) < 0)
		place->mail_url = NULL;
	return place->smtp_host && place->smtp_port && place->mail_url;
}

static bool
read_url(
    struct run_place *place, const char *address, const struct options *options)
{
	struct span root = span_string(option_text(options, OPTION_WEBROOT));
	int len;

	if (!address)
		return true;
	while (root.len > 0 && root.at[0] == '/')
		span_skip(&root, 1);
	while (root.len > 0 && root.at[root.len - 1] == '/')
		root.len--;
	if (strncmp(address, "unix:", 5) == 0)
		len = asprintf(&place->url, "%s", address);
	else
		len = asprintf(&place->url, "http://%s%s%.*s", address,
		    root.len > 0 ? "/" : "", SPAN_ARG(root));
	if (len < 0)
		place->url = NULL;
	return len >= 0;
}

bool
run_place_read(
    struct run_place *place, struct span text, const struct options *options)
{
	json_t *ready = json_loadb(text.at, text.len, 0, NULL);
	bool is_read = ready &&
	    copy(&place->db, json_string_value(json_object_get(ready, "db"))) &&
	    copy(&place->ca, json_string_value(json_object_get(ready, "ca"))) &&
	    read_smtp(place, first_of(ready, "smtp")) &&
	    read_url(place, first_of(ready, "http"), options);

	json_decref(ready);
	return is_read;
}

void
run_place_release(struct run_place *place)
{
	free(place->db);
	free(place->ca);
	free(place->smtp_host);
	free(place->smtp_port);
	free(place->mail_url);
	free(place->url);
	*place = (struct run_place){.db = NULL};
}

bool
run_place_tell(const struct run_place *place)
{
	const struct {
		const char *name, *value;
	} variables[] = {
	    {"SMTP_HOST", place->smtp_host},
	    {"SMTP_PORT", place->smtp_port},
	    {"MAIL_URL", place->mail_url},
	    {"MAILSTOP_URL", place->url},
	    {"MAILSTOP_DB", place->db},
	    {"MAILSTOP_CA", place->ca},
	};

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		int failed = variables[i].value
		    ? setenv(variables[i].name, variables[i].value, 1)
		    : unsetenv(variables[i].name);

		if (failed)
			return false;
	}
	return true;
}
