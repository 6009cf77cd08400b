"""test_refused: what was not accepted is kept apart, and never counts."""

import os
import socket
import subprocess

from api_test import OWN, Api, Events, WebSocket, plain
from mailstop_test import (DEADLINE, MAILSTOP, Deadline, Server, environment,
                           json_lines, main, scratch, test)

# What becomes of each transaction below, and the reason that is kept.
OUTCOMES = {
    "mail-rule@x.test": ("refused", "450 4.7.1 rule"),
    "mail-size@x.test": ("refused",
                         "552 5.3.4 Message exceeds the size limit"),
    "rcpt-rule@x.test": ("refused", "550 5.7.1 rule"),
    "data-rule@x.test": ("refused", "451 4.7.1 rule"),
    "body-rule@x.test": ("refused", "554 5.7.1 rule"),
    "too-large@x.test": ("refused",
                         "552 5.3.4 Message exceeds the size limit"),
    "rset@x.test": ("aborted", "given up by the client"),
    "cut-off@x.test": ("aborted", "the connection was reset"),
}
RULES = ("mail from=mail-rule@* reply=450:4.7.1:rule",
         "rcpt from=rcpt-rule@* reply=550:5.7.1:rule",
         "data from=data-rule@* reply=451:4.7.1:rule",
         "body from=body-rule@* reply=554:5.7.1:rule")


def begin(client, sender):
    client.ask("MAIL FROM:<%s>" % sender, 250)
    client.ask("RCPT TO:<alice@to.test>", 250)


def refuse_all(server):
    """One transaction for each of OUTCOMES, in three sessions."""
    with Events(Api(server)) as events:
        with server.client() as client:
            client.hello()
            client.ask("MAIL FROM:<mail-rule@x.test> BODY=8BITMIME", 450)
            client.ask("MAIL FROM:<mail-size@x.test> SIZE=9999999", 552)
            client.ask("MAIL FROM:<rcpt-rule@x.test>", 250)
            client.ask("RCPT TO:<alice@to.test>", 550)
            client.ask("RSET", 250)
            begin(client, "data-rule@x.test")
            client.ask("DATA", 451)
            client.ask("RSET", 250)
            begin(client, "body-rule@x.test")
            client.ask("DATA", 354)
            client.data(plain("Hello", b"text " * 20))
            client.reply(554)
            begin(client, "too-large@x.test")
            client.ask("DATA", 354)
            client.data(plain("Hello", b"text text\r\n" * 2000))
            client.reply(552)
            begin(client, "rset@x.test")
            client.ask("RSET", 250)
            client.ask("QUIT", 221)
            events.session_end()
        with server.client() as client:
            client.hello()
            begin(client, "cut-off@x.test")
            client.ask("DATA", 354)
            client.send(plain("Hello", b"half a l"))
            # It has come when another is greeted.
            with server.client() as other:
                other.hello()
            events.session_end()
            client.reset()
            events.session_end()


def faulty(*words, **rest):
    for rule in RULES:
        words += ("--fault", rule)
    return Server("--max-message", "10k", "--refused-max", "1k", *words,
                  **rest)


@test
def envelope_reason_and_first_part_are_kept():
    with faulty() as server:
        refuse_all(server)
        found = {m["mail_from"]: m for m in server.messages(
            "state:refused OR state:aborted")}
        assert {name: (m["state"], m["reason"])
                for name, m in found.items()} == OUTCOMES
        for name, message in found.items():
            recipients = message["recipients"]
            if name.startswith("mail-"):
                assert recipients == [] and message["size"] == 0, message
            else:
                assert recipients[0]["address"] == "alice@to.test"
        assert found["mail-rule@x.test"]["mail_params"] == "BODY=8BITMIME"
        assert found["rcpt-rule@x.test"]["recipients"][0]["fault"] == "f2"
        assert found["too-large@x.test"]["size"] == 1024
        assert server.raw(found["cut-off@x.test"]).endswith(b"half a l")
        # Nobody can say what would have followed.
        for message in found.values():
            rules = {f["rule"] for f in json_lines(
                server.run("findings", "--json", message["id"], status=None))}
            whole = message["mail_from"] in ("body-rule@x.test",
                                             "too-large@x.test",
                                             "cut-off@x.test")
            assert ("date-missing" in rules) == whole, (message, rules)
        first, second = [
            (s["accepted"], s["refused"], s["aborted"])
            for s in server.sessions()[::-1] if s["refused"] or s["aborted"]]
        assert (first, second) == ((0, 6, 1), (0, 0, 1))


@test
def nothing_counts_it():
    with faulty() as server, WebSocket(server) as pit:
        api = Api(server)
        refuse_all(server)
        with server.client() as client:
            good = client.send_mail(plain("Hello"))
        # The first that they hear of is the good one.
        assert pit.event("new")["Data"]["ID"] == good

        # Our own words for it.
        assert [m["id"] for m in server.messages()] == [good]
        assert [m["id"] for m in server.messages("subject:Hello")] == [good]
        api_messages = api.get(OWN + "/messages")["messages"]
        assert [m["id"] for m in api_messages] == [good]
        answer = api.ask("GET", OWN + "/wait?count=2&timeout=0", status=408)
        assert [m["id"] for m in answer.json["messages"]] == [good]
        server.run("wait", "--count", 2, "--timeout", 0, status=1)
        server.run("assert", "== 1", "none mailfrom:*@x.test")
        stats = json_lines(server.run("stats", "--json"))[0]
        assert stats["accepted"] == 1, stats
        assert (stats["refused"], stats["aborted"]) == (6, 2), stats
        inbox, = api.get(OWN + "/inboxes")["inboxes"]
        assert inbox["messages"] == 1, inbox

        # The APIs of others.
        listed = api.get("/api/v1/messages")
        assert (listed["total"], listed["unread"], listed["messages_count"]
                ) == (1, 1, 1) and listed["messages"][0]["ID"] == good
        found = api.get("/api/v1/search", query="Hello")
        assert (found["messages_count"], found["total"]) == (1, 1), found
        assert api.get("/api/v2/messages")["total"] == 1
        assert api.get("/api/v2/search", kind="containing", query="Hello"
                       )["total"] == 1
        other = server.messages("state:refused")[0]["id"]
        api.ask("GET", "/api/v1/message/" + other, status=404)
        assert api.get("/api/v1/messages")["total"] == 1

        # Who takes or removes mail, takes no other.
        taken = api.ask("POST", OWN + "/take?count=10").json["messages"]
        assert [m["id"] for m in taken] == [good]
        assert len(server.messages("state:refused OR state:aborted")) == 8


@test
def it_takes_no_place_of_what_was_accepted():
    with faulty("--keep-count", 3) as server:
        ids = []
        with server.client() as client:
            client.hello()
            for number in range(3):
                ids.append(client.send_mail(plain("n%d" % number),
                                            greet=False))
        refuse_all(server)
        # Exactly so many are left as soon as the store has time.
        rest = {"query": "state:refused OR state:aborted"}
        deadline = Deadline()
        while len(Api(server).get(OWN + "/messages", **rest)["messages"]) > 3:
            assert deadline.left()
        server.stop()
        assert [m["id"] for m in server.messages()] == ids[::-1]


@test
def no_expectation_is_met_by_it():
    """A run whose command is refused all the time."""
    with scratch() as folder:
        words = [word for rule in RULES for word in ("--fault", rule)]
        ran = subprocess.run(
            [MAILSTOP, "run", *words, "--expect", "mailfrom:body-rule@* == 1",
             "--expect-none", "subject:Hello", "--", "python3", "-c",
             "import os, smtplib\n"
             "with smtplib.SMTP(os.environ['SMTP_HOST'],"
             " int(os.environ['SMTP_PORT'])) as client:\n"
             "  try: client.sendmail('body-rule@x.test', ['a@y.test'],"
             " 'Subject: Hello\\r\\n\\r\\nx\\r\\n')\n"
             "  except smtplib.SMTPDataError as error: print(error)"],
            env=environment(folder, {"TMPDIR": folder}), timeout=DEADLINE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        assert ran.returncode == 1 and b"554" in ran.stdout, ran
        assert b"1 of 2 expectations not met" in ran.stderr, ran
        assert os.listdir(folder) in ([], ["state"]), os.listdir(folder)


@test
def strangers_are_refused_by_name():
    """--check-sender-domain with a name server that knows nobody."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as names:
        names.bind(("127.0.0.1", 0))
        names.settimeout(DEADLINE)
        with Server("--check-sender-domain", "--dns-server", "127.0.0.1:%d" %
                    names.getsockname()[1]) as server, \
                server.client() as client:
            client.hello()
            client.send(b"MAIL FROM:<a@nowhere.test> SIZE=10\r\n")
            asked, peer = names.recvfrom(4096)
            # The question again, with RCODE 3: there is no such name.
            names.sendto(asked[:2] + b"\x81\x83" + asked[4:6] + bytes(6) +
                         asked[12:asked.index(b"\0", 12) + 5], peer)
            said = client.reply()
            assert said[0] in "45", said
            client.ask("QUIT", 221)
            Api(server).get(OWN + "/wait", query="state:refused", timeout=30)
            message, = server.messages("state:refused")
            assert message["mail_from"] == "a@nowhere.test", message
            assert message["mail_params"] == "SIZE=10"
            assert message["reason"] == said.split("\n")[-1], message


main()
