"""test_assert: expressions held against a database and a server."""

import subprocess
import xml.etree.ElementTree

from mailstop_test import (DEADLINE, MAILSTOP, Server, environment, mailstop,
                           main, test)


def send(server, *subjects, **rest):
    with server.client() as client:
        client.hello()
        for subject in subjects:
            client.send_mail(b"Subject: %s\r\n\r\n" % subject.encode(),
                             greet=False, **rest)


def places(server):
    return (["--db", server.db], ["--url", server.url])


@test
def holds_or_not():
    rows = [("subject:welcome == 1", 0), ("subject:welcome == 2", 1),
            ("subject:invoice >= 2", 0), ("subject:invoice > 2", 1),
            ("subject:invoice != 2", 1), ("subject:invoice < 3", 0),
            ("subject:invoice <= 1", 1), ("none subject:spam", 0),
            ("none subject:welcome", 1), ("== 3", 0), ("none", 1),
            ("findings severity>=info >= 1", 0),
            ("findings rule=date-missing >= 1000000", 1)]
    with Server() as server:
        send(server, "welcome", "invoice", "invoice")
        for place in places(server):
            for expression, status in rows:
                if "date-missing" in expression:
                    continue
                mailstop("assert", *place, expression, status=status)
            mailstop("assert", *place, "== 3", "none subject:spam")
            mailstop("assert", *place, "== 3", "none", status=1)


@test
def tells_what_came_near():
    with Server() as server:
        send(server, "welcome")
        for place in places(server):
            ran = mailstop("assert", *place, "rcpt:bob subject:welcome == 1",
                           "none subject:welcome", "== 1", status=1)
            text = ran.stderr.decode()
            assert ran.stdout == b"ok: == 1\n", ran.stdout
            assert "(found 0)" in text and "missed rcpt:bob" in text, text
            assert "found: 1 " in text and '"welcome"' in text, text


@test
def counts_findings():
    with Server() as server:
        send(server, "bad\x01", sender="")
        ran = server.run("findings", "--json")
        rules = [line for line in ran.stdout.splitlines() if b'"rule"' in line]
        for place in places(server):
            mailstop("assert", *place, "findings == %d" % len(rules))
            ran = mailstop("assert", *place, "none findings", status=1)
            assert b"found: " in ran.stderr


@test
def waits_until_all_hold():
    with Server() as server:
        for place in places(server):
            waiting = subprocess.Popen(
                [MAILSTOP, "assert", *place, "--timeout", "%ds" % DEADLINE,
                 "subject:later >= 1", "none subject:never"],
                env=environment(server.folder), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            send(server, "sooner", "later")
            out, err = waiting.communicate(timeout=DEADLINE)
            assert waiting.returncode == 0, (out, err)
            server.run("rm", "subject:later")
        mailstop("assert", "--db", server.db, "--timeout", "300ms",
                 "subject:later >= 1", status=1)


@test
def speaks_tap():
    with Server() as server:
        send(server, "a#b")
        ran = server.run("assert", "--format", "tap", "== 1",
                         "subject:a#b == 2", status=1)
        lines = ran.stdout.decode().splitlines()
        assert lines[:4] == ["TAP version 13", "1..2", "ok 1 - == 1",
                             "not ok 2 - subject:a\\#b == 2"], lines
        assert all(line.startswith("# ") for line in lines[4:]), lines
        assert ran.stderr == b""


@test
def speaks_junit():
    with Server() as server:
        send(server, "<&\">")
        ran = server.run("assert", "--format", "junit", "== 1",
                         "none subject:\"<&\"", status=1)
        suite = xml.etree.ElementTree.fromstring(ran.stdout)
        assert suite.attrib["tests"] == "2" and suite.attrib["failures"] == "1"
        cases = suite.findall("testcase")
        assert cases[1].attrib["name"] == "none subject:\"<&\""
        assert "found: 1" in cases[1].find("failure").text


@test
def inbox_is_one():
    with Server("--smtp", "name=other,addr=127.0.0.1:0,inbox=other") as server:
        send(server, "one")
        for place in places(server):
            mailstop("assert", *place, "--inbox", "other", "none")
            mailstop("assert", *place, "--inbox", "default", "== 1")


@test
def points_at_what_is_wrong():
    with Server() as server:
        for expression in ("subject:x", "subject:( == 1", "none a == 1",
                           "findings nonsense == 1", "== x"):
            ran = server.run("assert", expression, status=64)
            assert b": at " in ran.stderr, ran.stderr
        server.run("assert", status=64)


main()
