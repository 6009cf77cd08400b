/* inherit: the sockets that systemd hands over (socket activation). */
#include "inherit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_FD 3
#define COUNT_MAX 256

/* What a socket unit is named when FileDescriptorName= is not set. */
#define UNIT_SUFFIX SPAN(".socket")

static bool
get_number(const char *variable, uint64_t *number)
{
	return span_number(span_string(getenv(variable)), number);
}

static size_t
count_sockets(void)
{
	uint64_t pid;
	uint64_t count;

	if (!get_number("LISTEN_PID", &pid) || pid != (uint64_t)getpid() ||
	    !get_number("LISTEN_FDS", &count) || count > COUNT_MAX)
		return 0;
	return (size_t)count;
}

static bool
is_alnum(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9');
}

static struct span
cut_word(struct span *rest)
{
	size_t from = 0;
	size_t len = 0;
	struct span word;

	while (from < rest->len && !is_alnum(rest->at[from]))
		from++;
	span_skip(rest, from);
	while (len < rest->len && is_alnum(rest->at[len]))
		len++;
	word = span_make(rest->at, len);
	span_skip(rest, len);
	return word;
}

static bool
find_protocol(enum listen_protocol *protocol, struct span name)
{
	for (struct span word = cut_word(&name); word.len > 0;
	     word = cut_word(&name)) {
		for (int i = 0; i < LISTEN_PROTOCOLS; i++) {
			*protocol = (enum listen_protocol)i;
			if (span_equal_nocase(word,
				span_string(listen_protocol_name(*protocol))))
				return true;
		}
	}
	return false;
}

static enum err
describe(struct listen_spec *spec, struct span name, size_t index,
    struct failure *failure)
{
	char text[32];

	if (!find_protocol(&spec->protocol, name))
		return failure_set(failure, ERR_USAGE,
		    "the inherited socket %zu is named \"%.*s\": set "
		    "FileDescriptorName= to smtp, smtps, lmtp, pop3 or http",
		    FIRST_FD + index, SPAN_ARG(name));
	if (name.len > UNIT_SUFFIX.len &&
	    span_equal(span_make(name.at + name.len - UNIT_SUFFIX.len,
			   UNIT_SUFFIX.len),
		UNIT_SUFFIX))
		name.len -= UNIT_SUFFIX.len;
	(void)snprintf(text, sizeof(text), "fd:%zu", FIRST_FD + index);
	spec->address = strdup(text);
	spec->name = strndup(name.at, name.len);
	return spec->address && spec->name ? ERR_OK : ERR_MEMORY;
}

/* Several sockets may have one name; listeners may not. */
static enum err
number_name(struct listen_spec *specs, size_t index)
{
	size_t same = 0;
	char *name;

	for (size_t i = 0; i < index; i++) {
		size_t len = strlen(specs[index].name);

		if (strncmp(specs[i].name, specs[index].name, len) == 0 &&
		    (specs[i].name[len] == '\0' || specs[i].name[len] == '#'))
			same++;
	}
	if (same == 0)
		return ERR_OK;
	if (asprintf(&name, "%s#%zu", specs[index].name, same + 1) < 0)
		return ERR_MEMORY;
	free(specs[index].name);
	specs[index].name = name;
	return ERR_OK;
}

static enum err
describe_all(struct listen_spec *specs, size_t count, struct failure *failure)
{
	struct span names = span_string(getenv("LISTEN_FDNAMES"));

	for (size_t i = 0; i < count; i++) {
		enum err err =
		    describe(&specs[i], span_cut(&names, ':'), i, failure);

		if (!err)
			err = number_name(specs, i);
		if (err == ERR_MEMORY)
			(void)failure_set(failure, err, "out of memory");
		if (err)
			return err;
		(void)fcntl(FIRST_FD + (int)i, F_SETFD, FD_CLOEXEC);
	}
	return ERR_OK;
}

enum err
inherit_listeners(
    struct listen_spec **out, size_t *count, struct failure *failure)
{
	size_t found = count_sockets();
	struct listen_spec *specs;
	enum err err;

	*out = NULL;
	*count = 0;
	if (found == 0)
		return ERR_OK;
	specs = calloc(found, sizeof(*specs));
	if (!specs)
		return failure_set(failure, ERR_MEMORY, "out of memory");
	err = describe_all(specs, found, failure);
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	if (err) {
		for (size_t i = 0; i < found; i++)
			listen_spec_release(&specs[i]);
		free(specs);
		return err;
	}
	*out = specs;
	*count = found;
	return ERR_OK;
}
