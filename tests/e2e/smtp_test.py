"""smtp_test: a client that checks the form of each reply, and shared servers.

What holds for every reply (RFC 5321 4.2, RFC 2034) is looked at here, once, so
that a test speaks only of its own matter.
"""

import contextlib
import re
import select
import ssl
import threading
import time

from api_test import Api
from mailstop_test import DEADLINE, Client, Deadline, Server

# Servers by their words; they run until close_shared().
SHARED = {}
HOST = "mx.test"
LINE_MAX = 510
LINE = re.compile(rb"([2-5][0-9][0-9])([ -]).*")
CODE = re.compile(rb"([2-5][0-9][0-9])[ -]([245])\.\d{1,3}\.\d{1,3} ")


def shared(*words):
    """A server in memory for all tests that want these words."""
    if words not in SHARED:
        server = Server("--hostname", HOST, "--log-level", "warn", *words,
                        smtp=None if "--smtp" in words else "127.0.0.1:0",
                        memory=True)
        SHARED[words] = server.__enter__()
    return SHARED[words]


def close_shared():
    for server in SHARED.values():
        server.__exit__(None, None, None)
    SHARED.clear()


class Talk(Client):
    """Checks each reply. The ones without enhanced codes are the greeting and
    those to HELO, EHLO and LHLO; hello() knows."""

    def reply(self, code=None, plain=False):
        lines = [self.checked_line()]
        while lines[-1][3:4] == b"-":
            lines.append(self.checked_line())
            assert lines[-1][:3] == lines[0][:3], lines
        for line in lines:
            self.check_code(line, plain)
        text = b"\n".join(lines).decode("ascii")
        if code is not None and not re.match("(%s)" % code, text):
            raise AssertionError("%r instead of %s" % (text, code))
        return text

    def checked_line(self):
        line = self.line()
        assert line, "the connection is closed"
        assert len(line) <= LINE_MAX, "%d octets: %r" % (len(line), line)
        assert re.fullmatch(rb"[ -~\t]*", line), line
        assert LINE.fullmatch(line), line
        return line

    @staticmethod
    def check_code(line, plain):
        found = CODE.match(line)
        if line.startswith(b"3") or plain:
            assert not found, line
        else:
            assert found and found.group(1)[:1] == found.group(2), line

    def hello(self, name="client.test", verb="EHLO"):
        self.reply(220, plain=True)
        return self.greet(name, verb)

    def greet(self, name="client.test", verb="EHLO"):
        self.send(b"%s %s\r\n" % (verb.encode(), name.encode("latin-1")))
        return self.reply(250, plain=True)

    def envelope(self, mail="<a@b.test>", *recipients):
        self.ask("MAIL FROM:" + mail, 250)
        for recipient in recipients or ("<x@y.test>",):
            self.ask("RCPT TO:" + recipient, 250)

    def text(self, octets):
        """DATA, and octets as they travel, with their end; the id."""
        self.ask("DATA", 354)
        self.send(octets)
        return self.saved()

    def saved(self):
        reply = self.reply(250)
        found = re.fullmatch(r"250 2\.0\.0 OK Message saved as (\S+)", reply)
        assert found, reply
        return found.group(1)

    def in_sync(self):
        """The very next command gets its own reply, and nothing else comes."""
        reply = self.ask("VRFY in.sync", 252)
        assert self.silent(), self.input
        return reply

    def silent(self):
        """Nothing has come that was not asked for. What TLS itself sends (such
        as session tickets) does not count."""
        if not isinstance(self.socket, ssl.SSLSocket):
            return not self.input and not select.select(
                [self.socket], [], [], 0)[0]
        self.socket.setblocking(False)
        try:
            self.input += self.socket.recv(65536)
        except ssl.SSLWantReadError:
            pass
        finally:
            self.socket.settimeout(DEADLINE)
        return not self.input

    def closed(self):
        """The server has closed, and said no more."""
        try:
            return self.line() == b""
        except ConnectionResetError:
            return True

    def start_tls(self, server, **options):
        self.ask("STARTTLS", 220)
        self.shake_hands(server, **options)

    def shake_hands(self, server, version=None):
        context = trust(server)
        if version:
            context.minimum_version = context.maximum_version = version
        self.socket = context.wrap_socket(self.socket,
                                          server_hostname="localhost")
        self.input = b""


def trust(server):
    return ssl.create_default_context(cafile=server.ready["ca"])


def connect(server, protocol="smtp", index=0):
    client = Talk(server.address(protocol, index))
    if protocol == "smtps":
        client.shake_hands(server)
    return client


@contextlib.contextmanager
def session(*words, verb="EHLO", protocol="smtp", index=0):
    """A client of a shared server that has said hello."""
    with connect(shared(*words), protocol, index) as client:
        client.server = shared(*words)
        client.hello(verb=verb)
        yield client


# ---- what the server has

def message(server, id_):
    return Api(server).get("/api/mailstop/v1/message/" + id_)


def raw(server, id_):
    return Api(server).ask("GET", "/api/mailstop/v1/message/%s/raw" %
                           id_).body


def now(server):
    return Api(server).get("/api/mailstop/v1/now")["seq"]


def accepted(server, after=0):
    """Accepted messages behind a seq, oldest first."""
    found = Api(server).get("/api/mailstop/v1/messages", after=after,
                            limit=10000, query="state:accepted")["messages"]
    return found[::-1]


def ended_session(server, query):
    """The newest session that fits, once it has ended."""
    return stored_session(server, query, lambda session: session["ended"])


def stored_session(server, query, fits=bool):
    """The newest session, once it is stored and fits."""
    api = Api(server)
    deadline = Deadline()
    while True:
        found = api.get("/api/mailstop/v1/sessions", query=query)["sessions"]
        if found and fits(found[0]):
            return found[0]
        deadline.left()
        # Its end comes by no event that a client without a stream could see.
        select.select([], [], [], 0.01)


def rules(server, session_id):
    found = Api(server).get("/api/mailstop/v1/session/%s/findings" %
                            session_id)["findings"]
    return [finding["rule"] for finding in found]


# ---- another client, who must not be kept waiting

@contextlib.contextmanager
def served_meanwhile(server, patience=2.0):
    """Sends mail after mail while the block runs; none may take longer than
    `patience` seconds."""
    stop = threading.Event()
    trouble = []
    times = []

    def work():
        try:
            with Talk(server.smtp) as client:
                client.hello()
                while not stop.is_set() or not times:
                    start = time.monotonic()
                    client.envelope()
                    client.text(b"meanwhile\r\n.\r\n")
                    times.append(time.monotonic() - start)
                    stop.wait(0.02)
        except Exception as error:  # it belongs to the test's thread
            trouble.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield times
    finally:
        stop.set()
        thread.join()
    if trouble:
        raise trouble[0]
    assert max(times) < patience, "a mail took %.2f s" % max(times)
