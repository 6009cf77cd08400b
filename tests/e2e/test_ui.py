#!/usr/bin/env python3
"""test_ui: a database in the web interface, which stays as it is."""

import hashlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading

from api_test import OWN, Api, plain, send
from mailstop_test import DEADLINE, MAILSTOP, Server, environment, main, \
    mailstop, scratch, test


class View(Server):
    """A Server whose command is "ui": what it shows is `path`."""

    def __init__(self, path, *words, **rest):
        super().__init__(smtp=None, **rest)
        self.words = ["ui", path, "--http", "127.0.0.1:0", *words]


def state_of(folder):
    """All that can be seen of the files there, their times too."""
    found = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        facts = os.stat(path)
        text = b""
        if os.path.isfile(path):
            with open(path, "rb") as file:
                text = file.read()
        found[name] = (facts.st_mode, facts.st_size, facts.st_mtime_ns,
                       facts.st_ino, hashlib.sha256(text).hexdigest())
    return found


def look(path, folder, *words):
    """The subjects that a view shows; the folder is as it was after it."""
    before = state_of(folder)
    with View(path, *words) as view:
        api = Api(view)
        found = api.get(OWN + "/messages")["messages"]
        for message in found:
            api.get("/api/v1/message/" + message["id"])
            api.ask("GET", OWN + "/message/" + message["id"] + "/raw")
        api.get(OWN + "/sessions")
        api.get(OWN + "/stats")
        assert state_of(folder) == before, (before, state_of(folder))
    assert state_of(folder) == before, (before, state_of(folder))
    return [m["subject"] for m in found]


def make(folder, *subjects):
    """A database as a server leaves it that has ended as it should."""
    with Server(folder=folder) as server:
        send(server, *[plain(subject) for subject in subjects])
        return server.db


# ---- what is shown

@test
def shows_what_a_run_has_kept():
    with scratch() as folder:
        kept = os.path.join(folder, "kept")
        mailstop("run", "--keep", kept, "--", "sh", "-c",
                 "printf 'Subject: kept\\n\\nx\\n' | \"$0\" sendmail a@x.test",
                 MAILSTOP, folder=folder)
        assert look(os.path.join(kept, "mailstop.db"), kept) == ["kept"]
        # The folder names it too.
        assert look(kept, kept) == ["kept"]


@test
def needs_to_write_nowhere():
    with scratch() as folder:
        path = make(folder, "one", "two")
        os.chmod(path, 0o400)
        os.chmod(folder, 0o500)
        try:
            assert look(path, folder) == ["two", "one"]
        finally:
            os.chmod(folder, 0o700)


@test
def reads_what_a_killed_server_has_left():
    """All is in the WAL still, and nothing of it may be indexed."""
    with scratch() as folder:
        server = Server(folder=folder)
        with server:
            send(server, *[plain("mail %d" % i) for i in range(20)])
            server.process.send_signal(signal.SIGKILL)
            server.finish()
            server.process = None
        assert os.path.getsize(server.db + "-wal") > 0
        subjects = look(server.db, folder)
        assert subjects == ["mail %d" % i for i in reversed(range(20))]


@test
def indexes_what_is_not():
    with scratch() as folder:
        path = make(folder, "one", "two")
        database = sqlite3.connect(path)
        database.execute("UPDATE message SET is_indexed = 0")
        for table in ("summary", "header", "part", "search"):
            database.execute("DELETE FROM " + table)
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        assert look(path, folder) == ["two", "one"]


@test
def refuses_what_would_change_it():
    with scratch() as folder:
        path = make(folder, "one")
        before = state_of(folder)
        with View(path) as view:
            api = Api(view)
            message, = api.get(OWN + "/messages")["messages"]
            ident = message["id"]
            for method, where, body in (
                    ("DELETE", OWN + "/messages", None),
                    ("DELETE", OWN + "/message/" + ident, None),
                    ("DELETE", OWN + "/inbox/default", None),
                    ("POST", OWN + "/take", None),
                    ("POST", OWN + "/faults", b"rcpt reply=550"),
                    ("PUT", OWN + "/faults", b""),
                    ("PUT", "/api/v1/messages", {"Read": True}),
                    ("PUT", "/api/v1/tags", {"IDs": [ident], "Tags": ["x"]}),
                    ("DELETE", "/api/v1/messages", None),
                    ("POST", "/api/v1/send", {"From": {"Email": "a@x.test"}}),
                    ("POST", "/api/v1/message/%s/release" % ident, {}),
                    ("DELETE", "/mailhog/api/v1/messages", None)):
                answer = api.ask(method, where, body, status=403)
                assert "cannot" in answer.json["error"] or \
                    "nothing can be changed" in answer.json["error"], answer
            # Who opens a message has not read it either.
            api.get("/api/v1/message/" + ident)
            assert api.get("/api/v1/info")["Unread"] == 1
            facts = api.get(OWN + "/server")
            assert facts["read_only"] is True, facts
            assert facts["database"] == os.path.basename(path), facts
            assert [it["protocol"] for it in facts["listeners"]] == [
                "http"], facts
            assert api.ask("GET", "/").status == 200
            assert view.ready["smtp"] == [] and view.ready["db"] == path
        assert state_of(folder) == before


@test
def ends_with_a_signal():
    with scratch() as folder:
        path = make(folder, "one")
        for number in (signal.SIGTERM, signal.SIGINT):
            with View(path) as view:
                assert view.stop(number) == 0


# ---- what is refused

@test
def refuses_what_is_no_database():
    with scratch() as folder:
        for name, text, status, words in (
                ("missing", None, 66, b"no such file"),
                ("empty", b"", 65, b"an empty database"),
                ("text", b"this is a text\n" * 100, 65, b"not a database"),
                ("cut", b"SQLite format 3\0", 65, b"not a database")):
            path = os.path.join(folder, name)
            if text is not None:
                with open(path, "wb") as file:
                    file.write(text)
            ran = mailstop("ui", path, "--http", "127.0.0.1:0", status=None)
            assert path.encode() in ran.stderr, ran.stderr
            assert words.lower() in ran.stderr.lower(), ran.stderr
            assert ran.returncode == status, (name, ran)
        path = os.path.join(folder, "other")
        with sqlite3.connect(path) as database:
            database.execute("CREATE TABLE t (x)")
        database.close()
        ran = mailstop("ui", path, "--http", "127.0.0.1:0", status=65)
        assert b"not one of mailstop's" in ran.stderr, ran.stderr
        mailstop("ui", "/dev/null", status=65)
        mailstop("ui", status=64)
        ran = mailstop("ui", path, "--smtp", "127.0.0.1:0", status=64)
        assert b"--smtp" in ran.stderr


@test
def refuses_one_that_a_server_has_open():
    with Server() as server:
        send(server, plain("one"))
        ran = mailstop("ui", server.db, "--http", "127.0.0.1:0", status=75)
        assert b"a program has it open" in ran.stderr, ran.stderr


@test
def takes_no_mail_by_inherited_sockets():
    with socket.socket() as smtp, scratch() as folder:
        path = make(folder, "one")
        smtp.bind(("127.0.0.1", 0))
        smtp.listen()
        script = ("import os, sys\n"
                  "os.dup2(int(sys.argv[2]), 3)\n"
                  "os.environ.update(LISTEN_PID=str(os.getpid()),"
                  " LISTEN_FDS='1', LISTEN_FDNAMES='smtp')\n"
                  "os.execv(sys.argv[1], [sys.argv[1], 'ui', sys.argv[3]])\n")
        ran = subprocess.run(
            [sys.executable, "-c", script, MAILSTOP, str(smtp.fileno()),
             path], env=environment(folder), pass_fds=[smtp.fileno()],
            capture_output=True, timeout=DEADLINE, check=False)
        assert ran.returncode == 64, ran
        assert b"--smtp: a view takes no mail" in ran.stderr, ran.stderr


# ---- many readers

@test
def answers_many_at_a_time():
    with scratch() as folder:
        path = make(folder, *["mail %d" % i for i in range(10)])
        with View(path) as view:
            failed = []

            def ask():
                api = Api(view)
                for i in range(10):
                    found = api.get(OWN + "/messages",
                                    query="subject:\"mail %d\"" % i)
                    if len(found["messages"]) != 1:
                        failed.append(found)

            threads = [threading.Thread(target=ask) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert not failed, failed[:1]


main()
