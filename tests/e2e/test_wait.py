"""test_wait: wait and tail, on a database file while a server writes it."""

import json
import os
import resource
import signal
import subprocess

from mailstop_test import (DEADLINE, MAILSTOP, Deadline, Server, environment,
                           json_lines, main, read_until, test)


def spawn(server, *words):
    command, *others = words
    return subprocess.Popen(
        [MAILSTOP, command, "--db", server.db, *map(str, others)],
        env=environment(server.folder), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(process, status):
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == status, (process.returncode, out, err)
    return out, err


def send(server, *subjects):
    with server.client() as client:
        client.hello()
        for subject in subjects:
            client.send_mail(b"Subject: %s\r\n\r\n" % subject.encode(),
                             greet=False)


@test
def wait_ends_when_the_message_is_there():
    with Server() as server:
        waiting = spawn(server, "wait", "--json", "--timeout", "30s",
                        "subject:second")
        send(server, "first", "second", "third")
        out, _ = finish(waiting, 0)
        message, = [json.loads(line) for line in out.splitlines()]
        assert message["subject"] == "second" and message["seq"] == 2


@test
def wait_sees_what_was_there_before():
    with Server() as server:
        send(server, "a1", "a2", "a3")
        found = json_lines(server.run("wait", "--json", "--count", 2,
                                      "subject:a"))
        assert [m["seq"] for m in found] == [1, 2]
        found = json_lines(server.run("wait", "--json", "--after", 2))
        assert [m["seq"] for m in found] == [3]
        assert server.run("wait", "--after", 3, "--timeout", 0,
                          status=1).stdout == b""


@test
def wait_takes_as_many_as_asked_for():
    with Server() as server:
        waiting = spawn(server, "wait", "--json", "--timeout", "30s",
                        "--count", 5)
        for number in range(7):
            send(server, "n%d" % number)
        out, _ = finish(waiting, 0)
        assert [json.loads(line)["seq"] for line in out.splitlines()] == [
            1, 2, 3, 4, 5]


@test
def wait_gives_up_with_the_time():
    with Server() as server:
        send(server, "hello there")
        deadline = Deadline()
        ran = server.run("wait", "--timeout", "200ms", "--count", 2,
                         "subject:hello", status=1)
        assert DEADLINE - deadline.left() >= 0.2
        assert b"hello there" in ran.stdout
        assert b"1 of 2" in ran.stderr


@test
def wait_tells_the_nearest_misses():
    with Server() as server:
        send(server, "far", "welcome to us", "welcome")
        ran = server.run("wait", "--timeout", 0, "--json",
                         "subject:welcome", "rcpt:bob", status=1)
        lines = ran.stderr.decode().splitlines()
        near = [line for line in lines if line.startswith("near: ")]
        assert len(near) == 3, lines
        assert '"welcome"' in near[0] and near[0].endswith("missed rcpt:bob")
        assert near[2].endswith("missed subject:welcome, rcpt:bob"), near
        assert ran.stdout == b""


@test
def wait_takes_no_processor_time():
    with Server() as server:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        server.run("wait", "--timeout", "2s", status=1)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = (after.ru_utime + after.ru_stime
                 - before.ru_utime - before.ru_stime)
        # Starting the program is in it; a sanitizer's start is slow.
        assert spent < 1.0, spent


@test
def tail_follows():
    with Server() as server:
        send(server, "old", "older")
        tail = spawn(server, "tail", "-f", "--json", "-n", 1, "subject:o")
        read = lambda lines: read_until(
            tail.stdout.fileno(), lambda t: t.count(b"\n") >= lines,
            Deadline())
        assert json.loads(read(1))["subject"] == "older"
        # Each one must come by itself, not when the next one follows.
        for number in range(3):
            send(server, "no%d" % number)
            assert json.loads(read(1))["subject"] == "no%d" % number
        send(server, "missing letter", "o")
        assert json.loads(read(1))["subject"] == "o"
        tail.send_signal(signal.SIGINT)
        finish(tail, -signal.SIGINT)


@test
def tail_ends_where_nobody_reads():
    with Server() as server:
        tail = spawn(server, "tail", "--after", 0)
        send(server, "one")
        read_until(tail.stdout.fileno(), lambda t: b"\n" in t, Deadline())
        tail.stdout.close()
        send(server, "two")
        assert tail.wait(DEADLINE) in (-signal.SIGPIPE, 74)
        tail.stderr.close()


@test
def wait_finds_what_a_killed_server_left():
    """Nothing indexes it any more but the wait itself."""
    with Server() as server:
        send(server, "left behind")
        server.process.kill()
        server.finish()
        found = json_lines(server.run("wait", "--json", "--timeout", "20s",
                                      "subject:behind"))
        assert found[0]["seq"] == 1


@test
def reads_a_database_that_may_not_be_written():
    with Server() as server:
        send(server, "sealed")
        server.stop()
        os.chmod(server.db, 0o400)
        os.chmod(server.folder, 0o500)
        try:
            assert server.messages()[0]["seq"] == 1
        finally:
            os.chmod(server.folder, 0o700)


main()
