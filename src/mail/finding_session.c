/* finding_session: what a session's dialogue shows. */
#include "finding_private.h"

#include "dialogue.h"
#include "finding_talk.h"

#include <string.h>

/* What was offered, and what must not be pipelined on (RFC 2920 3.1: all but
   RSET, MAIL and RCPT; RFC 3030 4.2 adds BDAT). */
static const struct finding_verb verbs[] = {
    {"HELO", VERB_HELO, VERB_IS_LAST, 512, NULL},
    {"EHLO", VERB_EHLO, VERB_IS_LAST, 512, NULL},
    {"LHLO", VERB_EHLO, VERB_IS_LAST, 512, NULL},
    {"MAIL", VERB_MAIL, 0, 1072, NULL},
    {"RCPT", VERB_RCPT, 0, 1012, NULL},
    {"DATA", VERB_DATA, VERB_IS_LAST, 512, NULL},
    {"BDAT", VERB_BDAT, 0, 512, "CHUNKING"},
    {"RSET", VERB_RSET, 0, 512, NULL},
    {"NOOP", VERB_OTHER, VERB_IS_LAST, 512, NULL},
    {"VRFY", VERB_OTHER, VERB_IS_LAST, 512, NULL},
    {"EXPN", VERB_OTHER, VERB_IS_LAST, 512, NULL},
    {"HELP", VERB_OTHER, VERB_IS_LAST, 512, NULL},
    {"QUIT", VERB_QUIT, VERB_IS_LAST, 512, NULL},
    {"STARTTLS", VERB_STARTTLS, VERB_IS_LAST, 512, "STARTTLS"},
    /* RFC 4954 4. */
    {"AUTH", VERB_AUTH, VERB_IS_LAST, 12288, "AUTH"},
};

/* Of what is not a command of ours: its own name is its keyword. */
static const struct finding_verb unknown_verb = {
    NULL, VERB_UNKNOWN, VERB_IS_LAST, 512, NULL};

static const struct finding_verb *
find_verb(struct span name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (span_equal_nocase(name, span_string(verbs[i].name)))
			return &verbs[i];
	return &unknown_verb;
}

/* ---- replies that are waited for */

static void
wait_for(struct talk *talk, enum finding_verb_id verb)
{
	if (talk->waiting_count == WAITING_MAX) {
		talk->is_lost = true;
		return;
	}
	talk->waiting[(talk->waiting_first + talk->waiting_count++) %
	    WAITING_MAX] = (unsigned char)verb;
	talk->hellos_waiting += verb == VERB_EHLO || verb == VERB_HELO;
}

/* The text of a message is answered before what stands behind it. */
static void
wait_for_text(struct talk *talk)
{
	if (talk->waiting_count == WAITING_MAX) {
		talk->is_lost = true;
		return;
	}
	talk->waiting_first =
	    (talk->waiting_first + WAITING_MAX - 1) % WAITING_MAX;
	talk->waiting[talk->waiting_first] = VERB_TEXT;
	talk->waiting_count++;
}

static enum finding_verb_id
next_waiting(const struct talk *talk)
{
	return talk->waiting_count ? talk->waiting[talk->waiting_first]
				   : VERB_UNKNOWN;
}

static enum finding_verb_id
take_waiting(struct talk *talk)
{
	enum finding_verb_id verb = next_waiting(talk);

	if (talk->waiting_count == 0)
		return VERB_UNKNOWN;
	talk->waiting_first = (talk->waiting_first + 1) % WAITING_MAX;
	talk->waiting_count--;
	talk->hellos_waiting -= verb == VERB_EHLO || verb == VERB_HELO;
	return verb;
}

/* ---- what replies change */

static void
on_hello(struct talk *talk, unsigned code)
{
	if (code != 250)
		return;
	talk->offers = talk->reading;
	talk->has_hello = true;
}

/* RFC 3207 4.2: all that was known is forgotten. */
static void
on_starttls(struct talk *talk, unsigned code)
{
	if (code != 220)
		return;
	talk->is_tls = true;
	talk->has_hello = false;
	talk->offers.count = 0;
	talk->waiting_count = talk->hellos_waiting = 0;
}

static void
on_auth(struct talk *talk, unsigned code)
{
	talk->in_auth = code == 334;
}

static void
on_rcpt(struct talk *talk, unsigned code)
{
	talk->recipients += code / 100 == 2;
}

/* RFC 2033 4.2: LMTP answers the text once for each recipient. */
static void
on_data(struct talk *talk, unsigned code)
{
	size_t replies = talk->is_lmtp ? talk->recipients : 1;

	if (code != 354)
		return;
	talk->behind_text = true;
	talk->previous = NULL;
	for (size_t i = 0; i < replies; i++)
		wait_for_text(talk);
	talk->recipients = 0;
}

static void
on_bdat_last(struct talk *talk, unsigned code)
{
	if (talk->is_lmtp && code / 100 != 5)
		for (size_t i = 1; i < talk->recipients; i++)
			wait_for_text(talk);
	talk->recipients = 0;
}

static void (*const on_reply[VERB_IDS])(struct talk *, unsigned) = {
    [VERB_EHLO] = on_hello,
    [VERB_HELO] = on_hello,
    [VERB_STARTTLS] = on_starttls,
    [VERB_AUTH] = on_auth,
    [VERB_RCPT] = on_rcpt,
    [VERB_DATA] = on_data,
    [VERB_BDAT_LAST] = on_bdat_last,
};

/* The first line of EHLO's reply greets, the others offer. */
static void
read_offer(struct talk *talk, struct span text)
{
	struct offers *reading = &talk->reading;

	if (talk->reply_line == 0)
		reading->count = 0;
	else if (next_waiting(talk) == VERB_EHLO && reading->count < OFFERS_MAX)
		reading->at[reading->count++] = text;
}

static void
take_reply(struct talk *talk, struct span text)
{
	uint64_t code = 0;
	enum finding_verb_id verb;
	struct span rest = text;

	(void)span_number(
	    span_make(text.at, text.len < 3 ? text.len : 3), &code);
	span_skip(&rest, 4);
	read_offer(talk, rest);
	talk->reply_line++;
	if (text.len > 3 && text.at[3] == '-')
		return;
	talk->reply_line = 0;
	talk->last_code = (unsigned)code;
	if (!talk->was_greeted) {
		talk->was_greeted = true;
		return;
	}
	verb = take_waiting(talk);
	if (on_reply[verb])
		on_reply[verb](talk, (unsigned)code);
}

/* ---- commands */

static enum finding_verb_id
waiting_id(const struct command *command)
{
	struct span args = command->args;

	if (command->verb->id != VERB_BDAT)
		return command->verb->id;
	(void)span_cut(&args, ' ');
	return span_equal_nocase(span_trim(args), SPAN("LAST")) ? VERB_BDAT_LAST
								: VERB_BDAT;
}

static void
remember(struct talk *talk, const struct command *command)
{
	enum finding_verb_id id = command->verb->id;

	wait_for(talk, waiting_id(command));
	talk->previous = command->verb;
	talk->in_auth = id == VERB_AUTH;
	/* Text of a message goes on until a command stands there. */
	if (id != VERB_UNKNOWN)
		talk->behind_text = false;
	if (id == VERB_MAIL || id == VERB_RSET)
		talk->recipients = 0;
	if (span_equal_nocase(command->name, SPAN("LHLO")))
		talk->is_lmtp = true;
	talk->has_commands = true;
}

static void
take_command(struct talk *talk, const struct dialogue_line *line)
{
	struct span text = buf_span(&talk->line);
	struct command command = {.text = text};

	command.is_pipelined = line->kind == DIALOGUE_PIPELINED;
	command.is_cut = dialogue_is_cut(line->text);
	while (text.len &&
	    (text.at[text.len - 1] == '\r' || text.at[text.len - 1] == '\n'))
		text.len--;
	command.name = span_cut(&text, ' ');
	command.args = text;
	command.verb = find_verb(command.name);
	finding_look_at_command(talk, &command);
	remember(talk, &command);
}

/* A line of an AUTH exchange is no command; it may be pipelined wrongly. */
static void
take_answer(struct talk *talk, const struct dialogue_line *line)
{
	if (line->kind == DIALOGUE_PIPELINED)
		finding_add(talk->look, FINDING_PIPELINING_ORDER, talk->record,
		    buf_span(&talk->line));
	wait_for(talk, VERB_AUTH);
}

static void
take_client(struct talk *talk, const struct dialogue_line *line)
{
	buf_reset(&talk->line);
	if (!dialogue_unescape(&talk->line, line->text)) {
		talk->look->failed = true;
		return;
	}
	if (talk->in_auth)
		take_answer(talk, line);
	else
		take_command(talk, line);
	talk->last_client = talk->record;
}

/* ---- remarks */

/* A handshake is over, perhaps before the greeting. */
static void
on_tls(struct talk *talk, struct span text)
{
	(void)text;
	talk->is_tls = true;
}

/* Plain text that came with STARTTLS is thrown away before it is a line. */
static void
on_injection(struct talk *talk, struct span text)
{
	finding_add(talk->look, FINDING_STARTTLS_INJECTION, talk->record, text);
}

/* What never came to an end may have had one that is none. */
static void
on_unfinished(struct talk *talk, struct span text)
{
	struct span line;

	span_skip(&text, sizeof("unfinished line: ") - 1);
	buf_reset(&talk->line);
	if (!dialogue_unescape(&talk->line, text)) {
		talk->look->failed = true;
		return;
	}
	line = buf_span(&talk->line);
	if (span_find(line, '\n') < line.len ||
	    span_find(line, '\r') < line.len)
		finding_add(
		    talk->look, FINDING_COMMAND_LINE_END, talk->record, line);
}

/* A text that is here before the reply to DATA did not wait for it. */
static void
on_message(struct talk *talk, struct span text)
{
	if (next_waiting(talk) == VERB_DATA && !talk->is_lost)
		finding_add(
		    talk->look, FINDING_PIPELINING_ORDER, talk->record, text);
}

/* Only who hung up could have said good-bye. */
static void
on_end(struct talk *talk, struct span text)
{
	span_skip(&text, sizeof("end: ") - 1);
	talk->is_ended =
	    !span_equal(text, SPAN("drop")) && !span_equal(text, SPAN("reset"));
}

/* What came later is not known. */
static void
on_ceiling(struct talk *talk, struct span text)
{
	(void)text;
	talk->is_ended = true;
}

static void
take_remark(struct talk *talk, struct span text)
{
	static const struct {
		const char *start;
		void (*take)(struct talk *, struct span);
	} remarks[] = {
	    {"TLS ", on_tls},
	    {"plain text behind STARTTLS", on_injection},
	    {"unfinished line: ", on_unfinished},
	    {"message ", on_message},
	    {"refused message ", on_message},
	    {"end: ", on_end},
	    {"what follows is not recorded", on_ceiling},
	};

	for (size_t i = 0; i < sizeof(remarks) / sizeof(remarks[0]); i++)
		if (span_starts(text, span_string(remarks[i].start)))
			remarks[i].take(talk, text);
}

/* RFC 5321 4.1.1.10. Whom we sent away need not say good-bye, and a handshake
   that failed leaves nobody to say it to. */
static void
check_end(struct talk *talk)
{
	const struct finding_verb *last = talk->previous;

	if (!talk->has_commands || talk->is_ended || talk->last_code == 421 ||
	    talk->last_code == 221)
		return;
	if (last && (last->id == VERB_QUIT || last->id == VERB_STARTTLS))
		return;
	finding_add(talk->look, FINDING_NO_QUIT, talk->last_client, SPAN(""));
}

void
finding_look_at_dialogue(
    struct look *look, struct span dialogue, struct span peer)
{
	struct dialogue_line line;
	struct talk talk;

	memset(&talk, 0, sizeof(talk));
	talk.look = look;
	talk.peer = peer;
	buf_init(&talk.line, dialogue.len + 1);
	if (!buf_room(&talk.line, 1))
		look->failed = true;
	for (; !look->failed && dialogue_next(&dialogue, &line);
	     talk.record++) {
		if (line.kind == DIALOGUE_SERVER)
			take_reply(&talk, line.text);
		else if (line.kind == DIALOGUE_REMARK)
			take_remark(&talk, line.text);
		else
			take_client(&talk, &line);
	}
	check_end(&talk);
	buf_release(&talk.line);
}
