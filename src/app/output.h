/*
 * output: what a command prints: a table, lines, or JSON.
 *
 * A table on a terminal, lines with tabs in a pipe, one JSON object a line with
 * --json. What comes from mail is escaped: no control character reaches a
 * terminal, and no tab or line end stands inside a field.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "buf.h"
#include "err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum output_form { OUTPUT_TABLE, OUTPUT_LINES, OUTPUT_JSON };

/* What stands in a column, and of which key of the object. */
enum output_kind {
	OUTPUT_VALUE,
	OUTPUT_TIME,   /* local in a table, else as it stands */
	OUTPUT_SENDER, /* "<>" in a table when it is empty */
	/* The `address` of each that output_names(), with commas between. */
	OUTPUT_ADDRESSES,
	OUTPUT_PLACE, /* `offset`, or `line` where that is null */
};

enum output_side { OUTPUT_LEFT, OUTPUT_RIGHT };

/* A column of a kind of rows; the list ends with one without title. */
struct output_column {
	const char *title;
	const char *key;
	enum output_kind kind;
	/* In a table: characters; 0: what is left of the line, for one of them;
	   OUTPUT_LINES_ONLY. */
	int width;
	enum output_side side;
};
#define OUTPUT_LINES_ONLY (-1)

struct output {
	FILE *file;
	enum output_form form;
	size_t width; /* of the terminal, in characters */
	const struct output_column *columns;
	struct buf line, field;
	bool has_begun;
};

/* `form` is OUTPUT_JSON or anything else: then the file decides. */
void output_init(struct output *, FILE *, enum output_form,
    const struct output_column *columns);
void output_release(struct output *);

/* Prints one row; the object is borrowed. ERR_IO when it cannot be written. */
enum err output_row(struct output *, const json_t *row);

/* Appends text that a terminal may show: controls, characters that turn the
   direction of writing, and bytes that are no UTF-8 become \n, \x1b, \u202e. */
void output_escape(struct buf *, struct span text);

/* The columns a string takes on a terminal. */
size_t output_width(struct span text);

/* Appends a field as it is, unescaped. */
void output_field(struct buf *, const struct output_column *, const json_t *row,
    enum output_form);

/*
 * Whether a person is told of this recipient of a message: that it was refused
 * is said where the envelope is shown, and here where nobody got the message.
 */
bool output_names(const json_t *message, const json_t *recipient);

/* The columns of what there is to print. */
extern const struct output_column output_messages[];
extern const struct output_column output_sessions[];
extern const struct output_column output_findings[];
extern const struct output_column output_faults[];
extern const struct output_column output_links[];
extern const struct output_column output_numbers[]; /* {name, value} */

#endif
