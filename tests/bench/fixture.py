#!/usr/bin/env python3
"""fixture: how long tests wait for their mail server. Nothing is asserted.

usage: fixture.py [MAILSTOP] [run|starts|wait|waiters ...]

run      start, one mail, assert, stop: "mailstop run", milliseconds
starts   a server on port 0, connectable when it says that it is ready: 1,000
wait     from the 250 of a message to the answer of a wait, milliseconds
waiters  10,000 idle waits: memory, CPU while idle, and what one mail costs
"""

import os
import select
import socket
import subprocess
import sys
import tempfile
import time

STARTS = 1000
WAITERS = 10000
# A client that costs nothing itself: the shell speaks SMTP. What it prints goes
# out by the line, and the kernel would hold the second one back for 40 ms; what
# cat copies goes out at once.
CLIENT = ("exec 3<>/dev/tcp/$SMTP_HOST/$SMTP_PORT; read -r x <&3;"
          "printf 'HELO x\\r\\nMAIL FROM:<a@x.test>\\r\\n"
          "RCPT TO:<b@x.test>\\r\\nDATA\\r\\n' | cat >&3;"
          "for i in 1 2 3 4; do read -r x <&3; done;"
          "printf 'Subject: x\\r\\n\\r\\nx\\r\\n.\\r\\n' | cat >&3; read -r x <&3;"
          "case $x in 250*) ;; *) exit 1;; esac")
MESSAGE = b"Subject: x\r\n\r\nx\r\n.\r\n"


def spread(values, unit="ms", scale=1000):
    values = sorted(value * scale for value in values)
    return "min %.2f, p50 %.2f, p90 %.2f, max %.2f %s (%d times)" % (
        values[0], values[len(values) // 2], values[len(values) * 9 // 10],
        values[-1], unit, len(values))


def seconds(call):
    before = time.perf_counter()
    call()
    return time.perf_counter() - before


class Server:
    def __init__(self, program, *words):
        reading, writing = os.pipe()
        self.process = subprocess.Popen(
            [program, "serve", "--smtp", "127.0.0.1:0", "--http",
             "127.0.0.1:0", "--tls", "off", "--ready-fd", str(writing),
             "--quiet", *words], stdin=subprocess.DEVNULL,
            pass_fds=[writing])
        os.close(writing)
        with os.fdopen(reading, encoding="ascii") as file:
            text = file.read()
        if not text:
            sys.exit("the server ended")
        self.smtp, self.http = (
            ("127.0.0.1", int(text.split('"%s":["127.0.0.1:' % name)[1]
                              .split('"')[0])) for name in ("smtp", "http"))

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def cpu(self):
        with open("/proc/%d/stat" % self.process.pid, encoding="ascii") as it:
            fields = it.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        with open("/proc/%d/status" % self.process.pid,
                  encoding="ascii") as it:
            return next(int(line.split()[1]) for line in it
                        if line.startswith("VmRSS:")) / 1024


def connect(address):
    connection = socket.create_connection(address)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def until(connection, end):
    text = b""
    while not text.endswith(end):
        text += connection.recv(65536)
    return text


def greet(address):
    connection = connect(address)
    until(connection, b"\r\n")
    connection.sendall(b"HELO x\r\n")
    until(connection, b"\r\n")
    return connection


def begin(connection, recipient):
    connection.sendall(b"MAIL FROM:<a@x.test>\r\nRCPT TO:<%s>\r\nDATA\r\n"
                       % recipient)
    text = b""
    while text.count(b"\r\n") < 3:
        text += connection.recv(65536)


def ask(address, path, timeout=None):
    connection = connect(address)
    connection.settimeout(timeout)
    connection.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
                       % path.encode())
    return connection


# ---- what is measured

def measure_run(program, _):
    words = [program, "run", "--expect", "rcpt:b@x.test == 1", "--", "bash",
             "-c", CLIENT]
    print("run:", spread([seconds(lambda: subprocess.run(words, check=True))
                          for _ in range(50)]))
    print("     of it the shell alone:", spread(
        [seconds(lambda: subprocess.run(["bash", "-c", ":"], check=True))
         for _ in range(50)]))


def measure_starts(program, _):
    times = []
    for _ in range(STARTS):
        before = time.perf_counter()
        server = Server(program, "--memory")
        # The very first connection must be taken.
        for address in (server.smtp, server.http):
            connect(address).close()
        times.append(time.perf_counter() - before)
        server.stop()
    print("starts:", spread(times))


def measure_wait(program, folder):
    for words in (["--memory"], ["--db", os.path.join(folder, "mail.db")]):
        server = Server(program, *words)
        times = []
        client = greet(server.smtp)
        for number in range(1000):
            name = b"r%d@x.test" % number
            wait = ask(server.http, "/api/mailstop/v1/wait?timeout=20&query="
                       "rcpt:%s" % name.decode())
            begin(client, name)
            # What was asked before this is waiting when this is answered.
            now = ask(server.http, "/api/mailstop/v1/now")
            now.recv(65536)
            now.close()
            client.sendall(MESSAGE)
            until(client, b"\r\n")
            before = time.perf_counter()
            wait.recv(65536)
            times.append(time.perf_counter() - before)
            wait.close()
        print("wait, %s:" % words[0][2:], spread(times))
        server.stop()


def measure_waiters(program, _):
    server = Server(program, "--memory")
    before, cpu = server.memory(), server.cpu()
    waits = [ask(server.http, "/api/mailstop/v1/wait?timeout=600&query="
                 "rcpt:r%d" % number) for number in range(WAITERS)]
    # The last one is taken when it is told of a message.
    until_idle = ask(server.http, "/api/mailstop/v1/wait?timeout=600&query="
                     "rcpt:first")
    client = greet(server.smtp)
    begin(client, b"first@x.test")
    client.sendall(MESSAGE)
    until_idle.recv(65536)
    print("waiters: %.1f MiB more for %d; %.2f s of CPU to take them" % (
        server.memory() - before, WAITERS, server.cpu() - cpu))
    cpu = server.cpu()
    select.select([], [], [], 5)
    print("waiters: %.2f s of CPU in 5 idle seconds" % (server.cpu() - cpu))
    times = []
    cpu = server.cpu()
    for number in range(100):
        begin(client, b"r%d@x.test" % number)
        client.sendall(MESSAGE)
        until(client, b"\r\n")
        start = time.perf_counter()
        select.select([waits[number]], [], [])
        times.append(time.perf_counter() - start)
    print("waiters: a mail to one of them:", spread(times))
    print("waiters: %.2f ms of CPU a mail" % (
        (server.cpu() - cpu) * 1000 / len(times)))
    for one in waits:
        one.close()
    server.stop()


def main():
    words = sys.argv[1:]
    program = os.path.abspath(words.pop(0) if words and
                              os.path.exists(words[0]) else "mailstop")
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (
        resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with tempfile.TemporaryDirectory(prefix="mailstop-bench-") as folder:
        for name in words or ["run", "starts", "wait", "waiters"]:
            globals()["measure_" + name](program, folder)
            sys.stdout.flush()


main()
