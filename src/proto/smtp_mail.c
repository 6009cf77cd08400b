/* smtp_mail: the commands MAIL and RCPT. */
#include "smtp_private.h"

static const struct smtp_reply no_from = {
    501, "5.5.4", SPAN("Syntax: MAIL FROM:<address> [parameters]")};
static const struct smtp_reply no_to = {
    501, "5.5.4", SPAN("Syntax: RCPT TO:<address> [parameters]")};
static const struct smtp_reply too_many = {
    452, "4.5.3", SPAN("Too many recipients")};

/* What is wrong with a path, for senders and for recipients. */
static const struct smtp_reply path_errors[][2] = {
    [PATH_SYNTAX] = {{501, "5.1.7", SPAN("Bad sender address syntax")},
	{501, "5.1.3", SPAN("Bad recipient address syntax")}},
    [PATH_TOO_LONG] = {{501, "5.1.7", SPAN("Sender address too long")},
	{501, "5.1.3", SPAN("Recipient address too long")}},
    [PATH_NEEDS_UTF8] = {{553, "5.6.7", SPAN("Address needs SMTPUTF8")},
	{553, "5.6.7", SPAN("Address needs SMTPUTF8")}},
    [PATH_BAD_UTF8] = {{501, "5.1.7", SPAN("Sender address is not UTF-8")},
	{501, "5.1.3", SPAN("Recipient address is not UTF-8")}},
};

/*
 * Reads "FROM:<path> parameters" or "TO:...". The path is judged last: SMTPUTF8
 * stands behind it.
 */
static const struct smtp_reply *
take(struct smtp *smtp, struct span argument, enum path_use use)
{
	enum smtp_param_use params_use =
	    use == PATH_REVERSE ? PARAM_OF_MAIL : PARAM_OF_RCPT;
	const struct smtp_reply *wrong;
	enum path_status status;

	argument = span_trim(argument);
	status = address_parse(&argument, use, &smtp->path);
	if (status == PATH_SYNTAX || status == PATH_TOO_LONG)
		return &path_errors[status][use];
	smtp->params = span_trim(argument);
	wrong = smtp_params_take(smtp, params_use, smtp->params);
	if (wrong)
		return wrong;
	/* Bytes that are not even UTF-8 need it all the more. */
	if (status != PATH_OK && !smtp->staged_mail.is_utf8)
		status = PATH_NEEDS_UTF8;
	else if (status == PATH_NEEDS_UTF8)
		status = PATH_OK;
	if (status != PATH_OK)
		return &path_errors[status][use];
	smtp_stage(smtp, smtp->path.text);
	return NULL;
}

const struct smtp_reply *
smtp_mail_check(struct smtp *smtp, struct span argument)
{
	static const struct span keyword = SPAN("FROM:");

	if (!span_starts_nocase(argument, keyword))
		return &no_from;
	span_skip(&argument, keyword.len);
	smtp->staged_mail = (struct smtp_transaction){.received = 0};
	return take(smtp, argument, PATH_REVERSE);
}

const struct smtp_reply *
smtp_rcpt_check(struct smtp *smtp, struct span argument)
{
	static const struct span keyword = SPAN("TO:");
	const struct smtp_reply *wrong;

	if (!span_starts_nocase(argument, keyword))
		return &no_to;
	span_skip(&argument, keyword.len);
	smtp->staged_mail = smtp->mail;
	wrong = take(smtp, argument, PATH_FORWARD);
	if (!wrong && smtp->mail.recipients >= smtp->config->max_recipients)
		return &too_many;
	return wrong;
}

void
smtp_mail_commit(struct smtp *smtp)
{
	smtp->mail = smtp->staged_mail;
	smtp->stage = STAGE_MAIL;
}

void
smtp_rcpt_commit(struct smtp *smtp)
{
	smtp->mail.recipients++;
	smtp->stage = STAGE_RCPT;
}
