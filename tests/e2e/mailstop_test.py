"""mailstop_test: what the end-to-end tests share.

A test is a function with @test that raises when something is wrong; main()
runs all of them and prints TAP. Nothing here sleeps: each wait is for an event
and has a deadline.

    from mailstop_test import Server, main, mailstop, test

    @test
    def keeps_what_it_acknowledged():
        with Server() as server:
            with server.client() as client:
                client.send_mail(b"Subject: x\\r\\n\\r\\nY\\r\\n")
            assert len(server.messages()) == 1

    main()
"""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

MAILSTOP = os.environ.get("MAILSTOP") or os.path.abspath("mailstop")
TOP_SRCDIR = os.environ.get("TOP_SRCDIR") or os.path.abspath(
    os.path.join(os.path.dirname(__file__), "..", ".."))
# Seconds; sanitizers and busy machines are slow.
DEADLINE = 30
TESTS = []
# The thread sanitizer does not see the locks of GLib's slices.
os.environ["G_SLICE"] = "always-malloc"
# What a shell runs in the background ignores it, and so would our children.
signal.signal(signal.SIGINT, signal.default_int_handler)


# ---- TAP

class Skip(Exception):
    """What a test raises when this machine cannot run it."""


def test(function):
    TESTS.append(function)
    return function


def remark(text):
    for line in str(text).rstrip("\n").split("\n"):
        print("# " + line)


def main():
    """Runs the tests (those named on the command line) and exits."""
    chosen = [t for t in TESTS
              if t.__name__ in sys.argv[1:] or not sys.argv[1:]]
    failed = 0
    print("1..%d" % len(chosen))
    for number, function in enumerate(chosen, 1):
        name = "%d - %s" % (number, function.__name__)
        try:
            function()
            print("ok " + name)
        except Skip as reason:
            print("ok %s # SKIP %s" % (name, reason))
        except Exception:  # whatever it is, the next test runs
            failed += 1
            print("not ok " + name)
            remark(traceback.format_exc())
        sys.stdout.flush()
    sys.exit(1 if failed else 0)


def require(program):
    """Skips the test where a program is not installed."""
    if not shutil.which(program):
        raise Skip(program + " is not installed")


# ---- deadlines

class Deadline:
    """So many seconds from now on."""

    def __init__(self, seconds=DEADLINE):
        self.end = time.monotonic() + seconds

    def left(self):
        """What is left of them, for a time-out; fails when nothing is."""
        seconds = self.end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the deadline has passed")
        return seconds


def read_until(fd, done, deadline):
    """Reads a descriptor until done(bytes so far), or its end."""
    found = b""
    while not done(found):
        if not select.select([fd], [], [], deadline.left())[0]:
            continue
        part = os.read(fd, 65536)
        if not part:
            break
        found += part
    return found


# ---- the program

@contextlib.contextmanager
def scratch():
    """A folder of the test's own; its path is short enough for sockets."""
    path = tempfile.mkdtemp(prefix="mailstop-e2e-", dir="/tmp")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def environment(folder, changes=None):
    """That of the tests, without what would change mailstop's options."""
    found = {name: value for name, value in os.environ.items()
             if not name.startswith(("MAILSTOP_", "MP_", "LISTEN_"))}
    found.update(HOME=folder, XDG_STATE_HOME=os.path.join(folder, "state"),
                 LC_ALL="C.UTF-8")
    found.update(changes or {})
    return found


def mailstop(*words, folder="/nonexistent", given=None, status=0, env=None):
    """Runs a command to its end, and checks its exit status."""
    ran = subprocess.run([MAILSTOP, *map(str, words)],
                         env=environment(folder, env), timeout=DEADLINE,
                         input=given, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, check=False,
                         stdin=subprocess.DEVNULL if given is None else None)
    if status is not None and ran.returncode != status:
        raise AssertionError("%s: exit status %d instead of %d\n%s%s" % (
            " ".join(map(str, words)), ran.returncode, status,
            ran.stdout.decode(errors="replace"),
            ran.stderr.decode(errors="replace")))
    return ran


def json_lines(ran):
    return [json.loads(line) for line in ran.stdout.splitlines()]


class Server:
    """A server on free ports, with a folder of its own, until the end of
    `with`. Words are options of "serve" beside those that it gets anyway."""

    def __init__(self, *words, folder=None, env=None, smtp="127.0.0.1:0",
                 http="127.0.0.1:0", memory=False):
        self.stack = contextlib.ExitStack()
        self.folder = folder or self.stack.enter_context(scratch())
        self.db = os.path.join(self.folder, "mail.db")
        self.env = env
        self.words = ["serve", "--tls-dir", os.path.join(self.folder, "tls")]
        self.words += ["--memory"] if memory else ["--db", self.db]
        self.words += ["--smtp", smtp] if smtp else []
        self.words += ["--http", http] if http else []
        self.words += map(str, words)
        self.process = None
        self.ready = None
        self.log = b""

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, value, trace):
        status = 0
        with self.stack:
            if self.process and self.process.poll() is None:
                if kind:
                    self.process.kill()
                else:
                    self.process.terminate()
                status = self.finish()
            else:
                self.finish()
            if kind and self.log:
                remark(self.log.decode(errors="replace"))
        if kind:
            return
        # Whatever a test was about, the server left as it should.
        log = self.log.decode(errors="replace")
        if status != 0 or "Sanitizer" in log or "runtime error" in log:
            raise AssertionError("the server ended with %d: %s" % (status,
                                                                   log))

    def start(self):
        """Returns once it is ready; fails when it ends before that."""
        reading, writing = os.pipe()
        self.log = b""
        try:
            self.process = subprocess.Popen(
                [MAILSTOP, *self.words, "--ready-fd", str(writing)],
                env=environment(self.folder, self.env), pass_fds=[writing],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE)
        finally:
            os.close(writing)
        # Somebody must read, or lines are lost when the pipe is full.
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.logged = threading.Condition()
        self.reader.start()
        try:
            text = read_until(reading, lambda t: t.endswith(b"\n"),
                              Deadline())
        finally:
            os.close(reading)
        if not text:
            status = self.process.wait(DEADLINE)
            self.finish()
            raise AssertionError("the server ended with %d: %s" % (
                status, self.log.decode(errors="replace")))
        self.ready = json.loads(text)

    def read_log(self):
        for line in self.process.stderr:
            with self.logged:
                self.log += line
                self.logged.notify_all()
        with self.logged:
            self.logged.notify_all()

    def wait_log(self, pattern, deadline=None):
        """Waits until the log has such a line; returns the match."""
        deadline = deadline or Deadline()
        with self.logged:
            while True:
                found = re.search(pattern, self.log.decode(errors="replace"))
                if found:
                    return found
                if not self.reader.is_alive():
                    raise AssertionError("not in the log: " + pattern)
                self.logged.wait(min(deadline.left(), 1))

    def finish(self):
        """Waits for its end; returns the exit status."""
        if not self.process:
            return None
        status = self.process.wait(DEADLINE)
        self.reader.join(DEADLINE)
        self.process.stderr.close()
        return status

    def stop(self, number=signal.SIGTERM):
        """Sends the signal, waits for the end; returns the exit status."""
        self.process.send_signal(number)
        return self.finish()

    def restart(self):
        """After stop(): again, with the same database, on new ports."""
        self.start()

    @contextlib.contextmanager
    def paused(self):
        """It does nothing meanwhile; the kernel takes connections and bytes
        for it."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    # ---- where it is

    def address(self, protocol="smtp", index=0):
        """(host, port) of a listener, or the path of its socket."""
        text = self.ready[protocol][index]
        if text.startswith("unix:"):
            return text[len("unix:"):]
        host, port = text.rsplit(":", 1)
        return host.strip("[]"), int(port)

    @property
    def smtp(self):
        return self.address("smtp")

    @property
    def url(self):
        return "http://" + self.ready["http"][0]

    def client(self, protocol="smtp", index=0):
        return Client(self.address(protocol, index))

    # ---- what it has

    def run(self, *words, **rest):
        """A command on its database."""
        command, *others = words
        return mailstop(command, "--db", self.db, *others,
                        folder=self.folder, **rest)

    def messages(self, *query, limit=0):
        """Message objects, newest first; none is fine."""
        return json_lines(self.run("list", "--json", "--limit", limit, "--",
                                   *query, status=None))

    def raw(self, message):
        """The stored bytes of a message."""
        return self.run("show", "--raw", message["id"]).stdout

    def sessions(self):
        """Session objects, newest first; stop() before: then all is there.
        They are numbered as they are stored, which is another order."""
        return sorted(json_lines(self.run("sessions", "--json", "--limit", 0)),
                      key=lambda session: session["started"], reverse=True)

    def dialogue(self, ident):
        """What was said in a session (or that of a message), as a list of
        lines without their times: " C: NOOP", " S: 250 2.0.0 OK"."""
        text = self.run("transcript", ident).stdout.decode()
        return [line[len("     0.000000 "):] for line in text.splitlines()]


# ---- a client of SMTP

class Client:
    """Lines and octets on a socket; replies are read by the reply."""

    def __init__(self, address):
        family = socket.AF_UNIX if isinstance(address, str) else (
            socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(address)
        if family != socket.AF_UNIX:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = b""

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.close()

    def close(self):
        self.socket.close()

    def reset(self):
        """Closes with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
        self.socket.close()

    def start_tls(self, context=None, host="localhost"):
        """Shakes hands; without a context any certificate will do."""
        if context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket, server_hostname=host)
        self.input = b""

    def end(self):
        """Waits for the end of the connection, and gives what was said
        before it, and how it came: "fin" or "rst"."""
        said, self.input = self.input, b""
        while True:
            try:
                part = self.socket.recv(65536)
            except ConnectionResetError:
                return said, "rst"
            if not part:
                return said, "fin"
            said += part

    def send(self, octets):
        self.socket.sendall(octets)

    def line(self):
        """The next line without its CRLF; b"" at the end."""
        while b"\r\n" not in self.input:
            part = self.socket.recv(65536)
            if not part:
                return b""
            self.input += part
        line, self.input = self.input.split(b"\r\n", 1)
        return line

    def reply(self, code=None):
        """The lines of the next reply, as one text."""
        lines = [self.line()]
        while lines[-1][3:4] == b"-":
            lines.append(self.line())
        text = b"\n".join(lines).decode("ascii")
        if code is not None and not text.startswith(str(code)):
            raise AssertionError("%r instead of %s" % (text, code))
        return text

    def ask(self, command, code=None):
        """Sends a command line, returns the reply."""
        octets = command.encode() if isinstance(command, str) else command
        self.send(octets + b"\r\n")
        return self.reply(code)

    def hello(self, name="client.test", verb="EHLO"):
        self.reply(220)
        return self.ask("%s %s" % (verb, name), 250)

    def data(self, octets):
        """Octets as they travel: dots doubled, and the end."""
        stuffed = re.sub(rb"(\A|\r\n)\.", rb"\1..", octets)
        end = b".\r\n" if stuffed.endswith(b"\r\n") or not stuffed else (
            b"\r\n.\r\n")
        self.send(stuffed + end)

    def send_mail(self, octets, sender="sender@from.test",
                  recipients=("alice@to.test",), greet=True):
        """A whole message; returns the id that the server gave it."""
        if greet:
            self.hello()
        self.ask("MAIL FROM:<%s>" % sender, 250)
        for recipient in recipients:
            self.ask("RCPT TO:<%s>" % recipient, 250)
        self.ask("DATA", 354)
        self.data(octets)
        return self.reply(250).split()[-1]
