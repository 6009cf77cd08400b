/* cmd_sendmail: sends standard input, with the options of sendmail(8). */
#include "cmd.h"

#include "deliver.h"
#include "header.h"
#include "mime.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define USUAL_SMTP "127.0.0.1:1025"
#define MESSAGE_MAX ((size_t)1024 * 1024 * 1024)
#define ADDRESS_MAX 1000

struct sendmail {
	const struct options *options;
	const char *sender; /* NULL: whoever runs it */
	const char *server; /* of -S; NULL: not given */
	enum sendmail_dots { DOT_ENDS, DOT_IS_TEXT } dots;
	enum sendmail_mode { MODE_SEND, MODE_RELAY } mode;
	enum sendmail_from { FROM_WORDS, FROM_HEADERS } recipients_from;
	char **recipients; /* owned */
	size_t count;
	struct buf message;
};

/* ---- words */

enum letter_kind {
	LETTER_UNKNOWN,
	LETTER_ALONE,    /* "-t" */
	LETTER_ATTACHED, /* "-oi": what stands behind it belongs to it */
	LETTER_VALUE,    /* "-f a" and "-fa" */
};

/* Those of Sendmail, Postfix and Exim, and the server (-S) of Mailpit's and
   MailHog's; most of them say nothing here. */
static enum letter_kind
kind_of(char letter)
{
	if (strchr("tivnmGUs", letter))
		return LETTER_ALONE;
	if (strchr("bedqI", letter))
		return LETTER_ATTACHED;
	if (strchr("frFNRVXCLpBMAOohS", letter))
		return LETTER_VALUE;
	return LETTER_UNKNOWN;
}

static enum err
use_letter(
    struct sendmail *mail, char letter, const char *value, struct failure *f)
{
	switch (letter) {
	case 't':
		mail->recipients_from = FROM_HEADERS;
		break;
	case 'i':
		mail->dots = DOT_IS_TEXT;
		break;
	case 'o':
		if (strcmp(value, "i") == 0)
			mail->dots = DOT_IS_TEXT;
		break;
	case 'f':
	case 'r':
		mail->sender = value;
		break;
	case 'S':
		mail->server = value;
		break;
	case 'b':
		if (strcmp(value, "s") == 0)
			mail->mode = MODE_RELAY;
		else if (strcmp(value, "m") != 0)
			return failure_set(f, ERR_USAGE,
			    "-b%s: only -bm and -bs are to be had", value);
		break;
	default:
		break;
	}
	return ERR_OK;
}

/* One word of letters; *next is the index of the word behind it. */
static enum err
read_letters(
    struct sendmail *mail, const char *word, size_t *next, struct failure *f)
{
	enum err err = ERR_OK;

	for (const char *at = word + 1; *at && !err; at++) {
		enum letter_kind kind = kind_of(*at);
		const char *value = at + 1;

		if (kind == LETTER_UNKNOWN)
			return failure_set(f, ERR_USAGE,
			    "-%c: sendmail has no such option", *at);
		if (kind == LETTER_ALONE) {
			err = use_letter(mail, *at, "", f);
			continue;
		}
		if (kind == LETTER_VALUE && !*value) {
			if (*next >= options_argument_count(mail->options))
				return failure_set(f, ERR_USAGE,
				    "-%c: a value is missing", *at);
			value = options_argument(mail->options, (*next)++);
		}
		return use_letter(mail, *at, value, f);
	}
	return err;
}

/* It becomes a part of a command line. */
static bool
is_clean(const char *address)
{
	for (const char *at = address; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 127 || *at == '<' ||
		    *at == '>')
			return false;
	return strlen(address) <= ADDRESS_MAX;
}

static void
put_host(struct buf *out)
{
	char name[256] = "";

	if (gethostname(name, sizeof(name) - 1) != 0 || !name[0])
		(void)snprintf(name, sizeof(name), "localhost");
	buf_put_string(out, name);
}

/* Without brackets; a name alone is that of somebody on this machine, as cron
   and the like give it. Owned by the caller; NULL without memory. */
static char *
whole_address(const char *address)
{
	struct span text = span_string(address);
	char *copy = NULL;
	struct buf out;

	if (text.len > 1 && text.at[0] == '<' && text.at[text.len - 1] == '>')
		text = span_make(text.at + 1, text.len - 2);
	buf_init(&out, text.len + 300);
	buf_put(&out, text);
	if (text.len > 0 && span_find(text, '@') == text.len) {
		buf_put_char(&out, '@');
		put_host(&out);
	}
	if (buf_string(&out))
		copy = strdup(buf_string(&out));
	buf_release(&out);
	return copy;
}

static enum err
add_recipient(struct sendmail *mail, const char *address, struct failure *f)
{
	char **grown =
	    realloc(mail->recipients, (mail->count + 1) * sizeof(grown[0]));
	char *copy;

	if (grown)
		mail->recipients = grown;
	copy = grown ? whole_address(address) : NULL;
	if (!copy)
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	grown[mail->count++] = copy;
	return copy[0] && is_clean(copy)
	    ? ERR_OK
	    : failure_set(f, ERR_DATA, "\"%s\" is no recipient", address);
}

static enum err
read_words(struct sendmail *mail, struct failure *f)
{
	size_t count = options_argument_count(mail->options);
	bool is_over = false;
	enum err err = ERR_OK;

	for (size_t i = 0; i < count && !err;) {
		const char *word = options_argument(mail->options, i++);

		if (!is_over && strcmp(word, "--") == 0)
			is_over = true;
		else if (!is_over && word[0] == '-' && word[1])
			err = read_letters(mail, word, &i, f);
		else
			err = add_recipient(mail, word, f);
	}
	return err;
}

/* ---- the message */

/* What ends a line here ends it with CRLF there. False: it is the end. */
static bool
put_line(struct sendmail *mail, char *line, size_t len)
{
	if (len > 0 && line[len - 1] == '\n')
		len--;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (mail->dots == DOT_ENDS && len == 1 && line[0] == '.')
		return false;
	buf_put(&mail->message, span_make(line, len));
	buf_put_string(&mail->message, "\r\n");
	return !buf_failed(&mail->message);
}

static enum err
read_message(struct sendmail *mail, struct failure *f)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0)
		if (!put_line(mail, line, (size_t)len))
			break;
	free(line);
	if (ferror(stdin))
		return failure_set(
		    f, ERR_IO, "standard input: %s", strerror(errno));
	if (buf_failed(&mail->message))
		return failure_set(f, ERR_DATA, "the message is too large");
	return ERR_OK;
}

/* Bcc is for those who deliver, and for nobody who reads. */
static enum err
remove_bcc(struct sendmail *mail, struct failure *f)
{
	struct span whole = buf_span(&mail->message);
	struct span head = header_block(whole);
	struct buf rest;
	bool is_bcc = false;

	buf_init(&rest, MESSAGE_MAX);
	while (head.len > 0) {
		size_t len = span_find(head, '\n');
		bool goes_on = head.at[0] == ' ' || head.at[0] == '\t';

		len = len < head.len ? len + 1 : len;
		if (!goes_on)
			is_bcc = span_starts_nocase(head, SPAN("Bcc:")) ||
			    span_starts_nocase(head, SPAN("Resent-Bcc:"));
		if (!is_bcc)
			buf_put(&rest, span_make(head.at, len));
		span_skip(&head, len);
	}
	span_skip(&whole, (size_t)(head.at - whole.at));
	buf_put(&rest, whole);
	if (buf_failed(&rest)) {
		buf_release(&rest);
		return failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	}
	buf_release(&mail->message);
	mail->message = rest;
	return ERR_OK;
}

/* The recipients of To, Cc and Bcc, or the same with "Resent-" before it, as
   one field: each of them may stand several times. False without memory. */
static bool
gather(struct span head, struct span before, struct buf *out)
{
	static const struct span names[] = {
	    SPAN("To"), SPAN("Cc"), SPAN("Bcc")};
	struct header_field field;

	buf_put_string(out, "To: ");
	while (header_next(&head, &field)) {
		if (!span_starts_nocase(field.name, before))
			continue;
		span_skip(&field.name, before.len);
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (!span_equal_nocase(field.name, names[i]) ||
			    field.value.len == 0)
				continue;
			buf_put_string(out, out->len > 4 ? ", " : "");
			(void)header_unfold(out, field.value);
		}
	}
	buf_put_string(out, "\r\n\r\n");
	return !buf_failed(out);
}

static enum err
add_listed(
    struct sendmail *mail, const struct mime_addresses *list, struct failure *f)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < list->count && !err; i++)
		if (list->at[i].address[0])
			err = add_recipient(mail, list->at[i].address, f);
	return err;
}

static enum err
read_fields(struct sendmail *mail, struct span before, struct failure *f)
{
	struct span head = header_block(buf_span(&mail->message));
	struct mime *mime = NULL;
	struct buf fields;
	enum err err;

	buf_init(&fields, head.len + 64);
	if (gather(head, before, &fields))
		mime = mime_parse(buf_span(&fields));
	err = mime ? add_listed(mail, &mime->lists[MIME_TO], f)
		   : failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	mime_free(mime);
	buf_release(&fields);
	return err;
}

/* Who sends a message on names new ones (RFC 5322 section 3.6.6). */
static enum err
read_headers(struct sendmail *mail, struct failure *f)
{
	size_t named = mail->count;
	enum err err;

	mime_init();
	err = read_fields(mail, SPAN("Resent-"), f);
	if (!err && mail->count == named)
		err = read_fields(mail, SPAN(""), f);
	return err ? err : remove_bcc(mail, f);
}

/* ---- sending */

/* The variables of "mailstop run" and of many frameworks come last. */
static const char *
find_server(const struct options *options, struct buf *out)
{
	const char *given = option_text(options, OPTION_SENDMAIL_SMTP);
	const char *host = getenv("SMTP_HOST");
	const char *port = getenv("SMTP_PORT");
	bool is_bare = host && strchr(host, ':');

	if (given)
		return given;
	if (!host || !host[0] || !port || !port[0])
		return USUAL_SMTP;
	buf_printf(out, "%s%s%s:%s", is_bare ? "[" : "", host,
	    is_bare ? "]" : "", port);
	return buf_string(out) ? buf_string(out) : USUAL_SMTP;
}

/* "user@host", as mail of this machine's users is sent. */
static void
put_user(struct buf *out)
{
	const struct passwd *user = getpwuid(getuid());

	buf_put_string(out, user && user->pw_name ? user->pw_name : "nobody");
	buf_put_char(out, '@');
	put_host(out);
}

static int
hand_over(struct sendmail *mail, int fd, struct failure *f)
{
	char *given = mail->sender ? whole_address(mail->sender) : NULL;
	struct deliver_request request = {
	    .recipients = mail->recipients, .count = mail->count};
	struct buf sender, host;
	int status = EX_USAGE;

	buf_init(&sender, 1024);
	buf_init(&host, 1024);
	put_host(&host);
	if (given)
		buf_put_string(&sender, given);
	else
		put_user(&sender);
	request.hello = buf_string(&host) ? buf_string(&host) : "localhost";
	request.sender = buf_span(&sender);
	request.message = buf_span(&mail->message);
	if (buf_failed(&sender) || (given && !is_clean(given)))
		(void)failure_set(
		    f, ERR_USAGE, "\"%s\" is no sender", mail->sender);
	else
		status = deliver_send(fd, &request, f);
	buf_release(&sender);
	buf_release(&host);
	free(given);
	return status;
}

static int
say(int status, const struct failure *f)
{
	if (status != EX_OK)
		(void)cmd_fail(ERR_UNAVAILABLE, f);
	return status;
}

/* ---- the whole */

static int
run(struct sendmail *mail, const char *server, struct failure *f)
{
	enum err err = read_words(mail, f);
	int status;
	int fd;

	if (!err && mail->mode == MODE_SEND)
		err = read_message(mail, f);
	if (!err && mail->mode == MODE_SEND &&
	    mail->recipients_from == FROM_HEADERS)
		err = read_headers(mail, f);
	if (!err && mail->mode == MODE_SEND && mail->count == 0)
		err = failure_set(f, ERR_USAGE, "no recipient is named");
	if (err)
		return cmd_fail(err, f);
	fd = deliver_connect(mail->server ? mail->server : server, f);
	if (fd < 0)
		return say(EX_TEMPFAIL, f);
	status = mail->mode == MODE_RELAY
	    ? deliver_relay(fd, STDIN_FILENO, STDOUT_FILENO, f)
	    : hand_over(mail, fd, f);
	(void)close(fd);
	return say(status, f);
}

int
cmd_sendmail(const struct options *options)
{
	struct sendmail mail = {.options = options};
	struct failure f = {""};
	struct buf place;
	int status;

	(void)signal(SIGPIPE, SIG_IGN);
	buf_init(&mail.message, MESSAGE_MAX);
	buf_init(&place, 1024);
	status = run(&mail, find_server(options, &place), &f);
	for (size_t i = 0; i < mail.count; i++)
		free(mail.recipients[i]);
	free(mail.recipients);
	buf_release(&mail.message);
	buf_release(&place);
	return status;
}
