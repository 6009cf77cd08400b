/* finding_word: encoded words in header fields (RFC 2047). */
#include "finding_private.h"

#include "base64.h"

#include <string.h>

#define WORD_MAX_LEN 75

struct word {
	struct span text; /* all of it */
	struct span charset;
	struct span payload;
	char encoding; /* 'b' or 'q', or another letter when it is unknown */
	bool is_whole; /* its end was found, and no blank before */
};

/* "=?charset?X?" at the front: this was meant as an encoded word. */
static bool
read_front(struct span text, struct word *word, struct span *rest)
{
	*rest = text;
	span_skip(rest, 2);
	word->charset = finding_cut_token(rest);
	if (word->charset.len == 0 || rest->len < 3 || rest->at[0] != '?' ||
	    rest->at[2] != '?' || finding_is_blank(rest->at[1]))
		return false;
	word->encoding = rest->at[1] | 0x20;
	span_skip(rest, 3);
	/* RFC 2231 5 puts a language behind the charset. */
	word->charset.len = span_find(word->charset, '*');
	return true;
}

static bool
read_word(struct span text, struct word *word)
{
	struct span rest;
	size_t end = 0;

	if (!read_front(text, word, &rest))
		return false;
	while (end < rest.len && rest.at[end] != '?' &&
	    !finding_is_blank(rest.at[end]))
		end++;
	word->payload = span_make(rest.at, end);
	word->is_whole = end + 1 < rest.len && rest.at[end] == '?' &&
	    rest.at[end + 1] == '=';
	span_skip(&rest, word->is_whole ? end + 2 : end);
	word->text = span_make(text.at, (size_t)(rest.at - text.at));
	return true;
}

static bool
decode_q(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char byte = text.at[i];

		if (byte == '=') {
			if (text.len - i < 3 ||
			    finding_hex_digit(text.at[i + 1]) < 0 ||
			    finding_hex_digit(text.at[i + 2]) < 0)
				return false;
			byte = (char)(finding_hex_digit(text.at[i + 1]) << 4 |
			    finding_hex_digit(text.at[i + 2]));
			i += 2;
		}
		(void)buf_put_char(out, byte == '_' ? ' ' : byte);
	}
	return true;
}

static void
check_charset(struct look *look, const struct word *word, struct span bytes)
{
	size_t bad;

	switch (finding_try_charset(look, word->charset, bytes, &bad)) {
	case CHARSET_UNKNOWN:
		finding_add_at(look, FINDING_CHARSET_UNKNOWN, word->text);
		break;
	case CHARSET_BROKEN:
		finding_add_at(look, FINDING_CHARSET_BYTES, word->text);
		break;
	default:
		break;
	}
}

static void
check_payload(struct look *look, const struct word *word)
{
	struct buf bytes;
	bool is_good = false;

	buf_init(&bytes, word->payload.len);
	if (word->is_whole && word->encoding == 'q')
		is_good = decode_q(&bytes, word->payload);
	if (word->is_whole && word->encoding == 'b')
		is_good = base64_decode(&bytes, word->payload) == ERR_OK;
	if (buf_failed(&bytes))
		look->failed = true;
	else if (!is_good)
		finding_add_at(look, FINDING_ENCODED_WORD_SYNTAX, word->text);
	else
		check_charset(look, word, buf_span(&bytes));
	buf_release(&bytes);
}

/* Where a field has quoted strings, and where it has parameters. */
enum syntax { UNSTRUCTURED, ADDRESSES, PARAMETERS };

static enum syntax
syntax_of(struct span name)
{
	static const struct {
		const char *name;
		enum syntax syntax;
	} fields[] = {
	    {"From", ADDRESSES},
	    {"To", ADDRESSES},
	    {"Cc", ADDRESSES},
	    {"Bcc", ADDRESSES},
	    {"Reply-To", ADDRESSES},
	    {"Sender", ADDRESSES},
	    {"Content-Type", PARAMETERS},
	    {"Content-Disposition", PARAMETERS},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (span_equal_nocase(name, span_string(fields[i].name)))
			return fields[i].syntax;
	return UNSTRUCTURED;
}

/* RFC 2047 5: blanks around it, or the brackets of a comment; in an address
   field what separates addresses does as well. */
static bool
may_stand_beside(char byte, enum syntax syntax)
{
	return finding_is_blank(byte) || byte == '(' || byte == ')' ||
	    (syntax == ADDRESSES && byte != '\0' && strchr(",:;<", byte));
}

static bool
has_room(struct span value, struct span word, enum syntax syntax)
{
	const char *end = word.at + word.len;

	return (word.at == value.at || may_stand_beside(word.at[-1], syntax)) &&
	    (end == value.at + value.len || may_stand_beside(*end, syntax));
}

void
finding_look_at_words(struct look *look, const struct header_field *field)
{
	enum syntax syntax = syntax_of(field->name);
	struct span rest = field->value;
	bool in_quotes = false;
	struct word word;

	if (rest.len == 0 || !memmem(rest.at, rest.len, "=?", 2))
		return;
	while (rest.len > 1) {
		if (syntax != UNSTRUCTURED && rest.at[0] == '"')
			in_quotes = !in_quotes;
		if (!span_starts(rest, SPAN("=?")) || !read_word(rest, &word)) {
			span_skip(
			    &rest, in_quotes && rest.at[0] == '\\' ? 2 : 1);
			continue;
		}
		span_skip(&rest, word.text.len);
		if (in_quotes || syntax == PARAMETERS ||
		    !has_room(field->value, word.text, syntax))
			finding_add_at(
			    look, FINDING_ENCODED_WORD_PLACE, word.text);
		if (word.text.len > WORD_MAX_LEN)
			finding_add_at(
			    look, FINDING_ENCODED_WORD_LONG, word.text);
		check_payload(look, &word);
	}
}
