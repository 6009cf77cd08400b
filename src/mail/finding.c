/* finding: what a client did and sent against the RFCs. */
#include "finding.h"

#include "finding_private.h"

#include <stdlib.h>
#include <string.h>

#define SESSION FINDING_OF_SESSION
#define MESSAGE FINDING_OF_MESSAGE
#define INFO FINDING_INFO
#define WARNING FINDING_WARNING
#define ERROR FINDING_ERROR

/* clang-format off */
static const struct finding_rule rules[FINDING_IDS + 1] = {
    [FINDING_EARLY_COMMAND] = {"early-command", ERROR, SESSION,
	"RFC 5321 4.3.1", "A command was sent before the greeting"},
    [FINDING_HELLO_MISSING] = {"hello-missing", ERROR, SESSION,
	"RFC 5321 4.1.1.1", "Mail was begun without EHLO or HELO"},
    [FINDING_HELLO_SYNTAX] = {"hello-syntax", ERROR, SESSION,
	"RFC 5321 4.1.1.1", "The name in EHLO or HELO is neither a domain nor "
	"an address literal"},
    [FINDING_HELLO_NOT_PEER] = {"hello-not-peer", WARNING, SESSION,
	"RFC 5321 4.1.4", "The name in EHLO or HELO does not fit the client's "
	"address"},
    [FINDING_COMMAND_LINE_END] = {"command-line-end", ERROR, SESSION,
	"RFC 5321 2.3.8", "A command holds or ends with a CR or LF that is no "
	"CR LF"},
    [FINDING_COMMAND_BYTES] = {"command-bytes", ERROR, SESSION,
	"RFC 5321 2.4", "A command holds control characters, or 8-bit ones "
	"outside a path"},
    [FINDING_COMMAND_TOO_LONG] = {"command-too-long", ERROR, SESSION,
	"RFC 5321 4.5.3.1.4", "A command is longer than its verb allows"},
    [FINDING_PATH_SYNTAX] = {"path-syntax", ERROR, SESSION,
	"RFC 5321 4.1.2", "The path in MAIL or RCPT is malformed"},
    [FINDING_PATH_SPACE] = {"path-space", WARNING, SESSION,
	"RFC 5321 3.3", "A blank stands beside the colon of MAIL FROM or "
	"RCPT TO"},
    [FINDING_PATH_UTF8] = {"path-utf8", ERROR, SESSION,
	"RFC 6531 3.4", "A path is not ASCII and MAIL had no SMTPUTF8"},
    [FINDING_PIPELINING_UNOFFERED] = {"pipelining-unoffered", ERROR, SESSION,
	"RFC 2920 3.1", "Commands were pipelined and PIPELINING was not "
	"offered"},
    [FINDING_PIPELINING_ORDER] = {"pipelining-order", ERROR, SESSION,
	"RFC 2920 3.1", "A command was pipelined behind one that must be the "
	"last of its group"},
    [FINDING_STARTTLS_INJECTION] = {"starttls-injection", ERROR, SESSION,
	"RFC 3207 4", "Plain text was sent behind STARTTLS"},
    [FINDING_AUTH_CLEAR] = {"auth-clear", WARNING, SESSION,
	"RFC 4954 9", "A password was sent without TLS"},
    [FINDING_VERB_UNADVERTISED] = {"verb-unadvertised", ERROR, SESSION,
	"RFC 5321 2.2.2", "A command or AUTH mechanism was used that was not "
	"offered"},
    [FINDING_PARAM_UNADVERTISED] = {"param-unadvertised", ERROR, SESSION,
	"RFC 5321 4.1.1.11", "MAIL or RCPT has a parameter that was not "
	"offered"},
    [FINDING_DOT_UNSTUFFED] = {"dot-unstuffed", ERROR, SESSION,
	"RFC 5321 4.5.2", "Text follows the end of the data: a dot at the "
	"start of a line was not doubled"},
    [FINDING_NO_QUIT] = {"no-quit", WARNING, SESSION,
	"RFC 5321 4.1.1.10", "The client left without QUIT"},

    [FINDING_BARE_LF] = {"bare-lf", ERROR, MESSAGE,
	"RFC 5321 2.3.8", "A line ends with LF without CR"},
    [FINDING_BARE_CR] = {"bare-cr", ERROR, MESSAGE,
	"RFC 5321 2.3.8", "A CR stands without LF"},
    [FINDING_NUL] = {"nul", ERROR, MESSAGE,
	"RFC 5322 2.1", "The text holds a NUL"},
    [FINDING_LINE_TOO_LONG] = {"line-too-long", ERROR, MESSAGE,
	"RFC 5321 4.5.3.1.6", "A line is longer than 998 octets (1,000 with "
	"its CR LF)"},
    [FINDING_8BIT_UNDECLARED] = {"8bit-undeclared", ERROR, MESSAGE,
	"RFC 6152 3", "The body is 8-bit and MAIL had no BODY=8BITMIME"},
    [FINDING_DOT_DOUBLED] = {"dot-doubled", INFO, MESSAGE,
	"RFC 5321 4.5.2", "A line begins with two dots: perhaps doubled "
	"twice"},

    [FINDING_HEADER_NO_COLON] = {"header-no-colon", ERROR, MESSAGE,
	"RFC 5322 2.2", "A line of the header has no colon"},
    [FINDING_HEADER_NAME] = {"header-name", ERROR, MESSAGE,
	"RFC 5322 2.2", "The name of a field has blanks or other bytes that "
	"it must not"},
    [FINDING_HEADER_8BIT] = {"header-8bit", ERROR, MESSAGE,
	"RFC 5322 2.2", "The header has 8-bit bytes that are not UTF-8"},
    [FINDING_HEADER_UTF8] = {"header-utf8", ERROR, MESSAGE,
	"RFC 6531 3.4", "The header has UTF-8 and MAIL had no SMTPUTF8"},
    [FINDING_HEADER_TOO_LONG] = {"header-too-long", ERROR, MESSAGE,
	"RFC 5322 2.1.1", "A line of the header is longer than 998 octets"},
    [FINDING_HEADER_FOLD] = {"header-fold", ERROR, MESSAGE,
	"RFC 5322 2.2.3", "A header line is folded with nothing before or "
	"behind the fold"},
    [FINDING_DATE_MISSING] = {"date-missing", ERROR, MESSAGE,
	"RFC 5322 3.6.1", "There is no Date"},
    [FINDING_DATE_REPEATED] = {"date-repeated", ERROR, MESSAGE,
	"RFC 5322 3.6", "There is more than one Date"},
    [FINDING_DATE_SYNTAX] = {"date-syntax", ERROR, MESSAGE,
	"RFC 5322 3.3", "The Date is malformed or cannot be"},
    [FINDING_FROM_MISSING] = {"from-missing", ERROR, MESSAGE,
	"RFC 5322 3.6.2", "There is no From"},
    [FINDING_FROM_REPEATED] = {"from-repeated", ERROR, MESSAGE,
	"RFC 5322 3.6", "There is more than one From"},
    [FINDING_FROM_SYNTAX] = {"from-syntax", ERROR, MESSAGE,
	"RFC 5322 3.4", "From is no list of mailboxes"},
    [FINDING_MESSAGE_ID_MISSING] = {"message-id-missing", WARNING, MESSAGE,
	"RFC 5322 3.6.4", "There is no Message-ID"},
    [FINDING_MESSAGE_ID_REPEATED] = {"message-id-repeated", ERROR, MESSAGE,
	"RFC 5322 3.6", "There is more than one Message-ID"},
    [FINDING_MESSAGE_ID_SYNTAX] = {"message-id-syntax", ERROR, MESSAGE,
	"RFC 5322 3.6.4", "The Message-ID is malformed"},
    [FINDING_MIME_VERSION_MISSING] = {"mime-version-missing", ERROR, MESSAGE,
	"RFC 2045 4", "There are Content fields and no MIME-Version"},
    [FINDING_MIME_VERSION_REPEATED] = {"mime-version-repeated", ERROR, MESSAGE,
	"RFC 2045 4", "There is more than one MIME-Version"},
    [FINDING_MIME_VERSION_SYNTAX] = {"mime-version-syntax", ERROR, MESSAGE,
	"RFC 2045 4", "MIME-Version is not 1.0"},
    [FINDING_HEADER_REPEATED] = {"header-repeated", ERROR, MESSAGE,
	"RFC 5322 3.6", "A field stands twice that may stand once"},
    [FINDING_ADDRESS_SYNTAX] = {"address-syntax", ERROR, MESSAGE,
	"RFC 5322 3.4", "An address field is malformed"},
    [FINDING_BCC_LEFT] = {"bcc-left", WARNING, MESSAGE,
	"RFC 5322 3.6.3", "Bcc was left in the header: all recipients see it"},
    [FINDING_ENCODED_WORD_SYNTAX] = {"encoded-word-syntax", ERROR, MESSAGE,
	"RFC 2047 2", "An encoded word is malformed"},
    [FINDING_ENCODED_WORD_LONG] = {"encoded-word-long", ERROR, MESSAGE,
	"RFC 2047 2", "An encoded word is longer than 75 characters"},
    [FINDING_ENCODED_WORD_PLACE] = {"encoded-word-place", ERROR, MESSAGE,
	"RFC 2047 5", "An encoded word stands in quotes, in a parameter, or "
	"against other text"},

    [FINDING_CONTENT_TYPE_SYNTAX] = {"content-type-syntax", ERROR, MESSAGE,
	"RFC 2045 5.1", "A Content-Type is malformed"},
    [FINDING_BOUNDARY_MISSING] = {"boundary-missing", ERROR, MESSAGE,
	"RFC 2046 5.1.1", "A multipart has no boundary parameter"},
    [FINDING_BOUNDARY_SYNTAX] = {"boundary-syntax", ERROR, MESSAGE,
	"RFC 2046 5.1.1", "A boundary is longer than 70 characters or has "
	"some that it must not"},
    [FINDING_BOUNDARY_UNUSED] = {"boundary-unused", ERROR, MESSAGE,
	"RFC 2046 5.1.1", "A multipart has no line with its boundary"},
    [FINDING_BOUNDARY_UNCLOSED] = {"boundary-unclosed", ERROR, MESSAGE,
	"RFC 2046 5.1.1", "A multipart has no closing boundary"},
    [FINDING_BOUNDARY_IN_BODY] = {"boundary-in-body", ERROR, MESSAGE,
	"RFC 2046 5.1.1", "A boundary is found in the content that it "
	"delimits"},
    [FINDING_ENCODING_UNKNOWN] = {"encoding-unknown", ERROR, MESSAGE,
	"RFC 2045 6.1", "A Content-Transfer-Encoding is none of the known "
	"ones"},
    [FINDING_ENCODING_MULTIPART] = {"encoding-multipart", ERROR, MESSAGE,
	"RFC 2045 6.4", "A multipart or message is encoded as a whole"},
    [FINDING_ENCODING_8BIT] = {"encoding-8bit", ERROR, MESSAGE,
	"RFC 2045 6.2", "A part has 8-bit bytes and is declared as 7bit or "
	"not at all"},
    [FINDING_ENCODING_BASE64] = {"encoding-base64", ERROR, MESSAGE,
	"RFC 2045 6.8", "A part is not the base64 that it is declared as"},
    [FINDING_ENCODING_QP] = {"encoding-qp", ERROR, MESSAGE,
	"RFC 2045 6.7", "A part is not the quoted-printable that it is "
	"declared as"},
    [FINDING_CHARSET_UNKNOWN] = {"charset-unknown", WARNING, MESSAGE,
	"RFC 2046 4.1.2", "A charset is unknown here"},
    [FINDING_CHARSET_BYTES] = {"charset-bytes", ERROR, MESSAGE,
	"RFC 2046 4.1.2", "Text does not decode in its charset"},

    [FINDING_SIZE_DECLARED] = {"size-declared", WARNING, MESSAGE,
	"RFC 1870 6.3", "The message is larger than SIZE in MAIL declared"},
    [FINDING_RECIPIENT_HIDDEN] = {"recipient-hidden", INFO, MESSAGE,
	"RFC 5321 7.2", "A recipient of the envelope is not in the header"},
    [FINDING_ALTERNATIVES_DIFFER] = {"alternatives-differ", INFO, MESSAGE,
	"RFC 2046 5.1.4", "The text and the HTML alternative say different "
	"things"},
};
/* clang-format on */

#define TEXT_LIMIT ((size_t)2 * FINDING_IDS * FINDING_EACH_MAX * 80)

void
findings_init(struct findings *found)
{
	memset(found, 0, sizeof(*found));
	buf_init(&found->text, TEXT_LIMIT);
}

void
findings_release(struct findings *found)
{
	free(found->at);
	buf_release(&found->text);
	found->at = NULL;
	found->count = found->room = 0;
}

const char *
finding_severity_name(enum finding_severity severity)
{
	static const char *const names[] = {
	    [FINDING_INFO] = "info",
	    [FINDING_WARNING] = "warning",
	    [FINDING_ERROR] = "error",
	};

	return names[severity];
}

const struct finding_rule *
finding_rules(void)
{
	return rules;
}

const struct finding_rule *
finding_rule(struct span id)
{
	for (size_t i = 0; i < FINDING_IDS; i++)
		if (span_equal(span_string(rules[i].id), id))
			return &rules[i];
	return NULL;
}

static bool
make_room(struct findings *found)
{
	size_t room = found->room ? found->room * 2 : 8;
	struct finding *at;

	if (found->count < found->room)
		return true;
	at = realloc(found->at, room * sizeof(*at));
	if (!at)
		return false;
	found->at = at;
	found->room = room;
	return true;
}

void
finding_add(
    struct look *look, enum finding_id id, uint64_t offset, struct span bytes)
{
	struct findings *found = look->out;
	struct finding *finding;

	if (look->failed)
		return;
	if (look->each[id] == FINDING_EACH_MAX) {
		found->at[look->last[id]].more++;
		return;
	}
	if (bytes.len > FINDING_BYTES_MAX)
		bytes.len = FINDING_BYTES_MAX;
	if (!make_room(found) || !buf_put(&found->text, bytes)) {
		look->failed = true;
		return;
	}
	look->each[id]++;
	look->last[id] = found->count;
	finding = &found->at[found->count++];
	memset(finding, 0, sizeof(*finding));
	finding->rule = &rules[id];
	finding->offset = offset;
	finding->bytes.len = bytes.len;
	finding->text_at = found->text.len - bytes.len;
}

void
finding_add_at(struct look *look, enum finding_id id, struct span bytes)
{
	finding_add(look, id, (uint64_t)(bytes.at - look->raw.at), bytes);
}

bool
finding_next_line(struct span *rest, struct span *line)
{
	if (rest->len == 0)
		return false;
	*line = span_cut(rest, '\n');
	if (line->len && line->at[line->len - 1] == '\r')
		line->len--;
	return true;
}

static void
start(struct look *look, struct findings *out)
{
	memset(look, 0, sizeof(*look));
	look->out = out;
	look->first = out->count;
	/* A text that was full once may have room for shorter bytes. */
	out->text.failed = false;
}

static int
compare(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;

	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	if (a->rule != b->rule)
		return a->rule < b->rule ? -1 : 1;
	return a->text_at < b->text_at ? -1 : a->text_at > b->text_at;
}

/* The text has moved as it grew: only now are the spans good. */
static bool
finish(struct look *look)
{
	struct findings *found = look->out;

	for (size_t i = 0; i < found->count; i++)
		found->at[i].bytes.at =
		    found->text.at ? found->text.at + found->at[i].text_at : "";
	if (found->count > look->first)
		qsort(found->at + look->first, found->count - look->first,
		    sizeof(*found->at), compare);
	return !look->failed;
}

/* RFC 1870 4, 6152 3, 6531 3.4, 3030 3. */
static void
read_promises(struct look *look, struct span params)
{
	while (params.len) {
		struct span param = span_cut(&params, ' ');
		struct span name = span_cut(&param, '=');

		if (span_equal_nocase(name, SPAN("SMTPUTF8")))
			look->promises |= PROMISE_UTF8;
		else if (span_equal_nocase(name, SPAN("SIZE")) &&
		    span_number(param, &look->promised_size))
			look->promises |= PROMISE_SIZE;
		else if (!span_equal_nocase(name, SPAN("BODY")))
			continue;
		else if (span_equal_nocase(param, SPAN("8BITMIME")))
			look->promises |= PROMISE_8BIT;
		else if (span_equal_nocase(param, SPAN("BINARYMIME")))
			look->promises |= PROMISE_8BIT | PROMISE_BINARY;
	}
}

static bool
came_by_smtp(const struct message *envelope)
{
	return envelope && message_get(envelope, MESSAGE_SESSION).len > 0;
}

static bool
has_empty_line(struct span raw)
{
	return span_starts(raw, SPAN("\n")) || span_starts(raw, SPAN("\r\n")) ||
	    (raw.len && memmem(raw.at, raw.len, "\n\n", 2)) ||
	    (raw.len && memmem(raw.at, raw.len, "\n\r\n", 3));
}

/* Up to where a line begins that may be a field of its own. */
static void
drop_last_field(struct span *raw)
{
	while (raw->len) {
		bool is_fold;

		raw->len--;
		while (raw->len && raw->at[raw->len - 1] != '\n')
			raw->len--;
		is_fold = raw->at[raw->len] == ' ' || raw->at[raw->len] == '\t';
		if (!is_fold)
			return;
	}
}

/* Of what was not accepted there may be a first part only, cut anywhere: what
   would stand behind it is not missed, and no line is judged by its half. */
static void
take_whole_lines(struct look *look)
{
	while (look->raw.len && look->raw.at[look->raw.len - 1] != '\n')
		look->raw.len--;
	look->extent = EXTENT_HEADER;
	if (has_empty_line(look->raw))
		return;
	look->extent = EXTENT_FIELDS;
	drop_last_field(&look->raw);
}

bool
finding_message(struct findings *out, const struct message *envelope,
    struct span raw, const struct mime *mime)
{
	struct look look;

	start(&look, out);
	look.raw = raw.at ? raw : SPAN("");
	look.mime = mime;
	look.promises = PROMISE_8BIT | PROMISE_UTF8;
	if (came_by_smtp(envelope)) {
		look.envelope = envelope;
		look.promises = 0;
		read_promises(
		    &look, message_get(envelope, MESSAGE_MAIL_PARAMS));
	}
	if (envelope && envelope->state != MESSAGE_ACCEPTED)
		take_whole_lines(&look);
	finding_look_at_header(&look);
	finding_look_at_bytes(&look);
	if (look.extent == EXTENT_WHOLE)
		finding_look_at_mime(&look);
	finding_look_at_envelope(&look);
	if (look.extent == EXTENT_WHOLE)
		finding_look_at_alternatives(&look);
	return finish(&look);
}

bool
finding_session(struct findings *out, struct span dialogue, struct span peer)
{
	struct look look;

	start(&look, out);
	finding_look_at_dialogue(&look, dialogue, peer);
	return finish(&look);
}
