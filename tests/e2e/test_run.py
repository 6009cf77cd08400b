"""test_run: a command beside a private server, whatever becomes of either."""

import json
import os
import signal
import socket
import subprocess
import sys

from mailstop_test import (DEADLINE, MAILSTOP, Deadline, environment, main,
                           mailstop, read_until, scratch, test)

SEND = """
import os, smtplib, sys
with smtplib.SMTP(os.environ["SMTP_HOST"], int(os.environ["SMTP_PORT"])) as s:
    for recipient in sys.argv[2:]:
        s.sendmail("a@from.test", [recipient],
                   "Subject: Welcome\\r\\n\\r\\nhello\\r\\n")
how = int(sys.argv[1])
os.kill(os.getpid(), -how) if how < 0 else sys.exit(how)
"""


def run(*words, folder, status=0, how=0, recipients=(), env=None):
    changes = {"TMPDIR": folder, **(env or {})}
    return mailstop("run", *words, "--", sys.executable, "-c", SEND, how,
                    *recipients, folder=folder, status=status, env=changes)


@test
def tells_the_command_where_it_is():
    with scratch() as folder:
        ran = mailstop("run", "--", sys.executable, "-c",
                       "import json, os; print(json.dumps(dict(os.environ)))",
                       folder=folder, env={"TMPDIR": folder})
        found = json.loads(ran.stdout)
        assert found["SMTP_HOST"] == "127.0.0.1"
        assert found["MAIL_URL"] == "smtp://127.0.0.1:" + found["SMTP_PORT"]
        assert found["MAILSTOP_URL"].startswith("http://127.0.0.1:")
        assert found["MAILSTOP_DB"].startswith(folder + "/mailstop-")
        assert found["MAILSTOP_CA"].startswith(folder + "/mailstop-")
        assert ran.stderr == b"", ran.stderr
        assert [n for n in os.listdir(folder) if n.startswith("mail")] == []


@test
def status_is_the_commands_or_the_expectations():
    """Command ok, failed, signalled; expectation met or not."""
    rows = [(0, "alice@x.test", 0), (0, "bob@x.test", 1),
            (3, "alice@x.test", 3), (3, "bob@x.test", 3),
            (-15, "alice@x.test", 143), (-15, "bob@x.test", 143),
            (-9, "alice@x.test", 137)]
    with scratch() as folder:
        for how, expected, status in rows:
            ran = run("--expect", "rcpt:%s == 1" % expected, folder=folder,
                      how=how, status=status, recipients=["alice@x.test"])
            missed = expected == "bob@x.test"
            assert (b"not met: rcpt:bob" in ran.stderr) == missed, ran.stderr
        assert [n for n in os.listdir(folder) if n.startswith("mail")] == []


@test
def accounts_for_what_came_and_what_was_missing():
    with scratch() as folder:
        ran = run("--expect", "rcpt:bob@x.test subject:Welcome == 1",
                  "--expect", "== 2", "--expect-none", "rcpt:carol@x.test",
                  folder=folder, status=1,
                  recipients=["alice@x.test", "carol@x.test"])
        text = ran.stderr.decode()
        assert "<carol@x.test>: \"Welcome\"" in text, text
        assert "not met: rcpt:bob@x.test subject:Welcome == 1 (found 0)" in (
            text), text
        assert "near: " in text and "missed rcpt:bob@x.test" in text, text
        assert "not met: none rcpt:carol@x.test (found 1)" in text, text
        assert "2 of 3 expectations not met" in text, text


@test
def memory_is_looked_at_too():
    with scratch() as folder:
        run("--memory", "--expect", "rcpt:alice@x.test == 1", folder=folder,
            recipients=["alice@x.test"])
        run("--memory", "--expect", "rcpt:alice@x.test == 2", folder=folder,
            recipients=["alice@x.test"], status=1)


@test
def variables_of_another_server_do_not_count():
    with scratch() as folder:
        run("--expect", "rcpt:a@x.test == 1", folder=folder,
            recipients=["a@x.test"],
            env={"MAILSTOP_SMTP": "127.0.0.1:1", "MAILSTOP_HTTP": "[::1]:1",
                 "MAILSTOP_DB": "/nonexistent/x.db"})


@test
def keeps_what_was_asked_for():
    with scratch() as folder:
        kept = os.path.join(folder, "made", "kept")
        run("--keep", kept, folder=folder,
            recipients=["alice@x.test", "bob@x.test"])
        names = sorted(os.listdir(kept))
        assert names == ["mail.mbox", "mailstop.db", "transcripts"], names
        assert mailstop("list", "--db", os.path.join(
            kept, "mailstop.db")).stdout.count(b"\n") == 2
        with open(os.path.join(kept, "mail.mbox"), "rb") as file:
            assert file.read().count(b"Subject: Welcome") == 2
        transcript, = os.listdir(os.path.join(kept, "transcripts"))
        with open(os.path.join(kept, "transcripts", transcript), "rb") as file:
            assert b"RCPT TO:<bob@x.test>" in file.read().replace(
                b"rcpt TO", b"RCPT TO")
        # What is there is never overwritten.
        ran = run("--keep", kept, folder=folder, status=None)
        assert ran.returncode not in (0, 1) and b"already" in ran.stderr


@test
def says_what_is_wrong_before_it_starts():
    with scratch() as folder:
        for words, status in ((["--expect", "rcpt:a"], 64),
                              (["--expect", "rcpt:( == 1"], 64),
                              (["--expect-none", "("], 64),
                              (["--ready-fd", "3"], 64),
                              (["--smtp", "192.0.2.1:1"], None)):
            ran = run(*words, folder=folder, status=status, how=7)
            assert ran.returncode not in (0, 1, 7), ran
            assert ran.stderr.startswith(b"mailstop: "), ran.stderr
        mailstop("run", folder=folder, status=64)
        mailstop("run", "--", "/nonexistent/command", folder=folder,
                 status=127)
        mailstop("run", "--", folder, folder=folder, status=126)


@test
def words_behind_the_command_are_its_own():
    with scratch() as folder:
        ran = mailstop("run", "sh", "-c", "echo $0 $*", "--json", "-x", "--",
                       "y", folder=folder)
        assert ran.stdout == b"--json -x -- y\n", ran.stdout


WAITING = """
import os, signal, sys
def on_signal(number, frame):
    os.write(1, b"got %d\\n" % number)
    if number == signal.SIGTERM:
        sys.exit(9)
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGINT):
    signal.signal(number, on_signal)
os.write(1, ("%s %s\\n" % (os.getpid(), os.environ["SMTP_PORT"])).encode())
while True:
    signal.pause()
"""


class Waiting:
    """A run whose command waits for signals."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [MAILSTOP, "run", "--", sys.executable, "-c", WAITING],
            env=environment(folder, {"TMPDIR": folder}), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        line = self.line()
        self.pid, self.port = map(int, line.split())

    def line(self):
        return read_until(self.process.stdout.fileno(),
                          lambda t: t.endswith(b"\n"), Deadline())

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(DEADLINE)


@test
def signals_pass_through():
    with scratch() as folder:
        waiting = Waiting(folder)
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGINT):
            waiting.process.send_signal(number)
            assert waiting.line() == b"got %d\n" % number
        socket.create_connection(("127.0.0.1", waiting.port)).close()
        waiting.process.send_signal(signal.SIGTERM)
        assert waiting.line() == b"got 15\n"
        assert waiting.close() == 9


def children_of(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return list(map(int, file.read().split()))


def wait_until_gone(fds):
    """A pidfd is readable when its process has ended."""
    import select
    deadline = Deadline()
    left = set(fds)
    while left:
        left -= set(select.select(list(left), [], [], deadline.left())[0])


@test
def nothing_outlives_a_killed_wrapper():
    with scratch() as folder:
        waiting = Waiting(folder)
        pids = children_of(waiting.process.pid)
        assert len(pids) == 2 and waiting.pid in pids, pids
        fds = [os.pidfd_open(pid) for pid in pids]
        waiting.process.kill()
        wait_until_gone(fds)
        for fd in fds:
            os.close(fd)
        assert waiting.close() == -signal.SIGKILL
        try:
            socket.create_connection(("127.0.0.1", waiting.port)).close()
            raise AssertionError("the server still listens")
        except ConnectionRefusedError:
            pass
        assert [n for n in os.listdir(folder) if n.startswith("mail")] == []


@test
def says_when_the_server_was_killed():
    with scratch() as folder:
        waiting = Waiting(folder)
        server, = set(children_of(waiting.process.pid)) - {waiting.pid}
        os.kill(server, signal.SIGKILL)
        waiting.process.send_signal(signal.SIGTERM)
        assert waiting.line() == b"got 15\n"
        assert waiting.close() == 9


@test
def twenty_at_the_same_time():
    with scratch() as folder:
        found = [subprocess.Popen(
            [MAILSTOP, "run", "--expect", "== 1", "--expect",
             "rcpt:n%d@x.test == 1" % number, "--", sys.executable, "-c",
             SEND, "0", "n%d@x.test" % number],
            env=environment(folder, {"TMPDIR": folder}),
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
            for number in range(20)]
        for process in found:
            _, err = process.communicate(timeout=DEADLINE * 4)
            assert process.returncode == 0, err


main()
