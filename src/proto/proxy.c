/* proxy: the PROXY protocol's header, versions 1 and 2. */
#include "proxy.h"

#include <arpa/inet.h>
#include <string.h>

/* ---- version 1: a line of text */

/* With CR LF, says the specification. */
#define LINE_MAX_LEN 107

static bool
read_address(struct span word, int family, char text[64])
{
	unsigned char address[16];

	/* inet_pton() is lenient about nothing, but wants a string. */
	if (word.len >= INET6_ADDRSTRLEN)
		return false;
	memcpy(text, word.at, word.len);
	text[word.len] = '\0';
	return strlen(text) == word.len &&
	    inet_pton(family, text, address) == 1;
}

static bool
read_port(struct span word, uint16_t *port)
{
	uint64_t number;

	if (!span_number(word, &number) || number > UINT16_MAX)
		return false;
	*port = (uint16_t)number;
	return true;
}

static bool
read_line(struct span line, struct proxy_found *found)
{
	static const struct {
		struct span name;
		int family;
	} protocols[] = {
	    {SPAN("TCP4"), AF_INET},
	    {SPAN("TCP6"), AF_INET6},
	};
	struct span name = span_cut(&line, ' ');

	if (span_equal(name, SPAN("UNKNOWN")))
		return true;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		int family = protocols[i].family;

		if (!span_equal(name, protocols[i].name))
			continue;
		found->known = true;
		return read_address(
			   span_cut(&line, ' '), family, found->peer) &&
		    read_address(span_cut(&line, ' '), family, found->local) &&
		    read_port(span_cut(&line, ' '), &found->peer_port) &&
		    read_port(line, &found->local_port);
	}
	return false;
}

static enum proxy_status
parse_text(struct span *in, struct proxy_found *found)
{
	static const struct span start = SPAN("PROXY ");
	struct span line = *in;
	size_t len = span_find(line, '\n');

	if (len == in->len)
		return len < LINE_MAX_LEN ? PROXY_MORE : PROXY_BAD;
	if (len >= LINE_MAX_LEN || line.at[len - 1] != '\r')
		return PROXY_BAD;
	line.len = len - 1;
	span_skip(&line, start.len);
	if (!read_line(line, found))
		return PROXY_BAD;
	span_skip(in, len + 1);
	return PROXY_DONE;
}

/* ---- version 2: binary */

#define HEAD_LEN 16

enum { COMMAND_LOCAL = 0x20, COMMAND_PROXY = 0x21 };

static uint16_t
number_at(struct span in, size_t at)
{
	return (uint16_t)((unsigned char)in.at[at] << 8 |
	    (unsigned char)in.at[at + 1]);
}

/* Of the families and transports that there are, in the halves of the byte;
   others "must be rejected as invalid" (section 2.2). */
#define FAMILY_MAX 0x3
#define TRANSPORT_MAX 0x2

/* Addresses of sockets that we serve; of others nothing is known. */
static bool
read_block(struct span block, unsigned char protocol, struct proxy_found *found)
{
	static const struct {
		unsigned char protocol;
		int family;
		size_t len; /* of one address */
	} forms[] = {
	    {0x11, AF_INET, 4},
	    {0x21, AF_INET6, 16},
	};

	if (protocol >> 4 > FAMILY_MAX || (protocol & 0xf) > TRANSPORT_MAX)
		return false;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t len = forms[i].len;

		if (forms[i].protocol != protocol)
			continue;
		if (block.len < 2 * len + 4)
			return false;
		(void)inet_ntop(forms[i].family, block.at, found->peer,
		    sizeof(found->peer));
		(void)inet_ntop(forms[i].family, block.at + len, found->local,
		    sizeof(found->local));
		found->peer_port = number_at(block, 2 * len);
		found->local_port = number_at(block, 2 * len + 2);
		found->known = true;
	}
	return true;
}

static enum proxy_status
parse_binary(struct span *in, struct proxy_found *found)
{
	unsigned char command;
	struct span block;
	size_t len;

	if (in->len < HEAD_LEN)
		return PROXY_MORE;
	command = (unsigned char)in->at[12];
	len = number_at(*in, 14);
	if (command != COMMAND_LOCAL && command != COMMAND_PROXY)
		return PROXY_BAD;
	if (HEAD_LEN + len > PROXY_MAX)
		return PROXY_BAD;
	if (in->len < HEAD_LEN + len)
		return PROXY_MORE;
	block = span_make(in->at + HEAD_LEN, len);
	if (command == COMMAND_PROXY &&
	    !read_block(block, (unsigned char)in->at[13], found))
		return PROXY_BAD;
	span_skip(in, HEAD_LEN + len);
	return PROXY_DONE;
}

enum proxy_status
proxy_parse(struct span *in, struct proxy_found *found)
{
	static const struct {
		struct span start;
		enum proxy_status (*parse)(
		    struct span *in, struct proxy_found *found);
	} versions[] = {
	    {SPAN("PROXY "), parse_text},
	    {SPAN("\r\n\r\n\0\r\nQUIT\n"), parse_binary},
	};

	memset(found, 0, sizeof(*found));
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (span_starts(*in, versions[i].start))
			return versions[i].parse(in, found);
		if (span_starts(versions[i].start, *in))
			return PROXY_MORE;
	}
	return PROXY_BAD;
}
