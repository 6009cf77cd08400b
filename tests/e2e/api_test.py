"""api_test: requests, and mail to ask about, for the tests of the HTTP APIs.

Requests go through http.client as they are given: no redirect is followed and
no header is added but Host, so that a test sees what the server really says.
"""

import contextlib
import http.client
import json
import socket
import struct
import urllib.parse

from mailstop_test import DEADLINE

OWN = "/api/mailstop/v1"

LETTER = (b"From: =?utf-8?Q?J=C3=B6rg?= <joerg@from.test>\r\n"
          b"To: Alice <alice@to.test>, bob@to.test\r\n"
          b"Cc: carol@to.test\r\n"
          b"Reply-To: reply@from.test\r\n"
          b"Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= from the stop\r\n"
          b"Date: Tue, 25 Mar 2003 11:37:02 +0200\r\n"
          b"Message-ID: <letter@from.test>\r\n"
          b"X-Tags: Red, blue\r\n"
          b"MIME-Version: 1.0\r\n"
          b"Content-Type: multipart/mixed; boundary=m\r\n\r\n"
          b"--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n"
          b"--a\r\nContent-Type: text/plain\r\n\r\nHello in text.\r\n"
          b"--a\r\nContent-Type: text/html\r\n\r\n"
          b"<p>Hello in <b>HTML</b>.</p><img src=\"cid:dot@x\">\r\n"
          b"--a--\r\n"
          b"--m\r\nContent-Type: image/gif; name=dot.gif\r\n"
          b"Content-Disposition: inline\r\nContent-ID: <dot@x>\r\n"
          b"Content-Transfer-Encoding: base64\r\n\r\n"
          b"R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7\r\n"
          b"--m\r\nContent-Type: text/csv\r\n"
          b"Content-Disposition: attachment; filename=\"a b.csv\"\r\n\r\n"
          b"one,two\r\n"
          b"--m--\r\n")


def plain(subject, text=b"text\r\n", headers=b""):
    return (b"From: s@from.test\r\nTo: alice@to.test\r\nSubject: " +
            subject.encode() + b"\r\n" + headers + b"\r\n" + text)


class Answer:
    """Status, headers and body of one answer."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()


class Api:
    """What one server answers."""

    def __init__(self, server):
        self.host, self.port = server.address("http")

    @contextlib.contextmanager
    def connection(self):
        connection = http.client.HTTPConnection(self.host, self.port,
                                                timeout=DEADLINE)
        try:
            yield connection
        finally:
            connection.close()

    def ask(self, method, path, body=None, headers=None, status=200):
        """One request; `body` as bytes, or as what becomes JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        with self.connection() as connection:
            connection.request(method, path, body, headers or {})
            answer = Answer(connection.getresponse())
        if status is not None and answer.status != status:
            raise AssertionError("%s %s: %d instead of %d: %r" % (
                method, path, answer.status, status, answer.body[:500]))
        return answer

    def get(self, path, **parameters):
        """GET with parameters of the query string; the JSON of a 200."""
        query = urllib.parse.urlencode(parameters)
        return self.ask("GET", path + ("?" + query if query else "")).json


# ---- events

class Events:
    """A stream of server-sent events."""

    def __init__(self, api, headers=None, **parameters):
        self.stack = api.connection()
        connection = self.stack.__enter__()
        connection.request("GET", OWN + "/events?" +
                           urllib.parse.urlencode(parameters),
                           headers=headers or {})
        self.response = connection.getresponse()
        assert self.response.status == 200

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.stack.__exit__(*what)

    def next(self):
        """(name, id, data) of the next event."""
        event = {}
        while True:
            line = self.response.readline().decode().rstrip("\r\n")
            if line.startswith(":"):
                continue
            if line:
                name, value = line.split(":", 1)
                event[name] = value.lstrip(" ")
            elif "data" in event:
                return (event.get("event"), event.get("id"),
                        json.loads(event["data"]))

    def session_end(self):
        """Waits until a session has ended and is recorded; its id."""
        name = None
        while name != "session":
            name, _, data = self.next()
        return data["id"]


class WebSocket:
    """Just enough of RFC 6455 to hear what is said."""

    def __init__(self, server, path="/api/events", **headers):
        host, port = server.address("http")
        self.socket = socket.create_connection((host, port), DEADLINE)
        lines = ["GET %s HTTP/1.1" % path, "Host: %s:%d" % (host, port),
                 "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                 "Sec-WebSocket-Version: 13"]
        lines += ["%s: %s" % (name.replace("_", "-"), value)
                  for name, value in headers.items()]
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = {}
        for line in iter(self.file.readline, b"\r\n"):
            name, value = line.decode().split(":", 1)
            self.headers[name.lower()] = value.strip()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.file.close()
        self.socket.close()

    def event(self, *kinds):
        """The next event of one of these kinds."""
        while True:
            first, size = self.file.read(2)
            if size == 126:
                size, = struct.unpack("!H", self.file.read(2))
            elif size == 127:
                size, = struct.unpack("!Q", self.file.read(8))
            payload = self.file.read(size)
            if first & 0x0f != 1:
                continue
            event = json.loads(payload)
            if event["Type"] in kinds:
                return event


def send(server, *messages, **rest):
    """Sends each over a connection of its own; the ids."""
    ids = []
    for message in messages:
        with server.client() as client:
            ids.append(client.send_mail(message, **rest))
    return ids
