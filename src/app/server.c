/* server: a sink as its options want it, open and known to who waits for it. */
#include "server.h"

#include "buf.h"
#include "ready.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define READY_MAX ((size_t)1024 * 1024)

static enum err
open_sink(struct server *server, struct failure *f)
{
	const char *ready = option_text(server->options, OPTION_READY_FILE);
	enum err err;

	if (ready)
		ready_remove_file(ready);
	err = sink_open(&server->sink, &server->setup.sink, f);
	if (err)
		setup_release(&server->setup);
	return err;
}

enum err
server_open(
    struct server *server, const struct options *options, struct failure *f)
{
	enum err err;

	*server = (struct server){.options = options};
	err = setup_make(&server->setup, options, f);
	return err ? err : open_sink(server, f);
}

enum err
server_open_view(
    struct server *server, const struct options *options, struct failure *f)
{
	enum err err;

	*server = (struct server){.options = options};
	err = setup_make_view(&server->setup, options, f);
	return err ? err : open_sink(server, f);
}

enum err
server_open_guest(struct server *server, const struct options *options,
    struct log *log, struct failure *f)
{
	enum err err;

	*server = (struct server){.options = options};
	err = setup_make_guest(&server->setup, options, log, f);
	return err ? err : open_sink(server, f);
}

static size_t
count_addresses(const struct server *server)
{
	struct sink_address address;
	size_t count = 0;

	while (sink_address(server->sink, count, &address))
		count++;
	return count;
}

static bool
put_ready(const struct server *server, struct buf *text)
{
	size_t count = count_addresses(server);
	struct ready_address *addresses =
	    calloc(count + 1, sizeof(addresses[0]));
	struct ready ready = {.pid = getpid(),
	    .db = server->setup.db,
	    .ca = sink_ca_path(server->sink),
	    .addresses = addresses,
	    .address_count = count};
	struct sink_address address;
	bool is_put;

	if (!addresses)
		return false;
	for (size_t i = 0; i < count; i++)
		if (sink_address(server->sink, i, &address))
			addresses[i] = (struct ready_address){
			    address.protocol, address.text};
	is_put = ready_put(text, &ready);
	free(addresses);
	return is_put;
}

void
server_await_reader(struct server *server)
{
	const char *path = option_text(server->options, OPTION_READY_FILE);
	struct stat found;
	int fd;

	if (!path || stat(path, &found) != 0 || !S_ISFIFO(found.st_mode))
		return;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd > 0)
		server->reader = fd;
}

/* Closed at once if it was open: its reader waits for the end. */
static enum err
write_file(struct server *server, const char *path, struct span text,
    struct failure *f)
{
	int reader = server->reader;

	server->reader = 0;
	return reader ? ready_write_fd(reader, text, f)
		      : ready_write_file(path, text, f);
}

enum err
server_say_ready(struct server *server, struct failure *f)
{
	const struct options *options = server->options;
	const char *path = option_text(options, OPTION_READY_FILE);
	struct buf text;
	enum err err = ERR_OK;

	buf_init(&text, READY_MAX);
	if (!put_ready(server, &text))
		err = failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	if (!err && path)
		err = write_file(server, path, buf_span(&text), f);
	if (!err && option_is_set(options, OPTION_READY_FD))
		err =
		    ready_write_fd((int)option_number(options, OPTION_READY_FD),
			buf_span(&text), f);
	buf_release(&text);
	return err;
}

void
server_close(struct server *server)
{
	sink_close(server->sink);
	server->sink = NULL;
}

void
server_release(struct server *server)
{
	setup_release(&server->setup);
}
