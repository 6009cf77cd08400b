"""dialogue_test: plays dialogues to a server, over sockets.

tests/dialogue/README says how one is written. The client's bytes are cut at
random places, or not at all.
"""

import contextlib
import os
import random
import re
import select
import ssl

from api_test import Api
from mailstop_test import DEADLINE, TOP_SRCDIR, Client, Deadline, Server

FOLDER = os.path.join(TOP_SRCDIR, "tests", "dialogue")
# Pieces that one batch is cut in; each costs a packet.
PIECES = 40
# What is sent behind the STARTTLS comes in one piece with it, or it would be
# taken for the start of the handshake.
STARTTLS = re.compile(rb"(?i)STARTTLS[ \t]*\r\n")

REPEAT = re.compile(rb"\\\{(\d+):([^}]*)\}")
ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|[rnt0\\])")
LETTERS = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\"}


def unescape(text):
    def one(found):
        name = found.group(1)
        return LETTERS.get(name) or bytes([int(name[1:], 16)])

    def plain(piece):
        return ESCAPE.sub(one, piece)

    result, end = b"", 0
    for found in REPEAT.finditer(text):
        result += plain(text[end:found.start()])
        result += plain(found.group(2)) * int(found.group(1))
        end = found.end()
    return result + plain(text[end:])


def posix(pattern):
    """An extended regular expression, for Python."""
    return re.compile(r"(?:%s)\Z" % pattern)


# ---- what a file wants of the server

def read_options(lines):
    found = {}
    for line in lines:
        words = line[1:].split() if line.startswith(b"#") else []
        for word in words[1:] if words[:1] == [b"option"] else []:
            name, value = word.decode().split("=", 1)
            found.setdefault(name, []).append(value)
    return {name: ",".join(values) for name, values in found.items()}


def feature_words(value):
    """(keywords to hide, what the listener's own options add)."""
    words = value.split(",") if value else []
    hidden = [w[1:] for w in words if w[0] == "-"]
    shown = [w[1:] for w in words if w[0] == "+"]
    assert shown in ([], ["XCLIENT"]), shown
    return ([part for word in hidden for part in ("--hide", word)],
            "," + shown[0].lower() if shown else "")


# The options that are a word of the command line and nothing else.
FLAGS = {"auth_required": ("--auth", "required"),
         "tls_required": ("--tls", "required"),
         "bare_lf": ("--bare-lf", "accept"),
         "max_message": ("--max-message",),
         "max_recipients": ("--max-recipients",),
         "max_errors": ("--max-errors",),
         "banner": ("--banner",)}


def serve_words(options):
    options = dict({"max_message": "100000", "max_errors": "100"}, **options)
    protocol = "smtps" if options.pop("tls", "") else (
        "lmtp" if options.pop("lmtp", "") else "smtp")
    words, extra = feature_words(options.pop("features", ""))
    words += ["--hostname", "mx.test", "--log-level", "warn"]
    words += ["--" + protocol, "127.0.0.1:0" + extra]
    for name, value in options.items():
        words += FLAGS[name]
        words += [value] if len(FLAGS[name]) == 1 else []
    return protocol, words


def begins_with_client(lines):
    said = [line[:1] for line in lines if line[:1] in (b"C", b"c", b"S")]
    return said[:1] in ([b"C"], [b"c"])


# ---- one conversation

class Play:
    """One file while it is played; without a seed nothing is cut."""

    def __init__(self, server, protocol, seed=None):
        self.server = server
        self.api = Api(server)
        self.seq = self.api.get("/api/mailstop/v1/now")["seq"]
        self.random = random.Random(seed) if seed else None
        self.protocol = protocol
        self.client = None
        self.context = ssl.create_default_context(cafile=server.ready["ca"])
        self.batch = b""
        self.message = None
        self.has_begun = False
        self.pause = contextlib.ExitStack()

    def connect(self, lines):
        """Who talks first has said it all before the server looks at it; else
        it would be a race, and the record tells who wins."""
        if begins_with_client(lines) and self.protocol != "smtps":
            self.pause.enter_context(self.server.paused())
        self.client = Client(self.server.address(self.protocol))
        if self.protocol == "smtps":
            self.shake_hands(b"")

    # what the client says

    def cuts(self, octets):
        """Random pieces; a STARTTLS stays with what follows it."""
        found = STARTTLS.search(octets)
        size = found.start() if found else len(octets)
        if not self.random:
            return [octets]
        count = min(self.random.choice((0, 1, PIECES)), max(size - 1, 0))
        places = sorted(self.random.sample(range(1, size), count)) if (
            count) else []
        return [octets[a:b] for a, b in zip([0] + places,
                                            places + [len(octets)])]

    def send_batch(self):
        octets, self.batch = self.batch, b""
        for piece in self.cuts(octets) if octets else []:
            self.send_piece(piece)
        self.pause.close()

    def send_piece(self, piece):
        """Reads meanwhile: who only sends may wait for one who only says."""
        sock = self.client.socket
        deadline = Deadline()
        sock.setblocking(False)
        while piece:
            select.select([], [sock], [], min(deadline.left(), 0.05))
            self.read_some()
            try:
                piece = piece[sock.send(piece):]
            except (BlockingIOError, ssl.SSLWantWriteError,
                    ssl.SSLWantReadError):
                continue
            except (BrokenPipeError, ConnectionResetError):
                break  # the replies tell whether it might close
        sock.settimeout(DEADLINE)

    def read_some(self):
        """Takes what is there, without waiting."""
        sock = self.client.socket
        sock.setblocking(False)
        try:
            while True:
                part = sock.recv(65536)
                if not part:
                    break
                self.client.input += part
        except (BlockingIOError, ssl.SSLWantReadError, ConnectionResetError):
            pass
        finally:
            sock.settimeout(DEADLINE)

    def line(self, text):
        self.octets(text + b"\\r\\n")

    def octets(self, text):
        # Who talks first does not wait for the greeting.
        if not self.batch and self.has_begun:
            self.check_all_seen()
        self.has_begun = True
        self.batch += unescape(text)

    # what the server says

    def check_all_seen(self):
        self.send_batch()
        self.read_some()
        assert not self.client.input, (
            "said too much: %r" % self.client.input[:600])

    def next_reply(self):
        self.has_begun = True
        self.send_batch()
        line = self.client.line()
        assert line, "the server says nothing"
        assert len(line) <= 510, "a long line: %r" % line
        assert re.fullmatch(rb"[ -~\t]*", line), "strange bytes: %r" % line
        return line.decode()

    def says(self, text):
        line = self.next_reply()
        assert line == text.decode(), "the server says: " + line

    def fits(self, text):
        line = self.next_reply()
        assert posix(text.decode()).match(line), "the server says: " + line

    def closes(self, text):
        assert text == b""
        self.send_batch()
        rest = self.rest()
        assert rest == b"", "said too much: %r" % rest[:600]

    def rest(self):
        """All until the end; a reset is an end too, when bytes of ours were
        on their way."""
        rest = self.client.input
        try:
            while True:
                part = self.client.socket.recv(65536)
                if not part:
                    return rest
                rest += part
        except ConnectionResetError:
            return rest

    def shake_hands(self, text):
        assert text == b""
        self.check_all_seen()
        self.client.socket = self.context.wrap_socket(
            self.client.socket, server_hostname="localhost")

    # what was stored

    def stored(self):
        return self.api.get("/api/mailstop/v1/messages", limit=10000,
                            after=self.seq,
                            query="state:accepted")["messages"]

    def count(self, text):
        self.check_all_seen()
        found = len(self.stored())
        assert found == int(text), "%d messages are stored" % found

    def message_line(self, text):
        self.message_octets(text + b"\\r\\n")

    def message_octets(self, text):
        self.message = (self.message or b"") + unescape(text)

    def check_message(self):
        if self.message is None:
            return
        self.check_all_seen()
        wanted, self.message = self.message, None
        newest = self.stored()[0]
        found = self.api.ask("GET", "/api/mailstop/v1/message/%s/raw" %
                             newest["id"]).body
        assert found == wanted, "stored: %r" % found[:2000]
        assert newest["size"] == len(wanted)

    # the whole

    KINDS = ((b"#", lambda self, text: None),
             (b"C: ", line), (b"c: ", octets),
             (b"S: ", says), (b"S~ ", fits), (b"S!", closes),
             (b"T!", shake_hands),
             (b"M: ", message_line), (b"m: ", message_octets),
             (b"m:", message_octets), (b"N: ", count))

    def read_line(self, line):
        if line and line[:1] not in b"Mm":
            self.check_message()
        for start, run in self.KINDS:
            if line.startswith(start):
                return run(self, line[len(start):])
        assert not line, "what is this line?"

    def end(self):
        """Shuts down, and sees that nothing more comes."""
        self.check_message()
        self.send_batch()
        try:
            self.client.socket.shutdown(1)
        except OSError:
            return
        if not isinstance(self.client.socket, ssl.SSLSocket):
            rest = self.rest()
            assert rest == b"", "said too much: %r" % rest[:600]

    def play(self, lines):
        """All of them; fails with the line's number."""
        number = 0
        try:
            self.connect(lines)
            for number, line in enumerate(lines, 1):
                self.read_line(line)
            self.end()
        except Exception as error:
            raise AssertionError("line %d: %s: %s" % (
                number, type(error).__name__, error)) from error
        finally:
            self.pause.close()
            if self.client:
                self.client.close()


# ---- files

def names():
    return sorted(name for name in os.listdir(FOLDER)
                  if name.endswith(".txt"))


def read(name):
    with open(os.path.join(FOLDER, name), "rb") as file:
        return file.read().split(b"\n")


class Servers:
    """One server for all that want the same options, until the end of
    `with`."""

    def __init__(self, **rest):
        self.rest = rest
        self.servers = {}

    def __enter__(self):
        return self

    def __exit__(self, *what):
        for server in self.servers.values():
            server.__exit__(*what)

    def get(self, words):
        words = tuple(words)
        if words not in self.servers:
            server = Server(*words, smtp=None if "--smtp" in words else "off",
                            **self.rest)
            self.servers[words] = server.__enter__()
        return self.servers[words]
