"""test_files: export and import, byte for byte."""

import mailbox
import os
import subprocess

from mailstop_test import (DEADLINE, MAILSTOP, Server, environment, mailstop,
                           main, scratch, test)

BODIES = [
    b"Subject: 1\r\n\r\nFrom me\r\n>From you\r\n>>From them\r\n",
    b"Subject: 2\n\nbare\n\nFrom x Tue Mar 25 11:37:02 2003\nFrom y\n\r\n",
    b"Subject: 3\r\n\r\nNUL\0 \xff\x80 \r\r\n\r\n\r\n",
    b"\r\n",
    b"From a@b Tue Mar 25 11:37:02 2003\r\n",
    b"Subject: 6\r\n\r\n" + b"x" * 200000 + b"\r\n",
    bytes(range(256)) + b"\r\n",
]


def fill(server):
    """One message by BDAT too, which need not end with a line's end."""
    with server.client() as client:
        client.hello()
        for body in BODIES:
            client.send_mail(body, greet=False)
        client.ask("MAIL FROM:<>", 250)
        client.ask("RCPT TO:<b@c.test>", 250)
        client.send(b"BDAT 7 LAST\r\nX\n\nFrom")
        client.reply(250)


def everything(server):
    messages = server.messages()
    return [(m["mail_from"], server.raw(m)) for m in reversed(messages)]


EXPECTED = [("sender@from.test", body) for body in BODIES] + [
    ("", b"X\n\nFrom")]


def check_import(*words, given=None, senders=True):
    with scratch() as folder:
        db = os.path.join(folder, "copy.db")
        mailstop("import", "--db", db, *words, given=given)
        copy = Server(folder=folder)
        copy.db = db
        found = everything(copy)
        if not senders:
            found = [("", body) for _, body in found]
        expected = EXPECTED if senders else [("", b) for _, b in EXPECTED]
        assert found == expected, [
            (number, one, other) for number, (one, other)
            in enumerate(zip(found, expected)) if one != other] or len(found)
        return [m["received"] for m in reversed(copy.messages())]


@test
def mbox_gives_the_same_bytes_again():
    with Server() as server:
        fill(server)
        path = os.path.join(server.folder, "x.mbox")
        text = server.run("export").stdout
        server.run("export", path)
        with open(path, "rb") as file:
            assert file.read() == text
        assert oct(os.stat(path).st_mode & 0o777) == "0o600"
        received = [m["received"][:19] for m in reversed(server.messages())]
        assert [r[:19] for r in check_import(path)] == received
        check_import("-", given=text)
        check_import(given=text)
        # Others can read it as well.
        box = mailbox.mbox(path, create=False)
        assert len(box) == len(EXPECTED)
        assert box[0]["Subject"] == "1"
        box.close()
        server.run("export", path, status=73)


@test
def folders_give_the_same_bytes_again():
    with Server() as server:
        fill(server)
        received = [m["received"] for m in reversed(server.messages())]
        for form, below in (("eml", ""), ("maildir", "new")):
            path = os.path.join(server.folder, form)
            server.run("export", "--format", form, path)
            names = sorted(os.listdir(os.path.join(path, below)))
            assert len(names) == len(EXPECTED), names
            # Maildir's names tell seconds only: the times must differ.
            found = check_import(path, senders=False) if form == "eml" else (
                sorted(check_import_any_order(path)))
            assert found == sorted(received)
            # Again: what is there stays.
            ran = server.run("export", path)
            assert b"%d were there" % len(EXPECTED) in ran.stderr, ran.stderr
            assert sorted(os.listdir(os.path.join(path, below))) == names
        with_python = mailbox.Maildir(path, create=False)
        assert len(with_python) == len(EXPECTED)


def check_import_any_order(path):
    with scratch() as folder:
        db = os.path.join(folder, "copy.db")
        mailstop("import", "--db", db, path)
        copy = Server(folder=folder)
        copy.db = db
        assert sorted(body for _, body in everything(copy)) == sorted(
            body for _, body in EXPECTED)
        return [m["received"] for m in copy.messages()]


@test
def export_takes_a_query():
    with Server() as server:
        fill(server)
        text = server.run("export", "--query", "subject:6").stdout
        assert text.count(b"\nFrom ") == 0 and b"Subject: 6" in text
        assert server.run("export", "--query", "subject:none",
                          status=1).stdout == b""
        server.run("export", "--query", "(", status=64)


@test
def import_reads_envelopes_from_headers():
    with scratch() as folder:
        path = os.path.join(folder, "one.eml")
        with open(path, "wb") as file:
            file.write(b"Return-Path: <bounce@x.test>\r\n"
                       b"From: A <a@x.test>\r\nTo: B <b@x.test>, c@x.test\r\n"
                       b"Bcc: d@x.test\r\nSubject: one\r\n\r\nhi\r\n")
        os.utime(path, (1048592222, 1048592222))
        other = os.path.join(folder, "two.eml")
        with open(other, "wb") as file:
            file.write(b"From: A <a@x.test>\nTo: b@x.test\n"
                       b"Delivered-To: real@x.test\n\nhi")
        server = Server(folder=folder)
        server.run("import", "--default-inbox", "old", path, other)
        two, one = server.messages()
        assert one["mail_from"] == "bounce@x.test"
        assert [r["address"] for r in one["recipients"]] == [
            "b@x.test", "c@x.test", "d@x.test"]
        assert one["received"] == "2003-03-25T11:37:02.000000Z"
        assert one["listener"] == "import" and one["inbox"] == "old"
        assert two["mail_from"] == "a@x.test"
        assert [r["address"] for r in two["recipients"]] == ["real@x.test"]
        assert two["session"] == ""


@test
def import_says_what_it_cannot_read():
    with scratch() as folder:
        server = Server(folder=folder)
        path = os.path.join(folder, "x")
        with open(path, "wb") as file:
            file.write(b"Subject: x\n\n")
        ran = server.run("import", "--format", "mbox", path, status=65)
        assert path.encode() in ran.stderr and b"0 messages" in ran.stderr
        ran = server.run("import", path + "none", status=66)
        assert (path + "none").encode() in ran.stderr
        # What came before stays.
        server.run("import", path, path + "none", status=66)
        assert len(server.messages()) == 1


@test
def import_works_beside_a_server():
    with Server() as server:
        fill(server)
        server.run("import", given=server.run("export").stdout)
        with server.client() as client:
            client.send_mail(b"Subject: last\r\n\r\n")
        messages = server.messages()
        assert len(messages) == 2 * len(EXPECTED) + 1
        assert len({m["seq"] for m in messages}) == len(messages)
        assert messages[0]["subject"] == "last"


@test
def export_to_a_full_disk_fails():
    with Server() as server:
        fill(server)
        with open("/dev/full", "wb") as full:
            ran = subprocess.run([MAILSTOP, "export", "--db", server.db],
                                 env=environment(server.folder), stdout=full,
                                 stdin=subprocess.DEVNULL, check=False,
                                 stderr=subprocess.PIPE, timeout=DEADLINE)
        assert ran.returncode == 74, ran


main()
