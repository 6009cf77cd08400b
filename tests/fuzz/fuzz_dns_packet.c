/* fuzz_dns_packet: whatever comes as an answer is read within its bounds. */
#include "fuzz.h"

#include "dns_packet.h"

/* The input is the packet behind a byte that chooses the question. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = {DNS_A, DNS_AAAA, DNS_MX, DNS_A};
	struct dns_question question = {.id = 0xbeef};
	unsigned char room[DNS_QUESTION_SIZE];

	if (size == 0)
		return 0;
	question.type = types[data[0] & 3];
	question.address_len = data[0] & 4 ? 4 : 0;
	FUZZ_REQUIRE(dns_question_set_name(&question, SPAN("a.test")));
	FUZZ_REQUIRE(dns_packet_make(room, &question) > 0);
	FUZZ_REQUIRE(
	    dns_packet_read(room, sizeof(room), &question) == DNS_SAID_NOTHING);
	(void)dns_packet_read(data + 1, size - 1, &question);
	return 0;
}
