"""test_transcripts: conversations as they are recorded, and played again."""

import difflib
import os
import re
import socket
import ssl
import subprocess
import textwrap

from api_test import LETTER, OWN, Api, Events
from dialogue_test import (Play, Servers, names, read, read_options,
                           serve_words)
from mailstop_test import (DEADLINE, Server, json_lines, mailstop, main,
                           remark, require, scratch, test)


def masked(lines):
    """Without what differs each time."""
    text = "\n".join(lines)
    text = re.sub(r"[0-9A-Za-z]{22}", "ID", text)
    text = re.sub(r", from [0-9.]+ to [0-9.]+", "", text)
    text = re.sub(r"(ESMTP|LMTP) mailstop .*", r"\1 mailstop ...", text)
    text = re.sub(r"334 [A-Za-z0-9+/=]{20,}", "334 CHALLENGE", text)
    return text.split("\n")


def record(server, protocol, lines):
    """Plays it; the session's id."""
    with Events(Api(server)) as events:
        Play(server, protocol).play(lines)
        return events.session_end()


def script(server, session):
    return server.run("transcript", "--script", session).stdout.split(b"\n")


# ---- played again

@test
def replays_are_equal():
    """Each dialogue is played, then what was recorded of it is played: the
    second record is as the first."""
    wrong = []
    with Servers() as servers:
        for name in names():
            lines = read(name)
            protocol, words = serve_words(read_options(lines))
            server = servers.get(words)
            first = record(server, protocol, lines)
            lines = script(server, first)
            if serve_words(read_options(lines))[0] != protocol:
                wrong.append(name + ": another protocol")
                continue
            try:
                second = record(server, protocol, lines)
            except AssertionError as error:
                wrong.append("%s: %s" % (name, error))
                remark("\n".join(line.decode()[:200] for line in lines))
                continue
            one, other = (masked(server.dialogue(each))
                          for each in (first, second))
            if one != other:
                wrong.append(name + ": another record")
                remark("\n".join(difflib.unified_diff(one, other, n=1)))
    for each in wrong:
        remark(each)
    assert not wrong


@test
def a_script_has_the_text_from_a_server_too():
    with Server("--max-message", "1M") as server:
        with Events(Api(server)) as events, server.client() as client:
            client.send_mail(LETTER + b".dot\r\n" + b"\xff\0\r\n" * 5)
            client.ask("QUIT", 221)
            session = events.session_end()
        text = script(server, session)
        assert b"C: Hello in text." in text and b"C: \\xff\\0" in text
        assert text == mailstop("transcript", "--script", session, "--url",
                                server.url).stdout.split(b"\n")
        ran = server.run("transcript", "--script", "--json", session,
                         status=64)
        assert b"--script" in ran.stderr
        server.run("transcript", "--script", "nobody", status=1)
        # What was removed meanwhile is filled up.
        server.run("rm", "1")
        gone = script(server, session)
        assert record(server, "smtp", gone) != session
        assert server.messages()[0]["size"] == len(LETTER) + 6 + 20


@test
def a_script_with_rules_needs_the_rules():
    rules = ("rcpt first=1 per=recipient reply=450:4.7.1:later",
             "body from=gone@* drop=before-reply",
             "data from=cut@* drop=after-20-bytes",
             "helo helo=old.test hide=STARTTLS;AUTH")
    words = [word for rule in rules for word in ("--fault", rule)]
    dialogue = b"""\
S~ 220 .+
C: HELO c.test
S~ 250 .+
C: MAIL FROM:<%s@x>
S~ 250 .+
C: RCPT TO:<%s@x>
S: 450 4.7.1 later
C: RCPT TO:<%s@x>
S~ 250 .+
C: DATA
S~ 354 .+
C: some text, which is not short
%s"""
    for name, end in ((b"a", b"C: .\nS~ 250 .+"), (b"gone", b"C: .\nS!"),
                      (b"cut", b"S!")):
        lines = (dialogue % (name, name, name, end)).split(b"\n")
        records = []
        for _ in range(2):
            with Server(*words) as server:
                session = record(server, "smtp", lines)
                lines = script(server, session)
                records.append(masked(server.dialogue(session)))
        assert records[0] == records[1], records


# ---- what is recorded, word for word

def check(server, session, wanted):
    found = masked(server.dialogue(session))
    # EHLO's list is the business of tests/dialogue.
    found = [line for line in found if not line.startswith(" S: 250-") or
             "Hello" in line]
    wanted = textwrap.dedent(wanted).strip("\n").split("\n")
    wanted = [line if line[:1] == "+" else " " + line for line in wanted]
    if found != wanted:
        raise AssertionError("\n".join(difflib.ndiff(wanted, found)))


@test
def records_pipelined_commands():
    with Server("--hostname", "mx.test") as server:
        with Events(Api(server)) as events, server.client() as client:
            client.hello("c.test")
            client.send(b"MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<bad\r\n"
                        b"DATA\r\n")
            for code in (250, 250, 501, 354):
                client.reply(code)
            client.send(b"Subject: x\r\n\r\n..\r\n.\r\nRSET\r\nQUIT\r\n")
            for code in (250, 250, 221):
                client.reply(code)
            session = events.session_end()
        check(server, session, """
            S: 220 mx.test ESMTP mailstop ...
            C: EHLO c.test
            S: 250-mx.test Hello c.test [127.0.0.1], pleased to meet you
            S: 250 HELP
            C: MAIL FROM:<a@x>
            S: 250 2.1.0 <a@x>... Sender ok
            +C: RCPT TO:<b@y>
            S: 250 2.1.5 <b@y>... Recipient ok
            +C: RCPT TO:<bad
            S: 501 5.1.3 Bad recipient address syntax
            +C: DATA
            S: 354 Enter message, ending with "." on a line by itself
            -- message ID: 17 octets
            S: 250 2.0.0 OK Message saved as ID
            +C: RSET
            S: 250 2.0.0 Reset
            +C: QUIT
            S: 221 2.0.0 mx.test closing connection
            -- end: quit
            """)


@test
def records_starttls():
    with Server("--hostname", "mx.test") as server:
        context = ssl.create_default_context(cafile=server.ready["ca"])
        context.set_alpn_protocols(["smtp"])
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE+AESGCM")
        with Events(Api(server)) as events, server.client() as client:
            client.hello("c.test")
            client.send(b"STARTTLS\r\nEHLO evil.test\r\n")
            client.reply(220)
            client.start_tls(context)
            client.ask("EHLO d.test", 250)
            client.ask("QUIT", 221)
            session = events.session_end()
        facts = server.sessions()[0]
        cipher, group = facts["tls"]["cipher"], facts["tls"]["group"]
        assert facts["tls"]["version"] == "TLSv1.2" and group, facts
        assert facts["tls"]["sni"] == "localhost", facts
        assert facts["helo"] == "d.test" and facts["ending"] == "quit"
        check(server, session, """
            S: 220 mx.test ESMTP mailstop ...
            C: EHLO c.test
            S: 250-mx.test Hello c.test [127.0.0.1], pleased to meet you
            S: 250 HELP
            C: STARTTLS
            S: 220 2.0.0 Ready to start TLS
            -- plain text behind STARTTLS: 16 octets thrown away
            -- TLS TLSv1.2 %s %s
            -- SNI localhost
            -- ALPN smtp
            C: EHLO d.test
            S: 250-mx.test Hello d.test [127.0.0.1], pleased to meet you
            S: 250 HELP
            C: QUIT
            S: 221 2.0.0 mx.test closing connection
            -- end: quit
            """ % (cipher, group))


@test
def records_tls_alerts():
    """A client that does not trust us, on both kinds of listener."""
    with Server("--hostname", "mx.test", "--smtps", "127.0.0.1:0") as server:
        context = ssl.create_default_context()
        for protocol in ("smtp", "smtps"):
            with Events(Api(server)) as events:
                with server.client(protocol) as client:
                    if protocol == "smtp":
                        client.hello("c.test")
                        client.ask("STARTTLS", 220)
                    try:
                        client.start_tls(context)
                        assert False
                    except ssl.SSLCertVerificationError:
                        pass
                    session = events.session_end()
            facts = server.sessions()[0]
            assert facts["ending"] == "tls-failed", facts
            lines = masked(server.dialogue(session))
            assert re.fullmatch(r" -- failed in TLS: .*unknown ca.*",
                                lines[-2]), lines
            assert lines[-1] == " -- end: tls-failed"
            if protocol == "smtps":
                assert len(lines) == 2, lines


@test
def records_bad_auth():
    with scratch() as folder:
        path = os.path.join(folder, "users")
        with open(path, "w", encoding="ascii") as file:
            file.write("ann:right\n")
        with Server("--hostname", "mx.test", "--auth-file", path,
                    folder=folder) as server:
            with Events(Api(server)) as events, server.client() as client:
                client.hello("c.test")
                client.ask("AUTH PLAIN AGFubgB3cm9uZw==", 535)
                client.ask("AUTH PLAIN ???", 501)
                client.ask("AUTH LOGIN", 334)
                client.ask("YW5u", 334)
                client.ask("*", 501)
                client.ask("AUTH LOGIN YW5u", 334)
                client.ask("cmlnaHQ=", 235)
                client.ask("QUIT", 221)
                session = events.session_end()
            check(server, session, """
                S: 220 mx.test ESMTP mailstop ...
                C: EHLO c.test
                S: 250-mx.test Hello c.test [127.0.0.1], pleased to meet you
                S: 250 HELP
                C: AUTH PLAIN ********
                -- AUTH PLAIN as ann: no
                S: 535 5.7.8 Authentication credentials invalid
                C: AUTH PLAIN ********
                S: 501 5.5.2 Response is not base64
                C: AUTH LOGIN
                S: 334 VXNlcm5hbWU6
                C: YW5u
                S: 334 UGFzc3dvcmQ6
                C: *
                S: 501 5.7.0 Authentication cancelled
                C: AUTH LOGIN YW5u
                S: 334 UGFzc3dvcmQ6
                C: ********
                -- AUTH LOGIN as ann: yes
                S: 235 2.7.0 Authentication succeeded
                C: QUIT
                S: 221 2.0.0 mx.test closing connection
                -- end: quit
                """)
            with open(server.db, "rb") as file:
                stored = file.read()
            assert b"cmlnaHQ" not in stored and b"AGFubgB3" not in stored


@test
def records_a_reset_inside_of_the_text():
    with Server("--hostname", "mx.test") as server:
        with Events(Api(server)) as events, server.client() as client:
            client.hello("c.test")
            client.ask("MAIL FROM:<a@x>", 250)
            client.ask("RCPT TO:<b@y>", 250)
            client.ask("DATA", 354)
            client.send(b"Subject: half\r\n\r\nHalf a li")
            # It has come when this one is answered.
            with server.client() as other:
                other.hello()
                other.ask("NOOP", 250)
            client.reset()
            events.session_end()
            session = events.session_end()
        check(server, session, """
            S: 220 mx.test ESMTP mailstop ...
            C: EHLO c.test
            S: 250-mx.test Hello c.test [127.0.0.1], pleased to meet you
            S: 250 HELP
            C: MAIL FROM:<a@x>
            S: 250 2.1.0 <a@x>... Sender ok
            C: RCPT TO:<b@y>
            S: 250 2.1.5 <b@y>... Recipient ok
            C: DATA
            S: 354 Enter message, ending with "." on a line by itself
            -- end: reset
            -- aborted message ID: 26 of 26 octets kept
            """)
        message, = server.messages("state:aborted")
        assert message["reason"] == "the connection was reset"
        assert server.raw(message) == b"Subject: half\r\n\r\nHalf a li"


# ---- times and facts

@test
def times_are_told():
    with Server("--fault", "helo delay=50ms") as server:
        with Events(Api(server)) as events, server.client() as client:
            client.hello()
            client.ask("MAIL FROM:<a@x>", 250)
            client.ask("RCPT TO:<b@y>", 250)
            client.ask("DATA", 354)
            client.send(b"first\r\n")
            with server.client() as other:
                other.hello()
            events.session_end()
            client.send(b"last\r\n.\r\n")
            client.reply(250)
            client.ask("QUIT", 221)
            session = events.session_end()
        lines = json_lines(server.run("transcript", "--json", session))
        at = {line["text"].split("\r")[0]: line["at"] for line in lines}
        order = [line["at"] for line in lines]
        assert order == sorted(order), order
        said = [(line["kind"], line["text"]) for line in lines]
        greeting = at[said[0][1]]
        hello = at["EHLO client.test"]
        answer = [line["at"] for line in lines
                  if "Hello client.test" in line["text"]][0]
        remark, = [text for _, text in said if text.startswith("message ")]
        first, last = map(float, re.search(
            r"13 octets, from (\S+) to (\S+)$", remark).groups())
        saved, = [line["at"] for line in lines
                  if line["text"].startswith("250 2.0.0 OK Message saved")]
        data = at["DATA"]
        assert 0 <= greeting <= hello <= answer - 0.05 <= data, at
        # The other client's delay stands between them.
        assert data <= first <= last - 0.05 <= saved, (first, last, at)
        assert saved <= at["QUIT"], at
        session, = [s for s in server.sessions() if s["id"] == session]
        assert session["seconds"] >= at["QUIT"], session


@test
def facts_of_proxies_are_told():
    with Server("--hostname", "mx.test", smtp="127.0.0.1:0,proxy,xclient"
                ) as server:
        with Events(Api(server)) as events, server.client() as client:
            client.send(b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 25\r\n")
            client.hello("c.test")
            client.ask("XCLIENT ADDR=192.0.2.8 PORT=99 HELO=d.test LOGIN=ann",
                       220)
            client.ask("HELO c.test", 250)
            client.ask("QUIT", 221)
            session = events.session_end()
        facts = server.sessions()[0]
        assert facts["peer"] == "192.0.2.8" and facts["peer_port"] == 99
        assert facts["local"] == "192.0.2.1:25", facts
        assert facts["user"] == "ann" and "192.0.2.8" in facts["proxy"]
        assert facts["auth"] == {"mechanism": "XCLIENT", "identity": "ann"}
        check(server, session, """
            -- PROXY through 127.0.0.1: peer 192.0.2.7 port 4711
            S: 220 mx.test ESMTP mailstop ...
            C: EHLO c.test
            S: 250-mx.test Hello c.test [192.0.2.7], pleased to meet you
            S: 250 XCLIENT NAME ADDR PORT PROTO HELO LOGIN
            C: XCLIENT ADDR=192.0.2.8 PORT=99 HELO=d.test LOGIN=ann
            S: 220 mx.test ESMTP mailstop ...
            C: HELO c.test
            S: 250 mx.test Hello c.test [192.0.2.8], pleased to meet you
            C: QUIT
            S: 221 2.0.0 mx.test closing connection
            -- end: quit
            """)


def certificate(folder):
    """A client's own, signed by nobody."""
    require("openssl")
    path = os.path.join(folder, "client.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                    "/CN=client.test", "-keyout", path, "-out",
                    path + ".crt"], check=True, timeout=DEADLINE,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path + ".crt", path


@test
def facts_of_tls_are_told():
    with scratch() as folder:
        with Server("--smtps", "127.0.0.1:0", folder=folder) as server:
            context = ssl.create_default_context(cafile=server.ready["ca"])
            context.load_cert_chain(*certificate(folder))
            with Events(Api(server)) as events:
                with server.client("smtps") as client:
                    client.start_tls(context)
                    client.hello("c.test")
                    client.ask("QUIT", 221)
                session = events.session_end()
            facts = server.sessions()[0]
            assert facts["protocol"] == "smtps" and facts["helo"] == "c.test"
            tls = facts["tls"]
            assert tls["version"] == "TLSv1.3" and tls["cipher"] and (
                tls["group"]), tls
            assert tls["sni"] == "localhost"
            assert "client.test" in tls["client_cert"], tls
            lines = server.dialogue(session)
            assert any(line.startswith(" -- client certificate ") and
                       "client.test" in line for line in lines), lines


# ---- how it ends

@test
def each_ending_is_told():
    def quits(client):
        client.hello()
        client.ask("QUIT", 221)

    def drops(client):
        client.reply(220)
        client.close()

    def resets(client):
        client.reply(220)
        client.reset()

    def is_silent(client):
        client.hello()
        assert client.reply(421).startswith("421 4.4.2 ")

    def errs(client):
        client.reply(220)
        for code in (500, 500, 500, 421):
            client.ask("NONSENSE", code)

    def fails_in_tls(client):
        client.hello()
        client.ask("STARTTLS", 220)
        client.send(b"This is no hello\r\n\r\n\r\n")
        client.end()

    def meets_a_rule(client):
        client.reply(220)
        client.send(b"HELO fault.test\r\n")
        assert client.end() == (b"", "fin")

    def stays(client):
        client.hello()

    with Server("--max-errors", 3, "--timeout", "2s", "--max-connections", 3,
                "--fault", "helo helo=fault.* drop") as server:
        api = Api(server)
        endings = {}
        for play in (quits, drops, resets, is_silent, errs, fails_in_tls,
                     meets_a_rule):
            with Events(api) as events, server.client() as client:
                play(client)
                session = events.session_end()
            endings[play.__name__] = api.get(OWN + "/session/" + session)[
                "ending"]
        with Events(api) as events:
            many = [server.client() for _ in range(3)]
            for client in many:
                client.hello()
            with server.client() as client:
                assert client.reply().startswith("421 4.3.2 ")
            session = events.session_end()
            endings["refused"] = api.get(OWN + "/session/" + session)[
                "ending"]
            server.stop()
            for client in many:
                client.reply(421)
                client.close()
        # The newest is the one that was refused.
        endings["stays"] = server.sessions()[1]["ending"]
        assert endings == {
            "quits": "quit", "drops": "drop", "resets": "reset",
            "is_silent": "timeout", "errs": "errors",
            "fails_in_tls": "tls-failed", "meets_a_rule": "fault",
            "refused": "refused", "stays": "shutdown"}, endings


@test
def a_line_without_its_end_is_told():
    """What people see who type into nc, whose lines end with LF."""
    with Server("--timeout", "500ms") as server:
        for said, shown in (
                (b"EHLO x\nMAIL FROM:<a@b.test>\n",
                 "EHLO x\\nMAIL FROM:<a@b.test>\\n"),
                (b"NOOP\r\nAUTH PLAIN c2VjcmV0", "AUTH PLAIN ********"),
                (b"EHLO x\r\nAUTH PLAIN\r\nc2VjcmV0", "********"),
                (b"NOOP\r\nQUIT\r\nNOO", None),
                (b"NOOP\r\n" + b"x" * 20000, None)):
            for leaves in (True, False):
                with Events(Api(server)) as events:
                    with server.client() as client:
                        client.send(said)
                        if leaves:
                            client.socket.shutdown(socket.SHUT_WR)
                        client.end()
                    session = events.session_end()
                lines = server.dialogue(session)
                wanted = [" -- unfinished line: " + shown] if shown else []
                assert [line for line in lines
                        if "unfinished" in line] == wanted, lines
                rules = [one["rule"] for one in json_lines(server.run(
                    "findings", "--json", session, status=None))]
                assert ("command-line-end" in rules) == (
                    b"x\n" in said), rules
        assert server.stop() == 0
        with open(server.db, "rb") as file:
            assert b"c2VjcmV0" not in file.read()


@test
def who_says_nothing_is_recorded():
    with Server("--smtps", "127.0.0.1:0") as server:
        for protocol in ("smtp", "smtps"):
            with Events(Api(server)) as events:
                server.client(protocol).close()
                events.session_end()
            session = server.sessions()[0]
            assert session["protocol"] == protocol
            # A greeting that came before the close makes it a reset.
            assert session["ending"] in {
                "smtp": ("drop", "reset"),
                "smtps": ("tls-failed",)}[protocol], session
            assert session["peer"] == "127.0.0.1" and session["peer_port"]
            assert session["helo"] == "" and session["tls"] is None


main()
