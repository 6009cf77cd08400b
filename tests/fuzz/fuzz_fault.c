/* fuzz_fault: any text as a set of rules, and a session that meets them. */
#include "fuzz.h"

#include "fault.h"

static const enum fault_moment moments[] = {FAULT_CONNECT, FAULT_TLS,
    FAULT_HELO, FAULT_AUTH, FAULT_MAIL, FAULT_RCPT, FAULT_DATA, FAULT_BODY,
    FAULT_RSET, FAULT_QUIT};

static void
check(const struct fault_action *action, const struct fault_facts *facts)
{
	struct smtp_reply reply = fault_reply(action);

	FUZZ_REQUIRE(action->rule[0]);
	FUZZ_REQUIRE(!reply.code || (reply.code >= 400 && reply.code <= 599));
	FUZZ_REQUIRE(!reply.code || reply.text.len);
	FUZZ_REQUIRE(!action->stall || (!reply.code && !action->drop));
	FUZZ_REQUIRE(!action->reset || action->drop);
	FUZZ_REQUIRE(!action->hide || facts->moment == FAULT_HELO);
	FUZZ_REQUIRE(!action->tls || facts->moment <= FAULT_TLS);
	FUZZ_REQUIRE(action->drop != FAULT_DROP_AFTER_COMMIT ||
	    facts->moment == FAULT_BODY);
}

static void
meet(struct fault_set *set, struct span text)
{
	struct span recipients[] = {SPAN("a@x.test"), text};
	struct fault_facts facts = {
	    .session = SPAN("s"),
	    .peer = SPAN("192.0.2.1"),
	    .helo = text,
	    .mail_from = text,
	    .recipients = recipients,
	    .recipient_count = 2,
	    .header = text,
	    .session_number = 1,
	    .message_number = 1,
	};
	struct fault_action action;

	for (size_t i = 0; i < 3 * sizeof(moments) / sizeof(moments[0]); i++) {
		facts.moment =
		    moments[i % (sizeof(moments) / sizeof(moments[0]))];
		if (fault_decide(set, &facts, &action))
			check(&action, &facts);
	}
}

/* What is listed can be given again, and means the same. */
static void
give_again(const struct fault_set *set)
{
	struct fault_set *other = fault_set_new(1);
	struct fault_error error;
	struct fault_view view;

	if (!other)
		return;
	for (size_t i = 0; fault_view(set, i, &view); i++)
		FUZZ_REQUIRE(
		    fault_add(other, view.text, &error, NULL) == ERR_OK);
	FUZZ_REQUIRE(fault_moments(other) == fault_moments(set));
	fault_set_free(other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_make((const char *)data, size);
	struct fault_set *set = fault_set_new(size);
	struct fault_error error;
	struct span rest;

	if (!set)
		return 0;
	if (fault_replace(set, text, &error) != ERR_OK) {
		FUZZ_REQUIRE(error.offset <= size && error.text[0]);
		FUZZ_REQUIRE(error.line && error.column);
	}
	/* The lines that are right, one by one. */
	for (rest = text; rest.len;)
		(void)fault_add(set, span_cut(&rest, '\n'), &error, NULL);
	meet(set, text);
	give_again(set);
	fault_set_free(set);
	return 0;
}
