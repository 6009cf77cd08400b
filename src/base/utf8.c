/* utf8: characters in bytes that may be anything. */
#include "utf8.h"

/* By the first byte; the second one has the borders that keep out what is not
   the shortest form, surrogates, and what is too large. */
static const struct {
	unsigned char first, last;
	unsigned char low, high;
	unsigned char mask; /* of the first byte's share of the number */
	unsigned char len;
} forms[] = {
    {0x00, 0x7f, 0x00, 0x00, 0x7f, 1},
    {0xc2, 0xdf, 0x80, 0xbf, 0x1f, 2},
    {0xe0, 0xe0, 0xa0, 0xbf, 0x0f, 3},
    {0xe1, 0xec, 0x80, 0xbf, 0x0f, 3},
    {0xed, 0xed, 0x80, 0x9f, 0x0f, 3},
    {0xee, 0xef, 0x80, 0xbf, 0x0f, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 0x07, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 0x07, 4},
    {0xf4, 0xf4, 0x80, 0x8f, 0x07, 4},
};

size_t
utf8_next(struct span text, uint32_t *code)
{
	const unsigned char *at = (const unsigned char *)text.at;
	uint32_t number;
	size_t form = 0;

	if (text.len == 0)
		return 0;
	while (form < sizeof(forms) / sizeof(forms[0]) &&
	    (at[0] < forms[form].first || at[0] > forms[form].last))
		form++;
	if (form == sizeof(forms) / sizeof(forms[0]) ||
	    forms[form].len > text.len)
		return 0;
	if (forms[form].len > 1 &&
	    (at[1] < forms[form].low || at[1] > forms[form].high))
		return 0;
	number = at[0] & forms[form].mask;
	for (size_t i = 1; i < forms[form].len; i++) {
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
		number = number << 6 | (at[i] & 0x3f);
	}
	if (code)
		*code = number;
	return forms[form].len;
}
