/*
 * test_dialogue_files: plays tests/dialogue to the engine, in pieces of every
 * size. tests/dialogue/README says how a file is written.
 */
#include "smtp_double.h"
#include "unit.h"

#include <dirent.h>
#include <regex.h>
#include <stdio.h>

#define FILE_MAX ((size_t)256 * 1024)
#define CHUNK_MAX 40
/* Where more is sent than this, only some sizes are tried. */
#define SENT_MAX ((size_t)10 * 1000)
#define SENT_BY_BYTES_MAX ((size_t)200 * 1000)

/* One file while it is played. */
struct play {
	struct smtp_double d;
	const char *name;
	unsigned line;
	size_t chunk;
	size_t sent;      /* bytes so far */
	size_t seen;      /* bytes of the replies that were looked at */
	struct buf batch; /* to be sent */
	struct buf message;
	bool is_message; /* lines M or m are being read */
	char banner[64];
};

#define CHECK(play, claim, ...)                                                \
	do {                                                                   \
		if (!(claim)) {                                                \
			print_error("%s:%u, pieces of %zu: ", (play)->name,    \
			    (play)->line, (play)->chunk);                      \
			print_error(__VA_ARGS__);                              \
			print_error("\n");                                     \
			fail();                                                \
		}                                                              \
	} while (0)

/* ---- options */

static void
set_features(struct play *play, struct span value)
{
	while (value.len) {
		struct span word = span_cut(&value, ',');
		char sign = word.at[0];
		unsigned features;

		span_skip(&word, 1);
		features = smtp_feature_find(word);
		CHECK(play, features && (sign == '-' || sign == '+'),
		    "no such feature");
		if (sign == '-')
			play->d.config.features &= ~features;
		else
			play->d.config.features |= features;
	}
}

static bool
is_yes(struct play *play, struct span value)
{
	CHECK(play, span_equal(value, SPAN("yes")), "only \"yes\" fits here");
	return true;
}

static uint64_t
number(struct play *play, struct span value)
{
	uint64_t result = 0;

	CHECK(play, span_number(value, &result), "a number is expected");
	return result;
}

static void
set_banner(struct play *play, struct span value)
{
	(void)snprintf(
	    play->banner, sizeof(play->banner), "%.*s", SPAN_ARG(value));
	play->d.config.banner = play->banner;
}

static void
set_option(struct play *play, struct span name, struct span value)
{
	struct smtp_config *config = &play->d.config;

	if (span_equal(name, SPAN("features")))
		set_features(play, value);
	else if (span_equal(name, SPAN("lmtp")))
		config->lmtp = is_yes(play, value);
	else if (span_equal(name, SPAN("tls")))
		play->d.wants_tls = is_yes(play, value);
	else if (span_equal(name, SPAN("auth_required")))
		config->auth_required = is_yes(play, value);
	else if (span_equal(name, SPAN("tls_required")))
		config->tls_required = is_yes(play, value);
	else if (span_equal(name, SPAN("bare_lf")))
		config->bare_lf = is_yes(play, value);
	else if (span_equal(name, SPAN("max_message")))
		config->max_message = number(play, value);
	else if (span_equal(name, SPAN("max_recipients")))
		config->max_recipients = (unsigned)number(play, value);
	else if (span_equal(name, SPAN("max_errors")))
		config->max_errors = (unsigned)number(play, value);
	else if (span_equal(name, SPAN("banner")))
		set_banner(play, value);
	else
		CHECK(play, false, "no such option");
}

static void
read_comment(struct play *play, struct span text)
{
	text = span_trim(text);
	if (!span_equal(span_cut_word(&text), SPAN("option")))
		return;
	CHECK(play, !play->d.smtp, "options stand at the top");
	while (text.len) {
		struct span value = span_cut_word(&text);
		struct span name = span_cut(&value, '=');

		set_option(play, name, value);
	}
}

/* ---- escapes */

static void unescape(struct play *, struct buf *, struct span text);

static void
unescape_repeat(struct play *play, struct buf *bytes, struct span text)
{
	struct buf piece;
	uint64_t count = number(play, span_cut(&text, ':'));

	buf_init(&piece, DOUBLE_LIMIT);
	unescape(play, &piece, text);
	while (count--)
		buf_put(bytes, buf_span(&piece));
	buf_release(&piece);
}

/* The escape behind the backslash, which moves away. */
static void
unescape_one(struct play *play, struct buf *bytes, struct span *text)
{
	static const char letters[] = "rnt0\\";
	static const char values[] = "\r\n\t\0\\";
	char letter = text->len ? text->at[0] : ' ';
	const char *found = letter ? strchr(letters, letter) : NULL;
	unsigned hex;

	span_skip(text, 1);
	if (found) {
		buf_put_char(bytes, values[found - letters]);
	} else if (letter == '{') {
		unescape_repeat(play, bytes, span_cut(text, '}'));
	} else {
		CHECK(play,
		    letter == 'x' && text->len >= 2 &&
			sscanf(text->at, "%2x", &hex) == 1,
		    "no such escape");
		buf_put_char(bytes, (char)hex);
		span_skip(text, 2);
	}
}

static void
unescape(struct play *play, struct buf *bytes, struct span text)
{
	while (text.len) {
		size_t len = span_find(text, '\\');

		buf_put(bytes, span_make(text.at, len));
		span_skip(&text, len);
		if (text.len == 0)
			return;
		span_skip(&text, 1);
		unescape_one(play, bytes, &text);
	}
}

/* ---- what the server says */

static void
start(struct play *play)
{
	bool is_tls = play->d.wants_tls;

	if (play->d.smtp)
		return;
	assert_true(double_start(&play->d));
	if (is_tls)
		double_tls(&play->d);
	/* Who talks first does not wait for the greeting. */
	if (play->batch.len == 0)
		(void)double_feed(&play->d, SPAN(""));
}

static struct span
unseen(struct play *play)
{
	struct span said = buf_span(&play->d.said);

	span_skip(&said, play->seen);
	return said;
}

static void
send_batch(struct play *play)
{
	struct span batch = buf_span(&play->batch);

	start(play);
	if (batch.len == 0)
		return;
	play->sent += batch.len;
	double_feed_chunks(&play->d, batch, play->chunk);
	buf_reset(&play->batch);
}

/* Before the client speaks again, and at the end. */
static void
check_all_seen(struct play *play)
{
	struct span rest;

	send_batch(play);
	rest = unseen(play);
	CHECK(play, rest.len == 0, "said too much: %.*s", SPAN_ARG(rest));
}

static struct span
next_reply(struct play *play)
{
	struct span rest;
	struct span line;

	send_batch(play);
	rest = unseen(play);
	line = span_make(rest.at, span_find(rest, '\n'));
	CHECK(play, line.len < rest.len, "the server says nothing");
	play->seen += line.len + 1;
	CHECK(play, line.len && line.at[line.len - 1] == '\r',
	    "a line without CR: %.*s", SPAN_ARG(line));
	line.len--;
	CHECK(play, line.len <= 510, "a long line: %.*s", SPAN_ARG(line));
	for (size_t i = 0; i < line.len; i++)
		CHECK(play,
		    (line.at[i] >= ' ' && line.at[i] <= '~') ||
			line.at[i] == '\t',
		    "strange bytes: %.*s", SPAN_ARG(line));
	return line;
}

static void
expect_line(struct play *play, struct span text)
{
	struct span line = next_reply(play);

	CHECK(play, span_equal(line, text), "the server says: %.*s",
	    SPAN_ARG(line));
}

static void
expect_match(struct play *play, struct span text)
{
	struct span line = next_reply(play);
	char pattern[1024];
	char string[1024];
	regex_t regex;
	int status;

	(void)snprintf(pattern, sizeof(pattern), "^(%.*s)$", SPAN_ARG(text));
	(void)snprintf(string, sizeof(string), "%.*s", SPAN_ARG(line));
	CHECK(play, regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) == 0,
	    "no regular expression");
	status = regexec(&regex, string, 0, NULL, 0);
	regfree(&regex);
	CHECK(play, status == 0, "the server says: %s", string);
}

static void
expect_close(struct play *play, struct span text)
{
	(void)text;
	check_all_seen(play);
	CHECK(play, play->d.is_closed, "the connection is open");
}

static void
shake_hands(struct play *play, struct span text)
{
	(void)text;
	check_all_seen(play);
	CHECK(play, play->d.wants_tls, "the server wants no TLS");
	double_tls(&play->d);
}

/* ---- what the client says */

static void
send_line(struct play *play, struct span text)
{
	if (play->batch.len == 0 && play->d.smtp)
		check_all_seen(play);
	unescape(play, &play->batch, text);
	buf_put_string(&play->batch, "\r\n");
}

static void
send_bytes(struct play *play, struct span text)
{
	if (play->batch.len == 0 && play->d.smtp)
		check_all_seen(play);
	unescape(play, &play->batch, text);
}

/* ---- what was stored */

static void
expect_count(struct play *play, struct span text)
{
	check_all_seen(play);
	CHECK(play, play->d.stored == number(play, text),
	    "%u messages are stored", play->d.stored);
}

static void
note_message_bytes(struct play *play, struct span text)
{
	play->is_message = true;
	unescape(play, &play->message, text);
}

static void
note_message_line(struct play *play, struct span text)
{
	note_message_bytes(play, text);
	buf_put_string(&play->message, "\r\n");
}

static void
check_message(struct play *play)
{
	struct span is = buf_span(&play->d.message);

	if (!play->is_message)
		return;
	check_all_seen(play);
	CHECK(play, span_equal(is, buf_span(&play->message)),
	    "the message differs: %zu bytes stored, %zu expected:\n%.*s",
	    is.len, play->message.len, SPAN_ARG(is));
	buf_reset(&play->message);
	play->is_message = false;
}

/* ---- files */

static const struct {
	struct span start;
	void (*run)(struct play *, struct span text);
} kinds[] = {
    {SPAN("#"), read_comment},
    {SPAN("C: "), send_line},
    {SPAN("c: "), send_bytes},
    {SPAN("S: "), expect_line},
    {SPAN("S~ "), expect_match},
    {SPAN("S!"), expect_close},
    {SPAN("T!"), shake_hands},
    {SPAN("M: "), note_message_line},
    {SPAN("m: "), note_message_bytes},
    {SPAN("m:"), note_message_bytes},
    {SPAN("N: "), expect_count},
};

static void
play_line(struct play *play, struct span line)
{
	if (line.len && line.at[0] != 'M' && line.at[0] != 'm')
		check_message(play);
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (!span_starts(line, kinds[i].start))
			continue;
		span_skip(&line, kinds[i].start.len);
		kinds[i].run(play, line);
		return;
	}
	CHECK(play, line.len == 0, "what is this line?");
}

/* Returns how much was sent. */
static size_t
play_file(const char *name, struct span text, size_t chunk)
{
	struct play play = {.name = name, .chunk = chunk};
	size_t sent;

	play.d.config = double_config();
	buf_init(&play.batch, DOUBLE_LIMIT);
	buf_init(&play.message, DOUBLE_LIMIT);
	while (text.len) {
		play.line++;
		play_line(&play, span_cut(&text, '\n'));
	}
	check_message(&play);
	check_all_seen(&play);
	sent = play.sent;
	double_stop(&play.d);
	buf_release(&play.batch);
	buf_release(&play.message);
	return sent;
}

static bool
is_worth_it(size_t sent, size_t chunk)
{
	return sent <= SENT_MAX || chunk == CHUNK_MAX - 3 ||
	    (chunk == 1 && sent <= SENT_BY_BYTES_MAX);
}

static void
plays(void **state)
{
	const char *name = *state;
	char *text = malloc(FILE_MAX);
	char path[4096];
	size_t sent;
	size_t len;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/tests/dialogue/%s",
	    getenv("TOP_SRCDIR") ? getenv("TOP_SRCDIR") : ".", name);
	file = fopen(path, "rb");
	assert_non_null(file);
	assert_non_null(text);
	len = fread(text, 1, FILE_MAX, file);
	assert_true(len < FILE_MAX);
	(void)fclose(file);
	sent = play_file(name, span_make(text, len), SIZE_MAX);
	for (size_t chunk = 1; chunk <= CHUNK_MAX; chunk++)
		if (is_worth_it(sent, chunk))
			(void)play_file(name, span_make(text, len), chunk);
	free(text);
}

static int
is_dialogue(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && strcmp(entry->d_name + len - 4, ".txt") == 0;
}

int
main(void)
{
	struct CMUnitTest tests[200] = {{NULL, NULL, NULL, NULL, NULL}};
	struct dirent **entries = NULL;
	char path[4096];
	int count;
	int status;

	(void)snprintf(path, sizeof(path), "%s/tests/dialogue",
	    getenv("TOP_SRCDIR") ? getenv("TOP_SRCDIR") : ".");
	count = scandir(path, &entries, is_dialogue, alphasort);
	if (count <= 0 || count > (int)COUNT(tests))
		return 1;
	for (int i = 0; i < count; i++) {
		tests[i].name = entries[i]->d_name;
		tests[i].test_func = plays;
		tests[i].initial_state = entries[i]->d_name;
	}
	status = _cmocka_run_group_tests(
	    "dialogue files", tests, (size_t)count, NULL, NULL);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return status;
}
