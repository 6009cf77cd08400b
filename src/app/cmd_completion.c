/* cmd_completion: prints the completion script for a shell. */
#include "cmd.h"

#include "completion.h"

int
cmd_completion(const struct options *options)
{
	const char *shell = options_argument(options, 0);
	struct failure f = {""};
	struct buf text;
	enum err err = ERR_OK;

	buf_init(&text, (size_t)1024 * 1024);
	if (!completion_put(&text, shell))
		err = failure_set(&f, ERR_USAGE,
		    "%s: there are scripts for bash, zsh and fish", shell);
	else if (fwrite(text.at, 1, text.len, stdout) != text.len)
		err = failure_set(&f, ERR_IO, "standard output: %m");
	else
		err = cmd_flush(&f);
	buf_release(&text);
	return err ? cmd_fail(err, &f) : CMD_YES;
}
