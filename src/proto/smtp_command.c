/* smtp_command: the table of commands, and when each may come. */
#include "smtp_private.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- refusals */

static const struct smtp_reply not_known = {
    500, "5.5.1", SPAN("Command unrecognized")};
static const struct smtp_reply no_http = {
    421, "4.7.0", SPAN("%h speaks SMTP, not HTTP; closing connection")};
static const struct smtp_reply not_implemented = {
    502, "5.5.1", SPAN("Command not implemented")};
static const struct smtp_reply takes_no_argument = {
    501, "5.5.4", SPAN("The command takes no argument")};
static const struct smtp_reply needs_argument = {
    501, "5.5.4", SPAN("The command needs an argument")};
static const struct smtp_reply has_controls = {
    501, "5.5.2", SPAN("Control characters are not allowed")};
static const struct smtp_reply needs_tls = {
    530, "5.7.0", SPAN("Must issue a STARTTLS command first")};
static const struct smtp_reply needs_auth = {
    530, "5.7.0", SPAN("Authentication required")};
static const struct smtp_reply needs_ehlo = {
    503, "5.5.1", SPAN("EHLO comes first")};
static const struct smtp_reply is_in_tls = {
    503, "5.5.1", SPAN("TLS is active already")};
static const struct smtp_reply is_authenticated = {
    503, "5.5.1", SPAN("Authenticated already")};

/* What to say in each stage when a command comes too early in it, or late. */
static const struct {
	enum smtp_stage stage;
	struct smtp_reply early;
	struct smtp_reply late;
} sequences[] = {
    {
	.stage = STAGE_REFUSED,
	.early = {503, "5.5.1", SPAN("No service here; QUIT is left")},
    },
    {
	.stage = STAGE_GREETED,
	.early = {503, "5.5.1", SPAN("EHLO (LHLO in LMTP) comes first")},
    },
    {
	.stage = STAGE_HELLO,
	.early = {503, "5.5.1", SPAN("MAIL comes first")},
    },
    {
	.stage = STAGE_MAIL,
	.early = {503, "5.5.1", SPAN("RCPT comes first: no recipient yet")},
	.late = {503, "5.5.1", SPAN("A transaction is open already")},
    },
    {
	.stage = STAGE_RCPT,
	.late = {503, "5.5.1", SPAN("A transaction is open already")},
    },
    {
	.stage = STAGE_CHUNKS,
	.late = {503, "5.5.1", SPAN("Chunks have begun: BDAT or RSET")},
    },
};

/* ---- arguments */

static bool
has_control(struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.at[i];

		if ((byte < ' ' && byte != '\t') || byte == 127)
			return true;
	}
	return false;
}

static const struct smtp_reply *
any_argument(struct smtp *smtp, struct span argument)
{
	(void)smtp;
	return has_control(argument) ? &has_controls : NULL;
}

static const struct smtp_reply *
no_argument(struct smtp *smtp, struct span argument)
{
	(void)smtp;
	return argument.len ? &takes_no_argument : NULL;
}

static const struct smtp_reply *
some_argument(struct smtp *smtp, struct span argument)
{
	return argument.len ? any_argument(smtp, argument) : &needs_argument;
}

/* ---- small commands */

static void
reset(struct smtp *smtp)
{
	smtp_void_transaction(smtp, NULL);
}

static void
begin_tls(struct smtp *smtp)
{
	smtp_void_transaction(smtp, NULL);
	smtp->mode = MODE_TLS;
}

static void
quit(struct smtp *smtp)
{
	smtp->mode = MODE_CLOSED;
}

static const struct smtp_reply *
refuse_expansion(struct smtp *smtp, struct span argument)
{
	(void)smtp;
	(void)argument;
	return &not_implemented;
}

/* ---- the table */

static const struct smtp_command commands[] = {
    {
	.verb = SPAN("HELO"),
	.stages = STAGE_ANY,
	.flags = ONLY_SMTP | BEFORE_TLS | BEFORE_AUTH | NO_CODES,
	.argument = some_argument,
	.check = smtp_hello_check,
	.asks = SMTP_HELLO,
	.commit = smtp_hello_commit,
	.usual = {250, NULL, SPAN("%h Hello %e [%p], pleased to meet you")},
    },
    {
	.verb = SPAN("EHLO"),
	.stages = STAGE_ANY,
	.flags = EXTENDED | ONLY_SMTP | BEFORE_TLS | BEFORE_AUTH | NO_CODES,
	.argument = some_argument,
	.check = smtp_hello_check,
	.asks = SMTP_HELLO,
	.commit = smtp_hello_commit,
	.usual = {250, NULL, SPAN("%h Hello %e [%p], pleased to meet you%k")},
    },
    {
	.verb = SPAN("LHLO"),
	.stages = STAGE_ANY,
	.flags = EXTENDED | ONLY_LMTP | BEFORE_TLS | BEFORE_AUTH | NO_CODES,
	.argument = some_argument,
	.check = smtp_hello_check,
	.asks = SMTP_HELLO,
	.commit = smtp_hello_commit,
	.usual = {250, NULL, SPAN("%h Hello %e [%p], pleased to meet you%k")},
    },
    {
	.verb = SPAN("MAIL"),
	.stages = STAGE_HELLO,
	.line_max = COMMAND_PARAMS_MAX,
	.check = smtp_mail_check,
	.asks = SMTP_MAIL,
	.commit = smtp_mail_commit,
	.usual = {250, "2.1.0", SPAN("%e... Sender ok")},
    },
    {
	.verb = SPAN("RCPT"),
	.stages = STAGE_MAIL | STAGE_RCPT,
	.line_max = COMMAND_PARAMS_MAX,
	.check = smtp_rcpt_check,
	.asks = SMTP_RCPT,
	.commit = smtp_rcpt_commit,
	.usual = {250, "2.1.5", SPAN("%e... Recipient ok")},
    },
    {
	.verb = SPAN("DATA"),
	.stages = STAGE_RCPT,
	.argument = no_argument,
	.check = smtp_data_check,
	.asks = SMTP_DATA,
	.commit = smtp_data_commit,
	.usual = {354, NULL,
	    SPAN("Enter message, ending with \".\" on a line by itself")},
    },
    /* The first chunk asks. */
    {
	.verb = SPAN("BDAT"),
	.stages = STAGE_RCPT,
	.flags = AFTER_EHLO,
	.features = SMTP_CHUNKING,
	.argument = smtp_bdat_argument,
	.check = smtp_bdat_check,
	.asks = SMTP_DATA,
	.commit = smtp_bdat_commit,
	.refused = smtp_bdat_refused,
    },
    {
	.verb = SPAN("BDAT"),
	.stages = STAGE_CHUNKS,
	.flags = AFTER_EHLO,
	.features = SMTP_CHUNKING,
	.argument = smtp_bdat_argument,
	.check = smtp_bdat_check,
	.commit = smtp_bdat_commit,
	.refused = smtp_bdat_refused,
    },
    {
	.verb = SPAN("RSET"),
	.stages = STAGE_ANY,
	.flags = BEFORE_TLS | BEFORE_AUTH,
	.argument = no_argument,
	.asks = SMTP_RSET,
	.commit = reset,
	.usual = {250, "2.0.0", SPAN("Reset")},
    },
    {
	.verb = SPAN("NOOP"),
	.stages = STAGE_ANY,
	.flags = BEFORE_TLS | BEFORE_AUTH,
	.argument = any_argument,
	.usual = {250, "2.0.0", SPAN("OK")},
    },
    {
	.verb = SPAN("QUIT"),
	.stages = STAGE_ANY | STAGE_REFUSED,
	.flags = BEFORE_TLS | BEFORE_AUTH,
	.argument = no_argument,
	.asks = SMTP_QUIT,
	.commit = quit,
	.usual = {221, "2.0.0", SPAN("%h closing connection")},
    },
    {
	.verb = SPAN("VRFY"),
	.stages = STAGE_ANY,
	.argument = some_argument,
	.usual = {252, "2.1.5", SPAN("Send mail to it, and see it here")},
    },
    {
	.verb = SPAN("EXPN"),
	.stages = STAGE_ANY,
	.argument = any_argument,
	.check = refuse_expansion,
    },
    {
	.verb = SPAN("HELP"),
	.stages = STAGE_ANY,
	.flags = BEFORE_TLS | BEFORE_AUTH,
	.features = SMTP_HELP,
	.argument = any_argument,
	.usual = {214, "2.0.0",
	    SPAN("Mail sent here is kept, and goes nowhere\n"
		 "Commands:%c")},
    },
    {
	.verb = SPAN("STARTTLS"),
	.stages = STAGE_HELLO | STAGE_TRANSACTION,
	.flags = BEFORE_TLS | BEFORE_AUTH | AFTER_EHLO | NOT_IN_TLS,
	.features = SMTP_STARTTLS,
	.argument = no_argument,
	.asks = SMTP_TLS,
	.commit = begin_tls,
	.usual = {220, "2.0.0", SPAN("Ready to start TLS")},
    },
    {
	.verb = SPAN("AUTH"),
	.stages = STAGE_HELLO,
	.flags = BEFORE_AUTH | AFTER_EHLO | NOT_AGAIN,
	.features = SMTP_AUTH_ANY,
	.line_max = SMTP_LINE_MAX,
	.argument = some_argument,
	.check = smtp_auth_check,
	.commit = smtp_auth_commit,
	.refused = smtp_auth_forget,
    },
    {
	.verb = SPAN("XCLIENT"),
	.stages = STAGE_HELLO,
	.flags = BEFORE_TLS | BEFORE_AUTH | AFTER_EHLO,
	.features = SMTP_XCLIENT,
	.line_max = COMMAND_PARAMS_MAX,
	.argument = some_argument,
	.check = smtp_xclient_check,
	.asks = SMTP_XCLIENT_GIVEN,
	.commit = smtp_xclient_commit,
	.refused = smtp_xclient_refused,
	.usual = {220, NULL, SPAN("%g")},
    },
};

static const struct smtp_command unknown = {.stages = STAGE_ANY};

/* ---- reading the table */

static bool
is_offered(const struct smtp *smtp, const struct smtp_command *row)
{
	if (row->flags & (smtp->config->lmtp ? ONLY_SMTP : ONLY_LMTP))
		return false;
	return row->features == 0 || (row->features & smtp->features) != 0;
}

/* Of several rows with that verb the one that fits the stage. */
static const struct smtp_command *
find(const struct smtp *smtp, struct span verb)
{
	const struct smtp_command *found = &unknown;

	for (size_t i = 0; i < COUNT(commands); i++) {
		const struct smtp_command *row = &commands[i];

		if (!span_equal_nocase(verb, row->verb) ||
		    !is_offered(smtp, row))
			continue;
		if (row->stages & smtp->stage)
			return row;
		if (found == &unknown)
			found = row;
	}
	return found;
}

void
smtp_command_list(const struct smtp *smtp, struct buf *list)
{
	struct span last = SPAN("");

	for (size_t i = 0; i < COUNT(commands); i++) {
		const struct smtp_command *row = &commands[i];

		if (span_equal(row->verb, last) || !is_offered(smtp, row))
			continue;
		last = row->verb;
		(void)buf_put_char(list, ' ');
		(void)buf_put(list, last);
	}
}

/* A stage's bit is greater than those of the stages before it. */
static const struct smtp_reply *
sequence_error(enum smtp_stage stage, unsigned allowed)
{
	size_t i = 0;

	while (sequences[i].stage != stage)
		i++;
	return allowed > (unsigned)stage ? &sequences[i].early
					 : &sequences[i].late;
}

/* The place where 503 is said. */
static const struct smtp_reply *
check_sequence(const struct smtp *smtp, const struct smtp_command *row)
{
	if (!(row->stages & smtp->stage))
		return sequence_error(smtp->stage, row->stages);
	if ((row->flags & AFTER_EHLO) && !smtp->is_extended)
		return &needs_ehlo;
	if ((row->flags & NOT_IN_TLS) && smtp->is_tls)
		return &is_in_tls;
	if ((row->flags & NOT_AGAIN) && smtp->is_authenticated)
		return &is_authenticated;
	return NULL;
}

/* The place where 530 is said. */
static const struct smtp_reply *
check_protection(const struct smtp *smtp, const struct smtp_command *row)
{
	if (smtp->config->tls_required && !smtp->is_tls &&
	    !(row->flags & BEFORE_TLS))
		return &needs_tls;
	if (smtp->config->auth_required && !smtp->is_authenticated &&
	    !(row->flags & BEFORE_AUTH))
		return &needs_auth;
	return NULL;
}

/* What is wrong with the command at hand; NULL when nothing is. */
static const struct smtp_reply *
examine(struct smtp *smtp, struct span text, struct span argument)
{
	const struct smtp_command *row = smtp->command;
	const struct smtp_reply *wrong = NULL;
	size_t max = row->line_max ? row->line_max : COMMAND_MAX;

	if (row == &unknown && smtp_is_http(text))
		return &no_http;
	if (text.len + strlen("\r\n") > max)
		return &smtp_line_too_long;
	if (row == &unknown)
		return &not_known;
	if (row->argument)
		wrong = row->argument(smtp, argument);
	if (!wrong)
		wrong = check_sequence(smtp, row);
	if (!wrong)
		wrong = check_protection(smtp, row);
	if (!wrong && row->check)
		wrong = row->check(smtp, argument);
	return wrong;
}

enum smtp_event
smtp_command_run(struct smtp *smtp, struct span text, struct buf *out)
{
	struct span argument = text;
	const struct smtp_reply *wrong;

	smtp->chunk = (struct smtp_chunk){.is_known = false};
	smtp->command = find(smtp, span_cut_word(&argument));
	wrong = examine(smtp, text, span_trim(argument));
	if (!wrong)
		return smtp_ask(smtp, smtp->command, out);
	smtp_refuse(smtp, out, wrong);
	return GO_ON;
}

enum smtp_event
smtp_command_run_cut(struct smtp *smtp, struct span text, struct buf *out)
{
	smtp->command = &unknown;
	smtp_refuse(
	    smtp, out, smtp_is_http(text) ? &no_http : &smtp_line_too_long);
	return GO_ON;
}
