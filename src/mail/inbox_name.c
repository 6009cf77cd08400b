/* inbox_name: the inbox that a message belongs to. */
#include "inbox_name.h"

#include "header.h"
#include "mime.h"
#include "utf8.h"

#include <string.h>

#define FIELD "X-Inbox"
/* What is decoded of the field; a name is shorter by far. */
#define VALUE_MAX ((size_t)4096)

static const struct inbox_order usual_order = {
    .at = {INBOX_LISTENER, INBOX_USER}, .count = 2};

bool
inbox_order_add(struct inbox_order *order, struct span name)
{
	static const struct span names[INBOX_SOURCES] = {
	    [INBOX_LISTENER] = SPAN("listener"),
	    [INBOX_USER] = SPAN("user"),
	    [INBOX_PLUS] = SPAN("plus"),
	    [INBOX_DOMAIN] = SPAN("domain"),
	    [INBOX_HEADER] = SPAN("header"),
	};
	int source = 0;

	while (source < INBOX_SOURCES && !span_equal(names[source], name))
		source++;
	if (source == INBOX_SOURCES)
		return false;
	for (size_t i = 0; i < order->count; i++)
		if (order->at[i] == (enum inbox_source)source)
			return true;
	order->at[order->count++] = (enum inbox_source)source;
	return true;
}

/* ---- names */

static bool
is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* Names end up in tables, URLs and queries. False when it is empty. */
static bool
set_name(struct inbox_name *name, struct span text)
{
	name->len = 0;
	while (text.len > 0) {
		uint32_t code = 0;
		size_t len = utf8_next(text, &code);
		bool is_clean = len > 0 && !is_control(code);

		if (len == 0)
			len = 1;
		if (name->len + len > INBOX_NAME_MAX)
			break;
		memcpy(name->at + name->len, is_clean ? text.at : "?",
		    is_clean ? len : 1);
		name->len += is_clean ? len : 1;
		span_skip(&text, len);
	}
	name->at[name->len] = '\0';
	return name->len > 0;
}

static void
lower(struct inbox_name *name)
{
	for (size_t i = 0; i < name->len; i++)
		if (name->at[i] >= 'A' && name->at[i] <= 'Z')
			name->at[i] = (char)(name->at[i] - 'A' + 'a');
}

/* ---- sources */

static bool
by_listener(struct inbox_name *name, const struct inbox_facts *facts)
{
	return set_name(name, facts->listener);
}

static bool
by_user(struct inbox_name *name, const struct inbox_facts *facts)
{
	return set_name(name, facts->user);
}

/* The local part without its quotes, in which '@' may stand too. */
static struct span
local_of(struct span address, struct span *domain)
{
	const char *at =
	    address.len ? memrchr(address.at, '@', address.len) : NULL;
	struct span local = address;

	*domain = SPAN("");
	if (at) {
		local.len = (size_t)(at - address.at);
		*domain = address;
		span_skip(domain, local.len + 1);
	}
	if (local.len >= 2 && local.at[0] == '"' &&
	    local.at[local.len - 1] == '"')
		local = span_make(local.at + 1, local.len - 2);
	return local;
}

/* All behind the first plus, as RFC 5233 has its ":detail". */
static bool
name_by_plus(struct inbox_name *name, struct span address)
{
	struct span domain;
	struct span local = local_of(address, &domain);

	(void)span_cut(&local, '+');
	return set_name(name, local);
}

static bool
name_by_domain(struct inbox_name *name, struct span address)
{
	struct span domain;

	(void)local_of(address, &domain);
	if (!set_name(name, domain))
		return false;
	lower(name);
	return true;
}

typedef bool namer(struct inbox_name *, struct span address);

/* A recipient that was refused says where refused mail belongs, and nothing
   about mail that others were accepted for. */
static bool
by_recipients(
    struct inbox_name *name, const struct inbox_facts *facts, namer *call)
{
	const struct message *mail = facts->message;
	bool is_any_fine = false;

	for (size_t i = 0; mail && i < mail->recipient_count; i++) {
		struct message_rcpt rcpt = message_recipient(mail, i);

		if (rcpt.reply.len && !message_rcpt_is_accepted(&rcpt))
			continue;
		is_any_fine = true;
		if (call(name, rcpt.address))
			return true;
	}
	for (size_t i = 0; mail && !is_any_fine && i < mail->recipient_count;
	     i++)
		if (call(name, message_recipient(mail, i).address))
			return true;
	return false;
}

static bool
by_plus(struct inbox_name *name, const struct inbox_facts *facts)
{
	return by_recipients(name, facts, name_by_plus);
}

static bool
by_domain(struct inbox_name *name, const struct inbox_facts *facts)
{
	return by_recipients(name, facts, name_by_domain);
}

/* Mailers write what is long or not ASCII as encoded words (RFC 2047). */
static bool
set_decoded(struct inbox_name *name, struct span value)
{
	const struct mime_field *field;
	struct mime *mime = NULL;
	struct buf text;
	bool is_set = false;

	buf_init(&text, VALUE_MAX + 64);
	if (value.len <= VALUE_MAX && buf_put_string(&text, FIELD ": ") &&
	    buf_put(&text, value) && buf_put_string(&text, "\r\n\r\n"))
		mime = mime_parse(buf_span(&text));
	field = mime ? mime_find(mime, FIELD) : NULL;
	if (field)
		is_set = set_name(name, span_trim(span_string(field->value)));
	mime_free(mime);
	buf_release(&text);
	return is_set;
}

static bool
by_header(struct inbox_name *name, const struct inbox_facts *facts)
{
	struct span value;
	struct buf text;
	bool is_set;

	if (!header_find(facts->header, SPAN(FIELD), &value))
		return false;
	if (span_contains_nocase(value, SPAN("=?")) && set_decoded(name, value))
		return true;
	if (value.len > VALUE_MAX)
		value.len = VALUE_MAX;
	buf_init(&text, VALUE_MAX);
	is_set = header_unfold(&text, value) &&
	    set_name(name, span_trim(buf_span(&text)));
	buf_release(&text);
	return is_set;
}

struct span
inbox_name_find(struct inbox_name *room, const struct inbox_order *order,
    const struct inbox_facts *facts)
{
	static bool (*const sources[INBOX_SOURCES])(
	    struct inbox_name *, const struct inbox_facts *) = {
	    [INBOX_LISTENER] = by_listener,
	    [INBOX_USER] = by_user,
	    [INBOX_PLUS] = by_plus,
	    [INBOX_DOMAIN] = by_domain,
	    [INBOX_HEADER] = by_header,
	};

	if (order->count == 0)
		order = &usual_order;
	for (size_t i = 0; i < order->count; i++)
		if (sources[order->at[i]](room, facts))
			return span_make(room->at, room->len);
	(void)set_name(room, facts->usual);
	return span_make(room->at, room->len);
}
