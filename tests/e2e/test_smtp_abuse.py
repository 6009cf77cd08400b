"""test_smtp_abuse: bad clients, each while others are served without delay."""

import os
import re
import resource
import select
import socket
import threading

from mailstop_test import DEADLINE, Client, Deadline, Skip, main, test
from smtp_test import (Talk, accepted, close_shared, message, now, raw,
                       served_meanwhile, session, shared)

ENVELOPE = b"MAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\n"
MIB = 1 << 20


def resident(server):
    """Octets of memory that it has touched."""
    with open("/proc/%d/statm" % server.process.pid, encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def grows_less(server, octets, before):
    now_ = resident(server)
    assert now_ - before < octets, "%d KiB more than before" % (
        (now_ - before) // 1024)


def trickle(clients, octets, rounds):
    """Each client sends an octet in turn."""
    for at in range(rounds):
        for client in clients:
            client.send(octets[at % len(octets):at % len(octets) + 1])


def many(server, count, hello=False):
    clients = [Talk(server.smtp) for _ in range(count)]
    for client in clients:
        client.reply(220, plain=True)
        if hello:
            client.greet()
    return clients


def close_all(clients):
    for client in clients:
        client.close()


@test
def slow_command_lines():
    server = shared()
    with served_meanwhile(server):
        clients = many(server, 50)
        trickle(clients, b"EHLO slow.test\r\n", 16)
        for client in clients:
            client.reply(250, plain=True)
        trickle(clients, b"NOOP xxxxxxxxx", 100)
        close_all(clients)


@test
def trickled_messages():
    server = shared()
    after = now(server)
    text = b"Subject: slow\r\n\r\n" + b"..dots and text\r\n" * 10 + b".\r\n"
    with served_meanwhile(server):
        clients = many(server, 30, hello=True)
        for client in clients:
            client.envelope("<slow@b.test>")
            client.ask("DATA", 354)
        trickle(clients, text, len(text))
        for client in clients:
            client.saved()
        close_all(clients)
    found = [m for m in accepted(server, after)
             if m["mail_from"] == "slow@b.test"]
    assert len(found) == 30
    assert raw(server, found[0]["id"]) == text[:-3].replace(b"..", b".")


@test
def idle_connections():
    server = shared()
    before = resident(server)
    with served_meanwhile(server):
        clients = many(server, 500)
        grows_less(server, 16 * MIB, before)
        for client in clients:
            client.ask("NOOP", 250)
        close_all(clients)


@test
def connect_and_close():
    server = shared()
    with served_meanwhile(server):
        for number in range(500):
            client = Client(server.smtp)
            if number % 3 == 0:
                client.send(b"EHLO")
            client.close()
    # Their ends are all seen: nothing is kept for them.
    deadline = Deadline()
    while len(os.listdir("/proc/%d/fd" % server.process.pid)) > 60:
        deadline.left()
        select.select([], [], [], 0.02)


@test
def connections_to_the_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 12000:
        raise Skip("no more than %d descriptors" % hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 12000), hard))
    server = shared("--max-connections", "10000")
    before = resident(server)
    sockets = []
    try:
        with served_meanwhile(server, patience=5):
            for _ in range(9990):
                sockets.append(socket.create_connection(server.smtp,
                                                        DEADLINE))
            for one in sockets[::500]:
                assert one.recv(4, socket.MSG_PEEK) == b"220 "
        grows_less(server, 400 * MIB, before)
        turned_away = 0
        for _ in range(40):
            with socket.create_connection(server.smtp, DEADLINE) as one:
                sockets.append(one.dup())
                turned_away += one.recv(4) == b"421 "
        assert turned_away >= 20, turned_away
    finally:
        for one in sockets:
            one.close()
    deadline = Deadline()
    while True:
        with socket.create_connection(server.smtp, DEADLINE) as one:
            if one.recv(4) == b"220 ":
                break
        deadline.left()


@test
def reads_late():
    """Who never reads is not read from; nothing grows on its account."""
    server = shared()
    commands = 50000
    with served_meanwhile(server), session() as client:
        before = resident(server)
        thread = threading.Thread(
            target=client.send, args=(b"HELP x\r\n" * commands,))
        thread.start()
        thread.join(0.5)  # it may well be stopped by the server
        grows_less(server, 4 * MIB, before)
        for _ in range(commands):
            assert client.reply(214)
        thread.join()
        client.in_sync()


@test
def binary_garbage():
    server = shared()
    after = now(server)
    with served_meanwhile(server):
        for size in (10, 1000, 100000):
            for _ in range(10):
                with Client(server.smtp) as client:
                    try:
                        client.send(os.urandom(size))
                        client.socket.shutdown(socket.SHUT_WR)
                        while client.socket.recv(65536):
                            pass
                    except OSError:
                        pass
    assert {m["mail_from"] for m in accepted(server, after)} == {"a@b.test"}


@test
def http_and_tls_on_the_plain_port():
    server = shared()
    hello = bytes.fromhex("16030100c8010000c40303") + os.urandom(189)
    with served_meanwhile(server):
        for octets in (hello, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                       b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n" +
                       b"EHLO x\r\n" + ENVELOPE + b"DATA\r\nx\r\n.\r\n"):
            for _ in range(20):
                with Client(server.smtp) as client:
                    answer = b""
                    try:
                        client.send(octets)
                        client.socket.shutdown(socket.SHUT_WR)
                        while True:
                            part = client.socket.recv(65536)
                            if not part:
                                break
                            answer += part
                    except ConnectionResetError:
                        pass
                    assert not re.search(rb"(?m)^(250|354)", answer), answer


@test
def five_thousand_recipients():
    server = shared("--max-recipients", "10000")
    with served_meanwhile(server):
        for words, kept in (("--max-recipients", 5000), (None, 1000)):
            chosen = (words, "10000") if words else ()
            with session(*chosen) as client:
                client.ask("MAIL FROM:<a@b.test>", 250)
                wire = b"".join(b"RCPT TO:<u%d@y.test>\r\n" % n
                                for n in range(5000))
                thread = threading.Thread(target=client.send, args=(wire,))
                thread.start()
                codes = [client.reply()[:3] for _ in range(5000)]
                thread.join()
                assert codes == ["250"] * kept + ["452"] * (5000 - kept)
                found = message(client.server,
                                client.text(b"x\r\n.\r\n"))
                assert sum(r["reply"].startswith("2")
                           for r in found["recipients"]) == kept


NASTY = ("%s%s%n%n%x", "%99999999d", "' OR 1=1 --", "'); DROP TABLE message;--",
         "\" OR \"\"=\"", "$(id)", "`id`", "${run{id}}", "; id", "| id",
         "../../etc/passwd", "\\x00\\r\\n", "{{7*7}}", "%0d%0aMAIL", "<script>",
         "a" * 400)


@test
def directives_in_every_field():
    server = shared()
    with served_meanwhile(server):
        for text in NASTY:
            quoted = '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')
            with session() as client:
                client.greet(text.replace(" ", "_"))
                client.ask("VRFY " + text, 252)
                client.ask("NOOP " + text, 250)
                client.ask("HELP " + text, "(214|504)")
                client.ask("MAIL FROM:<a@b.test> %s=1" % text.replace(
                    " ", ""), "5")
                client.ask("AUTH " + text, "5")
                client.ask(text, "5")
                client.ask("MAIL FROM:<%s@b.test>" % quoted, "(250|5)")
                client.ask("RSET", 250)
                small = quoted if len(text) < 60 else '"long"'
                client.envelope("<%s@b.test>" % small, "<%s@y.test>" % small)
                wire = ("From: %s\r\nSubject: %s\r\nMessage-ID: %s\r\n"
                        "X-Tags: %s\r\n\r\n%s\r\n" % ((text,) * 5)).encode()
                client.ask("DATA", 354)
                client.data(wire)
                id_ = client.saved()
                found = message(client.server, id_)
                assert found["subject"] == text, found["subject"]
                assert found["mail_from"] == small + "@b.test"
                assert raw(client.server, id_) == wire


try:
    main()
finally:
    close_shared()
