/* smtp_params: the parameters of MAIL and RCPT. */
#include "smtp_private.h"

#include "xtext.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* RFC 3461 4.4 */
#define ENVID_MAX 100

static const struct smtp_reply not_known = {
    555, "5.5.4", SPAN("Parameter not recognized")};
static const struct smtp_reply needs_ehlo = {
    555, "5.5.4", SPAN("Parameters need EHLO")};
static const struct smtp_reply bad_value = {
    501, "5.5.4", SPAN("Bad parameter value")};
static const struct smtp_reply given_twice = {
    501, "5.5.4", SPAN("Parameter given twice")};

/* ---- one function a parameter; each stages, or says what is wrong */

typedef const struct smtp_reply *take_value(struct smtp *, struct span value);

static const struct smtp_reply *
take_size(struct smtp *smtp, struct span value)
{
	uint64_t size = UINT64_MAX;

	if (value.len == 0 || value.len > 20)
		return &bad_value;
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] < '0' || value.at[i] > '9')
			return &bad_value;
	/* RFC 1870 5: 20 digits may be more than a number holds. */
	(void)span_number(value, &size);
	if (size > smtp->config->max_message)
		return &smtp_too_big;
	smtp->staged_mail.declared = size;
	return NULL;
}

static const struct smtp_reply *
take_body(struct smtp *smtp, struct span value)
{
	static const struct {
		struct span name;
		unsigned features;
		enum smtp_body body;
	} bodies[] = {
	    {SPAN("7BIT"), SMTP_8BITMIME | SMTP_BINARYMIME, BODY_7BIT},
	    {SPAN("8BITMIME"), SMTP_8BITMIME, BODY_8BITMIME},
	    {SPAN("BINARYMIME"), SMTP_BINARYMIME, BODY_BINARYMIME},
	};

	for (size_t i = 0; i < COUNT(bodies); i++) {
		if (!span_equal_nocase(value, bodies[i].name) ||
		    !(smtp->features & bodies[i].features))
			continue;
		smtp->staged_mail.body = bodies[i].body;
		return NULL;
	}
	return &bad_value;
}

static const struct smtp_reply *
take_smtputf8(struct smtp *smtp, struct span value)
{
	/* NULL, not merely empty: "SMTPUTF8=" is wrong. */
	if (value.at)
		return &bad_value;
	smtp->staged_mail.is_utf8 = true;
	return NULL;
}

static const struct smtp_reply *
take_auth(struct smtp *smtp, struct span value)
{
	size_t len;

	(void)smtp;
	return xtext_measure(value, &len) && len ? NULL : &bad_value;
}

static const struct smtp_reply *
take_ret(struct smtp *smtp, struct span value)
{
	(void)smtp;
	return span_equal_nocase(value, SPAN("FULL")) ||
		span_equal_nocase(value, SPAN("HDRS"))
	    ? NULL
	    : &bad_value;
}

static const struct smtp_reply *
take_envid(struct smtp *smtp, struct span value)
{
	size_t len;

	(void)smtp;
	return xtext_measure(value, &len) && len && len <= ENVID_MAX
	    ? NULL
	    : &bad_value;
}

static bool
is_notify_event(struct span word)
{
	return span_equal_nocase(word, SPAN("SUCCESS")) ||
	    span_equal_nocase(word, SPAN("FAILURE")) ||
	    span_equal_nocase(word, SPAN("DELAY"));
}

static const struct smtp_reply *
take_notify(struct smtp *smtp, struct span value)
{
	bool is_last;

	(void)smtp;
	if (span_equal_nocase(value, SPAN("NEVER")))
		return NULL;
	do {
		is_last = span_find(value, ',') == value.len;
		if (!is_notify_event(span_cut(&value, ',')))
			return &bad_value;
	} while (!is_last);
	return NULL;
}

/* RFC 6533 3: with SMTPUTF8 an address of type utf-8 may stand as it is. */
static bool
is_utf8_address(const struct smtp *smtp, struct span type, struct span address)
{
	return smtp->staged_mail.is_utf8 &&
	    span_equal_nocase(type, SPAN("utf-8")) && address_is_utf8(address);
}

static const struct smtp_reply *
take_orcpt(struct smtp *smtp, struct span value)
{
	struct span address = value;
	struct span type = span_cut(&address, ';');
	size_t len;

	if (type.len == 0 || address.len == 0)
		return &bad_value;
	if (xtext_measure(address, &len) ||
	    is_utf8_address(smtp, type, address))
		return NULL;
	return &bad_value;
}

/* ---- the table */

static const struct param {
	struct span keyword;
	enum smtp_param_use use;
	unsigned features; /* unknown without one of these */
	take_value *take;
} params[] = {
    {SPAN("SIZE"), PARAM_OF_MAIL, SMTP_SIZE, take_size},
    {SPAN("BODY"), PARAM_OF_MAIL, SMTP_8BITMIME | SMTP_BINARYMIME, take_body},
    {SPAN("SMTPUTF8"), PARAM_OF_MAIL, SMTP_SMTPUTF8, take_smtputf8},
    {SPAN("AUTH"), PARAM_OF_MAIL, SMTP_AUTH_ANY, take_auth},
    {SPAN("RET"), PARAM_OF_MAIL, SMTP_DSN, take_ret},
    {SPAN("ENVID"), PARAM_OF_MAIL, SMTP_DSN, take_envid},
    {SPAN("NOTIFY"), PARAM_OF_RCPT, SMTP_DSN, take_notify},
    {SPAN("ORCPT"), PARAM_OF_RCPT, SMTP_DSN, take_orcpt},
};

static const struct param *
find(const struct smtp *smtp, enum smtp_param_use use, struct span keyword)
{
	for (size_t i = 0; i < COUNT(params); i++)
		if (params[i].use == use &&
		    (params[i].features & smtp->features) &&
		    span_equal_nocase(params[i].keyword, keyword))
			return &params[i];
	return NULL;
}

/* RFC 5321 4.1.2, esmtp-value; bytes beyond ASCII are left to the parameter.
 */
static bool
is_value(struct span value)
{
	for (size_t i = 0; i < value.len; i++) {
		unsigned char byte = (unsigned char)value.at[i];

		if (byte <= ' ' || byte == 127)
			return false;
	}
	return true;
}

const struct smtp_reply *
smtp_params_take(struct smtp *smtp, enum smtp_param_use use, struct span rest)
{
	unsigned seen = 0;

	if (rest.len && !smtp->is_extended)
		return &needs_ehlo;
	while (rest.len) {
		struct span value = span_cut_word(&rest);
		bool has_value = span_find(value, '=') < value.len;
		struct span keyword = span_cut(&value, '=');
		const struct param *param = find(smtp, use, keyword);
		const struct smtp_reply *wrong;
		unsigned bit;

		if (!param)
			return &not_known;
		bit = 1u << (param - params);
		if (seen & bit)
			return &given_twice;
		seen |= bit;
		if (!is_value(value))
			return &bad_value;
		wrong =
		    param->take(smtp, has_value ? value : span_make(NULL, 0));
		if (wrong)
			return wrong;
	}
	return NULL;
}
