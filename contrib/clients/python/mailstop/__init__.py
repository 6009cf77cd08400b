"""mailstop: a mail server for tests, and what came to it.

    with Mailstop.start() as mailstop:
        ...  # send to mailstop.smtp_host, mailstop.smtp_port
        [mail] = mailstop.wait("rcpt:alice subject:welcome", timeout=5)

Nothing but the standard library is needed, and the program "mailstop" itself:
the one that the variable MAILSTOP names, or else the one in PATH.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Optional, TypedDict

__all__ = ["Address", "MailTimeout", "MailstopError", "Mailstop", "Message",
           "Recipient"]


class Address(TypedDict):
    name: str
    address: str


class Recipient(TypedDict):
    address: str
    params: str
    reply: str
    fault: str


_From = TypedDict("_From", {"from": "list[Address]"}, total=False)


class Message(_From, total=False):
    """What a list says of a message; message() knows more: text, html,
    headers, parts."""

    id: str
    seq: int
    state: str
    received: str
    session: str
    listener: str
    inbox: str
    peer: str
    helo: str
    user: str
    mail_from: str
    recipients: list[Recipient]
    size: int
    sha256: str
    subject: str
    to: list[Address]
    cc: list[Address]
    date: Optional[str]
    message_id: str
    attachments: int
    tags: list[str]
    findings: int
    reason: str


class MailstopError(Exception):
    """What the server or the program said was wrong."""


class MailTimeout(AssertionError):
    """The mail did not come in time. `messages` came, `near` came close."""

    def __init__(self, query: str, count: int, timeout: float,
                 answer: dict[str, Any]) -> None:
        self.messages: list[Message] = answer["messages"]
        self.near: list[dict[str, Any]] = answer.get("near", [])
        super().__init__("\n".join(self._lines(query, count, timeout)))

    def _lines(self, query: str, count: int, timeout: float) -> list[str]:
        lines = ["%d of %d messages for %r came within %g s" % (
            len(self.messages), count, query, timeout)]
        lines += ["  near: %s -> %s %r, but not %s" % (
            one["mail_from"],
            ", ".join(r["address"] for r in one["recipients"]),
            one["subject"], " ".join(one.get("missed", []))
        ) for one in self.near]
        return lines


# The server ends when this process does, however it does: its standard input
# is the only thing that keeps the command beside the server running.
_SAY_AND_STAY = 'echo "$SMTP_HOST $SMTP_PORT $MAILSTOP_URL"; exec cat'


class Mailstop:
    """A server, or a view of one: what came after `after`, to `inbox`."""

    def __init__(self, url: str, smtp_host: str = "127.0.0.1",
                 smtp_port: int = 1025, *, after: int = 0,
                 inbox: Optional[str] = None) -> None:
        self.url = url.rstrip("/")
        self.smtp_host = smtp_host
        self.smtp_port = smtp_port
        self.after = after
        self.inbox_name = inbox
        self._process: Optional[subprocess.Popen[str]] = None

    # ---- the server

    @classmethod
    def start(cls, *options: str, program: Optional[str] = None) -> Mailstop:
        """A private server on free ports. Options are those of "mailstop
        serve", such as "--auth=required"."""
        program = program or os.environ.get("MAILSTOP") or "mailstop"
        process = subprocess.Popen(
            [program, "run", "--quiet", "--memory", *options, "--", "sh", "-c",
             _SAY_AND_STAY],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline().split()
        if len(line) != 3:
            raise MailstopError("%s ended with %d" % (program, process.wait()))
        server = cls(line[2], line[0], int(line[1]))
        server._process = process
        return server

    def stop(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        process.communicate()

    def __enter__(self) -> Mailstop:
        return self

    def __exit__(self, *what: object) -> None:
        self.stop()

    # ---- views

    def _view(self, after: int, inbox: Optional[str]) -> Mailstop:
        return type(self)(self.url, self.smtp_host, self.smtp_port,
                          after=after, inbox=inbox)

    def fresh(self) -> Mailstop:
        """The same from now on."""
        return self._view(self._ask("GET", "now")["seq"], self.inbox_name)

    def inbox(self, name: str) -> Mailstop:
        """What came under that name, which an application logs in with."""
        return self._view(self.after, name)

    @property
    def user(self) -> str:
        """Whoever logs in with this name is heard by this view."""
        return self.inbox_name or "default"

    # ---- mail

    def wait(self, query: str = "", count: int = 1,
             timeout: float = 10) -> list[Message]:
        """Returns when so many messages are there, oldest first; MailTimeout
        when time is up."""
        status, answer = self._request(
            "GET", "wait", query=query, count=count, timeout=timeout,
            after=self.after, patience=timeout + 30)
        if status == 408:
            raise MailTimeout(query, count, timeout, answer)
        found: list[Message] = answer["messages"]
        return found

    def take(self, query: str = "", count: int = 1) -> list[Message]:
        """Reads and removes up to so many at once: nobody else gets them."""
        found: list[Message] = self._ask(
            "POST", "take", query=query, count=count, after=self.after)["messages"]
        return found

    def messages(self, query: str = "", limit: int = 50) -> list[Message]:
        """Newest first."""
        found: list[Message] = self._ask(
            "GET", "messages", query=query, limit=limit, after=self.after)["messages"]
        return found

    def message(self, id: str) -> dict[str, Any]:
        """All that is known of one: also text, html, headers, parts."""
        found: dict[str, Any] = self._ask(
            "GET", "message/" + urllib.parse.quote(id))
        return found

    def raw(self, id: str) -> bytes:
        """The exact bytes."""
        path = "message/%s/raw" % urllib.parse.quote(id)
        return self._open(self._place(path, {}), "GET", None, 30)[1]

    def clear(self, query: str = "") -> int:
        """Removes what this view shows (or what of it matches)."""
        if self.after:
            query = "seq>%d %s" % (self.after,
                                   "(%s)" % query if query else "")
        return int(self._ask("DELETE", "messages",
                             query=query.strip())["deleted"])

    # ---- faults

    def add_fault(self, rule: str) -> str:
        """Makes the server fail on purpose; returns the rule's id."""
        return str(self._ask("POST", "faults", {"rule": rule})["id"])

    def remove_fault(self, id: str) -> None:
        self._ask("DELETE", "fault/" + urllib.parse.quote(id))

    def clear_faults(self) -> None:
        self._ask("PUT", "faults", {"faults": []})

    # ---- HTTP

    def _place(self, path: str, parameters: dict[str, Any]) -> str:
        given = {k: v for k, v in parameters.items() if v not in ("", None)}
        query = urllib.parse.urlencode(given)
        return "%s/api/mailstop/v1/%s%s" % (self.url, path,
                                            "?" + query if query else "")

    @staticmethod
    def _open(place: str, method: str, body: Optional[bytes],
              patience: float) -> tuple[int, bytes]:
        request = urllib.request.Request(place, body, method=method)
        # A proxy has no business between a test and its server.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=patience) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
            if error.code == 408:
                return 408, text
            try:
                reason = json.loads(text)["error"]
            except (ValueError, KeyError, TypeError):
                reason = "%s %s: %d" % (method, place, error.code)
            raise MailstopError(reason) from None

    def _request(self, method: str, path: str, body: Any = None,
                 patience: float = 30, **parameters: Any) -> tuple[int, Any]:
        if path in ("wait", "take", "messages"):
            parameters["inbox"] = self.inbox_name
        octets = None if body is None else json.dumps(body).encode()
        status, text = self._open(self._place(path, parameters), method,
                                  octets, patience)
        return status, json.loads(text)

    def _ask(self, method: str, path: str, body: Any = None,
             **parameters: Any) -> Any:
        return self._request(method, path, body, **parameters)[1]
