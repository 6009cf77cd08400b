/* schema_text: the migrations, as SQL. */
#include "schema_text.h"

const char *const schema_text[] = {
    /* 1: what is accepted. */
    "CREATE TABLE session ("
    " seq INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL UNIQUE,"
    " started INTEGER NOT NULL," /* microseconds since 1970, UTC */
    " ended INTEGER,"            /* NULL: it goes on, or we were killed */
    " listener TEXT NOT NULL, protocol TEXT NOT NULL,"
    " peer TEXT NOT NULL, peer_port INTEGER NOT NULL, local TEXT NOT NULL,"
    " proxy TEXT NOT NULL,"
    " helo TEXT NOT NULL, user TEXT NOT NULL, mechanism TEXT NOT NULL,"
    " tls_version TEXT NOT NULL, tls_cipher TEXT NOT NULL,"
    " tls_group TEXT NOT NULL, sni TEXT NOT NULL, alpn TEXT NOT NULL,"
    " client_cert TEXT NOT NULL,"
    " ending TEXT NOT NULL,"
    " accepted INTEGER NOT NULL, refused INTEGER NOT NULL,"
    " aborted INTEGER NOT NULL"
    ") STRICT;"
    /* What was said; the parts in order make one text, see dialogue.h. */
    "CREATE TABLE dialogue ("
    " session INTEGER NOT NULL, part INTEGER NOT NULL, text TEXT NOT NULL,"
    " PRIMARY KEY (session, part)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE message ("
    " seq INTEGER PRIMARY KEY," /* commit order; never used again */
    " id TEXT NOT NULL UNIQUE,"
    " session TEXT NOT NULL,"
    " received INTEGER NOT NULL,"
    " state INTEGER NOT NULL," /* 0 accepted, 1 refused, 2 aborted */
    " reason TEXT NOT NULL,"
    " listener TEXT NOT NULL, inbox TEXT NOT NULL, peer TEXT NOT NULL,"
    " helo TEXT NOT NULL, user TEXT NOT NULL,"
    " mail_from TEXT NOT NULL, mail_params TEXT NOT NULL,"
    " size INTEGER NOT NULL,"
    " is_read INTEGER NOT NULL DEFAULT 0,"
    " is_indexed INTEGER NOT NULL DEFAULT 0"
    ") STRICT;"
    /* is_indexed: 0 not yet, 1 yes, 2 anew: its tags are there. */
    "CREATE INDEX message_unindexed ON message (seq) WHERE is_indexed <> 1;"
    "CREATE INDEX message_session ON message (session);"
    "CREATE INDEX message_inbox ON message (inbox, seq) WHERE inbox <> '';"
    "CREATE INDEX message_kept_apart ON message (state, seq) WHERE state <> 0;"
    "CREATE INDEX message_read ON message (state) WHERE is_read = 1;"
    "CREATE TABLE recipient ("
    " message INTEGER NOT NULL, position INTEGER NOT NULL,"
    " address TEXT NOT NULL, params TEXT NOT NULL, reply TEXT NOT NULL,"
    " fault TEXT NOT NULL, is_accepted INTEGER NOT NULL,"
    " PRIMARY KEY (message, position)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE raw (message INTEGER PRIMARY KEY, bytes BLOB NOT NULL) "
    "STRICT;"
    /* What was removed, as far back as erase.h says. */
    "CREATE TABLE gone (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE) "
    "STRICT;"
    /* Named numbers: seq and session (the last ones given), messages and
       bytes (what there is of them), rest and rest_bytes (of these, what was
       not accepted), pruned and removed (what there was), sessions (how many
       there are). */
    "CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) "
    "STRICT, WITHOUT ROWID;",

    /* 2: what is derived from it. */
    "CREATE TABLE summary ("
    " message INTEGER PRIMARY KEY,"
    " subject TEXT NOT NULL, message_id TEXT NOT NULL,"
    " return_path TEXT NOT NULL, date INTEGER NOT NULL,"
    " date_text TEXT NOT NULL, snippet TEXT NOT NULL, sha256 TEXT NOT NULL,"
    " attachments INTEGER NOT NULL, inlines INTEGER NOT NULL,"
    " findings INTEGER NOT NULL, is_cut INTEGER NOT NULL,"
    " trace_size INTEGER NOT NULL," /* octets of what trace.h composes */
    /* JSON: [{"Name":"","Address":""}]; in bcc_list also the recipients that
       no header names. */
    " from_list TEXT NOT NULL, to_list TEXT NOT NULL, cc_list TEXT NOT NULL,"
    " bcc_list TEXT NOT NULL, reply_to_list TEXT NOT NULL"
    ") STRICT;"
    "CREATE TABLE header ("
    " message INTEGER NOT NULL, position INTEGER NOT NULL,"
    " name TEXT NOT NULL, value TEXT NOT NULL,"
    " raw TEXT," /* NULL: the same as the decoded value */
    " PRIMARY KEY (message, position)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE part ("
    " message INTEGER NOT NULL, position INTEGER NOT NULL,"
    " id TEXT NOT NULL, parent INTEGER NOT NULL, role TEXT NOT NULL,"
    " type TEXT NOT NULL, disposition TEXT NOT NULL, charset TEXT NOT NULL,"
    " encoding TEXT NOT NULL, name TEXT NOT NULL, content_id TEXT NOT NULL,"
    " size INTEGER NOT NULL, md5 TEXT NOT NULL, sha1 TEXT NOT NULL,"
    " sha256 TEXT NOT NULL,"
    " PRIMARY KEY (message, position)"
    ") STRICT, WITHOUT ROWID;"
    /* What searches look into (search_text.h): cleaned, in lower case. */
    "CREATE TABLE search ("
    " message INTEGER PRIMARY KEY,"
    " from_text TEXT NOT NULL, to_text TEXT NOT NULL, cc_text TEXT NOT NULL,"
    " bcc_text TEXT NOT NULL, reply_to_text TEXT NOT NULL,"
    " subject TEXT NOT NULL, message_id TEXT NOT NULL,"
    " mail_from TEXT NOT NULL, rcpt TEXT NOT NULL, other TEXT NOT NULL,"
    " body TEXT NOT NULL"
    ") STRICT;"
    /* The index over them, see fulltext.h; it makes further tables. */
    "CREATE TABLE word ("
    " tail TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY (tail, word)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE fulltext (number INTEGER PRIMARY KEY) STRICT;"
    "CREATE TABLE tag ("
    " message INTEGER NOT NULL, name TEXT NOT NULL COLLATE NOCASE,"
    " PRIMARY KEY (message, name)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX tag_name ON tag (name, message);"
    "CREATE TABLE finding ("
    " message INTEGER," /* NULL: of the session as a whole */
    " session TEXT NOT NULL,"
    " rule TEXT NOT NULL, severity TEXT NOT NULL, section TEXT NOT NULL,"
    " at INTEGER NOT NULL, bytes BLOB NOT NULL,"
    " more INTEGER NOT NULL" /* findings of that rule that are not listed */
    ") STRICT;"
    "CREATE INDEX finding_message ON finding (message)"
    " WHERE message IS NOT NULL;"
    "CREATE INDEX finding_session ON finding (session);",

    /* 3: where a session's messages are. An index has a page for each of the
       sessions that send at the same time, to be written with each batch. */
    "ALTER TABLE session ADD COLUMN after_seq INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE session ADD COLUMN until_seq INTEGER;" /* NULL: it goes on */
    "UPDATE session SET"
    " after_seq = ifnull((SELECT min(m.seq) - 1 FROM message AS m"
    " WHERE m.session = session.id), 0),"
    " until_seq = ifnull((SELECT max(m.seq) FROM message AS m"
    " WHERE m.session = session.id), 0);"
    "DROP INDEX message_session;",

    /* 4: what takes long is done in steps. */
    /* Messages that are removed; what else there is of them goes later. */
    ("CREATE TABLE erased (message INTEGER PRIMARY KEY) STRICT;"
     /* 1: it is complete, and FTS5 has one segment of it. */
     "ALTER TABLE fulltext ADD COLUMN is_merged INTEGER NOT NULL DEFAULT 0;"),
};

const int schema_text_count =
    (int)(sizeof(schema_text) / sizeof(schema_text[0]));
