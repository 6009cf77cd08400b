"""test_retries: a client with a queue, against a server that fails.

msmtpq keeps what msmtp could not send, and msmtp-queue tries again. Both are
scripts that come with msmtp and find their things by variables.
"""

import os
import subprocess

from mailstop_test import (DEADLINE, Server, Skip, json_lines, mailstop, main,
                           require, scratch, test)

PLACES = ("/usr/libexec/msmtp/msmtpq", "/usr/share/doc/msmtp/examples/msmtpq",
          "/usr/bin", "/usr/local/bin")
MAIL = (b"From: ann@from.test\nTo: bob@to.test, carl@to.test\n"
        b"Date: Tue, 25 Mar 2003 11:37:02 +0200\n"
        b"Message-ID: <once@from.test>\nSubject: once\n\nOnly once.\n")
SENT = MAIL.replace(b"\n", b"\r\n")


def find(program):
    for place in PLACES:
        path = os.path.join(place, program)
        if os.access(path, os.X_OK):
            return path
    raise Skip(program + " is not installed")


class Queue:
    """msmtp's, in a folder of its own."""

    def __init__(self, folder, server):
        require("msmtp")
        require("bash")
        self.put, self.run_script = find("msmtpq"), find("msmtp-queue")
        self.folder = os.path.join(folder, "queue")
        os.mkdir(self.folder, 0o700)
        host, port = server.smtp
        path = os.path.join(folder, ".msmtprc")
        with open(path, "w", encoding="ascii") as file:
            file.write("account default\nhost %s\nport %d\nfrom ann@from.test"
                       "\ntimeout %d\n" % (host, port, DEADLINE))
        os.chmod(path, 0o600)
        self.env = {"HOME": folder, "PATH": os.environ["PATH"] + ":" +
                    os.path.dirname(self.put), "MSMTPQ_Q": self.folder,
                    "MSMTPQ_LOG": "", "EMAIL_CONN_TEST": "x",
                    "LC_ALL": "C.UTF-8"}

    def script(self, *words, given=b""):
        ran = subprocess.run(words, env=self.env, input=given,
                             timeout=DEADLINE * 2, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, check=False)
        return ran.stdout

    def send(self, *recipients):
        return self.script(self.put, *recipients, given=MAIL)

    def run(self):
        return self.script(self.run_script, "-r")

    def count(self):
        return len([n for n in os.listdir(self.folder)
                    if n.endswith(".mail")])


@test
def greylisting_is_outlasted():
    """Each recipient is put off twice, the third time all is well."""
    with scratch() as folder, Server("--fault", 'data first=2 per=recipient '
                                     'reply=451:4.7.1:"Greylisted, try again"'
                                     ) as server:
        queue = Queue(folder, server)
        said = queue.send("bob@to.test", "carl@to.test")
        assert b"451 4.7.1 Greylisted, try again" in said, said
        assert queue.count() == 1, said
        said = queue.run()
        assert b"451 4.7.1" in said and queue.count() == 1, said
        assert server.messages() == []
        said = queue.run()
        assert queue.count() == 0, said
        message, = server.messages()
        assert server.raw(message) == SENT
        assert [r["address"] for r in message["recipients"]] == [
            "bob@to.test", "carl@to.test"]
        refused = server.messages("state:refused")
        assert [m["reason"] for m in refused] == [
            "451 4.7.1 Greylisted, try again"] * 2
        server.run("assert", "subject:once == 1")
        # Whom the server knows by now he meets again at once.
        queue.send("carl@to.test")
        assert queue.count() == 0 and len(server.messages()) == 2


@test
def a_server_that_dies_after_the_commit_gets_it_twice():
    with scratch() as folder, Server("--fault", "body first=1 "
                                     "drop=after-commit") as server:
        queue = Queue(folder, server)
        said = queue.send("bob@to.test")
        # The server has it, and the client does not know.
        assert queue.count() == 1, said
        assert len(server.messages()) == 1
        said = queue.run()
        assert queue.count() == 0, said
        both = server.messages("message-id:once@from.test")
        assert len(both) == 2 and both[0]["sha256"] == both[1]["sha256"]
        assert both[0]["session"] != both[1]["session"]
        ran = server.run("assert", "message-id:once@from.test == 1", status=1)
        assert b"2" in ran.stdout + ran.stderr, ran
        lines = server.dialogue(both[1]["id"])
        assert lines[-2:] == [" -- stored, and not acknowledged",
                              " -- end: fault"], lines
        stats = json_lines(server.run("stats", "--json"))[0]
        assert (stats["accepted"], stats["refused"], stats["aborted"]) == (
            2, 0, 0), stats


@test
def a_full_mailbox_takes_it_once_there_is_room():
    with scratch() as folder, Server("--fault", "rcpt to=bob@* id=full "
                                     "reply=452:4.2.2:\"Mailbox full\""
                                     ) as server:
        queue = Queue(folder, server)
        for _ in range(2):
            queue.send("bob@to.test")
        assert queue.count() == 2 and b"452 4.2.2" in queue.run()
        mailstop("fault", "rm", "--url", server.url, "full")
        said = queue.run()
        assert queue.count() == 0 and len(server.messages()) == 2, said


main()
