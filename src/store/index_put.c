/* index_put: writing what was derived from messages (index.h). */
#include "index.h"

#include "fulltext.h"
#include "json_text.h"

#define LIST_LIMIT ((size_t)64 * 1024 * 1024)

/* Runs a statement without rows, and ends it. */
static enum err
run(struct sql_row *row)
{
	(void)sql_step(row);
	return sql_done(row);
}

static void
bind_string(struct sql_row *row, int index, const char *text)
{
	sql_bind_span(row, index, span_string(text));
}

static enum err
set_indexed(struct sql *sql, const char *text, int64_t seq)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	sql_bind_number(row, 1, seq);
	return run(row);
}

enum visit { VISIT_FIRST, VISIT_AGAIN, VISIT_NONE };

/* What is indexed already, or is gone, is not touched. */
static enum err
begin_entry(struct sql *sql, int64_t seq, enum visit *visit)
{
	enum err err = set_indexed(sql,
	    "UPDATE message SET is_indexed = 1 WHERE seq = ? AND is_indexed = 0",
	    seq);

	*visit = VISIT_FIRST;
	if (err || sql_changes(sql))
		return err;
	err = set_indexed(sql,
	    "UPDATE message SET is_indexed = 1 WHERE seq = ? AND is_indexed = 2",
	    seq);
	*visit = !err && sql_changes(sql) ? VISIT_AGAIN : VISIT_NONE;
	return err;
}

/* The lists stand one behind the other in one buffer. */
struct lists {
	struct buf text;
	size_t ends[MIME_LISTS];
};

static enum err
make_lists(struct lists *lists, const struct index_entry *entry)
{
	const struct mime *mime = entry->mime;

	for (int list = 0; list < MIME_LISTS; list++) {
		if (list == MIME_BCC)
			(void)json_text_put_bcc(
			    &lists->text, entry->message, mime);
		else
			(void)json_text_put_list(
			    &lists->text, &mime->lists[list]);
		lists->ends[list] = lists->text.len;
	}
	return buf_failed(&lists->text) ? ERR_MEMORY : ERR_OK;
}

static void
bind_lists(struct sql_row *row, int index, const struct lists *lists)
{
	size_t start = 0;

	for (int list = 0; list < MIME_LISTS; list++) {
		sql_bind_span(row, index + list,
		    span_make(
			lists->text.at + start, lists->ends[list] - start));
		start = lists->ends[list];
	}
}

static enum err
put_summary(
    struct sql *sql, const struct index_entry *entry, const struct lists *lists)
{
	static const char text[] =
	    "INSERT INTO summary (message, subject, message_id, return_path,"
	    " date, date_text, snippet, sha256, attachments, inlines, findings,"
	    " is_cut, trace_size, from_list, to_list, cc_list, bcc_list,"
	    " reply_to_list) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
	    " ?, ?, ?, ?)";
	const struct mime *mime = entry->mime;
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	sql_bind_number(row, 1, entry->seq);
	bind_string(row, 2, mime->subject);
	bind_string(row, 3, mime->message_id);
	bind_string(row, 4, mime->return_path);
	sql_bind_number(row, 5, mime->date_us);
	bind_string(row, 6, mime->date);
	bind_string(row, 7, mime->snippet);
	bind_string(row, 8, entry->sha256);
	sql_bind_number(row, 9, (int64_t)mime->attachments);
	sql_bind_number(row, 10, (int64_t)mime->inlines);
	sql_bind_number(row, 11, (int64_t)entry->findings.count);
	sql_bind_number(row, 12, mime->is_cut);
	sql_bind_number(row, 13, entry->trace_size);
	bind_lists(row, 14, lists);
	return run(row);
}

static enum err
put_headers(struct sql *sql, const struct index_entry *entry)
{
	const struct mime *mime = entry->mime;
	struct sql_row *row;
	enum err err = sql_start(sql, &row,
	    "INSERT INTO header (message, position, name, value, raw)"
	    " VALUES (?, ?, ?, ?, ?)");

	if (err)
		return err;
	sql_bind_number(row, 1, entry->seq);
	for (size_t i = 0; i < mime->field_count && !err; i++) {
		const struct mime_field *field = &mime->fields[i];
		struct span raw = span_string(field->raw);

		sql_bind_number(row, 2, (int64_t)i);
		bind_string(row, 3, field->name);
		bind_string(row, 4, field->value);
		if (span_equal(raw, span_string(field->value)))
			sql_bind_null(row, 5);
		else
			sql_bind_span(row, 5, raw);
		(void)sql_step(row);
		sql_again(row);
	}
	return sql_done(row);
}

static void
bind_part(struct sql_row *row, const struct mime_part *part)
{
	static const char *const roles[] = {
	    [MIME_CONTAINER] = "container",
	    [MIME_BODY] = "body",
	    [MIME_ATTACHMENT] = "attachment",
	    [MIME_INLINE] = "inline",
	    [MIME_OTHER] = "other",
	};
	const char *const texts[] = {part->id, roles[part->role], part->type,
	    part->disposition, part->charset, part->encoding, part->name,
	    part->content_id, part->md5, part->sha1, part->sha256};

	sql_bind_number(row, 3, (int64_t)part->parent);
	sql_bind_number(row, 4, (int64_t)part->size);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		bind_string(row, 5 + (int)i, texts[i]);
}

static enum err
put_parts(struct sql *sql, const struct index_entry *entry)
{
	static const char text[] =
	    "INSERT INTO part (message, position, parent, size, id, role, type,"
	    " disposition, charset, encoding, name, content_id, md5, sha1,"
	    " sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	const struct mime *mime = entry->mime;
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	sql_bind_number(row, 1, entry->seq);
	for (size_t i = 0; i < mime->part_count; i++) {
		sql_bind_number(row, 2, (int64_t)i);
		bind_part(row, &mime->parts[i]);
		(void)sql_step(row);
		sql_again(row);
	}
	return sql_done(row);
}

static enum err
put_search(struct sql *sql, const struct index_entry *entry)
{
	static const char text[] =
	    "INSERT INTO search (message, from_text, to_text, cc_text, bcc_text,"
	    " reply_to_text, subject, message_id, mail_from, rcpt, other, body)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	struct sql_row *row;
	enum err err = sql_start(sql, &row, text);

	if (err)
		return err;
	sql_bind_number(row, 1, entry->seq);
	for (int i = 0; i < SEARCH_COLUMNS; i++)
		sql_bind_span(row, 2 + i,
		    search_text_column(&entry->search, (enum search_column)i));
	return run(row);
}

/* A tag that another message has keeps its spelling. */
static enum err
put_tags(struct sql *sql, const struct index_entry *entry)
{
	static const char text[] =
	    "INSERT OR IGNORE INTO tag (message, name) VALUES (?1,"
	    " coalesce((SELECT name FROM tag WHERE name = ?2 LIMIT 1), ?2))";
	struct sql_row *row;
	enum err err;

	if (!entry->tags || !*entry->tags)
		return ERR_OK;
	err = sql_start(sql, &row, text);
	if (err)
		return err;
	sql_bind_number(row, 1, entry->seq);
	for (char **tag = entry->tags; *tag; tag++) {
		bind_string(row, 2, *tag);
		(void)sql_step(row);
		sql_again(row);
	}
	return sql_done(row);
}

/* `seq` 0: of the session as a whole. */
static enum err
put_findings(struct sql *sql, int64_t seq, struct span session,
    const struct findings *findings)
{
	static const char text[] =
	    "INSERT INTO finding (message, session, rule, severity, section,"
	    " at, bytes, more) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
	struct sql_row *row;
	enum err err;

	if (findings->count == 0)
		return ERR_OK;
	err = sql_start(sql, &row, text);
	if (err)
		return err;
	if (seq)
		sql_bind_number(row, 1, seq);
	else
		sql_bind_null(row, 1);
	sql_bind_span(row, 2, session);
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->at[i];
		const struct finding_rule *rule = finding->rule;

		bind_string(row, 3, rule->id);
		bind_string(row, 4, finding_severity_name(rule->severity));
		bind_string(row, 5, rule->section);
		sql_bind_number(row, 6, (int64_t)finding->offset);
		sql_bind_blob(row, 7, finding->bytes);
		sql_bind_number(row, 8, (int64_t)finding->more);
		(void)sql_step(row);
		sql_again(row);
	}
	return sql_done(row);
}

enum err
index_put_session_findings(
    struct sql *sql, struct span session, const struct findings *findings)
{
	struct sql_row *row;
	enum err err = sql_start(sql, &row,
	    "DELETE FROM finding WHERE session = ? AND message IS NULL");

	if (err)
		return err;
	sql_bind_span(row, 1, session);
	err = run(row);
	return err ? err : put_findings(sql, 0, session, findings);
}

static enum err
put_rows(
    struct sql *sql, const struct index_entry *entry, const struct lists *lists)
{
	enum err err = put_summary(sql, entry, lists);

	if (!err)
		err = put_headers(sql, entry);
	if (!err)
		err = put_parts(sql, entry);
	if (!err)
		err = put_search(sql, entry);
	if (!err)
		err = put_findings(sql, entry->seq,
		    message_get(entry->message, MESSAGE_SESSION),
		    &entry->findings);
	return err;
}

/* What serves all entries of a call. */
struct putting {
	struct sql *sql;
	struct fulltext *fulltext;
	struct lists lists;
};

static enum err
put_entry(struct putting *putting, const struct index_entry *entry)
{
	struct sql *sql = putting->sql;
	enum visit visit;
	enum err err = begin_entry(sql, entry->seq, &visit);

	if (err || visit == VISIT_NONE)
		return err;
	buf_reset(&putting->lists.text);
	err = make_lists(&putting->lists, entry);
	if (!err)
		err = put_rows(sql, entry, &putting->lists);
	if (!err)
		err = fulltext_add(
		    putting->fulltext, entry->seq, buf_span(&entry->pieces));
	if (!err && visit == VISIT_FIRST)
		err = put_tags(sql, entry);
	return err;
}

enum err
index_put(struct sql *sql, const struct index_entry *first)
{
	struct putting putting = {.sql = sql};
	enum err err;
	enum err ended;

	if (!first)
		return ERR_OK;
	err = fulltext_trim(sql, first->seq);
	if (!err)
		err = fulltext_merge(sql, first->seq);
	if (!err)
		err = fulltext_begin(&putting.fulltext, sql);
	buf_init(&putting.lists.text, LIST_LIMIT);
	for (; first && !err; first = first->next)
		err = put_entry(&putting, first);
	buf_release(&putting.lists.text);
	ended = fulltext_end(putting.fulltext);
	return err ? err : ended;
}
