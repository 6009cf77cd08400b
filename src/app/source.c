/* source: where the commands that read get messages from. */
#include "source.h"

#include "endpoint.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* The server's defaults. */
#define USUAL_URL "http://127.0.0.1:8025"
#define USUAL_PORT 8025
#define KNOCK_MS 1000

enum err
source_db_path(
    struct buf *path, const struct options *options, struct failure *f)
{
	const char *given = option_text(options, OPTION_DB);
	struct stat found;

	if (!given)
		return state_path(path, "mailstop.db", f);
	buf_put_string(path, given);
	if (stat(given, &found) == 0 && S_ISDIR(found.st_mode))
		buf_put_string(path, "/mailstop.db");
	if (buf_failed(path))
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	return ERR_OK;
}

static enum err
open_db(struct source **out, const struct options *options, struct failure *f)
{
	struct buf path;
	enum err err;

	buf_init(&path, PATH_MAX);
	err = source_db_path(&path, options, f);
	if (!err)
		err = source_db_open(out, buf_string(&path), f);
	buf_release(&path);
	return err;
}

static enum err
open_http(struct source **out, const struct options *options, const char *url,
    struct failure *f)
{
	return source_http_open(out, url, option_text(options, OPTION_CA), f);
}

/* Whether anybody listens there at all: asked before libcurl is loaded. */
static bool
somebody_listens(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_port = htons(USUAL_PORT),
	    .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t size = sizeof(error);
	bool is_there;

	if (fd < 0)
		return false;
	is_there =
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	if (!is_there && errno == EINPROGRESS)
		is_there = poll(&wait, 1, KNOCK_MS) == 1 &&
		    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 &&
		    error == 0;
	(void)close(fd);
	return is_there;
}

/* The usual place may be somebody else's: then its answer is none of ours. */
static bool
open_usual_server(struct source **out, const struct options *options)
{
	struct failure f;
	int64_t seq;

	if (!somebody_listens() || open_http(out, options, USUAL_URL, &f))
		return false;
	if ((*out)->kind->now(*out, &seq, &f) == ERR_OK)
		return true;
	source_close(*out);
	return false;
}

/*
 * What stands on the command line wins; of variables the server, since it
 * knows most, as `mailstop run` sets both.
 */
enum err
source_open(
    struct source **out, const struct options *options, struct failure *f)
{
	const char *url = option_text(options, OPTION_URL);
	const char *db = option_text(options, OPTION_DB);
	bool is_url_flagged = option_is_flagged(options, OPTION_URL);
	bool is_db_flagged = option_is_flagged(options, OPTION_DB);

	*out = NULL;
	if (is_url_flagged && is_db_flagged)
		return failure_set(f, ERR_USAGE,
		    "--url %s and --db %s: only one of them can be", url, db);
	if (url && !is_db_flagged)
		return open_http(out, options, url, f);
	if (!db && open_usual_server(out, options))
		return ERR_OK;
	return open_db(out, options, f);
}

enum err
source_open_server(
    struct source **out, const struct options *options, struct failure *f)
{
	const char *url = option_text(options, OPTION_URL);

	*out = NULL;
	if (url)
		return open_http(out, options, url, f);
	if (open_usual_server(out, options))
		return ERR_OK;
	return failure_set(f, ERR_UNAVAILABLE,
	    "no server answers at " USUAL_URL "; --url says where it is");
}

void
source_close(struct source *source)
{
	if (source)
		source->kind->close(source);
}

const char *
source_zone(char name[SOURCE_ZONE_SIZE])
{
	static const char folder[] = "zoneinfo/";
	const char *zone = getenv("TZ");
	ssize_t len;

	if (zone) {
		zone += *zone == ':';
		(void)snprintf(name, SOURCE_ZONE_SIZE, "%s", zone);
		return name[0] ? name : NULL;
	}
	len = readlink("/etc/localtime", name, SOURCE_ZONE_SIZE - 1);
	if (len < 0)
		return NULL;
	name[len] = '\0';
	zone = strstr(name, folder);
	if (!zone)
		return NULL;
	zone += strlen(folder);
	memmove(name, zone, strlen(zone) + 1);
	return name;
}
