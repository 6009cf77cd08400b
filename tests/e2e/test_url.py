"""test_url: the commands on a running server, by its API."""

import json
import os
import signal
import subprocess

from mailstop_test import (DEADLINE, MAILSTOP, Deadline, Server, environment,
                           json_lines, mailstop, main, read_until, scratch,
                           test)


def ask(server, *words, **rest):
    command, *others = words
    return mailstop(command, "--url", server.url, *others, **rest)


def send(server, *bodies, **rest):
    with server.client() as client:
        client.hello()
        return [client.send_mail(body, greet=False, **rest)
                for body in bodies]


@test
def both_sources_say_the_same():
    with Server() as server:
        ids = send(server, *(b"Subject: n%d\r\nFrom: a@b.test\r\n\r\n.x\r\n" % n
                             for n in range(70)))
        with server.client() as client:
            client.hello()
            client.ask("QUIT", 221)
            assert client.line() == b""
        for words in (["list"], ["list", "--json", "subject:n6"],
                      ["list", "--after", 3, "--before", 8],
                      ["list", "--limit", 0], ["show", "--raw", ids[0]],
                      ["show", "--text", 3], ["show", "latest"],
                      ["export"], ["stats"], ["transcript", ids[3]],
                      ["transcript", "--json", ids[3]],
                      ["findings", "--limit", 7], ["findings", ids[0]],
                      ["sessions", "--json", "helo:client.test"],
                      ["tail", "-n", 3, "--follow=no"],
                      ["wait", "--count", 2, "subject:n1"],
                      ["wait", "--timeout", 0, "--json", "--after", 70]):
            own = server.run(*words, status=None)
            other = ask(server, *words, status=None)
            assert own.returncode == other.returncode, (words, other)
            assert own.stdout == other.stdout, (words, own, other)


@test
def lists_more_than_a_page():
    with Server() as server:
        send(server, *(b"%d\r\n" % n for n in range(1203)))
        found = json_lines(ask(server, "list", "--json", "--limit", 0))
        assert [m["seq"] for m in found] == list(range(1203, 0, -1))
        text = ask(server, "export").stdout
        assert text.count(b"From sender@from.test ") == 1203
        assert text.index(b"\n0\r\n") < text.index(b"\n1202\r\n")


@test
def removes_and_takes():
    with Server() as server:
        ids = send(server, *(b"Subject: %d\r\n\r\n" % n for n in range(6)))
        ask(server, "rm", ids[0], 2)
        ask(server, "rm", "subject:2")
        ask(server, "rm", ids[0], status=1)
        ask(server, "rm", "subject:2", status=1)
        taken = json_lines(ask(server, "take", "--json", "--count", 2))
        assert [m["subject"] for m in taken] == ["3", "4"]
        assert [m["subject"] for m in server.messages()] == ["5"]
        ask(server, "take", "subject:none", status=1)
        ask(server, "list", "(", status=64)


@test
def waits_and_follows():
    with Server() as server:
        waiting = subprocess.Popen(
            [MAILSTOP, "wait", "--url", server.url, "--json", "--count", "2",
             "--timeout", "30s", "subject:yes"],
            env=environment(server.folder), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE)
        send(server, b"Subject: yes 1\r\n\r\n", b"Subject: no\r\n\r\n",
             b"Subject: yes 2\r\n\r\n")
        text, _ = waiting.communicate(timeout=DEADLINE)
        assert waiting.returncode == 0
        assert [json.loads(line)["subject"] for line in text.splitlines()
                ] == ["yes 1", "yes 2"]
        tail = subprocess.Popen(
            [MAILSTOP, "tail", "--url", server.url, "--after", "2"],
            env=environment(server.folder), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE)
        deadline = Deadline()
        text = read_until(tail.stdout.fileno(), lambda t: b"\n" in t, deadline)
        assert b"yes 2" in text
        send(server, b"Subject: more\r\n\r\n")
        text = read_until(tail.stdout.fileno(), lambda t: b"\n" in t, deadline)
        assert b"more" in text
        tail.send_signal(signal.SIGINT)
        tail.communicate(timeout=DEADLINE)


@test
def works_under_a_path_and_with_a_password():
    with scratch() as folder:
        users = os.path.join(folder, "users")
        with open(users, "w", encoding="ascii") as file:
            file.write("me:secret\n")
        with Server("--webroot", "/mail", "--http-auth-file", users,
                    folder=folder) as server:
            send(server, b"Subject: x\r\n\r\n")
            address = server.ready["http"][0]
            ran = mailstop("list", "--url",
                           "http://me:secret@%s/mail/" % address)
            assert ran.stdout.count(b"\n") == 1
            mailstop("list", "--url", "http://%s/mail/" % address, status=77)
            ran = mailstop("list", "--url", "http://me:secret@%s" % address,
                           status=69)
            assert b"is it mailstop?" in ran.stderr


@test
def reads_by_a_unix_socket():
    with scratch() as folder:
        with Server(http="unix:%s/web" % folder, folder=folder) as server:
            send(server, b"Subject: x\r\n\r\n")
            ran = mailstop("list", env={"MAILSTOP_URL":
                                        server.ready["http"][0]})
            assert ran.stdout.count(b"\n") == 1


@test
def says_when_no_server_answers():
    with Server() as server:
        url = server.url
    ran = mailstop("list", "--url", url, status=69)
    assert url.encode() in ran.stderr, ran.stderr
    mailstop("list", "--url", "nonsense", status=64)


main()
