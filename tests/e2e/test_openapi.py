#!/usr/bin/env python3
"""test_openapi: what the description of the API says is what is answered.

Each answer that is described is brought about once, and compared with its
schema: names, types, and that nothing is missing or more than described.
"""

import re
import urllib.parse

from api_test import LETTER, OWN, Api, WebSocket, plain, send
from mailstop_test import Server, main, test

V1 = "/api/v1"
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
# Answers of a server that is not there yet or not any more, and streams, which
# have no end.
NOT_ASKED_FOR = {("get", "/readyz", "503"), ("get", OWN + "/wait", "503"),
                 ("get", OWN + "/events", "200"),
                 ("get", "/api/v1/events", "200")}
HTML = (b"Subject: page\r\nContent-Type: text/html\r\n\r\n"
        b"<style>a{color:red}</style><div style=\"position:fixed\">"
        b"<a href=\"http://shop.test/x\">Your code is 123456</a></div>\r\n")


class Book:
    """The description, and which of its answers were seen."""

    def __init__(self, api):
        self.api = api
        self.text = api.get(V1 + "/swagger.json")
        self.seen = set()

    def described(self):
        return {(method, path, status)
                for path, item in self.text["paths"].items()
                for method, operation in item.items()
                for status in operation["responses"]}

    # ---- values against schemas

    def wrong(self, value, schema, place=""):
        """What differs, in words; "" when nothing does."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return self.wrong(value, self.text["components"]["schemas"][name],
                              place)
        if value is None:
            return "" if schema.get("nullable") else place + " is null"
        kinds = {"object": dict, "array": list, "string": str,
                 "boolean": bool, "integer": int, "number": (int, float)}
        if not isinstance(value, kinds[schema["type"]]) or (
                isinstance(value, bool) and schema["type"] != "boolean"):
            return "%s is %r, no %s" % (place, value, schema["type"])
        if "enum" in schema and value not in schema["enum"]:
            return "%s is %r" % (place, value)
        if schema.get("format") == "date-time" and not DATE.fullmatch(value):
            return "%s is %r" % (place, value)
        if isinstance(value, list):
            return self.first(self.wrong(one, schema["items"], place + "[]")
                              for one in value)
        if isinstance(value, dict):
            return self.wrong_object(value, schema, place)
        return ""

    def wrong_object(self, value, schema, place):
        if "additionalProperties" in schema:
            return self.first(
                self.wrong(one, schema["additionalProperties"],
                           place + "." + key) for key, one in value.items())
        if "properties" not in schema:
            return ""
        known = schema["properties"]
        missing = set(schema["required"]) - set(value)
        more = set(value) - set(known)
        if missing or more:
            return "%s: missing %s, not described %s" % (
                place, sorted(missing), sorted(more))
        return self.first(self.wrong(one, known[key], place + "." + key)
                          for key, one in value.items())

    @staticmethod
    def first(found):
        return next((words for words in found if words), "")

    # ---- asking

    def check(self, method, path, answer):
        operation = self.text["paths"][path][method]
        described = operation["responses"].get(str(answer.status))
        assert described, (method, path, answer.status, answer.body[:200])
        self.seen.add((method, path, str(answer.status)))
        content = described.get("content")
        kind = answer.headers["Content-Type"]
        if not content:
            assert answer.body == b"", (method, path, answer.body[:200])
            return
        if "application/octet-stream" not in content:
            assert kind.split(";")[0] in content, (method, path, kind)
        if kind in ("application/json", "text/json"):
            assert answer.body.endswith(b"\n"), answer.body
            words = self.wrong(answer.json, content[kind]["schema"])
            assert not words, "%s %s: %s" % (method, path, words)

    def ask(self, method, path, body=None, status=200, headers=None,
            values=None, **parameters):
        """One request: `values` go into the path, the others behind it."""
        known = {one["name"]: one["in"] for one in
                 self.text["paths"][path][method].get("parameters", [])}
        for name in parameters:
            assert known.get(name) == "query", (method, path, name)
        filled = path
        for name in re.findall(r"{(\w+)}", path):
            assert known.get(name) == "path", (method, path, name)
            filled = filled.replace("{%s}" % name, urllib.parse.quote(
                (values or {})[name]))
        if parameters:
            filled += "?" + urllib.parse.urlencode(parameters)
        # Who says nothing of itself is taken for a client of MailHog.
        answer = self.api.ask(method.upper(), filled, body,
                              headers or {"Accept": "*/*"}, status)
        self.check(method, path, answer)
        return answer


# ---- the requests

def ask_own(book, server, number):
    """mailstop's own, but for what removes."""
    one, none = {"id": number}, {"id": "none"}
    gone, = send(server, plain("gone"))
    book.ask("delete", OWN + "/message/{id}", values={"id": gone})
    for tail in ("", "/raw", "/findings", "/links"):
        path = OWN + "/message/{id}" + tail
        book.ask("get", path, values=one)
        book.ask("get", path, values=none, status=404)
        book.ask("get", path, values={"id": gone}, status=410)
    for status, name in ((404, "none"), (410, gone)):
        book.ask("delete", OWN + "/message/{id}", values={"id": name},
                 status=status)
    for path in ("/now", "/server", "/stats", "/inboxes", "/faults"):
        book.ask("get", OWN + path)
    book.ask("get", OWN + "/stats", inbox="default")
    book.ask("get", OWN + "/messages", query="subject:page", limit=5)
    book.ask("get", OWN + "/messages", query="(", status=400)
    book.ask("get", OWN + "/wait", query="subject:page", timeout=0)
    book.ask("get", OWN + "/wait", query="subject:nothing from:from.test",
             timeout=0, status=408)
    book.ask("get", OWN + "/wait", query="(", status=400)
    book.ask("get", OWN + "/events", query="(", status=400)
    book.ask("post", OWN + "/take", query="(", status=400)
    book.ask("delete", OWN + "/messages", query="(", status=400)


def ask_sessions(book):
    listed = book.ask("get", OWN + "/sessions", limit=5).json["sessions"]
    book.ask("get", OWN + "/sessions", query="(", status=400)
    for tail in ("", "/transcript", "/findings"):
        path = OWN + "/session/{id}" + tail
        for session in listed:
            book.ask("get", path, values={"id": session["id"]})
        book.ask("get", path, values={"id": "none"}, status=404)
    book.ask("get", OWN + "/session/{id}/transcript",
             values={"id": listed[0]["id"]},
             headers={"Accept": "application/json"})


def ask_faults(book):
    book.ask("post", OWN + "/faults", {"rule": "what"}, status=400)
    made = book.ask("post", OWN + "/faults", {"rule": "quit drop"},
                    status=201).json
    book.ask("put", OWN + "/faults", b"what", status=400)
    book.ask("put", OWN + "/faults", {"faults": ["quit drop"]})
    rule, = book.ask("get", OWN + "/faults").json["faults"]
    assert set(made) == set(rule)
    book.ask("delete", OWN + "/fault/{id}", values={"id": rule["id"]})
    book.ask("delete", OWN + "/fault/{id}", values={"id": "x"}, status=404)


def ask_mailpit(book, number):
    """All that does not remove."""
    one, none = {"id": number}, {"id": "none"}
    page = book.ask("get", V1 + "/search", query="subject:page").json
    html = {"id": page["messages"][0]["ID"]}
    book.ask("get", V1 + "/messages", start=0, limit=50)
    book.ask("get", V1 + "/search", query=" ", status=400)
    for tail in ("", "/headers", "/raw", "/link-check"):
        book.ask("get", V1 + "/message/{id}" + tail, values=one)
        book.ask("get", V1 + "/message/{id}" + tail, values=none, status=404)
    for name in ("/message/{id}/html-check", "/message/{id}/sa-check"):
        book.ask("get", V1 + name, values=none, status=404)
    book.ask("get", V1 + "/message/{id}/html-check", values=html)
    text = {"id": page["messages"][1]["ID"]}
    book.ask("get", V1 + "/message/{id}/html-check", values=text, status=400)
    for tail, status in (("", 404), ("/thumb", 400)):
        path = V1 + "/message/{id}/part/{part}" + tail
        book.ask("get", path, values=dict(one, part="2"))
        book.ask("get", path, values=dict(one, part="9"), status=status)
    path = V1 + "/message/{id}/release"
    book.ask("post", path, {"To": ["a@b.test"]}, values=one, status=400)
    book.ask("post", path, {"To": ["a@b.test"]}, values=none, status=404)
    for name in ("x.html", "x.txt"):
        book.ask("get", "/view/{file}", values={"file": name}, status=404)
        book.ask("get", "/view/{file}",
                 values={"file": name.replace("x", number)})
    for path in ("/info", "/webui", "/swagger.json"):
        book.ask("get", V1 + path)
    for path in ("/livez", "/readyz"):
        book.ask("get", path)


def ask_mailpit_to_change(book, number):
    book.ask("put", V1 + "/messages", {"Read": True, "IDs": [number]})
    book.ask("put", V1 + "/messages", b"what", status=400)
    book.ask("put", V1 + "/tags", {"Tags": ["a"], "IDs": [number]})
    book.ask("put", V1 + "/tags", b"what", status=400)
    book.ask("get", V1 + "/tags")
    tag = V1 + "/tags/{tag}"
    book.ask("put", tag, {"Name": "b"}, values={"tag": "a"})
    book.ask("put", tag, {"Name": "b"}, values={"tag": "a"}, status=400)
    book.ask("delete", tag, values={"tag": "b"})
    book.ask("delete", tag, values={"tag": "b"}, status=400)
    mail = {"From": {"Email": "a@b.test"}, "To": [{"Email": "c@d.test"}]}
    book.ask("post", V1 + "/send", mail)
    book.ask("post", V1 + "/send", {}, status=400)
    book.ask("post", V1 + "/send", dict(mail, Text="x" * 300000), status=413)


def ask_for_trouble(book, allowed):
    """Chaos and Jim, where they are allowed and where not."""
    state = {"Sender": {"ErrorCode": 451, "Probability": 0}}
    for method, path, body, no, yes in (
            ("get", V1 + "/chaos", None, 400, 200),
            ("put", V1 + "/chaos", state, 400, 200),
            ("get", "/api/v2/jim", None, 404, 404),
            ("put", "/api/v2/jim", b"", 404, 404),
            ("delete", "/api/v2/jim", None, 404, 404),
            ("post", "/api/v2/jim", b"", 404, 201),
            ("post", "/api/v2/jim", b"", 404, 400),
            ("get", "/api/v2/jim", None, 404, 200),
            ("put", "/api/v2/jim", b"[]", 404, 400),
            ("put", "/api/v2/jim", {"AcceptChance": 1.0}, 404, 200),
            ("delete", "/api/v2/jim", None, 404, 200)):
        book.ask(method, path, body, status=yes if allowed else no)


def ask_mailhog(book, number):
    one, none = {"id": number}, {"id": "none"}
    book.ask("get", "/api/v2/messages", start=0, limit=50)
    book.ask("get", "/api/v2/search", kind="from", query="from.test")
    book.ask("get", "/api/v2/search", kind="x", query="y", status=400)
    item = "/api/v1/messages/{id}"
    book.ask("get", item, values=one)
    assert book.ask("get", item, values=none).json is None
    book.ask("get", item + "/download", values=one)
    book.ask("get", item + "/download", values=none, status=404)
    part = item + "/mime/part/{part}/download"
    book.ask("get", part, values=dict(one, part="1"))
    book.ask("get", part, values=dict(one, part="9"), status=404)
    book.ask("post", item + "/release", {}, values=one, status=500)
    book.ask("get", "/api/v2/outgoing-smtp")
    book.ask("delete", item, values=one)
    book.ask("delete", item, values=none, status=500)


def ask_to_remove(book):
    book.ask("post", OWN + "/take", query="subject:page", count=1)
    book.ask("delete", OWN + "/inbox/{name}", values={"name": "nobody"})
    book.ask("delete", OWN + "/messages", query="subject:x")
    book.ask("delete", V1 + "/search", query="subject:x")
    book.ask("delete", V1 + "/search", query="", status=400)
    book.ask("delete", OWN + "/inboxes")
    book.ask("delete", V1 + "/messages")
    book.ask("get", OWN + "/stats")


def ask_for_websockets(book, server):
    for path in ("/api/events", "/api/v2/websocket"):
        book.ask("get", path, status=400)
        with WebSocket(server, path) as events:
            assert events.status == 101
            book.seen.add(("get", path, "101"))


def fill(server):
    """Mail of several kinds: the number of the letter."""
    number, = send(server, LETTER)
    send(server, plain("text"), b"no header\r\n")
    with server.client() as client:
        client.hello()
        client.ask("MAIL FROM:<a@b.test>", 250)
        client.ask("QUIT", 221)
    with server.client() as client:
        client.hello()
        client.ask("STARTTLS", 220)
        client.start_tls()
        client.ask("EHLO client.test", 250)
        client.ask("AUTH PLAIN AGEAYg==", 235)
        client.send_mail(plain("secret"), greet=False)
        client.ask("QUIT", 221)
    send(server, plain("text page"), HTML)
    return number


@test
def all_that_is_described_is_answered():
    with Server("--max-message", "256k") as server:
        book = Book(Api(server))
        ask_to_remove(book)
        number = fill(server)
        ask_own(book, server, number)
        ask_sessions(book)
        ask_faults(book)
        ask_mailpit(book, number)
        ask_mailpit_to_change(book, number)
        ask_for_trouble(book, False)
        ask_for_websockets(book, server)
        ask_mailhog(book, number)
        ask_to_remove(book)
    with Server("--enable-chaos") as server:
        allowed = Book(Api(server))
        ask_for_trouble(allowed, True)
    left = book.described() - book.seen - allowed.seen - NOT_ASKED_FOR
    assert not left, sorted(left)


main()
