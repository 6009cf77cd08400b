/* smtp_say: the engine's own replies, with the facts of the session filled in.
 */
#include "smtp_private.h"

static void
put_host(struct smtp *smtp)
{
	(void)buf_put_string(&smtp->text, smtp->config->hostname);
}

static void
put_peer(struct smtp *smtp)
{
	(void)buf_put_string(&smtp->text, smtp->peer);
}

static void
put_staged(struct smtp *smtp)
{
	struct span text = buf_span(&smtp->staged);

	if (text.len > ECHO_MAX)
		text.len = ECHO_MAX;
	(void)buf_put(&smtp->text, text);
}

static void
put_greeting(struct smtp *smtp)
{
	const struct smtp_config *config = smtp->config;

	(void)buf_printf(&smtp->text, "%s %s ", config->hostname,
	    config->lmtp ? "LMTP" : "ESMTP");
	if (config->banner)
		(void)buf_put_string(&smtp->text, config->banner);
	else
		(void)buf_printf(&smtp->text, "mailstop %s; %s",
		    config->version, smtp->date);
}

static void
put_keywords(struct smtp *smtp)
{
	smtp_ehlo_list(smtp, &smtp->text);
}

static void
put_commands(struct smtp *smtp)
{
	smtp_command_list(smtp, &smtp->text);
}

static void
put_chunk_size(struct smtp *smtp)
{
	(void)buf_printf(
	    &smtp->text, "%llu", (unsigned long long)smtp->chunk.size);
}

static const struct {
	char letter;
	void (*put)(struct smtp *);
} facts[] = {
    {'c', put_commands},
    {'e', put_staged},
    {'g', put_greeting},
    {'h', put_host},
    {'k', put_keywords},
    {'n', put_chunk_size},
    {'p', put_peer},
};

static void
put_fact(struct smtp *smtp, char letter)
{
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (facts[i].letter == letter)
			facts[i].put(smtp);
}

struct smtp_reply
smtp_fill(struct smtp *smtp, const struct smtp_reply *template)
{
	struct smtp_reply reply = *template;
	struct span rest = template->text;

	buf_reset(&smtp->text);
	while (rest.len) {
		size_t len = span_find(rest, '%');

		(void)buf_put(&smtp->text, span_make(rest.at, len));
		span_skip(&rest, len);
		if (rest.len < 2)
			break;
		put_fact(smtp, rest.at[1]);
		span_skip(&rest, 2);
	}
	reply.text = buf_span(&smtp->text);
	return reply;
}

void
smtp_say(struct smtp *smtp, struct buf *out, const struct smtp_reply *reply)
{
	struct smtp_reply said = *reply;

	if (!(smtp->features & SMTP_ENHANCEDSTATUSCODES))
		said.enhanced = NULL;
	(void)smtp_reply_put(out, &said);
}
