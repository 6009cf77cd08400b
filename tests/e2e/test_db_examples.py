#!/usr/bin/env python3
"""test_db_examples: the example queries of mailstop-db(5), in SQLite's own shell.

They are taken out of the page as it stands: whoever changes a table and not
the page, or the other way round, sees it here.
"""

import os
import re
import subprocess

from api_test import LETTER, plain, send
from mailstop_test import (DEADLINE, TOP_SRCDIR, Server, main, mailstop,
                           require, test)

PAGE = os.path.join(TOP_SRCDIR, "src", "store", "mailstop-db.5")


def displayed(section):
    """What stands in the displays of a section, one text a paragraph."""
    with open(PAGE, encoding="utf-8") as page:
        text = page.read().split("\n.Sh " + section + "\n")[1]
    text = text.split("\n.Sh ")[0]
    found = []
    for paragraph in text.split("\n.Pp\n"):
        lines = re.findall(r"^\.Dl (.*)$", paragraph, re.M)
        if lines:
            found.append([re.sub(r"^(\\ \\& ?)", " ", line)
                          for line in lines])
    return found


def queries():
    """Each example; a line that does not go on from the one before it begins
    another."""
    found = []
    for lines in displayed("EXAMPLES"):
        for line in lines:
            if line.startswith(" "):
                found[-1] += line
            else:
                found.append(line)
    return found


def shell(db, query):
    """The rows that sqlite3 prints, as lists of columns."""
    ran = subprocess.run(["sqlite3", "-readonly", "-bail", db, query],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=DEADLINE, check=False)
    assert ran.returncode == 0 and not ran.stderr, (query, ran.stderr)
    return [line.split("|") for line in ran.stdout.decode().splitlines()]


def fill(server):
    """Mail that each of the examples finds something of."""
    first, = send(server, LETTER, recipients=("alice@to.test",
                                              "hidden@to.test"))
    second, = send(server, plain("An Invoice", b"voices of invoices\r\n",
                                 b"list-id: <list.test>\r\n"))
    server.run("list", "subject:invoice")
    return first, second


def check(db, first, second):
    rows = [shell(db, query) for query in queries()]
    assert len(rows) == 6, queries()
    assert rows[0] == [["alice@to.test", "2"], ["hidden@to.test", "1"]], rows
    assert rows[1] == [[first, "hidden@to.test"]], rows
    assert rows[2] == [[second, "An Invoice"]], rows
    assert rows[3] == [[second, "<list.test>"]], rows
    assert rows[4] == [["invoice"], ["invoices"], ["voices"]], rows
    assert rows[5] == [[second]], rows


@test
def examples_run_in_sqlites_shell():
    require("sqlite3")
    with Server() as server:
        first, second = fill(server)
        # While the server runs, and when it has left.
        check(server.db, first, second)
        server.stop()
        check(server.db, first, second)
        # What is made again is the same.
        mailstop("reindex", "--db", server.db, folder=server.folder)
        check(server.db, first, second)


@test
def the_first_example_runs_as_it_is_printed():
    require("sqlite3")
    with Server() as server:
        fill(server)
        words, = displayed("DESCRIPTION")
        ran = subprocess.run(
            words[0].replace("mailstop.db", server.db), shell=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=DEADLINE,
            check=False)
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.decode().splitlines() == [
            "sender@from.test|%d" % len(LETTER),
            "sender@from.test|%d" % len(plain(
                "An Invoice", b"voices of invoices\r\n",
                b"list-id: <list.test>\r\n"))], ran.stdout


main()
