/* script_secret: what a script sends in the place of a secret. */
#include "script_private.h"

#include "base64.h"

#define SECRET "secret"
#define DIGEST "0123456789abcdef0123456789abcdef"
#define SECRET_MAX ((size_t)16 * 1024)
/* Longer than a response may be, and no longer than a line may be. */
#define OVERLONG "\\{12290:A}"

/* "AUTH PLAIN as ann: yes": who it was. */
struct identity {
	struct span mechanism, name;
};

static bool
read_identity(struct span remark, struct identity *who)
{
	if (!span_starts(remark, SPAN("AUTH ")))
		return false;
	(void)span_cut_word(&remark);
	who->mechanism = span_cut_word(&remark);
	(void)span_cut_word(&remark);
	/* The answer stands behind the last colon. */
	while (remark.len && remark.at[remark.len - 1] != ':')
		remark.len--;
	if (remark.len)
		remark.len--;
	who->name = remark;
	return true;
}

/* Before the client goes on; else the exchange did not come so far. */
static bool
find_identity(struct span rest, struct identity *who)
{
	struct dialogue_line line;

	while (dialogue_next(&rest, &line)) {
		if (line.kind == DIALOGUE_CLIENT ||
		    line.kind == DIALOGUE_PIPELINED)
			return false;
		if (line.kind == DIALOGUE_REMARK &&
		    read_identity(line.text, who))
			return true;
	}
	return false;
}

static void
put_credentials(struct buf *out, const struct identity *who)
{
	struct buf name, plain;

	buf_init(&name, SECRET_MAX);
	buf_init(&plain, SECRET_MAX * 2);
	(void)dialogue_unescape(&name, who->name);
	if (span_equal(who->mechanism, SPAN("PLAIN"))) {
		(void)buf_put_char(&plain, '\0');
		(void)buf_put(&plain, buf_span(&name));
		(void)buf_put(&plain, SPAN("\0" SECRET));
	} else if (span_equal(who->mechanism, SPAN("CRAM-MD5"))) {
		(void)buf_put(&plain, buf_span(&name));
		(void)buf_put_string(&plain, " " DIGEST);
	} else if (span_equal(who->mechanism, SPAN("XOAUTH2"))) {
		(void)buf_put_string(&plain, "user=");
		(void)buf_put(&plain, buf_span(&name));
		(void)buf_put_string(&plain, "\1auth=Bearer " SECRET "\1\1");
	} else {
		(void)buf_put_string(&plain, SECRET);
	}
	(void)base64_encode(out, buf_span(&plain));
	buf_release(&name);
	buf_release(&plain);
}

/* What was wrong is wrong again in the same way. */
static void
put_nonsense(struct buf *out, struct span rest)
{
	struct dialogue_line line;

	if (!script_next_said(&rest, &line) || line.kind != DIALOGUE_SERVER)
		line.text = SPAN("");
	if (span_contains_nocase(line.text, SPAN("not base64")))
		(void)buf_put_char(out, '?');
	else if (span_starts(line.text, SPAN("500 5.5.6")))
		(void)buf_put_string(out, OVERLONG);
	else
		(void)buf_put_string(out, "AAAA");
}

void
script_put_secret(struct script *script, struct buf *out, struct span rest)
{
	struct identity who;

	(void)script;
	if (find_identity(rest, &who))
		put_credentials(out, &who);
	else
		put_nonsense(out, rest);
}
