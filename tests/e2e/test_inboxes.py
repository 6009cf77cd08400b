#!/usr/bin/env python3
"""test_inboxes: tests that share a server, each with mail of its own."""

import base64
import json
import os
import threading
import urllib.parse

from api_test import OWN, Api, Events, WebSocket, plain, send
from mailstop_test import Deadline, Server, json_lines, main, mailstop, test


def boxes(api):
    return {b["name"]: b["messages"]
            for b in api.get(OWN + "/inboxes")["inboxes"]}


def login(client, name):
    client.hello()
    secret = base64.b64encode(b"\0" + name.encode() + b"\0any").decode()
    client.ask("AUTH PLAIN " + secret, 235)


def inbox_of(server, octets, recipients=("app@x.test",), user=None,
             listener=0):
    """Sends it; where it went."""
    with server.client("smtp", listener) as client:
        if user:
            login(client, user)
        ident = client.send_mail(octets, recipients=recipients,
                                 greet=not user)
    return Api(server).get(OWN + "/message/" + ident)["inbox"]


# ---- what names them

@test
def goes_by_listener_then_user():
    with Server("--smtp", "name=o,addr=127.0.0.1:0,inbox=old",
                "--default-inbox", "rest") as server:
        named = plain("x", headers=b"X-Inbox: header\r\n")
        there = ("app+plus@x.test",)
        assert inbox_of(server, named, there) == "rest"
        assert inbox_of(server, named, there, user="alice") == "alice"
        assert inbox_of(server, named, there, "alice", 1) == "old"


@test
def goes_by_the_order_that_is_given():
    with Server("--inbox-from", "header,plus", "--inbox-from", "domain",
                "--smtp", "name=o,addr=127.0.0.1:0,inbox=old") as server:
        named = plain("x", headers=b"X-Inbox: t/1\r\n")
        there = ("app+plus@x.test",)
        assert inbox_of(server, named, there, "alice", 1) == "t/1"
        assert inbox_of(server, plain("x"), there) == "plus"
        assert inbox_of(server, plain("x"), ("app@X.Test",)) == "x.test"
        # Two recipients: the first that names one.
        two = ("app@x.test", "app+second@x.test")
        assert inbox_of(server, plain("x"), two) == "second"
        long = plain("x", headers=b"X-Inbox: =?utf-8?q?n=C3=A4me?=\r\n"
                     b"  =?utf-8?q?=20two?=\r\n")
        assert inbox_of(server, long) == "n\u00e4me two"
        # Larger than what is kept in memory while it arrives.
        large = named + b"0123456789abcde\r\n" * 100000
        assert inbox_of(server, large) == "t/1"


@test
def refuses_other_sources():
    ran = mailstop("serve", "--inbox-from", "header,subject", status=64)
    assert b"--inbox-from subject: it is one of: listener, user, plus, " \
        b"domain or header" in ran.stderr, ran.stderr


@test
def names_what_comes_by_http_or_from_files():
    with Server("--inbox-from", "header,plus") as server:
        api = Api(server)
        for headers, box in (({"X-Inbox": "posted"}, "posted"),
                             ({}, "tag")):
            ident = api.ask("POST", "/api/v1/send", {
                "From": {"Email": "s@from.test"},
                "To": [{"Email": "a+tag@to.test"}],
                "Subject": "x", "Text": "y", "Headers": headers}).json["ID"]
            assert api.get(OWN + "/message/" + ident)["inbox"] == box
        path = os.path.join(server.folder, "one.eml")
        with open(path, "wb") as file:
            file.write(plain("x", headers=b"X-Inbox: filed\r\n"))
        server.run("import", "--inbox-from", "header", path)
        assert boxes(api)["filed"] == 1


@test
def keeps_refused_and_aborted_mail_there():
    with Server("--inbox-from", "header,plus", "--fault",
                "body inbox=t1 reply=554", "--fault",
                "rcpt inbox=t2 reply=550", "--fault",
                "body inbox=unnamed reply=554") as server:
        api = Api(server)
        with server.client() as client:
            client.hello()
            client.ask("MAIL FROM:<a@x.test>", 250)
            client.ask("RCPT TO:<a@x.test>", 250)
            client.ask("DATA", 354)
            client.data(plain("one", headers=b"X-Inbox: t1\r\n"))
            client.reply(554)
            client.ask("MAIL FROM:<a@x.test>", 250)
            client.ask("RCPT TO:<a+t2@x.test>", 550)
            client.ask("RSET", 250)
            client.ask("MAIL FROM:<a@x.test>", 250)
            client.ask("RCPT TO:<a+t3@x.test>", 250)
            client.ask("QUIT", 221)
        found = {}
        for box in ("t1", "t2", "t3"):
            message, = api.get(OWN + "/wait", inbox=box, timeout=30,
                               query="state:refused OR state:aborted"
                               )["messages"]
            found[box] = message["state"]
        assert found == {"t1": "refused", "t2": "refused", "t3": "aborted"}


# ---- what they are good for

@test
def each_has_its_own_rules():
    with Server("--inbox-from", "plus", "--fault",
                "rcpt inbox=a reply=451", "--fault",
                "rcpt inbox=* first=1 per=inbox reply=452") as server:
        api = Api(server)
        with server.client() as client:
            client.hello()
            client.ask("MAIL FROM:<s@x.test>", 250)
            for box, code in (("a", 451), ("a", 451), ("b", 452), ("b", 250)):
                client.ask("RCPT TO:<r+%s@x.test>" % box, code)
                client.ask("RSET", 250)
                client.ask("MAIL FROM:<s@x.test>", 250)
        # The rule goes with its inbox, and no other one.
        api.ask("DELETE", OWN + "/inbox/a")
        rules = [f["rule"] for f in api.get(OWN + "/faults")["faults"]]
        assert rules == ["rcpt inbox=* first=1 per=inbox reply=452"], rules


@test
def each_has_its_own_retention():
    with Server("--inbox-from", "plus", "--keep-inbox", "name=ci-b,count=4",
                "--keep-inbox", "name=ci-*,count=2") as server:
        api, deadline = Api(server), Deadline()
        for box in ("ci-a", "ci-b", "other") * 5:
            send(server, plain("x"), recipients=["r+%s@x.test" % box])
        while api.get(OWN + "/stats")["pruned"] < 4:
            deadline.left()
        assert boxes(api) == {"ci-a": 2, "ci-b": 4, "other": 5}, boxes(api)
        seqs = [m["seq"] for m in api.get(OWN + "/messages",
                                          inbox="ci-a")["messages"]]
        assert seqs == [13, 10], seqs
    ran = mailstop("serve", "--keep-inbox", "count=2", status=64)
    assert b"--keep-inbox count=2: it begins with the name" in ran.stderr


@test
def removing_one_touches_nothing_else():
    name = "tests/test_a.py::b[\u00e4 c]"
    header = "X-Inbox: =?utf-8?b?%s?=\r\n" % base64.b64encode(
        name.encode()).decode()
    with Server("--inbox-from", "header") as server:
        api = Api(server)
        send(server, plain("mine", headers=header.encode()),
             plain("other", headers=b"X-Inbox: tests\r\n"), plain("rest"))
        assert boxes(api) == {name: 1, "tests": 1, "default": 1}
        with Events(api, inbox=name) as mine, \
                Events(api, inbox="tests") as other:
            answer = api.ask("DELETE", OWN + "/inbox/" + urllib.parse.quote(
                name, safe=""))
            assert answer.json == {"deleted": 1}
            kind, _, _ = mine.next()
            while kind != "delete":
                kind, _, _ = mine.next()
            api.ask("DELETE", OWN + "/inbox/tests")
            gone = [other.next()]
            while gone[-1][0] != "delete":
                gone.append(other.next())
            seqs = [data["seq"] for kind, _, data in gone if kind == "delete"]
            assert seqs == [2], gone
        assert boxes(api) == {"default": 1}


@test
def every_command_takes_one():
    with Server("--inbox-from", "plus", "--fault",
                "body inbox=b reply=554") as server:
        send(server, plain("one"), plain("two"), recipients=["r+a@x.test"])
        send(server, plain("three"), recipients=["r+c@x.test"])
        with server.client() as client:
            client.hello()
            client.ask("MAIL FROM:<s@x.test>", 250)
            client.ask("RCPT TO:<r+b@x.test>", 250)
            client.ask("DATA", 354)
            client.data(plain("refused"))
            client.reply(554)
            client.ask("QUIT", 221)
            client.end()
        Api(server).get(OWN + "/wait", query="state:refused", timeout=30)
        for place in (["--url", server.url], ["--db", server.db]):
            def ask(command, *words, box="a", status=0, where=place):
                return mailstop(command, *where, "--inbox", box, *words,
                                folder=server.folder, status=status)

            found = json_lines(ask("list", "--json"))
            assert [m["subject"] for m in found] == ["two", "one"], found
            found = json_lines(ask("wait", "--json", "--count", 2))
            assert [m["subject"] for m in found] == ["one", "two"], found
            ask("wait", "--timeout", 0, box="none", status=1)
            ask("assert", "== 2", "none subject:three")
            ask("assert", "== 0", "state:refused == 1", box="b")
            found = json_lines(ask("tail", "--json", "--lines", 9,
                                   "--follow=no"))
            assert [m["subject"] for m in found] == ["one", "two"], found
            assert ask("export").stdout.count(b"\nSubject: ") == 2
            stats = json.loads(ask("stats", "--json").stdout)
            assert stats["accepted"] == 2 and stats["sessions"] == 2, stats
            assert stats["bytes"] == sum(m["size"] for m in json_lines(
                ask("list", "--json"))), stats
            stats = json.loads(ask("stats", "--json", box="b").stdout)
            assert (stats["accepted"], stats["refused"]) == (0, 1), stats
            assert len(json_lines(ask("sessions", "--json"))) == 2
            assert len(json_lines(ask("sessions", "--json", box="b"))) == 1
            assert not json_lines(ask("sessions", "--json", box="none"))
        taken = json_lines(mailstop("take", "--url", server.url, "--json",
                                    "--inbox", "a", "--count", 5))
        assert [m["subject"] for m in taken] == ["one", "two"], taken
        mailstop("rm", "--url", server.url, "--inbox", "a", "seq>0", status=1)
        assert [m["subject"] for m in server.messages()] == ["three"]


@test
def streams_tell_of_one_only():
    with Server("--inbox-from", "plus") as server:
        api = Api(server)
        with Events(api, inbox="b") as events:
            for box in "abcb":
                send(server, plain("to " + box),
                     recipients=["r+%s@x.test" % box])
            seen = []
            while len(seen) < 2:
                kind, _, data = events.next()
                if kind == "message":
                    seen.append((data["seq"], data["subject"]))
            assert seen == [(2, "to b"), (4, "to b")], seen


@test
def a_websocket_tells_of_one_only():
    with Server("--inbox-from", "plus") as server:
        send(server, plain("old"), recipients=["r+a@x.test"])
        with WebSocket(server, "/api/events?inbox=b") as events:
            assert events.event("stats")["Data"]["Total"] == 0
            api = Api(server)
            for box in "ab":
                send(server, plain("to " + box),
                     recipients=["r+%s@x.test" % box])
            assert events.event("new")["Data"]["Subject"] == "to b"
            assert events.event("stats")["Data"]["Total"] == 1
            api.ask("DELETE", OWN + "/inbox/a")
            gone, = api.get(OWN + "/messages", inbox="b")["messages"]
            api.ask("DELETE", OWN + "/inbox/b")
            assert events.event("delete")["Data"] == {"ID": gone["id"]}


# ---- many at a time

TESTS = 200
MAILS = 3


def one_test(server, number, failed):
    """What a test suite does, in one of its parallel tests."""
    try:
        api = Api(server)
        box = "test-%d" % number
        after = api.get(OWN + "/now")["seq"]
        for mail in range(MAILS):
            with server.client() as client:
                login(client, box)
                client.send_mail(plain("%s %d" % (box, mail)), greet=False)
        found = api.get(OWN + "/wait", inbox=box, count=MAILS, after=after,
                        timeout=30)["messages"]
        subjects = ["%s %d" % (box, mail) for mail in range(MAILS)]
        assert [m["subject"] for m in found] == subjects, found
        answer = api.ask("DELETE", OWN + "/inbox/" + box).json
        assert answer == {"deleted": MAILS}, answer
    except Exception as problem:  # told by the thread that waits
        failed.append("%d: %r" % (number, problem))


@test
def two_hundred_tests_see_their_own_mail():
    with Server() as server:
        failed = []
        threads = [threading.Thread(target=one_test,
                                    args=(server, i, failed))
                   for i in range(TESTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed, failed[:5]
        assert boxes(Api(server)) == {}


main()
