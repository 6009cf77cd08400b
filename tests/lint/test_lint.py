#!/usr/bin/env python3
"""test_lint: small trees, each with one thing wrong that lint must see.

Every row changes the same clean tree and names all violations that it has
then, as "file:line: part of what". TAP.
"""

import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lint  # noqa: E402

ONE_H = """/*
 * one: the number one.
 */
#ifndef ONE_H
#define ONE_H

int one(void);

#endif
"""
ONE_C = """/* one: the number one. */
#include "one.h"

int
one(void)
{
	return 1;
}
"""
TEST_ONE = """/* test_one: it is 1. */
#include "one.h"

int
main(void)
{
	return one() - 1;
}
"""
TWO_H = ONE_H.replace("one", "two").replace("ONE", "TWO")
TWO_C = ONE_C.replace("one", "two")
CLEAN = {
    "src/base/one.h": ONE_H,
    "src/base/one.c": ONE_C,
    "src/base/two.h": TWO_H,
    "src/base/two.c": TWO_C,
    "tests/unit/test_one.c": TEST_ONE,
    "tests/unit/test_two.c": TEST_ONE.replace("one", "two"),
    "Makefile.am": "X = src/base/one.c src/base/one.h src/base/two.h \\\n"
                   "\tsrc/base/two.c tests/unit/test_one.c \\\n"
                   "\ttests/unit/test_two.c\n",
}


def one(code, before="int\none"):
    """one.c with `code` put in front of its function; it begins in line 4."""
    return {"src/base/one.c": ONE_C.replace(before, code + "\n" + before)}


def body(code):
    """one.c with `code` as the first line of its function, which is line 7."""
    return one("\t" + code, "\treturn 1")


def layered(layer, include):
    """A module of that layer which includes one header; it is line 4."""
    path = "src/%s/three.h" % layer
    return {
        "src/store/four.h": TWO_H.replace("two", "four").replace("TWO",
                                                                 "FOUR"),
        path: "/* three: the number. */\n#ifndef THREE_H\n#define THREE_H\n"
              "%s\n\n#endif\n" % include,
    }


def functions_of(count, lines):
    """`count` functions with so many lines from name to brace."""
    filler = "".join("\tone();\n" for _ in range(lines - 3))
    return "\n".join("int\nf%d(void)\n{\n%s}\n" % (i, filler)
                     for i in range(count))


ROWS = [
    ("a clean tree", {}, []),
    # size
    ("a full file", one("/*\n" + "x\n" * 589 + "*/"), []),
    ("a file too long", one("/*\n" + "x\n" * 600 + "*/"),
     ["src/base/one.c:1: 610 lines"]),
    ("a long table", one("static const int x[] = {\n" + "    1,\n" * 700 +
                         "};\n"), []),
    ("a long function", one(functions_of(1, 60)),
     ["src/base/one.c:5: f0() has 60 lines, and 0"]),
    ("a function too long", one(functions_of(1, 61)),
     ["src/base/one.c:5: f0() has 61 lines; 60",
      "src/base/one.c:5: f0() has 61 lines, and 0"]),
    ("a usual function", one(functions_of(1, 40)), []),
    ("one long function among many",
     one(functions_of(38, 4) + "\n" +
         functions_of(1, 41).replace("f0", "long_one")), []),
    # includes
    ("base knows serve", layered("base", '#include "four.h"'),
     ["src/base/three.h:4: base must not know store"]),
    ("proto knows store", layered("proto", '#include "four.h"'),
     ["src/proto/three.h:4: proto must not know store"]),
    ("serve knows store", layered("serve", '#include "four.h"'), []),
    ("a header of nobody", layered("base", '#include "nobody.h"'),
     ["src/base/three.h:4: \"nobody.h\" is no header of ours"]),
    ("a circle", {
        "src/base/one.c": ONE_C.replace('one.h"', 'one.h"\n\n#include "two.h"'),
        "src/base/two.c": TWO_C.replace('two.h"', 'two.h"\n\n#include "one.h"'),
    }, ["src/base/two.c:4: circle: one > two > one"]),
    # system headers
    ("SQLite in base", layered("base", "#include <sqlite3.h>"),
     ["src/base/three.h:4: <sqlite3.h> has no place here"]),
    ("libevent in store", layered("store", "#include <event2/event.h>"),
     ["src/store/three.h:4: <event2/event.h> has no place here"]),
    ("libevent in serve", layered("serve", "#include <event2/event.h>"), []),
    ("threads in app", layered("app", "#include <pthread.h>"),
     ["src/app/three.h:4: <pthread.h> has no place here"]),
    ("GMime in store", layered("store", "#include <gmime/gmime.h>"),
     ["src/store/three.h:4: <gmime/gmime.h> has no place here"]),
    ("OpenSSL in proto", layered("proto", "#include <openssl/ssl.h>"),
     ["src/proto/three.h:4: <openssl/ssl.h> has no place here"]),
    # calls
    *[("a call of " + call, body("%s(0);" % call),
       ["src/base/one.c:7: %s()" % call]) for call, *_ in lint.CALLS],
    ("calls that only look so",
     body('x.system(my_strcpy("sprintf(x)" /* gets(x) */), p->rand());'), []),
    ("a sleep in a Python test",
     {"tests/e2e/wait.py": '"""wait: x."""\nimport time\n'
                           'time.sleep(1)\n'},
     ["tests/e2e/wait.py:3: sleep()"]),
    # state
    ("a variable", one("static int count;\n"),
     ["src/base/one.c:4: mutable variable at file scope"]),
    ("a variable with a value", one("int count = 3;\n"),
     ["src/base/one.c:4: mutable variable at file scope"]),
    ("pointers that can change", one("static const char *names[] = {\"a\"};\n"),
     ["src/base/one.c:4: mutable variable at file scope"]),
    ("a struct that can change",
     one("static struct {\n\tint x;\n} state = {1};\n"),
     ["src/base/one.c:4: mutable variable at file scope"]),
    ("a static variable in a function", body("static int count;"),
     ["src/base/one.c:7: mutable static variable"]),
    ("what cannot change",
     one("struct pair {\n\tint x;\n};\n\nenum { A, B };\n\nstruct later;\n\n"
         "static const char *const names[] = {\"a\"};\n\n"
         "static const struct {\n\tint x;\n} rows[] = {{1}, {2}};\n\n"
         "static int helper(int x);\n\ntypedef int callback(int x);\n"), []),
    ("a constant in a function", body("static const int x[] = {1};"), []),
    # words
    ("no first sentence",
     {"src/base/one.c": ONE_C.split("\n", 1)[1]},
     ["src/base/one.c:1: opens without a sentence"]),
    ("a first sentence on something else",
     {"src/base/one.c": ONE_C.replace("one: the", "What: the")},
     ['src/base/one.c:1: opens without "one:']),
    ("a typedef", one("typedef struct pair {\n\tint x;\n} pair;\n"),
     ["src/base/one.c:4: typedef for a struct"]),
    ("a bool argument", one("int two(int x, bool is_last);\n"),
     ["src/base/one.c:4: bool argument"]),
    ("a bool argument without a name", one("int two(bool);\n"),
     ["src/base/one.c:4: bool argument"]),
    ("a cast to bool", body("one((bool)2, sizeof(bool));"), []),
    ("a bool that is returned", one("bool two(int x);\n"), []),
    ("white space at the end", {"README": "a \n"},
     ["README:1: white space at the end"]),
    ("CRLF", {"README": "a\r\n"}, ["README:1: white space at the end"]),
    ("no last line end", {"README": "a"}, ["README:1: no line end"]),
    *[("put off: " + word, {"contrib/x": "a\n# %s: b\n" % word},
       ["contrib/x:2: work put off"])
      for word in ("TO" "DO", "FIX" "ME", "XX" "X")],
    ("a template for mkstemp", {"contrib/x": "name-XXXX" "XX\n"}, []),
    # the build
    ("a source that nobody builds",
     {"Makefile.am": CLEAN["Makefile.am"].replace("src/base/one.c", "")},
     ["src/base/one.c:1: not in Makefile.am"]),
    ("a test that nobody runs",
     {"tests/unit/test_new.c": TEST_ONE.replace("test_one", "test_new")},
     ["tests/unit/test_new.c:1: not in Makefile.am"]),
    ("a Python test that nobody runs",
     {"tests/e2e/test_new.py": '"""test_new: x."""\n'},
     ["tests/e2e/test_new.py:1: not in Makefile.am"]),
    ("a fuzz target without its ending",
     {"tests/fuzz/fuzz_x.c": TEST_ONE.replace("test_one", "fuzz_x"),
      "Makefile.am": CLEAN["Makefile.am"] + "Y = tests/fuzz/fuzz_x\n"}, []),
    ("a module without a test", {"tests/unit/test_two.c": None},
     ["src/base/two.c:1: no tests/unit/test_two.c"]),
    # layout
    ("another layout", one("int x(  void );\n"),
     ["src/base/one.c:4: clang-format"]),
]


def write(tree, files):
    for path, text in files.items():
        if text is None:
            continue
        full = os.path.join(tree, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8", newline="") as file:
            file.write(text)


def run(files):
    """The violations that lint finds in such a tree, as lines."""
    with tempfile.TemporaryDirectory() as tree:
        write(tree, {**CLEAN, **files})
        top = os.environ.get("TOP_SRCDIR") or os.path.join(
            os.path.dirname(os.path.abspath(__file__)), "..", "..")
        shutil.copy(os.path.join(top, ".clang-format"), tree)
        return ["%s:%d: %s" % found for found in sorted(lint.lint(tree))]


def explain(found, expected):
    """What is wrong with the outcome; empty if nothing is."""
    wrong = [line for line in found
             if not any(line.startswith(start) for start in expected)]
    return (["not expected: " + line for line in wrong] +
            ["not found: " + start for start in expected
             if not any(line.startswith(start) for line in found)])


def main():
    has_format = (shutil.which("clang-format-14")
                  or shutil.which("clang-format"))
    print("1..%d" % len(ROWS))
    status = 0
    for number, (name, files, expected) in enumerate(ROWS, 1):
        if any("clang-format" in line for line in expected) and not has_format:
            print("ok %d - %s # SKIP no clang-format" % (number, name))
            continue
        # Rows are about one rule each; most are not laid out to the letter.
        found = [line for line in run(files) if "clang-format" not in line
                 or any("clang-format" in start for start in expected)]
        wrong = explain(found, expected)
        status |= bool(wrong)
        print("%s %d - %s" % ("not ok" if wrong else "ok", number, name))
        for line in wrong:
            print("# " + line)
    return status


if __name__ == "__main__":
    sys.exit(main())
