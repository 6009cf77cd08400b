#!/usr/bin/env python3
"""test_squeeze: scripts put together by src/page/squeeze.awk still say the same.

Each row is a few modules and what the one made of them holds, what it lacks,
or what squeeze.awk says when it refuses them. TAP.
"""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SQUEEZE = os.path.join(HERE, "..", "..", "src", "page", "squeeze.awk")
AWK = os.environ.get("AWK", "awk")

# (what, {file: text}, holds, lacks)
GOOD = [
    ("what is imported stands before who uses it",
     {"a.js": "import { b } from './b.js';\nb();\n",
      "b.js": "/* b: it. */\nexport function b() {\n\treturn 1;\n}\n"},
     ["function $a(){return 1}$a()"], ["import", "export", "it."]),
    ("private names of two files stay apart",
     {"a.js": "import { b } from './b.js';\nconst same = 1;\nb(same);\n",
      "b.js": "const same = 2;\nexport const b = (x) => x + same;\n"},
     ["let $b=2;let $c=x=>x+$b;let $a=1;$c($a)"], ["same"]),
    ("a name that may be a key is kept, in all files",
     {"a.js": "import { size } from './b.js';\nuse({size});\n",
      "b.js": "export const size = 2;\nuse(size);\n"},
     ["let size=2;use(size)", "use({size})"], []),
    ("between commas of a call it is no key",
     {"a.js": "const size = 2;\nuse(1, size, 3);\n"},
     ["use(1,$a,3)"], ["size"]),
    ("keys and properties are left alone",
     {"a.js": "const size = 2;\nuse({size: size}, it.size);\n"},
     ["use({size:$a},it.size)"], []),
    ("strings, templates and expressions too",
     {"a.js": "const size = 2;\nuse('size', /size \\/ '/, it => /size/);\n"},
     ["'size'", "/size \\/ '/", "/size/"], []),
    ("what stands in a template is kept",
     {"a.js": "const size = 2;\nuse(`a  ${size}`);\n"},
     ["let size=2;use(`a  ${size}`)"], []),
    ("a slash that divides",
     {"a.js": "const a = (b + 1) / 2 / c;\n"}, ["(b+1)/2/c"], []),
]

# (what, {file: text}, says)
BAD = [
    ("a name that is not exported",
     {"a.js": "import { c } from './b.js';\nc();\n", "b.js": "const c = 1;\n"},
     "a.js: c is not in b.js"),
    ("two that must keep the same name",
     {"a.js": "const size = 1;\nuse({size});\n",
      "b.js": "const size = 2;\nuse({size});\n"},
     "size is in a.js and b.js"),
    ("an import of another form",
     {"a.js": "import * as b from './b.js';\n", "b.js": "\n"},
     "a.js: an import of another form"),
    ("a literal that does not end",
     {"a.js": "use('a\n);\n"}, "does not end"),
]


def squeeze(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                out.write(text)
        return subprocess.run(
            [AWK, "-v", "kind=js", "-f", os.path.abspath(SQUEEZE), *files],
            cwd=folder, capture_output=True, text=True, timeout=60,
            check=False)


def mistakes():
    for what, files, holds, lacks in GOOD:
        done = squeeze(files)
        text = done.stdout
        if done.returncode != 0 or \
                any(it not in text for it in holds) or \
                any(it in text for it in lacks):
            yield what, text + done.stderr
        else:
            yield what, None
    for what, files, says in BAD:
        done = squeeze(files)
        is_so = done.returncode != 0 and says in done.stderr
        yield what, None if is_so else done.stdout + done.stderr


def main():
    is_good = True
    print(f"1..{len(GOOD) + len(BAD)}")
    for number, (what, wrong) in enumerate(mistakes(), 1):
        print(f"{'not ok' if wrong is not None else 'ok'} {number} - {what}")
        if wrong is not None:
            is_good = False
            print("".join(f"# {it}\n" for it in wrong.splitlines()), end="")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
