/*
 * base64: bytes as text of RFC 4648 section 4, and back.
 *
 * The strict form: padding is required, no blank or line end is skipped, and
 * bits that padding leaves over must be zero, so that each sequence of bytes
 * has one text only.
 */
#ifndef BASE64_H
#define BASE64_H

#include "buf.h"
#include "err.h"
#include "span.h"

/* Appends the text. False, and nothing appended, when the buffer fails. */
bool base64_encode(struct buf *, struct span bytes);

/*
 * Appends the bytes. ERR_DATA when `text` is not base64, ERR_LIMIT when the
 * buffer fails; nothing is appended then. An empty text is no bytes.
 */
enum err base64_decode(struct buf *, struct span text);

#endif
