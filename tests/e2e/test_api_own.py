#!/usr/bin/env python3
"""test_api_own: mailstop's own API: waits, takes, pages, sessions, faults."""

import contextlib
import json
import random
import socket
import threading
import urllib.parse

from api_test import LETTER, OWN, Api, Events, plain, send
from mailstop_test import DEADLINE, Server, main, scratch, test

MESSAGE = {"id", "seq", "state", "received", "session", "listener", "inbox",
           "peer", "helo", "user", "mail_from", "recipients", "size",
           "sha256", "subject", "from", "to", "cc", "date", "message_id",
           "attachments", "tags", "findings", "reason"}


class Later:
    """A request in a thread of its own; result() waits for its answer."""

    def __init__(self, function, *arguments, **named):
        self.value = self.error = None
        self.thread = threading.Thread(
            target=self.run, args=(function, arguments, named), daemon=True)
        self.thread.start()

    def run(self, function, arguments, named):
        try:
            self.value = function(*arguments, **named)
        except BaseException as error:  # handed to whoever asks
            self.error = error

    def result(self):
        self.thread.join(DEADLINE)
        if self.thread.is_alive():
            raise TimeoutError("no answer")
        if self.error:
            raise self.error
        return self.value


def wait(api, status=200, **parameters):
    return api.ask("GET", OWN + "/wait?" + urllib.parse.urlencode(parameters),
                   status=status).json


@test
def shows_a_message():
    with Server() as server:
        number, = send(server, LETTER, recipients=("alice@to.test",))
        api = Api(server)
        page = api.get(OWN + "/messages")
        message, = page["messages"]
        assert MESSAGE <= set(message), MESSAGE - set(message)
        assert page["seq"] == message["seq"]
        assert message["id"] == number and message["state"] == "accepted"
        assert message["mail_from"] == "sender@from.test"
        recipient, = message["recipients"]
        assert recipient["address"] == "alice@to.test"
        assert recipient["reply"].startswith("250")
        assert message["size"] == len(LETTER)
        detail = api.get(OWN + "/message/" + number)
        assert detail["parts"]["type"] == "multipart/mixed"
        assert [p["type"] for p in detail["parts"]["parts"]] == [
            "multipart/alternative", "image/gif", "text/csv"]
        assert isinstance(detail["findings"], list)
        assert detail["text"] == "Hello in text."
        raw = api.ask("GET", OWN + "/message/%s/raw" % number)
        assert raw.body == LETTER
        assert raw.headers["Content-Type"] == "message/rfc822"
        assert api.get(OWN + "/message/%s/findings" % number)[
            "findings"] == detail["findings"]


@test
def tells_where_it_is_reached():
    with scratch() as folder:
        extra = ["--smtp", "name=side,addr=127.0.0.1:0,inbox=side,"
                 "hide=STARTTLS,proxy",
                 "--lmtp", "unix:%s/l" % folder, "--smtps", "127.0.0.1:0",
                 "--label", "team \u00e4", "--max-message", "1M"]
        with Server(*extra) as server:
            facts = Api(server).get(OWN + "/server")
            listeners = facts.pop("listeners")
            assert facts.pop("started").endswith("Z")
            assert facts.pop("version")[0].isdigit()
            # No folder of the machine is told.
            assert facts == {
                "label": "team \u00e4", "read_only": False,
                "database": "mail.db", "inbox": "default",
                "max_message": 1048576}, facts
            found = {it["name"]: it for it in listeners}
            assert sorted(it["address"] for it in listeners) == sorted(
                server.ready["smtp"] + server.ready["smtps"] +
                server.ready["lmtp"] + server.ready["http"]), listeners
            assert {name: (it["protocol"], it["inbox"], it["tls"],
                           it["proxy"]) for name, it in found.items()} == {
                "smtp": ("smtp", "default", "starttls", False),
                "side": ("smtp", "side", "none", True),
                "smtps": ("smtps", "default", "implicit", False),
                "lmtp": ("lmtp", "default", "starttls", False),
                "http": ("http", "default", "none", False)}, found
    with Server(memory=True) as server:
        assert Api(server).get(OWN + "/server")["database"] == "memory"


@test
def takes_no_body_for_parameters():
    """What they would ask for is not what is removed then."""
    with Server() as server:
        api = Api(server)
        send(server, plain("one"), plain("two"))
        for method, path in (("POST", "/take"), ("DELETE", "/messages")):
            for body in (b"query=subject:one", b'{"query":"subject:one"}',
                         b'{"IDs":["x"]}', b"[]"):
                wrong = api.ask(method, OWN + path, body, status=400)
                assert "address" in wrong.json["error"], wrong.text
        assert len(api.get(OWN + "/messages")["messages"]) == 2
        # Some clients send something whenever a method may have a body.
        for body in (b" {} ", b"null"):
            taken = api.ask("POST", OWN + "/take?count=1", body).json
            assert len(taken["messages"]) == 1


@test
def says_what_is_wrong():
    with Server() as server:
        api = Api(server)
        for path, status in (("/message/nothing", 404),
                             ("/message/nothing/raw", 404),
                             ("/session/nothing", 404),
                             ("/session/nothing/transcript", 404),
                             ("/messages?query=%28", 400),
                             ("/messages?query=seq%3Ex", 400),
                             ("/messages?limit=x", 400),
                             ("/messages?limit=0", 400),
                             ("/messages?after=-1", 400),
                             ("/wait?timeout=x", 400),
                             ("/wait?timeout=", 400),
                             ("/wait?timeout=1.x", 400),
                             ("/wait?timeout=1.0000001", 400),
                             ("/wait?timeout=86400.1", 400),
                             ("/nowhere", 404)):
            answer = api.ask("GET", OWN + path, status=status)
            assert answer.json["error"], path
        assert "character" in api.ask(
            "GET", OWN + "/messages?query=a%20%28", status=400).json["error"]
        api.ask("GET", OWN + "/take", status=405)


@test
def tells_removed_from_unknown():
    with Server() as server:
        first, second = send(server, plain("one"), plain("two"))
        api = Api(server)
        assert api.ask("DELETE", OWN + "/message/" + first).json == {
            "deleted": 1}
        api.ask("GET", OWN + "/message/" + first, status=410)
        api.ask("DELETE", OWN + "/message/" + first, status=410)
        assert api.ask("DELETE", OWN + "/messages?query=subject:two"
                       ).json == {"deleted": 1}
        api.ask("GET", OWN + "/message/" + second, status=410)
        assert api.get(OWN + "/messages")["messages"] == []


@test
def pages_by_cursor():
    with Server() as server:
        send(server, *[plain("mail %d" % i) for i in range(7)])
        api = Api(server)
        seen, before = [], 0
        while True:
            page = api.get(OWN + "/messages", limit=3, before=before)
            if not page["messages"]:
                break
            seen += [m["subject"] for m in page["messages"]]
            before = page["messages"][-1]["seq"]
        assert seen == ["mail %d" % i for i in range(6, -1, -1)], seen
        # The other way, from the oldest on.
        seen, after = [], 0
        while True:
            page = api.get(OWN + "/messages", limit=3, after=after,
                           order="oldest")
            if not page["messages"]:
                break
            seen += [m["subject"] for m in page["messages"]]
            after = page["messages"][-1]["seq"]
        assert seen == ["mail %d" % i for i in range(7)], seen
        assert "newest or oldest" in api.ask(
            "GET", OWN + "/messages?order=size", status=400).json["error"]
        # Sessions, too: each message above came in one of them.
        newest = api.get(OWN + "/sessions", limit=1)
        oldest = api.get(OWN + "/sessions", limit=1, order="oldest")
        assert oldest["sessions"][0]["seq"] == oldest["seq"], oldest
        second = api.get(OWN + "/sessions", limit=2, order="oldest",
                         after=oldest["seq"])
        assert second["seq"] == second["sessions"][-1]["seq"], second
        assert oldest["seq"] <= newest["seq"], (oldest, newest)
        assert "newest or oldest" in api.ask(
            "GET", OWN + "/sessions?order=size", status=400).json["error"]


@test
def finds_the_null_sender():
    with Server() as server:
        bounce, = send(server, plain("bounce"), sender="")
        other, = send(server, plain("other"))
        api = Api(server)
        for query, wanted in (("mailfrom:<>", bounce),
                              ("-mailfrom:<>", other)):
            found = api.get(OWN + "/messages", query=query)["messages"]
            assert [m["id"] for m in found] == [wanted], query
            assert wait(api, query=query)["messages"][0]["id"] == wanted
        missed = wait(api, 408, query="mailfrom:<> subject:other", timeout=0)
        assert ["mailfrom:<>"] in [near["missed"] for near in missed["near"]]


@test
def waits_for_what_comes():
    with Server() as server:
        api = Api(server)
        before = api.get(OWN + "/now")["seq"]
        waiting = Later(wait, api, query="subject:welcome", after=before,
                        timeout=DEADLINE)
        both = Later(wait, api, query="to:alice", count=2, after=before,
                     timeout=DEADLINE)
        send(server, plain("other"), plain("Welcome here"))
        message, = waiting.result()["messages"]
        assert message["subject"] == "Welcome here"
        assert [m["subject"] for m in both.result()["messages"]] == [
            "other", "Welcome here"]
        again = wait(api, query="subject:welcome", after=before)
        assert again["messages"][0]["id"] == message["id"]
        assert again["seq"] == message["seq"]


@test
def explains_a_wait_that_ran_out():
    with Server() as server:
        send(server, plain("Invoice 7"))
        api = Api(server)
        missed = wait(api, 408, query="subject:invoice rcpt:bob", timeout=0)
        assert missed["messages"] == []
        near = missed["near"][0]
        assert near["subject"] == "Invoice 7"
        assert near["missed"] == ["rcpt:bob"], near["missed"]
        some = wait(api, 408, query="subject:invoice", count=2, timeout=0)
        assert len(some["messages"]) == 1
        missed = wait(api, 408, query="subject:bill", timeout="0.01")
        assert missed["near"][0]["missed"] == ["subject:bill"], missed


@test
def tells_who_waits_that_it_stops():
    """A connection that breaks says nothing; this one is answered."""
    with Server() as server:
        api = Api(server)
        with contextlib.ExitStack() as stack:
            waiting = []
            for _ in range(20):
                connection = stack.enter_context(
                    socket.create_connection((api.host, api.port), DEADLINE))
                lines = b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
                connection.sendall(
                    b"GET " + OWN.encode() + b"/now" + lines +
                    b"GET " + OWN.encode() + b"/wait?timeout=600" + lines)
                answers = connection.makefile("rb")
                waiting.append(answers)
                # The wait is taken up in the turn that answers this.
                while b"seq" not in answers.readline():
                    pass
            assert server.stop() == 0
            for answers in waiting:
                text = answers.read()
                assert text.startswith(b"HTTP/1.1 503 "), text
                assert b"\r\nConnection: close\r\n" in text, text
                assert text.endswith(
                    b'{"error":"the server is stopping"}\n'), text


@test
def gives_a_wait_only_what_is_after_its_cursor():
    with Server() as server:
        api = Api(server)
        send(server, plain("old"))
        cursor = api.get(OWN + "/now")["seq"]
        waiting = Later(wait, api, after=cursor, timeout=DEADLINE)
        send(server, plain("new"))
        assert waiting.result()["messages"][0]["subject"] == "new"


@test
def serves_many_waits_in_random_order():
    """N writers, M waiters: each gets exactly what is after its cursor."""
    chance = random.Random(7)
    with Server() as server:
        api = Api(server)
        waits = []
        for i in range(40):
            if chance.random() < 0.5:
                cursor = api.get(OWN + "/now")["seq"]
                waits.append((i, Later(
                    wait, api, query="subject:\"mark %03d\"" % i,
                    after=cursor, timeout=DEADLINE)))
            Later(send, server, plain("mark %03d" % i)).result()
            if chance.random() < 0.5:
                waits.append((i, Later(
                    wait, api, query="subject:\"mark %03d\"" % i,
                    timeout=DEADLINE)))
        for i, waiting in waits:
            found, = waiting.result()["messages"]
            assert found["subject"] == "mark %03d" % i


@test
def takers_share_without_a_double():
    with Server() as server:
        api = Api(server)
        numbers = set(send(server, *[plain("t%d" % i) for i in range(30)]))

        def take_all():
            found = []
            while True:
                got = api.ask("POST", OWN + "/take?count=2").json["messages"]
                if not got:
                    return found
                found += [m["id"] for m in got]

        takers = [Later(take_all) for _ in range(5)]
        taken = [number for taker in takers for number in taker.result()]
        assert len(taken) == len(set(taken)) == 30
        assert set(taken) == numbers
        assert api.get(OWN + "/messages")["messages"] == []


@test
def takes_the_oldest_that_matches():
    with Server() as server:
        send(server, plain("a 1"), plain("b 1"), plain("a 2"))
        api = Api(server)
        got = api.ask("POST", OWN + "/take?query=subject:a").json
        assert [m["subject"] for m in got["messages"]] == ["a 1"]
        left = api.get(OWN + "/messages")["messages"]
        assert [m["subject"] for m in left] == ["a 2", "b 1"]


@test
def records_sessions():
    with Server() as server:
        with server.client() as client:
            client.hello("me.test")
            client.ask("QUIT", 221)
            assert client.line() == b""
        number, = send(server, plain("x"))
        api = Api(server)
        message = api.get(OWN + "/message/" + number)
        transcript = api.ask("GET", OWN + "/session/%s/transcript" %
                             message["session"])
        assert "C: MAIL FROM:<sender@from.test>" in transcript.text
        assert "S: 354" in transcript.text
        listed = api.ask("GET", OWN + "/session/%s/transcript" %
                         message["session"],
                         headers={"Accept": "application/json"}).json
        assert isinstance(listed["transcript"], list)
        quiet = api.get(OWN + "/sessions", query="helo:me.test")["sessions"]
        assert [s["helo"] for s in quiet] == ["me.test"]
        assert quiet[0]["ending"] == "quit", quiet[0]
        assert quiet[0]["accepted"] == 0
        one = api.get(OWN + "/session/" + quiet[0]["id"])
        assert one["id"] == quiet[0]["id"]
        assert api.get(OWN + "/session/%s/findings" % one["id"])[
            "findings"] == []


@test
def finds_what_a_client_does_wrong():
    with Server() as server:
        number, = send(server, b"Subject: x\nFrom: nobody\r\n\r\n\x80\r\n")
        found = Api(server).get(OWN + "/message/%s/findings" % number)
        rules = {f["rule"] for f in found["findings"]}
        assert "bare-lf" in rules, rules
        assert all(f["section"].startswith("RFC") for f in
                   found["findings"])


@test
def changes_fault_rules():
    with Server() as server:
        api = Api(server)
        rule = 'rcpt to=*@full.test reply=452:4.2.2:"Mailbox full"'
        added = api.ask("POST", OWN + "/faults", {"rule": rule}, status=201)
        faults = api.get(OWN + "/faults")["faults"]
        assert [f["rule"] for f in faults] == [rule]
        assert faults[0]["id"] == added.json["id"]
        with server.client() as client:
            client.hello()
            client.ask("MAIL FROM:<a@b.test>", 250)
            assert client.ask("RCPT TO:<x@full.test>") == (
                "452 4.2.2 Mailbox full")
            client.ask("RCPT TO:<x@free.test>", 250)
        assert api.get(OWN + "/faults")["faults"][0]["acted"] == 1
        wrong = api.ask("POST", OWN + "/faults", {"rule": "rcpt rply=1"},
                        status=400)
        assert "character" in wrong.json["error"]
        put = api.ask("PUT", OWN + "/faults", {"faults": [
            "mail delay=1s", {"rule": "quit drop"}]}).json["faults"]
        assert [f["rule"] for f in put] == ["mail delay=1s", "quit drop"]
        api.ask("PUT", OWN + "/faults", b"mail reply=450\nbad", status=400)
        assert len(api.get(OWN + "/faults")["faults"]) == 2
        api.ask("DELETE", OWN + "/fault/" + put[0]["id"])
        api.ask("DELETE", OWN + "/fault/" + put[0]["id"], status=404)
        api.ask("PUT", OWN + "/faults", b"")
        assert api.get(OWN + "/faults")["faults"] == []


@test
def keeps_inboxes_apart():
    with Server("--smtp", "name=old,addr=127.0.0.1:0,inbox=old") as server:
        api = Api(server)
        send(server, plain("new"))
        with server.client("smtp", 1) as client:
            client.send_mail(plain("old"))
        boxes = {b["name"]: b for b in api.get(OWN + "/inboxes")["inboxes"]}
        assert boxes["old"]["messages"] == 1, boxes
        found = api.get(OWN + "/messages", inbox="old")["messages"]
        assert [m["subject"] for m in found] == ["old"]
        assert api.ask("DELETE", OWN + "/inbox/old").json == {"deleted": 1}
        left = api.get(OWN + "/messages")["messages"]
        assert [m["subject"] for m in left] == ["new"]


# ---- events

@test
def streams_events_and_resumes():
    with Server() as server:
        api = Api(server)
        send(server, plain("before"))
        with Events(api) as events:
            number, = send(server, plain("first"))
            name, seq, data = events.next()
            while name != "message":
                name, seq, data = events.next()
            assert data["id"] == number and data["subject"] == "first"
            assert MESSAGE <= set(data)
        send(server, plain("second"), plain("third"))
        with Events(api, {"Last-Event-ID": seq}) as events:
            subjects = []
            while len(subjects) < 2:
                name, seq, data = events.next()
                if name == "message":
                    subjects.append(data["subject"])
            assert subjects == ["second", "third"], subjects
            api.ask("PUT", "/api/v1/tags",
                    {"IDs": [number], "Tags": ["b", "a"]})
            while name != "update":
                name, seq, data = events.next()
            assert data == {"id": number, "tags": ["b", "a"]}, data
            api.ask("DELETE", OWN + "/message/" + number)
            while name != "delete":
                name, seq, data = events.next()
            assert data["id"] == number
        with Events(api, after=0, query="subject:third") as events:
            name, seq, data = events.next()
            assert data["subject"] == "third"


def until(events, *wanted):
    """What comes up to an event of that name, with that id (if any)."""
    found = []
    while not found or (found[-1][0],
                        found[-1][2].get("id"))[:len(wanted)] != wanted:
        found.append(events.next())
    return found


@test
def resumes_all_kinds_of_events():
    with Server() as server:
        api = Api(server)
        with Events(api) as always:
            with Events(api) as events:
                first, = send(server, plain("first"))
                until(always, "session")
                cursor = until(events, "session")[-1][1]
            # Nobody listens to these but the other one.
            second, = send(server, plain("second"))
            ended = until(always, "session")[-1][2]["id"]
            api.ask("DELETE", OWN + "/message/" + first)
            api.ask("PUT", "/api/v1/tags", {"IDs": [second], "Tags": ["a"]})
            until(always, "update", second)
            with Events(api, {"Last-Event-ID": cursor}) as events:
                told = [(name, data["id"]) for name, _, data in
                        until(events, "update", second)]
                for one in (("message", second), ("session", ended),
                            ("delete", first), ("update", second)):
                    assert told.count(one) == 1, (one, told)
                # And what comes is told once.
                api.ask("DELETE", OWN + "/message/" + second)
                assert events.next()[0] == "delete"
            until(always, "delete", second)
            # Who names a place of their own has read the list before.
            with Events(api, after=cursor) as events:
                third, = send(server, plain("third"))
                assert {name for name, _, _ in
                        until(events, "message", third)} <= {
                            "session", "message"}
            with Events(api, {"Last-Event-ID": cursor},
                        inbox="other") as events:
                api.ask("DELETE", "/api/v1/messages")
                until(always, "reload")
                assert "delete" not in {
                    name for name, _, _ in until(events, "reload")}


main()
