/* finding_address: whether address fields are what RFC 5322 3.4 asks for. */
#include "finding_private.h"

#include <string.h>

/* What address fields are made of. */
enum lexeme {
	LEX_END,
	LEX_ATOM,
	LEX_QUOTED,
	LEX_LITERAL,
	LEX_BAD,
	/* Special characters stand for themselves. */
};

/* RFC 2047 5 (3): in a phrase an encoded word stands for a word, and may hold
   what an atom may not when its encoder was careless. */
static bool
cut_encoded_word(struct span *rest)
{
	struct span text = *rest;

	if (!span_starts(text, SPAN("=?")))
		return false;
	span_skip(&text, 2);
	for (int mark = 0; mark < 3; mark++) {
		while (text.len && text.at[0] != '?' &&
		    !finding_is_blank(text.at[0]))
			span_skip(&text, 1);
		if (text.len == 0 || text.at[0] != '?')
			return false;
		span_skip(&text, 1);
	}
	if (text.len == 0 || text.at[0] != '=')
		return false;
	span_skip(&text, 1);
	*rest = text;
	return true;
}

static int
next_lexeme(struct span *rest)
{
	struct span inside;
	char byte;

	if (!finding_skip_cfws(rest))
		return LEX_BAD;
	if (rest->len == 0)
		return LEX_END;
	if (cut_encoded_word(rest))
		return LEX_ATOM;
	byte = rest->at[0];
	if (finding_is_atext(byte)) {
		(void)finding_cut_while(rest, finding_is_atext);
		return LEX_ATOM;
	}
	if (byte == '"')
		return finding_cut_quoted(rest, &inside) ? LEX_QUOTED : LEX_BAD;
	if (byte == '[')
		return finding_cut_literal(rest) ? LEX_LITERAL : LEX_BAD;
	span_skip(rest, 1);
	return finding_is_one_of(byte, "<>:;@,.") ? byte : LEX_BAD;
}

/* Where the reading of an address field stands. */
enum place {
	AT_START,     /* of an address */
	IN_WORDS,     /* words without a dot: a phrase or a local part */
	IN_LOCAL,     /* it has a dot: a local part */
	BEHIND_DOT,   /* of a local part */
	IN_ANGLE,     /* behind "<" */
	ANGLE_WORD,   /* behind a word of the local part in brackets */
	ANGLE_DOT,    /* behind its dot */
	BEHIND_AT,    /* the domain must follow */
	DOMAIN_DOT,   /* behind a dot of it */
	IN_DOMAIN,    /* behind a label of it */
	BEHIND_ANGLE, /* ">" was read, or an address without brackets ended */
	GROUP_END,    /* behind ";" */
	BROKEN,
};

struct reader {
	enum place place;
	bool in_angle;
	bool in_group;
	bool one_word; /* of IN_WORDS: it may still be a local part */
	bool is_empty_group;
	size_t mailboxes;
	size_t groups;
};

struct step {
	enum place place;
	int lexeme;
	enum place next;
};

/* What is not here breaks the address. */
static const struct step steps[] = {
    {AT_START, LEX_ATOM, IN_WORDS},
    {AT_START, LEX_QUOTED, IN_WORDS},
    {AT_START, '<', IN_ANGLE},
    {IN_WORDS, LEX_ATOM, IN_WORDS},
    {IN_WORDS, LEX_QUOTED, IN_WORDS},
    {IN_WORDS, '<', IN_ANGLE},
    {IN_WORDS, '.', BEHIND_DOT},
    {IN_WORDS, '@', BEHIND_AT},
    {BEHIND_DOT, LEX_ATOM, IN_LOCAL},
    {BEHIND_DOT, LEX_QUOTED, IN_LOCAL},
    {IN_LOCAL, '.', BEHIND_DOT},
    {IN_LOCAL, '@', BEHIND_AT},
    {IN_ANGLE, LEX_ATOM, ANGLE_WORD},
    {IN_ANGLE, LEX_QUOTED, ANGLE_WORD},
    {ANGLE_WORD, '.', ANGLE_DOT},
    {ANGLE_WORD, '@', BEHIND_AT},
    {ANGLE_DOT, LEX_ATOM, ANGLE_WORD},
    {ANGLE_DOT, LEX_QUOTED, ANGLE_WORD},
    {BEHIND_AT, LEX_ATOM, IN_DOMAIN},
    {BEHIND_AT, LEX_LITERAL, BEHIND_ANGLE},
    {DOMAIN_DOT, LEX_ATOM, IN_DOMAIN},
    {IN_DOMAIN, '.', DOMAIN_DOT},
};

/* The end of a mailbox, where `lexeme` may end one. */
static bool
ends_mailbox(struct reader *reader, int lexeme)
{
	bool is_over =
	    reader->place == IN_DOMAIN || reader->place == BEHIND_ANGLE;

	if (!is_over)
		return false;
	if (reader->in_angle) {
		if (lexeme != '>')
			return false;
		reader->in_angle = false;
		reader->place = BEHIND_ANGLE;
		return true;
	}
	if (lexeme != ',' && lexeme != ';' && lexeme != LEX_END)
		return false;
	reader->mailboxes++;
	reader->is_empty_group = false;
	reader->place = AT_START;
	if (lexeme == ';') {
		reader->place = reader->in_group ? GROUP_END : BROKEN;
		reader->in_group = false;
	}
	return true;
}

/* RFC 5322 3.4: phrase ":" [mailboxes] ";", not nested. */
static bool
takes_group(struct reader *reader, int lexeme)
{
	if (lexeme == ':' && reader->place == IN_WORDS && !reader->in_group) {
		reader->groups++;
		reader->in_group = true;
		reader->is_empty_group = true;
		reader->place = AT_START;
		return true;
	}
	if (lexeme == ';' && reader->place == AT_START &&
	    reader->is_empty_group && reader->in_group) {
		reader->in_group = false;
		reader->place = GROUP_END;
		return true;
	}
	if (lexeme == ',' && reader->place == GROUP_END) {
		reader->place = AT_START;
		return true;
	}
	return false;
}

static void
take(struct reader *reader, int lexeme)
{
	if (takes_group(reader, lexeme) || ends_mailbox(reader, lexeme))
		return;
	/* Only one word can be a local part: "a b@c.test" is none. */
	if (reader->place == IN_WORDS && !reader->one_word &&
	    (lexeme == '.' || lexeme == '@'))
		lexeme = LEX_BAD;
	reader->one_word = reader->place == AT_START;
	reader->in_angle = reader->in_angle || lexeme == '<';
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i].place == reader->place &&
		    steps[i].lexeme == lexeme) {
			reader->place = steps[i].next;
			return;
		}
	reader->place = BROKEN;
}

static bool
read_addresses(struct span value, struct reader *reader)
{
	int lexeme;

	memset(reader, 0, sizeof(*reader));
	do {
		lexeme = next_lexeme(&value);
		if (lexeme == LEX_END && reader->place == GROUP_END)
			return true;
		take(reader, lexeme);
		if (reader->place == BROKEN)
			return false;
	} while (lexeme != LEX_END);
	return !reader->in_group;
}

bool
finding_is_address_list(struct span value)
{
	struct reader reader;

	return read_addresses(value, &reader);
}

bool
finding_is_mailbox_list(struct span value)
{
	struct reader reader;

	return read_addresses(value, &reader) && reader.groups == 0;
}

bool
finding_is_mailbox(struct span value)
{
	struct reader reader;

	return read_addresses(value, &reader) && reader.groups == 0 &&
	    reader.mailboxes == 1;
}
