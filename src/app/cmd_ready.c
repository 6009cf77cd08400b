/* cmd_ready: whether a server answers. */
#include "cmd.h"

#include "clock.h"
#include "fetch.h"

#include <poll.h>

#define USUAL_URL "http://127.0.0.1:8025"
/* For one answer, however short the time-out is. */
#define ANSWER_US (5 * CLOCK_SECOND)
#define AGAIN_MS 50

/* Of the answer only the status counts. */
static bool
ignore(struct span piece, void *context)
{
	(void)piece;
	(void)context;
	return true;
}

static enum err
ask(struct fetch *fetch, const char *url, int64_t timeout_us, struct failure *f)
{
	struct fetch_request request = {.method = "GET",
	    .path = "/readyz",
	    .timeout_us = timeout_us,
	    .body = ignore};
	int status = 0;
	enum err err = fetch_run(fetch, &request, &status, f);

	if (!err && status != 200)
		return failure_set(f, ERR_UNAVAILABLE,
		    "%s: not ready, it answers with %d", url, status);
	return err;
}

static enum err
ask_until(
    struct fetch *fetch, const char *url, int64_t timeout_us, struct failure *f)
{
	int64_t deadline_us = clock_mono_us() + timeout_us;
	int64_t left_us = timeout_us;

	for (;;) {
		enum err err = ask(
		    fetch, url, left_us > ANSWER_US ? left_us : ANSWER_US, f);

		left_us = deadline_us - clock_mono_us();
		if (err != ERR_UNAVAILABLE || left_us <= 0)
			return err;
		(void)poll(NULL, 0, AGAIN_MS);
	}
}

int
cmd_ready(const struct options *options)
{
	const char *url = option_text(options, OPTION_URL);
	struct fetch_options place = {.url = url ? url : USUAL_URL,
	    .ca = option_text(options, OPTION_CA)};
	struct fetch *fetch = NULL;
	struct failure f = {""};
	enum err err = fetch_open(&fetch, &place, &f);

	if (!err)
		err = ask_until(fetch, place.url,
		    option_duration(options, OPTION_ASSERT_TIMEOUT), &f);
	fetch_close(fetch);
	if (!err)
		return CMD_YES;
	(void)cmd_fail(err, &f);
	return err == ERR_UNAVAILABLE ? CMD_NO : err_exit_code(err);
}
