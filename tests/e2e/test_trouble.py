"""test_trouble: crashes, full and locked disks, and clients without end."""

import hashlib
import json
import os
import random
import resource
import select
import shutil
import signal
import socket
import sqlite3
import ssl
import struct
import subprocess
import threading
import time

from api_test import Api
from mailstop_test import (DEADLINE, Client, Deadline, Server, Skip, main,
                           mailstop, remark, require, scratch, test)
from smtp_test import Talk, raw, served_meanwhile

SEED = int(os.environ.get("SEED") or random.randrange(1 << 32))
remark("SEED=%d" % SEED)
MIB = 1 << 20


def is_whole(path):
    with sqlite3.connect(path) as db:
        return db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def stored(path):
    """{id: SHA-256 of the bytes} of what is accepted."""
    with sqlite3.connect(path) as db:
        return {id_: hashlib.sha256(octets).hexdigest() for id_, octets in
                db.execute("SELECT id, bytes FROM message"
                           " JOIN raw ON raw.message = seq WHERE state = 0")}


def resident(server):
    with open("/proc/%d/statm" % server.process.pid, encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def descriptors(server):
    return len(os.listdir("/proc/%d/fd" % server.process.pid))


def wait_for(claim, deadline=None):
    """For what no event tells of."""
    deadline = deadline or Deadline()
    while not claim():
        deadline.left()
        select.select([], [], [], 0.01)


# ---- kill -9

class Sender(threading.Thread):
    """Sends until the connection breaks; what was acknowledged is noted."""

    def __init__(self, server, chance, acknowledged):
        super().__init__()
        self.address = server.smtp
        self.chance = chance
        self.acknowledged = acknowledged

    def run(self):
        try:
            with Client(self.address) as client:
                client.hello()
                while True:
                    size = self.chance.choice((10, 1000, 300000))
                    octets = self.chance.randbytes(size).replace(
                        b"\n", b"").replace(b"\r", b"") + b"\r\n"
                    id_ = client.send_mail(octets, greet=False)
                    self.acknowledged[id_] = hashlib.sha256(
                        octets).hexdigest()
        except (OSError, AssertionError, IndexError):
            pass  # the server is gone; it may have said half a line


@test
def keeps_what_it_acknowledged_when_killed():
    chance = random.Random(SEED)
    acknowledged = {}
    rounds = 15
    with scratch() as folder:
        for number in range(rounds):
            durability = ("full", "normal")[number % 2]
            with Server("--durability", durability, "--log-level", "warn",
                        folder=folder) as server:
                senders = [Sender(server, random.Random(chance.random()),
                                  acknowledged) for _ in range(6)]
                before = len(acknowledged)
                for sender in senders:
                    sender.start()
                more = chance.randrange(60)  # some moment or other
                wait_for(lambda: len(acknowledged) > before + 3 + more)
                server.process.kill()
                server.finish()
                for sender in senders:
                    sender.join()
                path = server.db
            if number % 5 == 4:
                assert is_whole(path)
        found = stored(path)
        missing = [i for i, digest in acknowledged.items()
                   if found.get(i) != digest]
        assert not missing, "%d of %d" % (len(missing), len(acknowledged))
        # Nothing else lies about, and a server serves it.
        with Server(folder=folder) as server:
            with server.client() as client:
                client.send_mail(b"x\r\n")
            listed = {m["id"]: m["sha256"] for m in server.messages()}
        assert all(listed[i] == d for i, d in acknowledged.items())
        left = {name for name in os.listdir(folder)}
        assert left <= {"mail.db", "mail.db-wal", "mail.db-shm", "tls",
                        "state"}, left


# ---- the disk

class Disk:
    """A small file system of the test's own."""

    def __init__(self, size):
        self.size = size

    def __enter__(self):
        if os.geteuid() != 0:
            raise Skip("only root may mount")
        self.stack = scratch()
        self.path = os.path.join(self.stack.__enter__(), "disk")
        os.mkdir(self.path)
        if subprocess.run(["mount", "-t", "tmpfs", "-o",
                           "size=%d" % self.size, "tmpfs", self.path],
                          stderr=subprocess.DEVNULL, check=False).returncode:
            self.stack.__exit__(None, None, None)
            raise Skip("no mount(8) here")
        return self

    def remount(self, words):
        subprocess.run(["mount", "-o", "remount," + words, self.path],
                       check=True)

    def __exit__(self, *what):
        subprocess.run(["umount", "-l", self.path], check=False)
        self.stack.__exit__(*what)


@test
def full_disk_is_a_452_and_passes():
    with Disk(24 * MIB) as disk:
        filler = os.path.join(disk.path, "filler")
        with open(filler, "wb") as file:
            file.write(b"x" * (12 * MIB))
        acknowledged = {}
        with Server(folder=disk.path) as server:
            octets = b"y" * 98 + b"\r\n"
            with server.client() as client:
                client.hello()
                for number in range(1000):
                    text = octets * (1 + number % 3 * 5000)
                    for command in ("MAIL FROM:<a@b.test>",
                                    "RCPT TO:<x@y.test>"):
                        client.ask(command, 250)
                    client.ask("DATA", 354)
                    client.data(text)
                    reply = client.reply()
                    if not reply.startswith("250"):
                        break
                    acknowledged[reply.split()[-1]] = hashlib.sha256(
                        text).hexdigest()
                assert reply.startswith("452 4.3.1 "), reply
                assert len(acknowledged) > 3
                client.ask("NOOP", 250)
                # What needs no disk goes on.
                with server.client() as other:
                    other.hello()
                    other.ask("QUIT", 221)
                Api(server).get("/api/mailstop/v1/now")
                os.unlink(filler)
                for _ in range(5):
                    id_ = client.send_mail(octets, greet=False)
                    acknowledged[id_] = hashlib.sha256(octets).hexdigest()
            with server.client() as client:
                id_ = client.send_mail(octets)
                acknowledged[id_] = hashlib.sha256(octets).hexdigest()
            assert server.stop() == 0
        assert is_whole(server.db)
        found = stored(server.db)
        assert all(found.get(i) == d for i, d in acknowledged.items())


@test
def does_not_start_where_it_cannot_write():
    with Disk(8 * MIB) as disk:
        with Server(folder=disk.path) as server:
            with server.client() as client:
                client.send_mail(b"x\r\n")
            assert server.stop() == 0
        disk.remount("ro")
        with scratch() as folder:
            for db in (server.db, os.path.join(disk.path, "new.db")):
                ran = mailstop("serve", "--db", db, "--smtp", "127.0.0.1:0",
                               "--http", "127.0.0.1:0", folder=folder,
                               status=None)
                assert ran.returncode in (73, 74, 77), ran
                assert db.encode() in ran.stderr, ran.stderr
        # Reading works.
        assert len(server.messages()) == 1


@test
def locked_database():
    """A short lock is waited for; a long one is a 4xx, and passes."""
    with Server() as server, server.client() as client:
        client.hello()
        client.send_mail(b"x\r\n", greet=False)
        lock = sqlite3.connect(server.db, isolation_level=None,
                               timeout=DEADLINE)
        lock.execute("BEGIN IMMEDIATE")
        for command in ("MAIL FROM:<a@b.test>", "RCPT TO:<x@y.test>"):
            client.ask(command, 250)
        client.ask("DATA", 354)
        client.data(b"waits\r\n")
        # Others talk meanwhile.
        with server.client() as other:
            other.hello()
            other.ask("MAIL FROM:<a@b.test>", 250)
        assert not select.select([client.socket], [], [], 0.5)[0]
        lock.execute("COMMIT")
        client.reply(250)
        lock.execute("BEGIN IMMEDIATE")
        for command in ("MAIL FROM:<a@b.test>", "RCPT TO:<x@y.test>"):
            client.ask(command, 250)
        client.ask("DATA", 354)
        client.data(b"refused\r\n")
        reply = client.reply()
        assert reply.startswith(("451 4.", "452 4.")), reply
        lock.execute("COMMIT")
        lock.close()
        client.send_mail(b"again\r\n", greet=False)
        assert server.stop() == 0
        assert len(stored(server.db)) == 3


@test
def newer_version_and_damaged_files():
    with scratch() as folder:
        with Server(folder=folder) as server:
            with server.client() as client:
                client.send_mail(b"x\r\n")
            assert server.stop() == 0
        paths = {name: os.path.join(folder, name) for name in (
            "newer", "text", "cut", "empty-header")}
        for path in paths.values():
            shutil.copyfile(server.db, path)
        with sqlite3.connect(paths["newer"]) as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            db.execute("PRAGMA user_version = %d" % (version + 1))
        db.close()
        with open(paths["text"], "wb") as file:
            file.write(b"Dear diary, this is no database.\n" * 300)
        with open(paths["cut"], "r+b") as file:
            file.truncate(5000)
        with open(paths["empty-header"], "r+b") as file:
            file.write(b"\0" * 16)
        for name, path in paths.items():
            with open(path, "rb") as file:
                before = file.read()
            ran = mailstop("serve", "--db", path, "--smtp", "127.0.0.1:0",
                           "--http", "127.0.0.1:0", folder=folder,
                           status=None)
            assert ran.returncode == 65, (name, ran)
            assert path.encode() in ran.stderr, ran.stderr
            with open(path, "rb") as file:
                assert file.read() == before, name
            assert mailstop("list", "--db", path, folder=folder,
                            status=None).returncode == 65


@test
def damage_in_the_middle_is_no_crash():
    """Pages that turn to garbage: 250 or 4xx, but the process stays."""
    with Server() as server:
        with server.client() as client:
            client.hello()
            for number in range(50):
                client.send_mail(b"%d\r\n" % number * 1000, greet=False)
        assert server.stop() == 0
        size = os.path.getsize(server.db)
        chance = random.Random(SEED)
        with open(server.db, "r+b") as file:
            for _ in range(20):
                file.seek(chance.randrange(4096 * 2, size - 4096))
                file.write(chance.randbytes(2000))
        try:
            server.restart()
        except AssertionError as error:
            assert "ended with 65" in str(error) or (
                "ended with 74" in str(error)), error
            return
        with server.client() as client:
            client.hello()
            for _ in range(10):
                for command in ("MAIL FROM:<a@b.test>", "RCPT TO:<x@y.test>"):
                    client.ask(command, 250)
                client.ask("DATA", 354)
                client.data(b"x\r\n")
                assert client.reply()[:1] in "24"
        api = Api(server)
        for path in ("messages", "sessions", "inboxes"):
            api.ask("GET", "/api/mailstop/v1/" + path, status=None)
        assert server.process.poll() is None


# ---- descriptors

@test
def descriptors_run_out_and_come_back():
    with Server() as server:
        before = descriptors(server)
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE,
                         (before + 10, before + 10))
        first = Talk(server.smtp)
        first.hello()
        others = [socket.create_connection(server.smtp) for _ in range(60)]
        # Who is in is served.
        first.envelope()
        first.text(b"x" * 500000 + b"\r\n.\r\n")
        answers = []
        for one in others:
            one.settimeout(0.2)
            try:
                answers.append(one.recv(4))
            except (socket.timeout, ConnectionResetError):
                answers.append(b"")
        assert answers.count(b"220 ") >= 5, answers
        assert set(answers) <= {b"220 ", b"421 ", b""}, answers
        for one in others:
            one.close()
        first.envelope()
        first.text(b"y\r\n.\r\n")
        first.close()
        wait_for(lambda: descriptors(server) <= before + 2)
        with Talk(server.smtp) as client:
            client.hello()
            client.envelope()
            client.text(b"z\r\n.\r\n")
        assert len(server.messages()) == 3


# ---- clients that leave

@test
def hangs_up_while_its_message_is_at_the_store():
    """With the database locked, each message is there when its client goes."""
    with Server() as server:
        before = descriptors(server)
        for resets in (False, True):
            lock = sqlite3.connect(server.db, isolation_level=None,
                                   timeout=DEADLINE)
            lock.execute("BEGIN IMMEDIATE")
            for _ in range(40):
                with server.client() as client:
                    client.hello()
                    for command in ("MAIL FROM:<a@b.test>",
                                    "RCPT TO:<x@y.test>"):
                        client.ask(command, 250)
                    client.ask("DATA", 354)
                    client.data(b"sent and gone\r\n")
                    if resets:
                        client.socket.setsockopt(
                            socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
            lock.execute("COMMIT")
            lock.close()
        wait_for(lambda: descriptors(server) <= before + 2)
        with server.client() as client:
            client.send_mail(b"x\r\n")
        assert server.stop() == 0
        # Complete is complete, whoever waits; a reset may overtake the text.
        assert 41 <= len(stored(server.db)) <= 81


@test
def five_hundred_senders():
    """Inbucket#77."""
    acknowledged = []
    with Server("--log-level", "warn") as server:
        gate = threading.Barrier(500)

        def work(number):
            with Client(server.smtp) as client:
                client.hello()
                gate.wait(DEADLINE)
                for turn in range(2):
                    acknowledged.append(client.send_mail(
                        b"%d %d\r\n" % (number, turn), greet=False))

        threading.stack_size(256 * 1024)
        threads = [threading.Thread(target=work, args=(n,))
                   for n in range(500)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        threading.stack_size(0)
        assert len(set(acknowledged)) == 1000, len(acknowledged)
        assert server.stop() == 0
        with sqlite3.connect(server.db) as db:
            rows = {row[0] for row in db.execute("SELECT bytes FROM raw")}
        assert rows == {b"%d %d\r\n" % (n, t) for n in range(500)
                        for t in range(2)}


# ---- without end

ENVELOPE = b"MAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\n"
HELLO = b"EHLO c.test\r\n"
# What takes the server long, octet by octet, comes in smaller amounts.
# Each of the resets is a transaction that is noted as aborted.
PARTS = {"dots": 8, "commands": 8, "hellos": 8, "recipients": 8, "resets": 64}
ENDLESS = {
    "a line": (b"", b"x" * 65536),
    "a line of MAIL": (HELLO + b"MAIL FROM:<", b"x" * 65536),
    "parameters": (HELLO + b"MAIL FROM:<a@b.test>", b" X=1" * 16384),
    "a response": (HELLO + b"AUTH PLAIN\r\n", b"A" * 65536),
    "a text": (HELLO + ENVELOPE + b"DATA\r\n", b"x" * 65534 + b"\r\n"),
    "a line of text": (HELLO + ENVELOPE + b"DATA\r\n", b"x" * 65536),
    "dots": (HELLO + ENVELOPE + b"DATA\r\n", b"..\r\n" * 16384),
    "header": (HELLO + ENVELOPE + b"DATA\r\n", b"X: y\r\n" * 10922),
    "a chunk": (HELLO + ENVELOPE + b"BDAT 99999999999\r\n", b"x" * 65536),
    "chunks": (HELLO + ENVELOPE, b"BDAT 65536\r\n" + b"x" * 65536),
    "commands": (HELLO, b"NOOP\r\n" * 4000),
    "recipients": (HELLO + b"MAIL FROM:<a@b.test>\r\n",
                   b"RCPT TO:<x@y.test>\r\n" * 1000),
    "errors": (HELLO, b"FOO\r\n" * 4000),
    "resets": (HELLO, (ENVELOPE + b"RSET\r\n") * 1000),
    "hellos": (b"", HELLO * 4000),
}


def amount(name, octets):
    return octets // PARTS.get(name, 1)


def pour(client, octets, total):
    """Sends `octets` again and again, and reads what comes; stops when the
    server closes."""
    sock = client.socket
    sock.setblocking(False)
    sent = 0
    deadline = Deadline()
    view = memoryview(octets)
    while sent < total:
        readable, writable, _ = select.select([sock], [sock], [],
                                              min(deadline.left(), 1))
        try:
            if readable and not sock.recv(1 << 20):
                return
            if writable:
                sent += sock.send(view[sent % len(octets):])
        except BlockingIOError:
            continue
        except OSError:
            return


@test
def memory_stays_flat_with_endless_clients():
    with Server("--log-level", "error", "--max-message", "8M",
                "--memory-limit", "8M") as server:
        with served_meanwhile(server):
            pass
        # Buffers and caches have their size once the first are through.
        for name, (start, octets) in ENDLESS.items():
            with Client(server.smtp) as client:
                client.send(start)
                pour(client, octets, amount(name, 9 * MIB))
        before = resident(server)
        for name, (start, octets) in ENDLESS.items():
            with Client(server.smtp) as client:
                client.send(start)
                pour(client, octets, amount(name, 32 * MIB))
            grown = resident(server) - before
            assert grown < 24 * MIB, "%s: %d KiB" % (name, grown // 1024)
        # HTTP: a head, a header and a body without end.
        for start in (b"GET /", b"GET / HTTP/1.1\r\nX: ",
                      b"POST /api/v1/send HTTP/1.1\r\nHost: localhost\r\n"
                      b"Content-Length: 99999999999\r\n\r\n{\"Text\":\"",
                      b"PUT /api/v1/messages HTTP/1.1\r\nHost: localhost\r\n"
                      b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n"):
            with Client(server.address("http")) as client:
                client.send(start)
                pour(client, b"x" * 65536, 32 * MIB)
            grown = resident(server) - before
            assert grown < 24 * MIB, "%s: %d KiB" % (start, grown // 1024)


@test
def a_reader_who_sleeps_costs_nothing():
    """Streams of events, and answers, that nobody takes."""
    with Server("--log-level", "error") as server:
        sleepers = []
        for path in (b"/api/mailstop/v1/events", b"/api/v1/events"):
            for _ in range(5):
                client = Client(server.address("http"))
                client.socket.setsockopt(socket.SOL_SOCKET,
                                         socket.SO_RCVBUF, 4096)
                client.send(b"GET " + path + b" HTTP/1.1\r\n"
                            b"Host: localhost\r\n\r\n")
                sleepers.append(client)
        with server.client() as client:
            client.hello()
            for _ in range(100):
                client.send_mail(b"Subject: x\r\n\r\n", greet=False)
            before = resident(server)
            for _ in range(600):
                client.send_mail(b"Subject: " + b"s" * 500 + b"\r\n\r\n",
                                 greet=False)
        assert resident(server) - before < 24 * MIB
        for client in sleepers:
            client.close()


# ---- start and stop

@test
def stops_within_a_second_under_load():
    acknowledged = {}
    chance = random.Random(SEED)
    with Server("--log-level", "warn") as server:
        senders = [Sender(server, random.Random(chance.random()),
                          acknowledged) for _ in range(8)]
        for sender in senders:
            sender.start()
        idle = [server.client() for _ in range(50)]
        wait_for(lambda: len(acknowledged) > 10)
        start = time.monotonic()
        assert server.stop(signal.SIGTERM) == 0
        # One second, and what a busy machine adds.
        assert time.monotonic() - start < 4
        for sender in senders:
            sender.join()
        for client in idle:
            client.close()
        found = stored(server.db)
        assert all(found.get(i) == d for i, d in acknowledged.items())


@test
def the_ready_file_is_right_each_time():
    with scratch() as folder:
        path = os.path.join(folder, "ready.json")
        for _ in range(50):
            with Server("--ready-file", path, "--log-level", "warn",
                        folder=folder, memory=True) as server:
                # It is there, whole, before the descriptor is told.
                with open(path, encoding="utf-8") as file:
                    assert json.load(file) == server.ready
                for protocol in ("smtp", "http"):
                    Client(server.address(protocol)).close()
                with server.client() as client:
                    client.reply(220)


@test
def the_ready_file_is_never_half():
    """Who waits for its name finds all of it."""
    with scratch() as folder:
        path = os.path.join(folder, "ready.json")
        for _ in range(5):
            found = []

            def look():
                deadline = Deadline()
                while not found:
                    deadline.left()
                    try:
                        with open(path, encoding="utf-8") as file:
                            found.append(json.load(file))
                    except FileNotFoundError:
                        pass

            if os.path.exists(path):
                os.unlink(path)
            thread = threading.Thread(target=look)
            thread.start()
            with Server("--ready-file", path, folder=folder,
                        memory=True) as server:
                thread.join()
                assert found == [server.ready], found


# ---- SIGHUP

def make_certificate(folder, name):
    require("openssl")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=" + name, "-addext",
                    "subjectAltName=DNS:" + name, "-keyout",
                    os.path.join(folder, "key.pem"), "-out",
                    os.path.join(folder, "cert.pem")],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   check=True)


def certificate_of(server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with Client(server.address("smtps")) as client:
        wrapped = context.wrap_socket(client.socket)
        octets = wrapped.getpeercert(True)
        wrapped.close()
    return octets


def hang_up(server):
    """SIGHUP, and waits until it has been heard."""
    server.log = b""
    server.process.send_signal(signal.SIGHUP)
    server.wait_log("read again")


@test
def hangup_reads_certificates_and_rules_again():
    with scratch() as folder:
        make_certificate(folder, "one.test")
        rules = os.path.join(folder, "rules")
        with open(rules, "w", encoding="ascii") as file:
            file.write("rcpt to=*@full.test reply=452\n")
        with Server("--tls-cert", os.path.join(folder, "cert.pem"),
                    "--tls-key", os.path.join(folder, "key.pem"),
                    "--smtps", "127.0.0.1:0", "--fault-file", rules,
                    folder=folder) as server, server.client() as client:
            client.hello()
            client.ask("MAIL FROM:<a@b.test>", 250)
            client.ask("RCPT TO:<x@full.test>", 452)
            first = certificate_of(server)
            make_certificate(folder, "two.test")
            with open(rules, "w", encoding="ascii") as file:
                file.write("rcpt to=*@gone.test reply=550\n")
            hang_up(server)
            second = certificate_of(server)
            assert second != first and b"two.test" in second
            client.ask("RCPT TO:<x@full.test>", 250)
            client.ask("RCPT TO:<x@gone.test>", 550)
            # What cannot be read leaves all as it was.
            with open(os.path.join(folder, "cert.pem"), "w",
                      encoding="ascii") as file:
                file.write("no certificate\n")
            with open(rules, "w", encoding="ascii") as file:
                file.write("nonsense\n")
            hang_up(server)
            assert certificate_of(server) == second
            client.ask("RCPT TO:<z@gone.test>", 550)
            client.ask("RCPT TO:<z@y.test>", 250)
            client.ask("DATA", 354)
            client.data(b"x\r\n")
            id_ = client.reply(250).split()[-1]
            assert raw(server, id_) == b"x\r\n"


main()
