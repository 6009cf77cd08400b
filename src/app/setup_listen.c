/* setup_listen: the listeners of a server, as the user has set them. */
#include "setup_private.h"

#include "endpoint.h"
#include "inherit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 80

static enum err
add_listener(const struct setup_work *work, const struct listen_spec *spec)
{
	struct setup *setup = work->setup;
	struct listen_spec *grown = realloc(
	    setup->listeners, (setup->listener_count + 1) * sizeof(grown[0]));

	if (!grown)
		return setup_without_memory(work);
	setup->listeners = grown;
	grown[setup->listener_count++] = *spec;
	return ERR_OK;
}

static enum err
add_text(const struct setup_work *work, enum listen_protocol protocol,
    const char *text)
{
	struct listen_spec spec;
	enum err err =
	    listen_parse(&spec, protocol, span_string(text), work->f);

	if (err)
		return err;
	err = add_listener(work, &spec);
	if (err)
		listen_spec_release(&spec);
	return err;
}

/* The option of a protocol; OPTIONS where there is none. */
static enum option
option_of(enum listen_protocol protocol)
{
	const char *name = listen_protocol_name(protocol);

	for (int i = 0; i < OPTIONS; i++)
		if (option_row((enum option)i)->kind == OPTION_IS_LISTENER &&
		    strcmp(option_row((enum option)i)->name, name) == 0)
			return (enum option)i;
	return OPTIONS;
}

static enum err
add_given(const struct setup_work *work, enum listen_protocol protocol)
{
	enum option option = option_of(protocol);
	enum err err = ERR_OK;
	size_t count;
	const char *const *values;

	if (option == OPTIONS || !option_is_set(work->options, option))
		return ERR_OK;
	values = option_list(work->options, option, &count);
	for (size_t i = 0; i < count && !err; i++)
		if (strcmp(values[i], "off") != 0)
			err = add_text(work, protocol, values[i]);
	return err;
}

static enum err
add_inherited(const struct setup_work *work, size_t *count)
{
	struct listen_spec *specs = NULL;
	enum err err = ERR_OK;
	size_t taken = 0;

	if (work->place != SETUP_GUEST)
		err = inherit_listeners(&specs, count, work->f);
	while (!err && taken < *count) {
		err = add_listener(work, &specs[taken]);
		taken += !err;
	}
	for (size_t i = taken; specs && i < *count; i++)
		listen_spec_release(&specs[i]);
	free(specs);
	return err;
}

static bool
asks_for_free_port(const struct setup *setup)
{
	for (size_t i = 0; i < setup->listener_count; i++) {
		struct endpoint endpoint;
		struct failure f;

		if (endpoint_parse(&endpoint,
			span_string(setup->listeners[i].address),
			&f) == ERR_OK &&
		    endpoint.kind == ENDPOINT_TCP && endpoint.port == 0)
			return true;
	}
	return false;
}

/* Who wants a free port for one thing runs several servers at a time: a fixed
   one for the other would be in the way. */
static enum err
add_default(const struct setup_work *work, enum listen_protocol protocol)
{
	enum option option = option_of(protocol);
	const char *text;

	if (option == OPTIONS || option_is_set(work->options, option))
		return ERR_OK;
	text = option_text(work->options, option);
	if (text && asks_for_free_port(work->setup))
		text = "127.0.0.1:0";
	return text ? add_text(work, protocol, text) : ERR_OK;
}

static bool
is_taken(const struct setup *setup, const char *name, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(setup->listeners[i].name, name) == 0)
			return true;
	return false;
}

/* Of several without a name, the later ones get a number. */
static enum err
tell_apart(const struct setup_work *work, size_t index)
{
	struct listen_spec *spec = &work->setup->listeners[index];
	const char *usual = listen_protocol_name(spec->protocol);
	char name[NAME_SIZE];
	char *copy;

	if (!is_taken(work->setup, spec->name, index))
		return ERR_OK;
	if (strcmp(spec->name, usual) != 0)
		return failure_set(work->f, ERR_USAGE,
		    "--%s name=%s: another listener has that name", usual,
		    spec->name);
	for (int i = 2; i == 2 || is_taken(work->setup, name, index); i++)
		(void)snprintf(name, sizeof(name), "%s-%d", usual, i);
	copy = strdup(name);
	if (!copy)
		return setup_without_memory(work);
	free(spec->name);
	spec->name = copy;
	return ERR_OK;
}

enum err
setup_listeners(const struct setup_work *work)
{
	size_t inherited = 0;
	enum err err = add_inherited(work, &inherited);

	for (int i = 0; i < LISTEN_PROTOCOLS && !err; i++)
		err = add_given(work, (enum listen_protocol)i);
	/* Whoever hands sockets over has decided what there is. */
	for (int i = 0; i < LISTEN_PROTOCOLS && !err && !inherited; i++)
		if (work->place != SETUP_VIEW || i == LISTEN_HTTP)
			err = add_default(work, (enum listen_protocol)i);
	for (size_t i = 0; i < work->setup->listener_count && !err; i++)
		err = tell_apart(work, i);
	if (!err && work->setup->listener_count == 0)
		return failure_set(work->f, ERR_USAGE, "all listeners are off");
	work->setup->sink.listeners = work->setup->listeners;
	work->setup->sink.listener_count = work->setup->listener_count;
	return err;
}
