/* listen_spec: one listener as the command line describes it. */
#include "listen_spec.h"

#include "endpoint.h"
#include "smtp.h"

#include <stdlib.h>
#include <string.h>

/* Names and inboxes end up in tables, logs and queries. */
#define WORD_MAX_LEN 64

static const char *const protocol_names[LISTEN_PROTOCOLS] = {
    [LISTEN_SMTP] = "smtp",
    [LISTEN_SMTPS] = "smtps",
    [LISTEN_LMTP] = "lmtp",
    [LISTEN_POP3] = "pop3",
    [LISTEN_HTTP] = "http",
};

const char *
listen_protocol_name(enum listen_protocol protocol)
{
	return protocol_names[protocol];
}

static enum err
set_string(char **to, struct span value, const char *key, struct failure *f)
{
	if (*to)
		return failure_set(f, ERR_USAGE, "%s= is given twice", key);
	*to = strndup(value.at, value.len);
	return *to ? ERR_OK : failure_set(f, ERR_MEMORY, "out of memory");
}

static enum err
set_word(char **to, struct span value, const char *key, struct failure *f)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char byte = (unsigned char)value.at[i];

		if (byte <= ' ' || byte == 127)
			return failure_set(f, ERR_USAGE,
			    "%s= may not hold blanks or control characters",
			    key);
	}
	if (value.len == 0 || value.len > WORD_MAX_LEN)
		return failure_set(f, ERR_USAGE,
		    "%s= must have 1 to %d characters", key, WORD_MAX_LEN);
	return set_string(to, value, key, f);
}

static enum err
set_name(struct listen_spec *spec, struct span value, struct failure *f)
{
	return set_word(&spec->name, value, "name", f);
}

static enum err
set_inbox(struct listen_spec *spec, struct span value, struct failure *f)
{
	return set_word(&spec->inbox, value, "inbox", f);
}

static enum err
set_address(struct listen_spec *spec, struct span value, struct failure *f)
{
	struct endpoint endpoint;
	enum err err = endpoint_parse(&endpoint, value, f);

	if (err)
		return err;
	return set_string(&spec->address, value, "addr", f);
}

static enum err
set_hide(struct listen_spec *spec, struct span value, struct failure *f)
{
	do {
		struct span keyword = span_trim(span_cut(&value, ';'));
		unsigned features = smtp_feature_find(keyword);

		if (!features)
			return failure_set(f, ERR_USAGE,
			    "hide=%.*s: EHLO has no such keyword",
			    SPAN_ARG(keyword));
		spec->hide |= features;
	} while (value.len > 0);
	return ERR_OK;
}

static enum err
set_flag(bool *to, struct span value, struct failure *f)
{
	static const struct {
		struct span word;
		bool means;
	} words[] = {
	    {SPAN("yes"), true},
	    {SPAN("no"), false},
	    {SPAN("on"), true},
	    {SPAN("off"), false},
	    {SPAN("true"), true},
	    {SPAN("false"), false},
	    {SPAN("1"), true},
	    {SPAN("0"), false},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!span_equal_nocase(value, words[i].word))
			continue;
		*to = words[i].means;
		return ERR_OK;
	}
	return failure_set(
	    f, ERR_USAGE, "\"%.*s\" is neither yes nor no", SPAN_ARG(value));
}

static enum err
set_proxy(struct listen_spec *spec, struct span value, struct failure *f)
{
	return set_flag(&spec->proxy, value, f);
}

static enum err
set_xclient(struct listen_spec *spec, struct span value, struct failure *f)
{
	return set_flag(&spec->xclient, value, f);
}

enum key_flag {
	KEY_IS_FLAG = 1 << 0,  /* the value may be missing */
	KEY_MAIL_ONLY = 1 << 1 /* makes sense where mail is received */
};

static const struct key {
	struct span name;
	unsigned flags; /* of enum key_flag */
	enum err (*set)(struct listen_spec *, struct span, struct failure *);
} keys[] = {
    {SPAN("name"), 0, set_name},
    {SPAN("addr"), 0, set_address},
    {SPAN("inbox"), KEY_MAIL_ONLY, set_inbox},
    {SPAN("hide"), KEY_MAIL_ONLY, set_hide},
    {SPAN("proxy"), KEY_IS_FLAG | KEY_MAIL_ONLY, set_proxy},
    {SPAN("xclient"), KEY_IS_FLAG | KEY_MAIL_ONLY, set_xclient},
};

static const struct key *
find_key(struct span name)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (span_equal(name, keys[i].name))
			return &keys[i];
	return NULL;
}

/* No address looks like this in front of a '=': it has a digit or a mark. */
static bool
is_key_like(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if ((name.at[i] < 'a' || name.at[i] > 'z') &&
		    name.at[i] != '-' && name.at[i] != '_')
			return false;
	return name.len > 0;
}

static bool
receives_mail(enum listen_protocol protocol)
{
	return protocol == LISTEN_SMTP || protocol == LISTEN_SMTPS ||
	    protocol == LISTEN_LMTP;
}

static enum err
set_item(struct listen_spec *spec, struct span item, struct failure *f)
{
	bool has_value = span_find(item, '=') != item.len;
	struct span value = item;
	struct span name = span_cut(&value, '=');
	const struct key *key = find_key(name);

	if (!key && !spec->address && (!has_value || !is_key_like(name)))
		return set_address(spec, item, f);
	if (!key)
		return failure_set(f, ERR_USAGE,
		    "\"%.*s\": a listener has no such option; it has name, "
		    "addr, inbox, hide, proxy and xclient",
		    SPAN_ARG(name));
	if ((key->flags & KEY_MAIL_ONLY) && !receives_mail(spec->protocol))
		return failure_set(f, ERR_USAGE,
		    "%.*s is for listeners that receive mail, not for %s",
		    SPAN_ARG(name), listen_protocol_name(spec->protocol));
	if (!has_value && !(key->flags & KEY_IS_FLAG))
		return failure_set(
		    f, ERR_USAGE, "%.*s needs a value", SPAN_ARG(name));
	return key->set(spec, has_value ? value : SPAN("yes"), f);
}

static enum err
set_items(struct listen_spec *spec, struct span text, struct failure *f)
{
	do {
		struct span item = span_trim(span_cut(&text, ','));
		enum err err = set_item(spec, item, f);

		if (err)
			return err;
	} while (text.len > 0);
	if (!spec->address)
		return failure_set(f, ERR_USAGE,
		    "a listener needs an address: addr=host:port");
	if (spec->name)
		return ERR_OK;
	return set_name(
	    spec, span_string(listen_protocol_name(spec->protocol)), f);
}

enum err
listen_parse(struct listen_spec *out, enum listen_protocol protocol,
    struct span text, struct failure *failure)
{
	enum err err;

	memset(out, 0, sizeof(*out));
	out->protocol = protocol;
	err = set_items(out, text, failure);
	if (err)
		listen_spec_release(out);
	return err;
}

void
listen_spec_release(struct listen_spec *spec)
{
	free(spec->name);
	free(spec->address);
	free(spec->inbox);
	memset(spec, 0, sizeof(*spec));
}

bool
listen_spec_copy(struct listen_spec *out, const struct listen_spec *from)
{
	*out = *from;
	out->name = from->name ? strdup(from->name) : NULL;
	out->address = from->address ? strdup(from->address) : NULL;
	out->inbox = from->inbox ? strdup(from->inbox) : NULL;
	if (!out->name == !from->name && !out->address == !from->address &&
	    !out->inbox == !from->inbox)
		return true;
	listen_spec_release(out);
	return false;
}
