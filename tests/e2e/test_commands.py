"""test_commands: what the commands print and do, on a database file."""

import hashlib
import json
import os
import pty
import subprocess

from mailstop_test import (DEADLINE, MAILSTOP, Deadline, Server, environment,
                           json_lines, mailstop, main, read_until, scratch,
                           test)

KEYS = ["id", "seq", "state", "received", "session", "listener", "inbox",
        "peer", "helo", "user", "mail_from", "mail_params", "recipients",
        "size", "sha256", "subject", "from", "to", "cc", "date", "message_id",
        "attachments", "tags", "findings", "read", "reason", "snippet"]

HELLO = (b"From: =?utf-8?q?J=C3=BCrgen?= <j@from.test>\r\n"
         b"To: Alice <alice@to.test>, b@to.test\r\n"
         b"Subject: =?utf-8?q?H=C3=A4llo?=\r\n"
         b"Date: Tue, 25 Mar 2003 12:37:02 +0100\r\n"
         b"Message-ID: <one@from.test>\r\n"
         b"\r\nFirst line\r\n.second\x1b[2J\r\n")
MIXED = (b"Subject: parts\r\nMIME-Version: 1.0\r\n"
         b"Content-Type: multipart/mixed; boundary=B\r\n\r\n"
         b"--B\r\nContent-Type: text/html\r\n\r\n<p>Hi <b>you</b></p>\r\n"
         b"--B\r\nContent-Type: application/pdf; name=../../x.pdf\r\n"
         b"Content-Disposition: attachment\r\n"
         b"Content-Transfer-Encoding: base64\r\n\r\nYWJjAA==\r\n--B--\r\n")


def send(server, *bodies, **rest):
    with server.client() as client:
        client.hello()
        return [client.send_mail(body, greet=False, **rest)
                for body in bodies]


@test
def list_gives_whole_messages_as_json():
    with Server() as server:
        ids = send(server, HELLO, recipients=("alice@to.test", "c@to.test"))
        message, = server.messages()
        assert list(message) == KEYS, list(message)
        assert message["id"] == ids[0] and message["seq"] == 1
        assert message["state"] == "accepted" and message["reason"] == ""
        assert message["received"].endswith("Z")
        assert message["helo"] == "client.test"
        assert message["peer"] == "127.0.0.1" and message["user"] == ""
        assert message["mail_from"] == "sender@from.test"
        assert [r["address"] for r in message["recipients"]] == [
            "alice@to.test", "c@to.test"]
        assert message["recipients"][0]["reply"].startswith("250 2.1.5")
        assert message["size"] == len(HELLO)
        assert message["sha256"] == hashlib.sha256(HELLO).hexdigest()
        assert message["subject"] == "H\u00e4llo"
        assert message["from"] == [
            {"name": "J\u00fcrgen", "address": "j@from.test"}]
        assert message["to"] == [{"name": "Alice", "address": "alice@to.test"},
                                 {"name": "", "address": "b@to.test"}]
        assert message["cc"] == [] and message["tags"] == []
        assert message["date"] == "2003-03-25T11:37:02.000000Z"
        assert message["message_id"] == "one@from.test"
        assert message["attachments"] == 0


@test
def list_is_newest_first_and_has_limits():
    with Server() as server:
        send(server, *(b"Subject: %d\r\n\r\n" % n for n in range(60)))
        seqs = [m["seq"] for m in json_lines(server.run("list", "--json"))]
        assert seqs == list(range(60, 10, -1)), seqs
        assert [m["seq"] for m in server.messages(limit=0)] == list(
            range(60, 0, -1))
        assert [m["seq"] for m in json_lines(server.run(
            "list", "--json", "--after", 3, "--before", 6))] == [5, 4]
        assert [m["subject"] for m in server.messages("subject:7")] == [
            "57", "47", "37", "27", "17", "7"]


@test
def list_prints_lines_in_a_pipe():
    with Server() as server:
        ids = send(server, b"Subject: a\tb\\\r\n\r\n")
        line = server.run("list").stdout.decode()
        assert line.count("\n") == 1
        fields = line.rstrip("\n").split("\t")
        assert fields[:2] == ["1", ids[0]]
        assert fields[3:] == ["accepted", "sender@from.test",
                              "alice@to.test", "17", "a\\tb\\\\"], fields


@test
def list_prints_a_table_on_a_terminal():
    with Server() as server:
        send(server, HELLO)
        parent, child = pty.openpty()
        subprocess.run([MAILSTOP, "list", "--db", server.db], stdout=child,
                       stdin=subprocess.DEVNULL, timeout=DEADLINE,
                       env=environment(server.folder), check=True)
        os.close(child)
        text = read_until(parent, lambda t: t.count(b"\n") == 2, Deadline())
        os.close(parent)
        lines = text.decode().splitlines()
        assert lines[0].split() == ["SEQ", "RECEIVED", "FROM", "TO", "SIZE",
                                    "SUBJECT"], lines
        assert "sender@from.test" in lines[1] and "H\u00e4l" in lines[1]
        assert max(map(len, lines)) <= 80


@test
def what_matches_nothing_is_a_no():
    with Server() as server:
        assert server.run("list").stdout == b""
        for words in (["list", "subject:x"], ["take"], ["rm", "subject:x"],
                      ["show", "1"], ["show", "latest"],
                      ["rm", "0Vz1aaaaaaaaaaaaaaaaaa"], ["transcript", "5"],
                      ["wait", "--timeout", "0"]):
            assert server.run(*words, status=1).stdout == b"", words


@test
def bad_queries_are_pointed_at():
    with Server() as server:
        for command in ("list", "wait", "take", "tail", "rm"):
            ran = server.run(command, "subject:a (", status=64)
            assert b"subject:a (" in ran.stderr, ran.stderr
        assert server.run("rm", "", status=64).stdout == b""
        assert server.run("take", "--count", 0, status=64).stdout == b""


@test
def show_gives_the_exact_bytes():
    body = bytes(range(256)) + b"\r\n.\r\r\n\n.\n..x\r\n" + b"y" * 100000
    with Server() as server:
        ident, = send(server, body + b"\r\n")
        assert server.run("show", "--raw", ident).stdout == body + b"\r\n"
        assert server.run("show", "--raw", 1).stdout == body + b"\r\n"
        assert server.run("show", "--raw", "latest").stdout == body + b"\r\n"


@test
def show_tells_all_in_words():
    with Server() as server:
        send(server, HELLO)
        text = server.run("show", 1).stdout.decode()
        assert "\x1b" not in text and ".second\\x1b[2J" in text
        for part in ("mail from   <sender@from.test>",
                     "rcpt to     <alice@to.test>", "Subject: H\u00e4llo\n",
                     "helo        client.test", "First line"):
            assert part in text, part
        headers = server.run("show", "--headers", 1).stdout
        assert headers == HELLO[:HELLO.index(b"\r\n\r\n") + 2], headers
        assert server.run("show", "--text", 1).stdout == HELLO[
            HELLO.index(b"First"):]
        message, = json_lines(server.run("show", "--json", 1))
        assert message["subject"] == "H\u00e4llo"


@test
def show_gives_parts():
    with Server() as server:
        send(server, MIXED)
        assert b"<b>you</b>" in server.run("show", "--html", 1).stdout
        assert server.run("show", "--text", 1).stdout.strip() == b"Hi you"
        tree = server.run("show", "--tree", 1).stdout.decode()
        assert "multipart/mixed" in tree and "application/pdf" in tree
        assert server.run("show", "--part", "2", 1).stdout == b"abc\0"
        assert server.run("show", "--part", "7", 1, status=1).stdout == b""
        ran = server.run("show", "--raw", "--html", 1, status=64)
        assert b"--raw" in ran.stderr and b"--html" in ran.stderr


@test
def rm_removes_by_query_and_by_id():
    with Server() as server:
        ids = send(server, *(b"Subject: n%d\r\n\r\n" % n for n in range(6)))
        server.run("rm", ids[0], 2)
        server.run("rm", "subject:n2 OR subject:n3")
        assert [m["subject"] for m in server.messages()] == ["n5", "n4"]
        ran = server.run("rm", ids[0], 5, status=1)
        assert ids[0].encode() in ran.stderr
        assert [m["subject"] for m in server.messages()] == ["n5"]
        # A number is never given again.
        send(server, b"Subject: new\r\n\r\n")
        assert server.messages()[0]["seq"] == 7


@test
def take_gives_each_message_once():
    with Server() as server:
        send(server, *(b"Subject: %d\r\n\r\n" % n for n in range(30)))
        takers = [subprocess.Popen(
            [MAILSTOP, "take", "--db", server.db, "--json", "--count", "10"],
            env=environment(server.folder), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE) for _ in range(3)]
        seqs = []
        for taker in takers:
            text, _ = taker.communicate(timeout=DEADLINE)
            assert taker.returncode == 0
            lines = [json.loads(line)["seq"] for line in text.splitlines()]
            assert lines == sorted(lines) and len(lines) == 10
            seqs += lines
        assert sorted(seqs) == list(range(1, 31))
        assert server.messages() == []


@test
def sessions_and_transcripts_are_there():
    with Server() as server:
        with server.client() as client:
            client.hello("early.test")
            client.ask("QUIT", 221)
        ids = send(server, HELLO)
        with server.client() as client:
            client.hello("late.test")
            client.ask("NOOP", 250)
            client.ask("QUIT", 221)
        server.stop()
        sessions = json_lines(server.run("sessions", "--json"))
        assert [s["helo"] for s in sessions] == ["late.test", "client.test",
                                                 "early.test"]
        assert sessions[1]["accepted"] == 1 and sessions[1]["tls"] is None
        assert sessions[0]["ending"] == "quit"
        text = server.run("transcript", ids[0]).stdout.decode()
        assert " C: MAIL FROM:<sender@from.test>" in text
        assert " S: 250 2.0.0" in text and "First line" not in text
        assert text == server.run(
            "transcript", sessions[1]["id"]).stdout.decode()
        lines = json_lines(server.run("transcript", "--json", ids[0]))
        assert lines[0]["kind"] == "server" and "at" in lines[0]
        assert len(json_lines(server.run("sessions", "--json",
                                         "--limit", 1))) == 1


@test
def stats_count():
    with Server() as server:
        send(server, HELLO, HELLO)
        stats, = json_lines(server.run("stats", "--json"))
        assert stats["accepted"] == 2 and stats["seq"] == 2
        assert stats["bytes"] == 2 * len(HELLO)
        assert b"accepted\t2\n" in server.run("stats").stdout


@test
def reads_without_a_server():
    with Server() as server:
        send(server, HELLO)
        server.process.kill()
        server.finish()
        assert server.messages("subject:h\u00e4llo")[0]["seq"] == 1
        server.run("reindex")
        assert server.messages("j@from.test")[0]["seq"] == 1


@test
def finds_the_usual_database():
    with scratch() as folder:
        ran = mailstop("list", folder=folder, status=66)
        assert b"state/mailstop/mailstop.db" in ran.stderr, ran.stderr
        db = os.path.join(folder, "state", "mailstop", "mailstop.db")
        mailstop("import", folder=folder,
                 given=b"From a@b Thu Jan  1 00:00:01 1970\nSubject: x\n\n\n")
        assert os.path.exists(db)
        assert b"a@b" in mailstop("list", folder=folder).stdout
        assert b"a@b" in mailstop("list", folder="/nonexistent",
                                  env={"MAILSTOP_DB": db}).stdout


@test
def refuses_what_is_no_database():
    with scratch() as folder:
        path = os.path.join(folder, "x.db")
        with open(path, "w", encoding="ascii") as file:
            file.write("This is no database, though it is a file.\n" * 100)
        ran = mailstop("list", "--db", path, status=65)
        assert path.encode() in ran.stderr
        ran = mailstop("list", "--db", path, "--url", "http://x", status=64)
        assert b"--url" in ran.stderr and b"--db" in ran.stderr


@test
def closed_streams_are_no_files():
    """What is opened does not take the place of standard output."""
    with Server() as server:
        with server.client() as client:
            client.send_mail(b"Subject: x\r\n\r\n")
        for where in (["--url", server.url], ["--db", server.db]):
            ran = subprocess.run(
                ["/bin/sh", "-c", 'exec "$@" >&-', "sh", MAILSTOP, "list",
                 *where], stderr=subprocess.PIPE, check=False,
                env=environment(server.folder), timeout=DEADLINE)
            assert ran.returncode == 74, ran
            assert b"standard output" in ran.stderr, ran
        ready = os.path.join(server.folder, "ready")
        os.mkfifo(ready)
        private = subprocess.Popen(
            ["/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", MAILSTOP,
             "serve", "--memory", "--smtp", "127.0.0.1:0", "--http", "off",
             "--ready-file", ready], env=environment(server.folder))
        with open(ready, encoding="ascii") as file:
            assert json.load(file)["pid"] == private.pid
        names = [os.readlink("/proc/%d/fd/%d" % (private.pid, fd))
                 for fd in (0, 1, 2)]
        private.terminate()
        assert private.wait(DEADLINE) == 0
        assert names == ["/dev/null"] * 3, names


main()
