#!/usr/bin/env python3
"""lint: what a program can check of the style that src/README asks for.

usage: lint.py [TREE]

Prints "file:line: what" for each violation, then how many there are; exits
with 1 if there is one. The tables come first, then the rules, each a generator
of (line, what).
"""

import fnmatch
import os
import re
import shutil
import subprocess
import sys

# ---- tables

FILE_LINES = 600
FUNCTION_LINES = 60
USUAL_LINES = 40
USUAL_SHARE = 0.95

# A layer may include the headers of those that stand behind it, and its own.
LAYERS = {
    "base": [],
    "mail": ["base"],
    "proto": ["base", "mail"],
    "store": ["base", "mail"],
    "serve": ["base", "mail", "proto", "store"],
    "app": ["base", "mail", "proto", "store", "serve"],
}

# A system header that begins so is included only by these files.
PLACES = {
    "event2/": ["src/serve/*", "tests/*"],
    "evhttp": [],
    "sqlite3": ["src/store/sql_private.h", "src/store/vfs*", "tests/*"],
    "pthread.h": ["src/store/lane.h", "src/app/desk.c", "src/app/tenant.h",
                  "tests/*"],
    "threads.h": [],
    "stdatomic.h": ["src/base/log.c", "src/store/store.c", "src/serve/loop.c",
                    "tests/*"],
    "gmime/": ["src/mail/mime*"],
    "gio/": ["src/mail/mime*"],
    "gdk-pixbuf/": ["src/mail/thumbnail.c", "tests/*"],
    "libxml/": ["src/mail/html*"],
    "openssl/": ["src/base/digest.c", "src/serve/tls*", "src/serve/io.c",
                 "src/serve/users*",
                 "src/serve/websocket.c",
                 "tests/*"],
    "jansson.h": ["src/serve/api*.c", "src/serve/http_reply.c", "tests/*",
                  "src/app/*"],
    "zlib.h": ["src/serve/http_gzip.c", "tests/*"],
    "curl/": ["src/app/*"],
    "resolv.h": ["src/serve/dns*.c", "tests/*"],
    "arpa/nameser.h": ["src/serve/dns*.c", "tests/*"],
    "sys/socket.h": ["src/serve/*", "src/app/*", "tests/*"],
    "netinet/": ["src/serve/*", "src/app/*", "tests/*"],
}

# (call, files in which it is refused, files that may, what to do instead)
CALLS = [
    ("strcpy", "*", [], "use a buf, or memcpy() with a known length"),
    ("stpcpy", "*", [], "use a buf, or memcpy() with a known length"),
    ("strcat", "*", [], "use a buf"),
    ("strncat", "*", [], "use a buf"),
    ("strncpy", "*", [], "it may leave out the NUL: use snprintf()"),
    ("sprintf", "*", [], "use snprintf() or buf_printf()"),
    ("vsprintf", "*", [], "use vsnprintf()"),
    ("gets", "*", [], "it has no ceiling"),
    ("strtok", "*", [], "use span_cut()"),
    ("atoi", "*", [], "use span_number(): it can refuse"),
    ("atol", "*", [], "use span_number(): it can refuse"),
    ("atof", "*", [], "it cannot refuse"),
    ("system", "*", [], "no shell"),
    ("popen", "*", [], "no shell"),
    ("rand", "*", [], "use getrandom(), or a seed of your own"),
    ("random", "*", [], "use getrandom(), or a seed of your own"),
    ("tmpnam", "*", [], "use mkostemp() or O_TMPFILE"),
    ("mktemp", "*", [], "use mkostemp() or O_TMPFILE"),
    ("alloca", "*", [], "a client might choose the size"),
    ("localtime", "*", [], "use localtime_r()"),
    ("gmtime", "*", [], "use gmtime_r()"),
    ("sleep", "*", [], "wait for an event, with a deadline"),
    ("usleep", "*", [], "wait for an event, with a deadline"),
    ("nanosleep", "*", [], "wait for an event, with a deadline"),
    ("exit", "src/*", ["src/app/main.c"], "return an enum err"),
]

# Variables that may change and outlive every call, and why.
STATE = {
    "is_done": "src/mail/mime.c: GMime is made ready once a process",
}

# Modules that no unit test covers, and why.
WITHOUT_UNIT_TEST = {
    "src/serve/api*.c": "tests/e2e/test_api_*.py ask each handler over HTTP",
    "src/serve/web.c": "what tests/e2e/test_api_*.py talk to",
    "src/app/cmd.c": "the end-to-end tests read what it prints",
    "src/app/check.c": "tests/e2e/test_assert.py prints what it finds",
    "src/app/cmd_assert.c": "tests/e2e/test_assert.py runs it",
    "src/app/cmd_ready.c": "tests/e2e/test_sendmail.py asks by it",
    "src/app/cmd_run.c": "tests/e2e/test_run.py runs it",
    "src/app/cmd_sendmail.c": "tests/e2e/test_sendmail.py runs it",
    "src/app/deliver.c": "tests/e2e/test_sendmail.py sends by it",
    "src/app/near.c": "tests/e2e/test_wait.py reads its lines",
    "src/app/run_*.c": "tests/e2e/test_run.py, with signals and orphans",
    "src/app/cmd_completion.c": "prints what test_completion looks at",
    "src/app/cmd_export.c": "tests/e2e/test_files.py runs it",
    "src/app/cmd_fault.c": "tests/e2e/test_faults.py runs it",
    "src/app/cmd_finding.c": "tests/e2e/test_findings.py runs it",
    "src/app/cmd_import.c": "tests/e2e/test_files.py runs it",
    "src/app/cmd_list.c": "tests/e2e/test_commands.py runs it",
    "src/app/cmd_reindex.c": "tests/e2e/test_commands.py runs it",
    "src/app/cmd_serve.c": "tests/e2e/test_serve.py runs it",
    "src/app/cmd_session.c": "tests/e2e/test_commands.py runs it",
    "src/app/cmd_show.c": "tests/e2e/test_commands.py runs it",
    "src/app/cmd_transcript.c": "tests/e2e/test_transcripts.py runs it",
    "src/app/cmd_wait.c": "tests/e2e/test_wait.py runs it",
    "src/app/command.c": "a table, by test_option",
    "src/app/desk.c": "each call of test_mailstop goes over it",
    "src/app/deposit.c": "tests/e2e/test_files.py fills databases by it",
    "src/app/fetch.c": "the end-to-end tests ask servers by it",
    "src/app/mailstop_*.c": "parts of the library, by test_mailstop*",
    "src/app/main.c": "nothing but the table of commands",
    "src/app/option_read.c": "how test_option fills what it asks",
    "src/app/option_table.c": "a table, by test_option",
    "src/app/output_columns.c": "tables, by test_output",
    "src/app/output_field.c": "what test_output has printed",
    "src/app/server.c": "what cmd_serve and test_mailstop run",
    "src/app/setup_listen.c": "a part of setup, by test_setup",
    "src/app/tenant.c": "what test_mailstop starts and stops",
    "src/app/sink.c": "the end-to-end tests run it",
    "src/app/source.c": "the end-to-end tests read by it",
    "src/app/source_db.c": "the end-to-end tests read by it",
    "src/app/source_db_session.c": "the end-to-end tests read by it",
    "src/app/source_db_wait.c": "tests/e2e/test_wait.py waits by it",
    "src/app/source_http.c": "the end-to-end tests read by it",
    "src/app/source_http_ask.c": "the end-to-end tests ask by it",
    "src/mail/finding_alternative.c": "by rows of test_finding",
    "src/mail/finding_bytes.c": "by rows of test_finding",
    "src/mail/finding_charset.c": "by rows of test_finding",
    "src/mail/finding_command.c": "by test_finding_session",
    "src/mail/finding_envelope.c": "by rows of test_finding",
    "src/mail/finding_header.c": "by rows of test_finding",
    "src/mail/finding_lex.c": "by test_finding_address and _field",
    "src/mail/finding_mime.c": "by rows of test_finding",
    "src/mail/finding_part.c": "by rows of test_finding",
    "src/mail/finding_word.c": "by rows of test_finding",
    "src/mail/html_link.c": "by rows of test_link",
    "src/mail/link_code.c": "by rows of test_link",
    "src/mail/link_kind.c": "by rows of test_link",
    "src/mail/link_shape.c": "by rows of test_link",
    "src/mail/link_text.c": "by rows of test_link",
    "src/mail/mime_field.c": "a step of mime_parse(), by test_mime",
    "src/mail/mime_part.c": "a step of mime_parse(), by test_mime",
    "src/mail/mime_text.c": "a step of mime_parse(), by test_mime",
    "src/mail/mime_tree.c": "a step of mime_parse(), by test_mime",
    "src/mail/html_words.c": "test_html reads words with it",
    "src/mail/html_check_table.c": "a table, read by test_html_check",
    "src/mail/query_field.c": "a table, read by test_query",
    "src/mail/query_lex.c": "a step of query_parse(), by test_query",
    "src/mail/query_parse.c": "test_query parses both dialects",
    "src/mail/query_put.c": "test_query writes what it has read",
    "src/mail/query_term.c": "a step of query_parse(), by test_query",
    "src/mail/script_option.c": "the first lines of test_script",
    "src/mail/script_reply.c": "by rows of test_script",
    "src/mail/script_secret.c": "by rows of test_script",
    "src/mail/script_text.c": "by rows of test_script",
    "src/proto/fault_code.c": "replies as rules give them, by test_fault",
    "src/proto/fault_rule_what.c": "a part of the language, by test_fault_rule",
    "src/proto/fault_rule_when.c": "a part of the language, by test_fault_rule",
    "src/proto/fault_word.c": "a step of reading rules, by test_fault_rule",
    "src/proto/smtp_bdat.c": "a step of smtp_step(), by tests/dialogue",
    "src/proto/smtp_command.c": "a step of smtp_step(), by tests/dialogue",
    "src/proto/smtp_http.c": "a step of smtp_step(), by tests/dialogue",
    "src/proto/smtp_mail.c": "a step of smtp_step(), by tests/dialogue",
    "src/proto/smtp_params.c": "a step of smtp_step(), by tests/dialogue",
    "src/proto/smtp_say.c": "a step of smtp_step(), by tests/dialogue",
    "src/store/envelope.c": "test_pick reads messages with it",
    "src/store/fulltext_walk.c": "a part of fulltext, by test_fulltext",
    "src/store/fulltext_want.c": "a part of fulltext, by test_fulltext",
    "src/store/index_put.c": "what test_index looks at",
    "src/store/index_take.c": "test_index takes and puts",
    "src/store/json_text.c": "test_index reads what it wrote",
    "src/store/pick_remove.c": "a part of pick, by test_pick",
    "src/store/pick_stats.c": "a part of pick, by test_pick",
    "src/store/pick_walk.c": "each page of test_pick is one",
    "src/store/schema_text.c": "constant text, run by every test of the store",
    "src/store/sql_blob.c": "a part of sql.h, by test_sql",
    "src/store/sql_function.c": "what test_query_sql asks by",
    "src/store/sql_open.c": "a part of sql.h, by test_sql",
    "src/serve/http_request.c": "test_http asks for each kind of path",
    "src/serve/listen_unix.c": "test_listen opens and closes them",
    "src/serve/session_put.c": "the rows that test_session_mail finds",
    "src/serve/session_rest.c": "test_session_mail keeps what was refused",
    "src/serve/session_talk.c": "the dialogue that test_session finds",
    "src/serve/tls_bio.c": "test_io reads and writes through it",
    "src/serve/tls_cert.c": "test_tls has its folder in each state",
    "src/serve/tls_make.c": "test_tls shakes hands with what it makes",
    "src/serve/users_hash.c": "test_users checks passwords of each kind",
}

# Neither C nor Python, but written by hand.
TEXT_FILES = ["README", "COPYING", "configure.ac", "Makefile.am", "src/README",
              ".ci/run", "contrib/*"]
TEXT_ENDS = (".c", ".h", ".py", ".1", ".5", ".7", ".8")
# What a tool made, what must be as odd as it is, and a sample for others.
SKIPPED = ["tests/fuzz/corpus", "contrib/screenshots", "contrib/clients/c",
           "node_modules", "__pycache__", "page_assets.c"]


# ---- reading

class Source:
    """One file: its text, and for C its code without comments and literals."""

    def __init__(self, tree, path):
        with open(os.path.join(tree, path), encoding="utf-8",
                  errors="surrogateescape", newline="") as file:
            self.text = file.read()
        self.path = path
        self.name = os.path.basename(path)
        self.stem, self.end = os.path.splitext(self.name)
        self.lines = self.text.split("\n")
        self.is_c = self.end in (".c", ".h")
        self.code = blank(self.text) if self.is_c else ""
        self.code_lines = self.code.split("\n")

    @property
    def layer(self):
        parts = self.path.split("/")
        return parts[1] if parts[0] == "src" and len(parts) > 2 else None

    @property
    def module(self):
        """x.c and x.h are one module; x_private.h belongs to it as well."""
        return re.sub(r"_private$", "", self.path[:-len(self.end)])


NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"'
                      r"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


def blank(text):
    """Comments and what is in literals become blanks; lines stay lines."""
    def spaces(match):
        token = match.group()
        if token[0] in "\"'":
            return token[0] + " " * (len(token) - 2) + token[0]
        return re.sub(r"[^\n]", " ", token)
    return NOT_CODE.sub(spaces, text)


def fits(path, patterns):
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


def walk(tree):
    """The paths of the files that are ours, from the top of the tree."""
    for top in ("src", "include", "tests", "contrib", ".ci"):
        for folder, below, names in os.walk(os.path.join(tree, top)):
            below[:] = sorted(
                name for name in below
                if not fits(os.path.relpath(os.path.join(folder, name), tree),
                            [*SKIPPED, *("*/" + s for s in SKIPPED)]))
            for name in sorted(names):
                if name not in SKIPPED:
                    yield os.path.relpath(os.path.join(folder, name), tree)
    for name in ("README", "COPYING", "configure.ac", "Makefile.am"):
        if os.path.exists(os.path.join(tree, name)):
            yield name


def load(tree):
    return [Source(tree, path) for path in walk(tree)
            if path.endswith(TEXT_ENDS) or fits(path, TEXT_FILES)]


def functions(source):
    """(name, first line, lines) of each, from its name to its last brace."""
    start = None
    for number, line in enumerate(source.code_lines, 1):
        named = re.match(r"(\w+)\(", line)
        if named and start is None:
            name, start, is_open = named.group(1), number, False
        elif line == "{":
            is_open = True
        elif line == "}" and start is not None:
            yield name, start, number - start + 1
            start = None
        elif start is not None and not is_open and line.endswith(";"):
            start = None


def includes(source):
    """(line, name, whether it is one of ours)"""
    for number, line in enumerate(source.lines, 1):
        found = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
        if found:
            yield number, found.group(2), found.group(1) == '"'


def statements(source):
    """(line, text) of each declaration at file scope, with bodies cut out."""
    lines = ["" if re.match(r"\s*#", line) else line
             for line in join_continued(source.code_lines)]
    text, depth, first = "", 0, 0
    for number, line in enumerate(lines, 1):
        for char in line + " ":
            if char == "{":
                depth += 1
            elif char == "}":
                depth -= 1
                text += "{}" if depth == 0 else ""
            elif depth == 0 and char == ";":
                yield first, text.strip()
                text = ""
            elif depth == 0:
                first = first if text.strip() else number
                text += char
        if line == "}" and depth == 0:
            text = ""


def join_continued(lines):
    """A macro's later lines become empty, so that its first one stands for it.
    """
    is_continued = False
    for line in lines:
        yield "" if is_continued else line
        is_continued = line.endswith("\\")


# ---- rules for one file

def check_size(source):
    """Files have a ceiling; tables at file scope do not count."""
    count, in_table = 0, False
    for line in source.code_lines:
        in_table = in_table or bool(re.match(r"\S.*=\s*\{$", line))
        count += not in_table
        in_table = in_table and not line.startswith("}")
    if count - 1 > FILE_LINES:
        yield 1, "%d lines; %d is a full file" % (count - 1, FILE_LINES)


def check_functions(source):
    for name, line, count in functions(source):
        if count > FUNCTION_LINES:
            yield line, "%s() has %d lines; %d is the limit" % (
                name, count, FUNCTION_LINES)


def check_places(source):
    for line, name, is_ours in includes(source):
        for start, patterns in PLACES.items():
            if (not is_ours and name.startswith(start)
                    and not fits(source.path, patterns)):
                yield line, "<%s> has no place here (only in %s)" % (
                    name, ", ".join(patterns) or "no file")


def check_calls(source):
    for call, where, allowed, instead in CALLS:
        if not fits(source.path, [where]) or fits(source.path, allowed):
            continue
        found = re.compile(r"(?<![\w.>])%s\s*\(" % call)
        for number, line in enumerate(source.code_lines, 1):
            if found.search(line):
                yield number, "%s(): %s" % (call, instead)


def is_mutable(declaration):
    """Whether what is declared can change: no const behind its last star."""
    left = declaration.split("=")[0]
    if re.match(r"(typedef|_Static_assert|extern\s+const)\b", left):
        return False
    if "(" in left or re.fullmatch(
            r"(const\s+)?(struct|enum|union)\s*\w*\s*(\{\})?", left.strip()):
        return False
    return not re.search(r"\bconst\b", left.split("*")[-1])


def is_excused(source, line):
    return any(why.startswith(source.path + ": ")
               and re.search(r"\b%s\b" % re.escape(name), line)
               for name, why in STATE.items())


def check_state(source):
    """No variable at file scope, no static one in a function."""
    if not source.path.startswith("src/"):
        return
    for line, text in statements(source):
        if text and is_mutable(text):
            yield line, "mutable variable at file scope"
    for number, line in enumerate(source.code_lines, 1):
        if re.match(r"\s+static\b(?!.*\(.*\)\s*$)", line):
            if (is_mutable(line.strip().rstrip(";{ "))
                    and not is_excused(source, line)):
                yield number, "mutable static variable"


def check_first_sentence(source):
    opening = re.match(r"/\*\s*(.*?)\*/", source.text, re.DOTALL)
    words = opening.group(1).lstrip("* \n") if opening else ""
    if "." not in words and ":" not in words:
        yield 1, "opens without a sentence on its job"
    elif (source.path.startswith("src/")
          and not words.startswith(source.stem + ":")):
        yield 1, 'opens without "%s: its job"' % source.stem


def check_shape(source):
    for match in re.finditer(r"\btypedef\s+(struct|union)\b", source.code):
        yield line_of(source, match), "typedef for a " + match.group(1)
    if not source.path.startswith("src/"):
        return
    # Without a name before the bracket it is a cast.
    for match in re.finditer(r"(,|\b(?!sizeof)\w+\()\s*bool(\s+\w+)?\s*[,)]",
                             source.code):
        yield line_of(source, match), (
            "bool argument: two functions, or an enum")


def line_of(source, match):
    return source.code.count("\n", 0, match.start()) + 1


def check_white_space(source):
    for number, line in enumerate(source.lines, 1):
        if line != line.rstrip():
            yield number, "white space at the end of the line"
    if source.text and not source.text.endswith("\n"):
        yield len(source.lines), "no line end at the end of the file"


def check_promises(source):
    """Work that was put off. The words are cut, so that this file is clean."""
    words = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
    for number, line in enumerate(source.lines, 1):
        if words.search(line):
            yield number, "work put off: do it, or open an issue"


def check_python_waits(source):
    if source.end != ".py" or source.stem in ("lint", "test_lint"):
        return
    for number, line in enumerate(source.lines, 1):
        if re.search(r"\btime\.sleep\(|^from time import .*\bsleep", line):
            yield number, "sleep(): wait for an event, with a deadline"


C_RULES = [check_size, check_functions, check_places, check_calls,
           check_state, check_first_sentence, check_shape]
TEXT_RULES = [check_white_space, check_promises, check_python_waits]


# ---- rules for the whole tree; these give (path, line, what)

def check_layers(tree, sources):
    del tree
    layers = {s.name: s.layer for s in sources if s.layer and s.end == ".h"}
    for source in sources:
        if not source.layer:
            continue
        for line, name, is_ours in includes(source):
            other = layers.get(os.path.basename(name))
            if (is_ours and other and other != source.layer
                    and other not in LAYERS[source.layer]):
                yield source.path, line, "%s must not know %s (%s)" % (
                    source.layer, other, name)
            if is_ours and not other and source.path.startswith("src/") \
                    and not name.startswith("mailstop"):
                yield source.path, line, "\"%s\" is no header of ours" % name


def check_circles(tree, sources):
    """Modules must not include each other in a circle."""
    del tree
    headers = {s.name: s for s in sources if s.layer and s.end == ".h"}
    edges = {}
    for source in sources:
        for line, name, is_ours in includes(source) if source.layer else ():
            other = headers.get(os.path.basename(name))
            if is_ours and other and other.module != source.module:
                edges.setdefault(source.module, {}).setdefault(
                    other.module, (source.path, line))
    done = set()
    for module in sorted(edges):
        yield from circles_from(module, edges, [], done)


def circles_from(module, edges, trail, done):
    if module in done:
        return
    for other, (path, line) in sorted(edges.get(module, {}).items()):
        if other in [*trail, module]:
            way = [*trail, module, other]
            way = way[way.index(other):]
            yield path, line, "circle: " + " > ".join(
                os.path.basename(step) for step in way)
        else:
            yield from circles_from(other, edges, [*trail, module], done)
    done.add(module)


def check_share(tree, sources):
    """Most functions are short, in the house and in its tests."""
    del tree
    for top in ("src", "tests"):
        found = [(count, s.path, line, name) for s in sources
                 if s.is_c and s.path.startswith(top + "/")
                 for name, line, count in functions(s)]
        long = sorted((f for f in found if f[0] > USUAL_LINES), reverse=True)
        allowed = int(len(found) * (1 - USUAL_SHARE) + 1e-9)
        for count, path, line, name in long[allowed:]:
            yield path, line, (
                "%s() has %d lines, and %d functions of %s/ are longer" % (
                    name, count, allowed, top))


def check_made(tree, sources):
    """Whatever is compiled or run as a test stands in Makefile.am.

    A header without its .c is a contract that nobody has fulfilled yet.
    """
    written = {source.module for source in sources if source.end == ".c"}
    with open(os.path.join(tree, "Makefile.am"), encoding="utf-8") as file:
        made = file.read()
    for source in sources:
        is_test = re.fullmatch(r"tests/.*/test_\w+\.py", source.path)
        if source.module in written or is_test:
            # A fuzz target is named without its ending.
            path = re.sub(r"(?<=/fuzz_)(\w+)\.c$", r"\1", source.path)
            if not re.search(r"(?<![\w/])%s(?!\w)" % re.escape(path), made):
                yield source.path, 1, "not in Makefile.am"


def has_reason(path):
    return any(fnmatch.fnmatch(path, place) for place in WITHOUT_UNIT_TEST)


def check_tested(tree, sources):
    del tree
    tests = {s.stem for s in sources if s.path.startswith("tests/unit/test_")}
    for source in sources:
        if source.layer is None or source.end != ".c":
            continue
        is_tested = "test_" + source.stem in tests
        if not is_tested and not has_reason(source.path):
            yield source.path, 1, (
                "no tests/unit/test_%s.c (or a reason in "
                "WITHOUT_UNIT_TEST of lint.py)" % source.stem)
        if is_tested and source.path in WITHOUT_UNIT_TEST:
            yield source.path, 1, "has a unit test: not WITHOUT_UNIT_TEST"


def check_format(tree, sources):
    program = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not program:
        if os.environ.get("CI"):
            yield ".clang-format", 1, "clang-format is not installed"
        return
    paths = [source.path for source in sources if source.is_c]
    if not paths or not os.path.exists(os.path.join(tree, ".clang-format")):
        return
    ran = subprocess.run([program, "--dry-run", "--style=file", *paths],
                         cwd=tree, stdin=subprocess.DEVNULL, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    seen = set()
    for match in re.finditer(r"^(\S+?):(\d+):\d+: (?:warning|error):",
                             ran.stdout, re.MULTILINE):
        if match.groups() not in seen:
            seen.add(match.groups())
            yield match.group(1), int(match.group(2)), (
                "clang-format would change this")


TREE_RULES = [check_layers, check_circles, check_share, check_made,
              check_tested, check_format]


def lint(tree):
    """All violations as (path, line, what)."""
    sources = load(tree)
    for source in sources:
        for rule in (C_RULES if source.is_c else []) + TEXT_RULES:
            for line, what in rule(source):
                yield source.path, line, what
    for rule in TREE_RULES:
        yield from rule(tree, sources)


def main():
    tree = sys.argv[1] if len(sys.argv) > 1 else "."
    found = sorted(lint(tree))
    for path, line, what in found:
        print("%s:%d: %s" % (path, line, what))
    print("lint: %d violations" % len(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
