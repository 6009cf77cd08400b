/* websocket: the server's side of RFC 6455, as bytes. */
#include "websocket.h"

#include "base64.h"

#include <openssl/evp.h>
#include <string.h>

#define MAGIC "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define KEY_LEN 24
#define KEY_SIZE 16
#define SHA1_SIZE 20
#define MASK_SIZE 4

#define FIN 0x80
#define RESERVED 0x70
#define OPCODE 0x0f
#define MASKED 0x80
#define LENGTH 0x7f

static bool
is_key(struct span key)
{
	struct buf bytes;
	bool is_one;

	buf_init(&bytes, KEY_SIZE);
	is_one = key.len == KEY_LEN && base64_decode(&bytes, key) == ERR_OK &&
	    bytes.len == KEY_SIZE;
	buf_release(&bytes);
	return is_one;
}

bool
websocket_accept(char out[WEBSOCKET_ACCEPT_SIZE], struct span key)
{
	unsigned char sum[SHA1_SIZE];
	char text[KEY_LEN + sizeof(MAGIC)];

	if (!is_key(key))
		return false;
	memcpy(text, key.at, KEY_LEN);
	memcpy(text + KEY_LEN, MAGIC, sizeof(MAGIC));
	if (EVP_Digest(text, sizeof(text) - 1, sum, NULL, EVP_sha1(), NULL) !=
	    1)
		return false;
	(void)EVP_EncodeBlock((unsigned char *)out, sum, sizeof(sum));
	return true;
}

/* ---- out */

/* Writes the number with its highest byte first. */
static void
write_number(unsigned char *out, uint64_t number, size_t size)
{
	for (size_t i = size; i > 0; i--) {
		out[i - 1] = (unsigned char)(number & 255);
		number >>= 8;
	}
}

static size_t
write_header(unsigned char *out, enum websocket_opcode opcode, size_t len)
{
	size_t size = len > 65535 ? 8 : len > WEBSOCKET_CONTROL_LIMIT ? 2 : 0;

	out[0] = (unsigned char)(FIN | opcode);
	out[1] = (unsigned char)(size == 8 ? 127 : size == 2 ? 126 : len);
	write_number(out + 2, len, size);
	return 2 + size;
}

bool
websocket_put(
    struct buf *buf, enum websocket_opcode opcode, struct span payload)
{
	unsigned char header[10];
	size_t len = write_header(header, opcode, payload.len);
	char *room = buf_room(buf, len + payload.len);

	if (!room)
		return false;
	memcpy(room, header, len);
	if (payload.len > 0)
		memcpy(room + len, payload.at, payload.len);
	buf_grow(buf, len + payload.len);
	return true;
}

bool
websocket_put_close(struct buf *buf, enum websocket_reason reason)
{
	unsigned char code[2];

	write_number(code, reason, sizeof(code));
	return websocket_put(
	    buf, WEBSOCKET_CLOSE, span_make((const char *)code, sizeof(code)));
}

/* ---- in */

static enum websocket_opcode
opcode_of(const struct websocket *ws)
{
	return (enum websocket_opcode)(ws->header[0] & OPCODE);
}

static bool
is_control(const struct websocket *ws)
{
	return (ws->header[0] & 8) != 0;
}

/* How long the header is, as far as its first two bytes say. */
static size_t
header_size(const struct websocket *ws)
{
	switch (ws->header[1] & LENGTH) {
	case 126:
		return 2 + 2 + MASK_SIZE;
	case 127:
		return 2 + 8 + MASK_SIZE;
	default:
		return 2 + MASK_SIZE;
	}
}

static uint64_t
read_length(const struct websocket *ws)
{
	size_t size = header_size(ws) - MASK_SIZE - 2;
	uint64_t len = 0;

	if (size == 0)
		return ws->header[1] & LENGTH;
	for (size_t i = 0; i < size; i++)
		len = len << 8 | ws->header[2 + i];
	return len;
}

/* Whether a frame may begin like that here (sections 5.2, 5.4 and 5.5). */
static bool
may_begin(const struct websocket *ws)
{
	bool is_last = (ws->header[0] & FIN) != 0;

	if ((ws->header[0] & RESERVED) != 0 || (ws->header[1] & MASKED) == 0)
		return false;
	switch (opcode_of(ws)) {
	case WEBSOCKET_CONTINUATION:
		return ws->in_message;
	case WEBSOCKET_TEXT:
	case WEBSOCKET_BINARY:
		return !ws->in_message;
	case WEBSOCKET_CLOSE:
	case WEBSOCKET_PING:
	case WEBSOCKET_PONG:
		return is_last &&
		    (ws->header[1] & LENGTH) <= WEBSOCKET_CONTROL_LIMIT;
	}
	return false;
}

/* Collects the header; WEBSOCKET_MORE also when it is whole. */
static enum websocket_event
take_header(struct websocket *ws, struct span *in)
{
	ws->header[ws->header_len++] = (unsigned char)in->at[0];
	span_skip(in, 1);
	if (ws->header_len < 2)
		return WEBSOCKET_MORE;
	if (ws->header_len == 2 && !may_begin(ws))
		return WEBSOCKET_GOT_WRONG;
	if (ws->header_len < header_size(ws))
		return WEBSOCKET_MORE;
	ws->left = read_length(ws);
	if (ws->left > WEBSOCKET_FRAME_LIMIT)
		return WEBSOCKET_GOT_TOO_LARGE;
	if (!is_control(ws))
		ws->in_message = (ws->header[0] & FIN) == 0;
	ws->in_payload = true;
	ws->control_len = 0;
	return WEBSOCKET_MORE;
}

/* Throws data away, keeps what a control frame carries. */
static void
take_payload(struct websocket *ws, struct span *in)
{
	const unsigned char *mask = ws->header + ws->header_len - MASK_SIZE;
	size_t count = in->len < ws->left ? in->len : (size_t)ws->left;

	for (size_t i = 0; is_control(ws) && i < count; i++) {
		unsigned char byte = (unsigned char)in->at[i];

		ws->control[ws->control_len] =
		    (unsigned char)(byte ^ mask[ws->control_len % MASK_SIZE]);
		ws->control_len++;
	}
	span_skip(in, count);
	ws->left -= count;
}

/* A frame is whole. */
static enum websocket_event
end_frame(struct websocket *ws, struct span *payload)
{
	ws->in_payload = false;
	ws->header_len = 0;
	*payload = span_make((const char *)ws->control, ws->control_len);
	switch (opcode_of(ws)) {
	case WEBSOCKET_PING:
		return WEBSOCKET_GOT_PING;
	case WEBSOCKET_PONG:
		return WEBSOCKET_GOT_PONG;
	case WEBSOCKET_CLOSE:
		return payload->len == 1 ? WEBSOCKET_GOT_WRONG
					 : WEBSOCKET_GOT_CLOSE;
	case WEBSOCKET_CONTINUATION:
	case WEBSOCKET_TEXT:
	case WEBSOCKET_BINARY:
		break;
	}
	return WEBSOCKET_MORE;
}

enum websocket_event
websocket_step(struct websocket *ws, struct span *in, struct span *payload)
{
	enum websocket_event event = WEBSOCKET_MORE;

	while (event == WEBSOCKET_MORE && in->len > 0) {
		if (!ws->in_payload)
			event = take_header(ws, in);
		else
			take_payload(ws, in);
		/* An empty payload ends with its header. */
		if (ws->in_payload && ws->left == 0)
			event = end_frame(ws, payload);
	}
	return event;
}
