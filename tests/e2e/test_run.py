"""test_run: a command beside a private server, whatever becomes of either."""

import json
import os
import select
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
    """Command ok, failed, signalled; expectation met or not; of either kind."""
    kinds = [("--expect", "rcpt:alice == 1", True),
             ("--expect", "rcpt:bob == 1", False),
             ("--expect-none", "rcpt:bob", True),
             ("--expect-none", "rcpt:alice", False)]
    with scratch() as folder:
        for how, status in ((0, 0), (3, 3), (-15, 143), (-9, 137)):
            for option, text, is_met in kinds:
                wanted = status or int(not is_met)
                ran = run(option, text, folder=folder, how=how,
                          status=wanted, recipients=["alice@x.test"])
                assert (b"not met: " in ran.stderr) != is_met, ran.stderr
                assert (b"this came:" in ran.stderr) != is_met, ran.stderr
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
    deadline = Deadline()
    left = set(fds)
    while left:
        left -= set(select.select(list(left), [], [], deadline.left())[0])


def descendants_of(pid):
    found = []
    for child in children_of(pid):
        found += [child, *descendants_of(child)]
    return found


def keeper_of(process):
    """The wrapper is two: the one that others know, and one that keeps what
    belongs to it."""
    keeper, = children_of(process.pid)
    return keeper


def expect_nothing_left(folder, pids, kill):
    """Kills, and waits until the processes are gone, and their folder."""
    fds = [os.pidfd_open(pid) for pid in pids]
    kill()
    wait_until_gone(fds)
    for fd in fds:
        os.close(fd)
    deadline = Deadline()
    while any(name.startswith("mail") for name in os.listdir(folder)):
        deadline.left()
        # No event tells that a folder has gone.
        select.select([], [], [], 0.01)


@test
def nothing_outlives_a_killed_wrapper():
    """Whichever of its two processes it is."""
    with scratch() as folder:
        for index, status in ((0, -signal.SIGKILL), (1, 137)):
            waiting = Waiting(folder)
            keeper = keeper_of(waiting.process)
            pids = children_of(keeper)
            assert len(pids) == 2 and waiting.pid in pids, pids
            both = (waiting.process.pid, keeper)
            # Who is left of the two takes the folder away.
            expect_nothing_left(folder, pids + [both[1 - index]],
                                lambda: os.kill(both[index],
                                                signal.SIGKILL))
            assert waiting.close() == status
            try:
                socket.create_connection(("127.0.0.1", waiting.port)).close()
                raise AssertionError("the server still listens")
            except ConnectionRefusedError:
                pass


# What ignores signals, and what has left its session and its parent.
BRED = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_DFL)
sleep = [sys.executable, "-c", "import os, signal\\n"
         "signal.signal(signal.SIGTERM, signal.SIG_IGN)\\n"
         "os.write(1, b'.')\\n"
         "while True: signal.pause()"]
subprocess.Popen(sleep)
subprocess.Popen(sleep, start_new_session=True)
subprocess.Popen(["sh", "-c", '"$@" & exit 0', "sh", *sleep]).wait()
while True:
    signal.pause()
"""


@test
def nor_do_children_of_the_command():
    with scratch() as folder:
        for number in (signal.SIGKILL, signal.SIGTERM):
            process = subprocess.Popen(
                [MAILSTOP, "run", "--", sys.executable, "-c", BRED],
                env=environment(folder, {"TMPDIR": folder}),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
            read_until(process.stdout.fileno(),
                       lambda text: text == b"...", Deadline())
            pids = descendants_of(process.pid)
            # The keeper, the server, the command, and its three.
            assert len(pids) == 6, pids
            expect_nothing_left(folder, pids,
                                lambda: process.send_signal(number))
            status = process.wait(DEADLINE)
            process.stdout.close()
            assert status == (143 if number == signal.SIGTERM
                              else -signal.SIGKILL), status


@test
def what_the_command_leaves_on_purpose_stays():
    """Daemons of build tools, for example."""
    with scratch() as folder:
        ran = mailstop("run", "--", "sh", "-c",
                       "sleep 1000 >/dev/null 2>&1 & echo $!", folder=folder,
                       env={"TMPDIR": folder})
        pid = int(ran.stdout)
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            assert b"sleep" in file.read()
        os.kill(pid, signal.SIGKILL)


@test
def says_when_the_server_was_killed():
    with scratch() as folder:
        waiting = Waiting(folder)
        keeper = keeper_of(waiting.process)
        server, = set(children_of(keeper)) - {waiting.pid}
        os.kill(server, signal.SIGKILL)
        waiting.process.send_signal(signal.SIGTERM)
        assert waiting.line() == b"got 15\n"
        assert waiting.close() == 9


@test
def fifty_at_the_same_time():
    with scratch() as folder:
        found = [subprocess.Popen(
            [MAILSTOP, "run", "--expect", "== 1", "--expect",
             "rcpt:n%d@x.test == 1" % number, "--", "sh", "-c",
             "printf 'Subject: x\\n\\nx\\n' | \"$0\" sendmail \"$1\"",
             MAILSTOP, "n%d@x.test" % number],
            env=environment(folder, {"TMPDIR": folder}),
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
            for number in range(50)]
        for process in found:
            _, err = process.communicate(timeout=DEADLINE * 8)
            assert process.returncode == 0, err
        assert os.listdir(folder) == [], os.listdir(folder)


main()
