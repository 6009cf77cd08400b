/* cmd_session: sessions: how they went. */
#include "cmd.h"

int
cmd_sessions(const struct options *options)
{
	struct failure f = {""};
	struct cmd cmd;
	enum err err = cmd_open(&cmd, options, output_sessions, &f);

	if (err)
		return cmd_fail(err, &f);
	err = cmd.source->kind->sessions(
	    cmd.source, &cmd.request, cmd_print, &cmd, &f);
	return cmd_end(&cmd, err, cmd.query.len > 0, &f);
}
