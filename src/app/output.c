/* output: what a command prints: a table, lines, or JSON. */
#include "output.h"

#include "utf8.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define LINE_LIMIT ((size_t)256 * 1024 * 1024)
#define USUAL_WIDTH 80
#define LEAST_WIDTH 10 /* of a column that takes what is left */

/* ---- characters */

/* They hide text, or show it in another order than it has. */
static bool
is_treacherous(uint32_t code)
{
	return (code >= 0x200b && code <= 0x200f) ||
	    (code >= 0x2028 && code <= 0x202e) ||
	    (code >= 0x2060 && code <= 0x206f) || code == 0x61c ||
	    code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) ||
	    code >= 0xe0000;
}

static bool
is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

static void
put_code(struct buf *out, uint32_t code)
{
	switch (code) {
	case '\n':
		buf_put_string(out, "\\n");
		break;
	case '\r':
		buf_put_string(out, "\\r");
		break;
	case '\t':
		buf_put_string(out, "\\t");
		break;
	default:
		buf_printf(out, code < 0x80 ? "\\x%02x" : "\\u%04x", code);
		break;
	}
}

void
output_escape(struct buf *out, struct span text)
{
	while (text.len > 0) {
		uint32_t code = 0;
		size_t len = utf8_next(text, &code);

		if (len == 0)
			buf_printf(out, "\\x%02x", (unsigned char)text.at[0]);
		else if (is_control(code) || is_treacherous(code))
			put_code(out, code);
		else
			buf_put(out, span_make(text.at, len));
		span_skip(&text, len > 0 ? len : 1);
	}
}

/* Without a locale of UTF-8 wcwidth(3) knows ASCII only. */
static size_t
width_of(uint32_t code)
{
	int width = wcwidth((wchar_t)code);

	return width < 0 ? 1 : (size_t)width;
}

size_t
output_width(struct span text)
{
	size_t width = 0;

	while (text.len > 0) {
		uint32_t code = 0;
		size_t len = utf8_next(text, &code);

		width += width_of(code);
		span_skip(&text, len > 0 ? len : 1);
	}
	return width;
}

/* The front of it that fits. */
static struct span
cut(struct span text, size_t width)
{
	struct span rest = text;
	size_t used = 0;

	while (rest.len > 0) {
		uint32_t code = 0;
		size_t len = utf8_next(rest, &code);

		used += width_of(code);
		if (used > width)
			break;
		span_skip(&rest, len > 0 ? len : 1);
	}
	return span_make(text.at, text.len - rest.len);
}

/* ---- lines */

static void
put_line(struct output *output, const json_t *row)
{
	const struct output_column *column;

	for (column = output->columns; column->title; column++) {
		struct span field;

		buf_reset(&output->field);
		output_field(&output->field, column, row, OUTPUT_LINES);
		field = buf_span(&output->field);
		if (column != output->columns)
			buf_put_char(&output->line, '\t');
		/* So that what is escaped can be told from what looks so. */
		for (size_t len; field.len > 0; span_skip(&field, len + 1)) {
			len = span_find(field, '\\');
			output_escape(&output->line, span_make(field.at, len));
			if (len < field.len)
				buf_put_string(&output->line, "\\\\");
		}
	}
	buf_put_char(&output->line, '\n');
}

/* ---- the table */

static size_t
rest_width(const struct output *output)
{
	size_t used = 0;
	const struct output_column *column;

	for (column = output->columns; column->title; column++)
		if (column->width > 0)
			used += (size_t)column->width + 2;
	return used + LEAST_WIDTH < output->width ? output->width - used
						  : LEAST_WIDTH;
}

static void
put_cell(
    struct output *output, const struct output_column *column, struct span text)
{
	size_t width =
	    column->width > 0 ? (size_t)column->width : rest_width(output);
	size_t used = output_width(text);
	bool is_last = !column[1].title;

	if (column->width == 0 && !is_last)
		width -= 2;
	if (used > width) {
		text = cut(text, width);
		used = output_width(text);
	}
	if (column->side == OUTPUT_RIGHT)
		buf_printf(&output->line, "%*s", (int)(width - used), "");
	buf_put(&output->line, text);
	if (is_last)
		return;
	if (column->side == OUTPUT_LEFT)
		buf_printf(&output->line, "%*s", (int)(width - used), "");
	buf_put_string(&output->line, "  ");
}

/* Ends the line; blanks at its end would make it wrap on small terminals. */
static void
end_row(struct output *output)
{
	while (output->line.len > 0 &&
	    output->line.at[output->line.len - 1] == ' ')
		output->line.len--;
	buf_put_char(&output->line, '\n');
}

static void
put_titles(struct output *output)
{
	const struct output_column *column;

	for (column = output->columns; column->title; column++)
		if (column->width >= 0)
			put_cell(output, column, span_string(column->title));
	end_row(output);
}

static void
put_row(struct output *output, const json_t *row)
{
	const struct output_column *column;
	struct buf shown;

	buf_init(&shown, LINE_LIMIT);
	for (column = output->columns; column->title; column++) {
		if (column->width < 0)
			continue;
		buf_reset(&output->field);
		buf_reset(&shown);
		output_field(&output->field, column, row, OUTPUT_TABLE);
		output_escape(&shown, buf_span(&output->field));
		put_cell(output, column, buf_span(&shown));
	}
	buf_release(&shown);
	end_row(output);
}

/* ---- the whole */

static size_t
terminal_width(FILE *file)
{
	struct winsize size;

	if (ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return USUAL_WIDTH;
}

void
output_init(struct output *output, FILE *file, enum output_form form,
    const struct output_column *columns)
{
	*output =
	    (struct output){.file = file, .form = form, .columns = columns};
	if (form != OUTPUT_JSON)
		output->form =
		    isatty(fileno(file)) ? OUTPUT_TABLE : OUTPUT_LINES;
	output->width = terminal_width(file);
	buf_init(&output->line, LINE_LIMIT);
	buf_init(&output->field, LINE_LIMIT);
}

void
output_release(struct output *output)
{
	buf_release(&output->line);
	buf_release(&output->field);
}

/* A terminal must not be told anything by JSON either. */
static void
put_json(struct output *output, const json_t *row)
{
	size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(15);
	char *text;

	if (isatty(fileno(output->file)))
		flags |= JSON_ENSURE_ASCII;
	text = json_dumps(row, flags);
	if (text)
		buf_put_string(&output->line, text);
	else
		output->line.failed = true;
	free(text);
	buf_put_char(&output->line, '\n');
}

enum err
output_row(struct output *output, const json_t *row)
{
	struct span line;

	buf_reset(&output->line);
	switch (output->form) {
	case OUTPUT_TABLE:
		if (!output->has_begun)
			put_titles(output);
		put_row(output, row);
		break;
	case OUTPUT_LINES:
		put_line(output, row);
		break;
	case OUTPUT_JSON:
		put_json(output, row);
		break;
	}
	output->has_begun = true;
	if (buf_failed(&output->line) || buf_failed(&output->field))
		return ERR_MEMORY;
	line = buf_span(&output->line);
	if (fwrite(line.at, 1, line.len, output->file) != line.len)
		return ERR_IO;
	return ERR_OK;
}
