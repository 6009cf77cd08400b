"""test_faults: what fault rules do to a client, action by action."""

import json
import os
import re
import signal
import smtplib
import ssl
import subprocess
import time
import urllib.request

from mailstop_test import (DEADLINE, MAILSTOP, TOP_SRCDIR, Server,
                           environment, json_lines, mailstop, main, scratch,
                           test)

BODY = b"Subject: x\r\n\r\nText\r\n"


class Faulty(Server):
    """A server with these rules."""

    def __init__(self, *rules, words=(), **rest):
        for rule in rules:
            words = (*words, "--fault", rule)
        super().__init__(*words, **rest)

    def fault(self, *words, **rest):
        return mailstop("fault", *words, "--url", self.url, **rest)

    def last_dialogue(self):
        """Of the newest session; the server is stopped for it."""
        self.stop()
        return self.dialogue(self.sessions()[0]["id"])


def begin(client, sender="a@from.test", recipients=("b@to.test",)):
    client.ask("MAIL FROM:<%s>" % sender, 250)
    for recipient in recipients:
        client.ask("RCPT TO:<%s>" % recipient, 250)
    client.ask("DATA", 354)


def mail(client, code=250, **rest):
    begin(client, **rest)
    client.data(BODY)
    return client.reply(code)


# ---- replies, at each moment

@test
def replies_at_each_moment():
    steps = [
        ("connect", "421 4.3.2 c", None, []),
        ("helo", "550 5.7.1 h", "EHLO x.test", []),
        ("auth", "454 4.7.0 a", "AUTH PLAIN AGEAYg==", ["EHLO x.test"]),
        ("tls", "454 4.7.0 t", "STARTTLS", ["EHLO x.test"]),
        ("mail", "450 4.7.1 m", "MAIL FROM:<a@x>", ["EHLO x.test"]),
        ("rcpt", "452 4.2.2 r", "RCPT TO:<b@y>",
         ["EHLO x.test", "MAIL FROM:<a@x>"]),
        ("data", "451 4.7.1 d", "DATA",
         ["EHLO x.test", "MAIL FROM:<a@x>", "RCPT TO:<b@y>"]),
        ("data", "451 4.7.1 d", "BDAT 5 LAST\r\nabc",
         ["EHLO x.test", "MAIL FROM:<a@x>", "RCPT TO:<b@y>"]),
        ("body", "554 5.6.0 b", "text\r\n.",
         ["EHLO x.test", "MAIL FROM:<a@x>", "RCPT TO:<b@y>", "DATA"]),
        ("rset", "450 4.3.0 s", "RSET", ["EHLO x.test"]),
        ("quit", "450 4.3.0 q", "QUIT", ["EHLO x.test"]),
    ]
    with Faulty() as server:
        for moment, reply, line, before in steps:
            code, enhanced, text = reply.split()
            server.fault("add", "%s reply=%s:%s:%s id=%s" % (
                moment, code, enhanced, text, moment))
            with server.client() as client:
                if line is None:
                    assert client.reply() == reply
                    assert client.end() == (b"", "fin")
                else:
                    client.reply(220)
                    for each in before:
                        client.ask(each)
                    assert client.ask(line) == reply, moment
                    client.ask("NOOP", 250)
            server.fault("rm", moment)
            with server.client() as client:
                client.send_mail(BODY)
        rules = server.fault("list").stdout
        assert rules == b"", rules
        server.stop()
        marks = [line for session in server.sessions()
                 for line in server.dialogue(session["id"])
                 if line.startswith(" -- fault ")]
        assert [m.split()[2].rstrip(":") for m in reversed(marks)] == [
            step[0] for step in steps], marks
        kept = server.messages("state:refused")
        assert [m["reason"] for m in reversed(kept)] == [
            "450 4.7.1 m", "452 4.2.2 r", "451 4.7.1 d", "451 4.7.1 d",
            "554 5.6.0 b"], kept
        assert server.raw(kept[0]) == b"text\r\n"
        assert len(server.messages()) == len(steps)


@test
def usual_replies_and_any_moment():
    with Faulty("rcpt to=full@*", "any from=slow@*") as server:
        with server.client() as client:
            client.hello()
            client.ask("MAIL FROM:<slow@x>", 451)
            client.ask("MAIL FROM:<a@x>", 250)
            assert client.ask("RCPT TO:<full@x>").startswith("45")
            client.ask("RCPT TO:<b@x>", 250)


@test
def conditions():
    with Faulty('helo helo=bad.* reply=550', 'mail user=ann reply=550:5.7.1',
                'rcpt inbox=other reply=550:5.7.2',
                'rcpt listener=legacy reply=550:5.7.3',
                'mail size>1k reply=552', 'body size>100 reply=552',
                'body header:Subject=*lottery* reply=550:5.7.4',
                'connect peer=203.0.113.9 reply=421',
                'mail nth-message=3 reply=451:4.0.9',
                'quit nth-session=2 reply=421',
                smtp="127.0.0.1:0", words=(
                    "--smtp", "name=legacy,addr=127.0.0.1:0",
                    "--smtp", "name=o,addr=127.0.0.1:0,inbox=other")
                ) as server:
        with server.client() as client:
            client.reply(220)
            client.ask("EHLO bad.test", 550)
            client.ask("EHLO good.test", 250)
            client.ask("MAIL FROM:<a@x> SIZE=2000", 552)
            mail(client)
            begin(client)
            client.data(b"x" * 200)
            client.reply(552)
            client.ask("MAIL FROM:<a@x>", 451)
            client.ask("AUTH PLAIN AGFubgBi", 235)
            client.ask("MAIL FROM:<a@x>", 550)
            client.ask("QUIT", 221)
        with server.client(index=1) as client:
            client.hello()
            client.ask("MAIL FROM:<a@x>", 250)
            assert client.ask("RCPT TO:<a@x>").startswith("550 5.7.3")
            client.ask("QUIT", 421)
        with server.client(index=2) as client:
            client.hello()
            client.ask("MAIL FROM:<a@x>", 250)
            assert client.ask("RCPT TO:<a@x>").startswith("550 5.7.2")
        with server.client() as client:
            client.hello()
            begin(client)
            client.data(b"Subject: The\r\n Lottery!\r\n\r\n")
            assert client.reply().startswith("550 5.7.4")


# ---- time

@test
def delay_is_before_the_reply():
    with Faulty("mail from=*@slow.test delay=300ms",
                "rcpt delay=200ms reply=452") as server:
        with server.client() as client, server.client() as other:
            client.hello()
            other.hello()
            start = time.monotonic()
            client.send(b"MAIL FROM:<a@slow.test>\r\n")
            other.ask("MAIL FROM:<a@fast.test>", 250)
            client.reply(250)
            assert time.monotonic() - start >= 0.3
            start = time.monotonic()
            client.ask("RCPT TO:<a@x>", 452)
            assert time.monotonic() - start >= 0.2
            client.ask("QUIT", 221)
        server.stop()
        slow, = [s for s in server.sessions() if s["ending"] == "quit"]
        lines = server.dialogue(slow["id"])
        assert " -- fault f1: delay=300ms" in lines, lines
        assert " -- fault f2: delay=200ms reply=452" in lines, lines


@test
def drip_sends_slowly():
    with Faulty("helo drip=200") as server:
        with server.client() as client:
            client.reply(220)
            client.send(b"EHLO x.test\r\n")
            start, first = time.monotonic(), client.socket.recv(65536)
            said = first
            while not said.endswith(b"250 HELP\r\n"):
                said += client.socket.recv(65536)
            assert len(first) <= 40, first
            assert time.monotonic() - start >= (len(said) - 40) / 200 * 0.9
            start = time.monotonic()
            client.ask("NOOP", 250)
        assert " -- fault f1: drip=200" in server.last_dialogue()


@test
def stall_never_answers():
    with Faulty("data stall from=stall@*",
                words=("--timeout", "1s")) as server:
        with server.client() as client, server.client() as other:
            client.hello()
            other.hello()
            client.ask("MAIL FROM:<stall@x>", 250)
            client.ask("RCPT TO:<a@x>", 250)
            client.send(b"DATA\r\n")
            mail(other)
            other.ask("QUIT", 221)
            assert client.end() == (b"", "fin")
        with server.client() as client:
            client.hello()
            client.ask("MAIL FROM:<stall@x>", 250)
            client.ask("RCPT TO:<a@x>", 250)
            client.send(b"DATA\r\n")
        server.stop()
        endings = sorted(s["ending"] for s in server.sessions())
        assert endings == ["drop", "quit", "timeout"], endings
        assert len(server.messages()) == 1
        assert [m["state"] for m in server.messages("state:aborted")
                ] == ["aborted", "aborted"]


# ---- breaking off

@test
def drop_loses_replies_that_are_not_sent():
    with Faulty("rcpt to=now@* drop", "rcpt to=before@* drop=before-reply"
                ) as server:
        with server.client() as client:
            client.hello()
            client.send(b"MAIL FROM:<a@x>\r\nRCPT TO:<now@x>\r\n")
            assert client.end() == (b"", "fin")
        with server.client() as client:
            client.hello()
            client.send(b"MAIL FROM:<a@x>\r\nRCPT TO:<before@x>\r\n")
            said, how = client.end()
            assert said.startswith(b"250 2.1.0 ") and said.count(b"\n") == 1
            assert how == "fin"
        server.stop()
        assert [s["ending"] for s in server.sessions()] == ["fault"] * 2


@test
def rst_resets():
    with Faulty("rcpt to=now@* rst", "rcpt to=before@* drop=before-reply rst",
                "connect nth-session=3 rst") as server:
        for line, how in ((b"RCPT TO:<now@x>\r\n", "rst"),
                          (b"RCPT TO:<before@x>\r\n", "rst")):
            with server.client() as client:
                client.hello()
                client.ask("MAIL FROM:<a@x>", 250)
                client.send(line)
                assert client.end() == (b"", how)
        # It may come before connect() has returned.
        try:
            with server.client() as client:
                assert client.end()[1] == "rst"
        except ConnectionResetError:
            pass
        server.stop()
        assert [s["ending"] for s in server.sessions()] == ["fault"] * 3


@test
def drop_before_reply_stores_nothing():
    with Faulty("body first=1 drop=before-reply") as server:
        with server.client() as client:
            client.hello()
            begin(client)
            client.data(BODY)
            assert client.end() == (b"", "fin")
        with server.client() as client:
            client.send_mail(BODY)
        server.stop()
        assert len(server.messages()) == 1
        message, = server.messages("state:aborted")
        assert server.raw(message) == BODY
        assert message["reason"] == "a fault rule ended the session"


@test
def drop_after_commit_stores():
    with Faulty("body first=1 drop=after-commit") as server:
        with server.client() as client:
            client.hello()
            begin(client)
            client.data(BODY)
            assert client.end() == (b"", "fin")
        # It was committed before the connection went.
        first, = server.messages()
        with server.client() as client:
            client.send_mail(BODY)
        server.stop()
        assert [m["sha256"] for m in server.messages()] == [
            first["sha256"]] * 2
        session = server.sessions()[1]
        assert session["ending"] == "fault" and session["accepted"] == 1
        lines = server.dialogue(session["id"])
        assert " -- message %s: %d octets" % (
            first["id"], len(BODY)) in [
                re.sub(r" octets,.*", " octets", line) for line in lines]


@test
def drop_after_bytes():
    with Faulty("data drop=after-1000-bytes", "mail from=m@* "
                "drop=after-10-bytes rst") as server:
        with server.client() as client:
            client.hello()
            begin(client)
            client.send(b"x" * 999)
            client.socket.settimeout(0.1)
            try:
                assert False, client.socket.recv(1)
            except TimeoutError:
                client.socket.settimeout(DEADLINE)
            client.send(b"y")
            assert client.end()[0] == b""
        with server.client() as client:
            client.hello()
            client.ask("MAIL FROM:<m@x>", 250)
            client.send(b"RCPT TO:<a")
            assert client.end() == (b"", "rst")
        server.stop()
        message, = server.messages("state:aborted")
        assert server.raw(message) == b"x" * 999 + b"y"
        assert [s["ending"] for s in server.sessions()] == ["fault"] * 2


# ---- what is offered, and TLS

@test
def hide_leaves_out_keywords():
    with Faulty("helo helo=old.test hide=STARTTLS;SMTPUTF8;CHUNKING"
                ) as server:
        with server.client() as client:
            client.reply(220)
            said = client.ask("EHLO old.test", 250)
            for word in ("STARTTLS", "SMTPUTF8", "CHUNKING"):
                assert word not in said, said
            client.ask("STARTTLS", 500)
            client.ask("BDAT 1", 500)
            assert "STARTTLS" in client.ask("EHLO new.test", 250)
            client.ask("STARTTLS", 220)


def shake(server, protocol="smtp"):
    """The name of the problem that a careful client has, or "fine"."""
    context = ssl.create_default_context(cafile=server.ready["ca"])
    with server.client(protocol) as client:
        if protocol == "smtp":
            client.hello()
            client.ask("STARTTLS", 220)
        try:
            client.start_tls(context)
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        except ssl.SSLError as error:
            return error.reason
        if protocol == "smtps":
            client.reply(220)
        client.ask("EHLO x.test", 250)
        client.ask("QUIT", 221)
        return "fine"


@test
def tls_has_a_flaw():
    with Faulty("tls nth-session=1 tls=fail", "tls nth-session=2 tls=expired",
                "tls nth-session=3 tls=wrong-host",
                "tls nth-session=4 tls=self-signed",
                "connect nth-session=6 tls=expired",
                "connect nth-session=7 tls=fail",
                words=("--smtps", "127.0.0.1:0")) as server:
        problems = [shake(server) for _ in range(5)]
        assert "HANDSHAKE_FAILURE" in problems[0], problems
        assert "expired" in problems[1], problems
        assert "mismatch" in problems[2], problems
        assert "self-signed" in problems[3], problems
        assert problems[4] == "fine", problems
        assert "expired" in shake(server, "smtps")
        assert "FAILURE" in shake(server, "smtps")
        assert shake(server, "smtps") == "fine"
        server.stop()
        sessions = server.sessions()[::-1]
        assert [s["ending"] for s in sessions] == [
            "tls-failed", "tls-failed", "tls-failed", "tls-failed", "quit",
            "tls-failed", "tls-failed", "quit"], sessions
        for number, flaw in enumerate(("fail", "expired", "wrong-host",
                                       "self-signed"), 1):
            lines = server.dialogue(sessions[number - 1]["id"])
            assert " -- fault f%d: tls=%s" % (number, flaw) in lines, lines
            assert any("failed in TLS" in line for line in lines), lines


# ---- counters

def codes(server, count, moment=lambda client: client.ask("RCPT TO:<a@x>")):
    found = []
    with server.client() as client:
        client.hello()
        client.ask("MAIL FROM:<a@x>", 250)
        for _ in range(count):
            found.append(int(moment(client)[:3]))
    return found


@test
def first_and_every_count():
    with Faulty("rcpt first=2 reply=450") as server:
        assert codes(server, 3) + codes(server, 2) == [450] * 2 + [250] * 3
    with Faulty("rcpt every=3 reply=450") as server:
        assert codes(server, 4) + codes(server, 3) == [
            250, 250, 450, 250, 250, 450, 250]
    with Faulty("rcpt first=1 per=session reply=450") as server:
        assert codes(server, 2) + codes(server, 2) == [450, 250] * 2


@test
def rate_has_a_period():
    with Faulty("rcpt rate=3/h reply=450") as server:
        assert codes(server, 4) + codes(server, 1) == [250] * 3 + [450] * 2
    with Faulty("connect rate=2/h per=peer reply=421:4.7.0:slow") as server:
        for code in (220, 220, 421, 421):
            with server.client() as client:
                client.reply(code)
        server.stop()
        assert [s["ending"] for s in server.sessions()] == [
            "fault", "fault", "drop", "drop"]


@test
def per_counts_apart():
    with Faulty("data first=1 per=recipient reply=451:4.7.1") as server:
        for recipients, code in ((("a@x", "b@x"), 451), (("a@x",), 354),
                                 (("b@x", "c@x"), 451), (("c@x",), 354)):
            with server.client() as client:
                client.hello()
                client.ask("MAIL FROM:<a@x>", 250)
                for each in recipients:
                    client.ask("RCPT TO:<%s>" % each, 250)
                client.ask("DATA", code)
    with Faulty("mail first=1 per=sender reply=450") as server:
        with server.client() as client:
            client.hello()
            for sender, code in (("a", 450), ("b", 450), ("a", 250)):
                client.ask("MAIL FROM:<%s@x>" % sender, code)
                client.ask("RSET", 250)
    with Faulty("mail first=1 per=inbox reply=450", words=(
            "--smtp", "name=o,addr=127.0.0.1:0,inbox=other")) as server:
        for index, code in ((0, 450), (1, 450), (0, 250), (1, 250)):
            with server.client(index=index) as client:
                client.hello()
                client.ask("MAIL FROM:<a@x>", code)


@test
def the_same_seed_is_the_same_luck():
    rules = ("rcpt chance=40% reply=450:4.2.1", "mail chance=20%",
             "body chance=30% per=session drop=before-reply")
    seen = []
    for seed in (11, 11, 12):
        with Faulty(*rules, words=("--seed", seed)) as server:
            said = []
            for _ in range(12):
                with server.client() as client:
                    client.hello()
                    client.send(b"MAIL FROM:<a@x>\r\n" + b"".join(
                        b"RCPT TO:<%d@x>\r\n" % n for n in range(5))
                        + b"DATA\r\nx\r\n.\r\nQUIT\r\n")
                    said.append(re.sub(rb" as \S+", b"", client.end()[0]))
            seen.append(said)
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]
    text = b"".join(seen[0])
    assert b"450 4.2.1" in text and b"250 2.1.5" in text


# ---- rules while it runs

@test
def rules_change_while_it_runs():
    with Faulty("rcpt first=1 reply=450 id=mine") as server:
        assert server.fault("list").stdout == (
            b"mine\t0\t0\trcpt first=1 reply=450 id=mine\n")
        assert codes(server, 2) == [450, 250]
        rule, = json_lines(server.fault("list", "--json"))
        assert rule == {"id": "mine", "seen": 2, "acted": 1,
                        "rule": "rcpt first=1 reply=450 id=mine"}
        ident = server.fault("add", "rcpt", "to=*@x", 'reply=451:4.3.0:"a b"'
                             ).stdout.decode().strip()
        assert codes(server, 1) == [451]
        added, = json_lines(server.fault("add", "--json", "quit drop"))
        assert added["rule"] == "quit drop", added
        server.fault("rm", ident, added["id"])
        assert codes(server, 1) == [250]
        assert len(server.fault("list").stdout.splitlines()) == 1
        server.fault("clear")
        assert server.fault("list").stdout == b""


@test
def bad_rules_are_pointed_at():
    with Faulty() as server:
        for rule, says in (("rcpt nonsense", "character 6"),
                           ("nowhen reply=450", "character 1"),
                           ("rcpt reply=299", "character 12"),
                           ("", "usage"), ("quit to=a", "character 6")):
            ran = server.fault("add", *([rule] if rule else []), status=64)
            assert says in ran.stderr.decode(), (rule, ran.stderr)
        ran = server.fault("rm", "nobody", status=1)
        assert b"nobody" in ran.stderr
        server.fault("frob", status=64)
        server.fault("list", "more", status=64)
        assert server.fault("list").stdout == b""
    # Nobody is there any more.
    assert server.fault("list", status=69).stderr


@test
def a_file_of_rules_is_read_again():
    with scratch() as folder:
        path = os.path.join(folder, "rules")
        with open(path, "w", encoding="ascii") as file:
            file.write("# none yet\n\nrcpt to=a@* reply=450 # now\n")
        with Faulty(words=("--fault-file", path), folder=folder) as server:
            assert codes(server, 1) == [450]
            with open(path, "w", encoding="ascii") as file:
                file.write("rcpt to=a@* reply=550\n")
            server.process.send_signal(signal.SIGHUP)
            server.wait_log("read again")
            assert codes(server, 1) == [550]
            with open(path, "w", encoding="ascii") as file:
                file.write("rcpt to=a@* reply=550\nrcpt nonsense\n")
            server.process.send_signal(signal.SIGHUP)
            server.wait_log(r"stay as they were.*rules:2:6|line 2")
            assert codes(server, 1) == [550]


@test
def the_gallery_is_as_the_readme_says():
    """Each of its rules, as it stands there, and what a client meets."""
    with open(os.path.join(TOP_SRCDIR, "README"), encoding="utf-8") as file:
        rules = re.findall(r"--fault '(.+)'\n", file.read())
    assert len(rules) == 7, rules
    grey, full, rate, slow, dies, expired, plain = rules
    with Faulty(grey) as server:
        assert codes(server, 3) == [450, 250, 250]
    with Faulty(full) as server, server.client() as client:
        client.hello()
        client.ask("MAIL FROM:<a@x>", 250)
        client.ask("RCPT TO:<bob@y>", 452)
        client.ask("RCPT TO:<carl@y>", 250)
    with Faulty(rate.replace("/s", "/h")) as server:
        for code in [220] * 5 + [421]:
            with server.client() as client:
                client.reply(code)
    with Faulty(slow) as server, server.client() as client:
        start = time.monotonic()
        client.reply(220)
        assert time.monotonic() - start >= 0.4
    with Faulty(dies) as server:
        with server.client() as client, server.client() as other:
            client.hello()
            mail(client)
            other.hello()
            begin(other)
            other.data(BODY)
            assert other.end() == (b"", "fin")
        assert len(server.messages()) == 2
    with Faulty(expired) as server:
        assert "expired" in shake(server)
    with Faulty(plain) as server, server.client() as client:
        client.reply(220)
        assert "STARTTLS" not in client.ask("EHLO x.test", 250)


main()
