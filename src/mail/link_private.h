/*
 * link_private: what the files of the link module share, and nobody else.
 */
#ifndef LINK_PRIVATE_H
#define LINK_PRIVATE_H

#include "html_link.h"
#include "link.h"

/* What the address and its words say about an anchor. */
enum link_kind link_judge(struct span url, struct span text);
/* Likewise about a picture. */
enum link_kind link_judge_image(const struct html_link *);

/*
 * The next address in a text, and what it is called; moves *rest behind it.
 * `text` starts where *rest did at first: names may stand before it.
 */
struct link_place {
	struct span url; /* may hold the line ends of a broken one */
	struct span text;
};
bool
link_next_in_text(struct span text, struct span *rest, struct link_place *);

/* The length of the address that begins at the front, 0 when none does. */
size_t link_url_len(struct span text);

/* Adds the codes of one part. `hint`: whether the subject speaks of a code. */
enum link_hint { LINK_NO_HINT, LINK_HINT };
void link_look_for_codes(
    struct links *, struct span text, enum link_source, enum link_hint);

/* ---- what looks like a code (link_shape.c) */

bool link_is_digit(char byte);
bool link_is_upper(char byte);
bool link_is_word_byte(char byte); /* an ASCII letter or digit */

/* Letters, digits and hyphens between them at the front; may be 0. */
size_t link_token_len(struct span rest);

struct link_candidate {
	struct span text; /* as it stands in the line */
	char code[LINK_CODE_SIZE];
	unsigned base; /* what its looks alone are worth */
};

/* Fills the next candidate of the line and moves *rest behind it. */
bool link_next_candidate(
    struct span line, struct span *rest, struct link_candidate *found);

/* "1 2 3 4 5 6" as cells of a table are: all of a line. */
bool link_read_spaced(struct span line, struct link_candidate *found);

/* ---- how sure it is (link_code.c) */

/* Whether a line speaks of a code. */
bool link_speaks_of_code(struct span line);

#endif
