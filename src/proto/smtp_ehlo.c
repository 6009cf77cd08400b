/* smtp_ehlo: HELO, EHLO and LHLO, and what the latter two offer. */
#include "smtp_private.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct smtp_reply bad_name = {
    501, "5.5.4", SPAN("One name of at most 512 octets, please")};

/* ---- the commands */

const struct smtp_reply *
smtp_hello_check(struct smtp *smtp, struct span argument)
{
	struct span rest = argument;
	struct span name = span_cut_word(&rest);

	if (rest.len || name.len > NAME_MAX_LEN)
		return &bad_name;
	smtp_stage(smtp, name);
	return NULL;
}

void
smtp_hello_commit(struct smtp *smtp)
{
	struct buf before = smtp->hello;

	smtp_void_transaction(smtp, NULL);
	smtp->hello = smtp->staged;
	smtp->staged = before;
	smtp->stage = STAGE_HELLO;
	smtp->is_extended = smtp->command->flags & EXTENDED;
}

/* ---- what is offered */

static void
put_size(const struct smtp *smtp, struct buf *list)
{
	(void)buf_printf(
	    list, " %llu", (unsigned long long)smtp->config->max_message);
}

static void
put_limits(const struct smtp *smtp, struct buf *list)
{
	(void)buf_printf(list, " RCPTMAX=%u", smtp->config->max_recipients);
}

static void
put_attributes(const struct smtp *smtp, struct buf *list)
{
	(void)smtp;
	(void)buf_put_string(list, " NAME ADDR PORT PROTO HELO LOGIN");
}

static const struct {
	struct span keyword;
	unsigned features; /* shown with one of these */
	void (*put)(const struct smtp *, struct buf *list); /* what follows */
} keywords[] = {
    {SPAN("PIPELINING"), SMTP_PIPELINING, NULL},
    {SPAN("SIZE"), SMTP_SIZE, put_size},
    {SPAN("8BITMIME"), SMTP_8BITMIME, NULL},
    {SPAN("SMTPUTF8"), SMTP_SMTPUTF8, NULL},
    {SPAN("ENHANCEDSTATUSCODES"), SMTP_ENHANCEDSTATUSCODES, NULL},
    {SPAN("CHUNKING"), SMTP_CHUNKING, NULL},
    {SPAN("BINARYMIME"), SMTP_BINARYMIME, NULL},
    {SPAN("DSN"), SMTP_DSN, NULL},
    {SPAN("STARTTLS"), SMTP_STARTTLS, NULL},
    {SPAN("AUTH"), SMTP_AUTH_ANY, smtp_auth_list},
    {SPAN("LIMITS"), SMTP_LIMITS, put_limits},
    {SPAN("HELP"), SMTP_HELP, NULL},
    {SPAN("XCLIENT"), SMTP_XCLIENT, put_attributes},
};

unsigned
smtp_feature_find(struct span keyword)
{
	struct span mechanism = keyword;
	struct span name = span_cut(&mechanism, '=');

	if (name.len < keyword.len)
		return span_equal_nocase(name, SPAN("AUTH"))
		    ? smtp_auth_feature(mechanism)
		    : 0;
	for (size_t i = 0; i < COUNT(keywords); i++)
		if (span_equal_nocase(keyword, keywords[i].keyword))
			return keywords[i].features;
	return 0;
}

void
smtp_ehlo_list(const struct smtp *smtp, struct buf *list)
{
	unsigned shown = smtp->features;

	/* RFC 3207 4.2 */
	if (smtp->is_tls)
		shown &= ~(unsigned)SMTP_STARTTLS;
	for (size_t i = 0; i < COUNT(keywords); i++) {
		if (!(shown & keywords[i].features))
			continue;
		(void)buf_put_char(list, '\n');
		(void)buf_put(list, keywords[i].keyword);
		if (keywords[i].put)
			keywords[i].put(smtp, list);
	}
}
