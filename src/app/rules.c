/* rules: the fault rules of --fault and of a file. */
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX ((size_t)FAULT_RULES_MAX * FAULT_RULE_MAX)
#define READ_SIZE ((size_t)16 * 1024)

static enum err
put_file(struct buf *text, const char *path, struct failure *f)
{
	FILE *file = fopen(path, "re");
	size_t got = 1;
	enum err err = ERR_OK;

	if (!file)
		return failure_set(
		    f, ERR_USAGE, "--fault-file %s: %s", path, strerror(errno));
	while (got > 0) {
		char *room = buf_room(text, READ_SIZE);

		if (!room)
			break;
		got = fread(room, 1, READ_SIZE, file);
		buf_grow(text, got);
	}
	if (ferror(file))
		err = failure_set(
		    f, ERR_IO, "--fault-file %s: %s", path, strerror(errno));
	else if (got > 0)
		err = failure_set(f, ERR_USAGE,
		    "--fault-file %s: more than %d rules", path,
		    FAULT_RULES_MAX);
	(void)fclose(file);
	return err;
}

static enum err
blame(const struct rules *rules, const struct fault_error *error, enum err err,
    struct failure *f)
{
	if (err == ERR_DATA || err == ERR_EXISTS)
		err = ERR_USAGE;
	if (error->line > 0 && error->line <= rules->count)
		return failure_set(f, err, "--fault %s: column %zu: %s",
		    rules->texts[error->line - 1], error->column, error->text);
	if (rules->path && err == ERR_USAGE)
		return failure_set(f, err, "%s:%zu:%zu: %s", rules->path,
		    error->line - rules->count, error->column, error->text);
	return failure_set(f, err, "fault rules: %s", err_text(err));
}

enum err
rules_load(struct fault_set *set, const struct rules *rules, struct failure *f)
{
	struct fault_error error = {.line = 0};
	struct buf text;
	enum err err = ERR_OK;

	buf_init(&text, 2 * FILE_MAX);
	for (size_t i = 0; i < rules->count; i++)
		buf_printf(&text, "%s\n", rules->texts[i]);
	if (rules->path)
		err = put_file(&text, rules->path, f);
	if (!err && buf_failed(&text))
		err = failure_set(f, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
	if (!err) {
		err = fault_replace(set, buf_span(&text), &error);
		if (err)
			(void)blame(rules, &error, err, f);
	}
	buf_release(&text);
	return err == ERR_DATA || err == ERR_EXISTS ? ERR_USAGE : err;
}
