/* fuzz_finding: no dialogue and no message is trouble, and what is found fits.
 */
#include "fuzz.h"

#include "finding.h"
#include "finding_text.h"

#include <string.h>

/* The bytes of a message's finding stand where it says, but for what was
   decoded. */
static void
check(const struct findings *found, struct span raw)
{
	struct buf line;

	buf_init(&line, 4096);
	for (size_t i = 0; i < found->count; i++) {
		const struct finding *finding = &found->at[i];

		FUZZ_REQUIRE(finding_rule(span_string(finding->rule->id)) ==
		    finding->rule);
		FUZZ_REQUIRE(finding->bytes.len <= FINDING_BYTES_MAX);
		FUZZ_REQUIRE(finding->bytes.at != NULL);
		if (finding->rule->scope == FINDING_OF_MESSAGE)
			FUZZ_REQUIRE(finding->offset <= raw.len);
		buf_reset(&line);
		FUZZ_REQUIRE(finding_put_text(&line, finding));
	}
	buf_release(&line);
}

/* The first line is MAIL's parameters, the rest the message or dialogue. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_make((const char *)data, size);
	struct span params = span_cut(&rest, '\n');
	struct budget budget = {.limit = 0};
	struct spool_rules rules = {&budget, 0, NULL};
	struct message *envelope = message_new(&rules);
	struct findings found;

	FUZZ_REQUIRE(envelope);
	FUZZ_REQUIRE(message_set(envelope, MESSAGE_SESSION, SPAN("s")));
	FUZZ_REQUIRE(message_set(envelope, MESSAGE_MAIL_PARAMS, params));
	findings_init(&found);
	FUZZ_REQUIRE(finding_message(&found, envelope, rest, NULL));
	FUZZ_REQUIRE(finding_session(&found, rest, params));
	check(&found, rest);
	findings_release(&found);
	message_free(envelope);
	return 0;
}
