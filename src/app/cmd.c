/* cmd: what the commands share. */
#include "cmd.h"

#include "buf.h"

#include <stdio.h>

/* The words may quote what came from a file or a server. */
static void
put_printable(struct buf *out, const char *text)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < ' ' || byte == 127)
			buf_printf(out, "\\x%02x", byte);
		else
			buf_put_char(out, *text);
	}
}

int
cmd_fail(enum err err, const struct failure *f)
{
	struct buf line;

	buf_init(&line, 4096);
	put_printable(&line, f->text[0] ? f->text : err_text(err));
	(void)fprintf(stderr, "mailstop: %s\n",
	    buf_failed(&line) ? err_text(err) : buf_string(&line));
	buf_release(&line);
	return err_exit_code(err);
}
