/* dns_packet: one question to the DNS as bytes, and what an answer says to it.
 */
#include "dns_packet.h"

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>
#include <string.h>
#include <strings.h>

#define HEADER_SIZE 12
#define LABEL_MAX_LEN 63
/* Of names, in the way from one CNAME to the next. */
#define CHAIN_MAX_LEN 16

static bool
is_name_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

static bool
is_label(struct span label)
{
	for (size_t i = 0; i < label.len; i++)
		if (!is_name_byte(label.at[i]))
			return false;
	return label.len > 0 && label.len <= LABEL_MAX_LEN;
}

bool
dns_question_set_name(struct dns_question *question, struct span name)
{
	struct span rest = name;

	if (name.len > 0 && name.at[name.len - 1] == '.')
		name.len--;
	/* On the wire there is a byte more at each end. */
	if (name.len == 0 || name.len > DNS_NAME_SIZE - 3 ||
	    name.at[name.len - 1] == '.')
		return false;
	rest.len = name.len;
	while (rest.len > 0)
		if (!is_label(span_cut(&rest, '.')))
			return false;
	memcpy(question->name, name.at, name.len);
	question->name[name.len] = '\0';
	return true;
}

size_t
dns_packet_make(
    unsigned char room[DNS_QUESTION_SIZE], const struct dns_question *question)
{
	unsigned char *at = room + HEADER_SIZE;
	int len;

	memset(room, 0, HEADER_SIZE);
	ns_put16(question->id, room);
	room[2] = 1; /* recursion is desired */
	room[5] = 1; /* one question */
	len = dn_comp(question->name, at,
	    DNS_QUESTION_SIZE - HEADER_SIZE - 2 * NS_INT16SZ, NULL, NULL);
	if (len <= 0)
		return 0;
	at += len;
	ns_put16(question->type, at);
	ns_put16(ns_c_in, at + NS_INT16SZ);
	return (size_t)(at + 2 * NS_INT16SZ - room);
}

static bool
same_name(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

/* An answer that repeats another question was made for somebody else, or by
   somebody else (RFC 5452 section 4.2). */
static bool
answers(ns_msg *message, const struct dns_question *question)
{
	ns_rr record;

	return ns_msg_id(*message) == question->id &&
	    ns_msg_getflag(*message, ns_f_qr) == 1 &&
	    ns_msg_getflag(*message, ns_f_opcode) == ns_o_query &&
	    ns_msg_count(*message, ns_s_qd) == 1 &&
	    ns_parserr(message, ns_s_qd, 0, &record) == 0 &&
	    (int)ns_rr_type(record) == (int)question->type &&
	    ns_rr_class(record) == ns_c_in &&
	    same_name(ns_rr_name(record), question->name);
}

/* A null MX (RFC 7505) has the root's name. */
static enum dns_said
read_mx(const ns_rr *record)
{
	if (ns_rr_rdlen(*record) < NS_INT16SZ + 1)
		return DNS_SAID_NO_DATA;
	return ns_rr_rdata(*record)[NS_INT16SZ] == 0 ? DNS_SAID_NO_NAME
						     : DNS_SAID_YES;
}

static enum dns_said
read_address(const ns_rr *record, const struct dns_question *question)
{
	size_t len = question->type == DNS_A ? 4 : 16;

	if (ns_rr_rdlen(*record) != len)
		return DNS_SAID_NO_DATA;
	if (question->address_len == 0)
		return DNS_SAID_YES;
	return question->address_len == len &&
		memcmp(ns_rr_rdata(*record), question->address, len) == 0
	    ? DNS_SAID_YES
	    : DNS_SAID_NO_DATA;
}

/* Looks at all records of the name; a CNAME among them gives the next name. */
static enum dns_said
read_records(ns_msg *message, const struct dns_question *question,
    char name[NS_MAXDNAME], bool *is_alias)
{
	enum dns_said said = DNS_SAID_NO_DATA;
	char next[NS_MAXDNAME] = "";
	ns_rr record;

	for (int i = 0; i < ns_msg_count(*message, ns_s_an); i++) {
		if (ns_parserr(message, ns_s_an, i, &record) != 0)
			break;
		if (ns_rr_class(record) != ns_c_in ||
		    !same_name(ns_rr_name(record), name))
			continue;
		if (ns_rr_type(record) == ns_t_cname &&
		    ns_name_uncompress(ns_msg_base(*message),
			ns_msg_end(*message), ns_rr_rdata(record), next,
			sizeof(next)) < 0)
			next[0] = '\0';
		if ((int)ns_rr_type(record) == (int)question->type &&
		    said != DNS_SAID_YES)
			said = question->type == DNS_MX
			    ? read_mx(&record)
			    : read_address(&record, question);
	}
	*is_alias = next[0] != '\0';
	memcpy(name, next, sizeof(next));
	return said;
}

static enum dns_said
read_chain(ns_msg *message, const struct dns_question *question)
{
	enum dns_said said = DNS_SAID_NO_DATA;
	char name[NS_MAXDNAME];
	bool is_alias = true;

	memset(name, 0, sizeof(name));
	memcpy(name, question->name, strlen(question->name));
	for (int i = 0; i < CHAIN_MAX_LEN && is_alias; i++) {
		said = read_records(message, question, name, &is_alias);
		if (said != DNS_SAID_NO_DATA)
			break;
	}
	return said;
}

enum dns_said
dns_packet_read(
    const unsigned char *at, size_t len, const struct dns_question *question)
{
	ns_msg message;
	enum dns_said said;

	if (len > NS_MAXMSG || ns_initparse(at, (int)len, &message) != 0 ||
	    !answers(&message, question))
		return DNS_SAID_NOTHING;
	switch ((int)ns_msg_getflag(message, ns_f_rcode)) {
	case ns_r_noerror:
		break;
	case ns_r_nxdomain:
		return DNS_SAID_NO_NAME;
	default:
		return DNS_SAID_FAILED;
	}
	said = read_chain(&message, question);
	if (said != DNS_SAID_YES && ns_msg_getflag(message, ns_f_tc))
		return DNS_SAID_TOO_MUCH;
	return said;
}
