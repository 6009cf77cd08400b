/* mailstop: the public library: the life of a server, and where it is. */
#include "mailstop.h"

#include "endpoint.h"
#include "tenant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The numbers are the same, so that no status is lost on its way out. */
_Static_assert((int)MAILSTOP_MEMORY == (int)ERR_MEMORY, "a status");
_Static_assert((int)MAILSTOP_VERSION == (int)ERR_VERSION, "a status");
_Static_assert((int)MAILSTOP_NOT_FOUND == (int)ERR_NOT_FOUND, "a status");
_Static_assert((int)MAILSTOP_USAGE == (int)ERR_USAGE, "a status");
_Static_assert((int)MAILSTOP_LIMIT == (int)ERR_LIMIT, "a status");
_Static_assert((int)MAILSTOP_STOPPED == (int)ERR_STOPPED, "a status");

const char *
mailstop_version(void)
{
	return PACKAGE_VERSION;
}

const char *
mailstop_status_text(int status)
{
	if (status == MAILSTOP_TIMEOUT)
		return "the time is over";
	if (status == MAILSTOP_OK)
		return "success";
	if (status < 0 || status > MAILSTOP_TIMEOUT)
		return "no such status";
	return err_text((enum err)status);
}

struct mailstop *
mailstop_new(void)
{
	struct mailstop *tenant = calloc(1, sizeof(*tenant));

	if (!tenant)
		return NULL;
	tenant->pid = getpid();
	tenant->errors.thread = pthread_self();
	(void)pthread_mutex_init(&tenant->mutex, NULL);
	(void)pthread_mutex_init(&tenant->log_mutex, NULL);
	(void)pthread_cond_init(&tenant->changed, NULL);
	return tenant;
}

void
mailstop_free(struct mailstop *tenant)
{
	if (tenant && tenant_stop(tenant) == MAILSTOP_OK)
		tenant_free(tenant);
}

int
mailstop_start(struct mailstop *tenant)
{
	return tenant_start(tenant);
}

int
mailstop_stop(struct mailstop *tenant)
{
	return tenant ? tenant_stop(tenant) : MAILSTOP_USAGE;
}

const char *
mailstop_error(struct mailstop *tenant)
{
	return tenant ? tenant_words(tenant) : "";
}

/* ---- options */

/* Whatever is no part of a name would be read as something else. */
static bool
is_name(const char *name)
{
	return name && name[0] && name[0] != '-' &&
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* Refused here, and not by mailstop_start(), what is wrong by itself. */
static enum err
check_word(const char *word, struct failure *f)
{
	struct options *options;
	enum err err = options_read(
	    &options, COMMAND_SERVE, (const char *const[]){word}, 1, NULL, f);

	if (err)
		return err;
	if (option_flag(options, OPTION_HELP) ||
	    option_flag(options, OPTION_HELP_ALL) ||
	    option_flag(options, OPTION_VERSION))
		err = failure_set(f, ERR_USAGE, "%s is for the program", word);
	options_free(options);
	return err;
}

static enum err
make_word(char **word, const char *name, const char *value, struct failure *f)
{
	enum err err;

	if (!is_name(name))
		return failure_set(f, ERR_USAGE,
		    "%s: not the name of an option", name ? name : "NULL");
	if (asprintf(word, "--%s%s%s", name, value ? "=" : "",
		value ? value : "") < 0) {
		*word = NULL;
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	}
	err = check_word(*word, f);
	if (err) {
		free(*word);
		*word = NULL;
	}
	return err;
}

/* Takes the word. */
static enum err
add_word(struct mailstop *tenant, char *word, struct failure *f)
{
	char **grown =
	    realloc(tenant->words, (tenant->word_count + 1) * sizeof(grown[0]));

	if (!grown) {
		free(word);
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	}
	tenant->words = grown;
	grown[tenant->word_count++] = word;
	return ERR_OK;
}

int
mailstop_set(struct mailstop *tenant, const char *name, const char *value)
{
	struct failure f = {""};
	char *word = NULL;
	int status = tenant_lock_idle(tenant);
	enum err err;

	if (status)
		return status;
	err = make_word(&word, name, value, &f);
	if (!err)
		err = add_word(tenant, word, &f);
	pthread_mutex_unlock(&tenant->mutex);
	return err ? tenant_fail(tenant, (int)err, f.text) : MAILSTOP_OK;
}

int
mailstop_on_log(
    struct mailstop *tenant, mailstop_log_callback *callback, void *context)
{
	int status = tenant_lock_idle(tenant);

	if (status)
		return status;
	tenant->log_callback = callback;
	tenant->log_context = context;
	pthread_mutex_unlock(&tenant->mutex);
	return MAILSTOP_OK;
}

/* ---- where it is */

const char *
mailstop_address(struct mailstop *tenant, const char *protocol, size_t index)
{
	const char *text = NULL;

	if (!tenant || !protocol)
		return NULL;
	pthread_mutex_lock(&tenant->mutex);
	for (size_t i = 0; i < tenant->address_count && !text; i++) {
		const struct tenant_address *it = &tenant->addresses[i];

		if (strcmp(listen_protocol_name(it->protocol), protocol) == 0 &&
		    index-- == 0)
			text = it->text;
	}
	pthread_mutex_unlock(&tenant->mutex);
	return text;
}

int
mailstop_port(struct mailstop *tenant, const char *protocol)
{
	const char *text = mailstop_address(tenant, protocol, 0);
	struct endpoint endpoint;
	struct failure f;

	if (!text || endpoint_parse(&endpoint, span_string(text), &f) ||
	    endpoint.kind != ENDPOINT_TCP)
		return 0;
	return endpoint.port;
}

const char *
mailstop_ca(struct mailstop *tenant)
{
	const char *path;

	if (!tenant)
		return NULL;
	pthread_mutex_lock(&tenant->mutex);
	path = tenant->ca;
	pthread_mutex_unlock(&tenant->mutex);
	return path;
}
