"""test_smtp: connection, commands, MAIL and RCPT, as RFC 5321 wants them."""

import re
import select
import socket
import struct
import time

from mailstop_test import Deadline, main, test
from smtp_test import (HOST, Talk, accepted, close_shared, connect,
                       ended_session, message, now, raw, rules, session,
                       shared)

KEYWORDS = ["PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8",
            "ENHANCEDSTATUSCODES", "CHUNKING", "BINARYMIME", "DSN",
            "STARTTLS", "AUTH PLAIN LOGIN CRAM-MD5 XOAUTH2",
            "LIMITS RCPTMAX=1000", "HELP"]


# ---- forms of the seed dialogue

@test
def talks_as_at_telnet():
    server = shared()
    with Talk(server.smtp) as client:
        greeting = client.reply(220, plain=True)
        assert re.fullmatch(
            r"220 mx\.test ESMTP mailstop 0\.1\.0; [A-Z][a-z]{2}, \d?\d "
            r"[A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000", greeting), greeting
        client.send(b"HELO local.domain.name\r\n")
        assert client.reply(plain=True) == (
            "250 mx.test Hello local.domain.name [127.0.0.1],"
            " pleased to meet you")
        assert client.ask("MAIL FROM: mail@domain.ext") == (
            "250 2.1.0 mail@domain.ext... Sender ok")
        assert client.ask("RCPT TO: mail@destinationdomain.ext") == (
            "250 2.1.5 mail@destinationdomain.ext... Recipient ok")
        assert client.ask("DATA") == (
            '354 Enter message, ending with "." on a line by itself')
        client.send(b"Subject: hi\r\n\r\nHello\r\n.\r\n")
        id_ = client.saved()
        assert client.ask("QUIT") == "221 2.0.0 mx.test closing connection"
        assert client.closed()
    found = message(server, id_)
    assert found["mail_from"] == "mail@domain.ext", found
    assert found["recipients"][0]["address"] == "mail@destinationdomain.ext"
    assert found["helo"] == "local.domain.name"
    assert raw(server, id_) == b"Subject: hi\r\n\r\nHello\r\n"


@test
def echoes_addresses_as_given():
    with session() as client:
        for path in ("<>", "<a@b.test>", "a@b.test", " <A@B.test>",
                     " \"a b\"@c.test", "<@r.test:a@b.test>"):
            reply = client.ask("MAIL FROM:" + path, 250)
            assert reply == "250 2.1.0 %s... Sender ok" % path.strip(), reply
            client.ask("RSET", 250)


# ---- connection

@test
def greets_at_once_and_once():
    with Talk(shared().smtp) as client:
        assert select.select([client.socket], [], [], 1)[0]
        line = client.reply(220, plain=True)
        assert line.split()[1] == HOST
        client.ask("NOOP", 250)
        assert client.silent()


@test
def serves_who_talks_first():
    """What has come before the greeting goes out is always found; behind it,
    nothing tells a hasty client from a quick one."""
    server = shared()
    for number in range(10):
        name = "early%d.test" % number
        with server.paused():
            client = Talk(server.smtp)
            client.send(b"EHLO %s\r\n" % name.encode())
        with client:
            client.reply(220, plain=True)
            client.reply(250, plain=True)
            client.ask("QUIT", 221)
        assert "early-command" in rules(
            server, ended_session(server, "helo:" + name)["id"]), name


@test
def replies_stay_short_and_printable():
    """Talk.reply() looks at each line."""
    with session() as client:
        for octet in (b"\x00", b"\x01", b"\x1b[31m", b"\x7f", b"\x80",
                      b"\xc3\xbc", b"\xff", b"%n%s"):
            for command in (b"MAIL FROM:<a%sb@c.test>", b"RCPT TO:<%s@b>",
                            b"FOO%s", b"EHLO %s", b"VRFY %s", b"HELP %s",
                            b"NOOP %s", b"MAIL FROM:<a@b.test> X=%s"):
                client.send(command % octet + b"\r\n")
                client.reply(plain=None if b"EHLO" not in command else True)
                client.ask("RSET", 250)
        long = b"x" * 480
        for command in (b"MAIL FROM:<" + long + b"@y.test>", b"FOO" + long,
                        b"MAIL FROM:<a@b.test> " + long, b"VRFY " + long,
                        b"RCPT TO:<" + long + b"@y.test>"):
            client.send(command + b"\r\n")
            client.reply()
            client.ask("RSET", 250)
        client.greet("n" * 255)
        client.in_sync()


@test
def answers_after_shutdown():
    server = shared()
    after = now(server)
    with session() as client:
        client.envelope()
        client.ask("DATA", 354)
        client.send(b"one\r\n.\r\n")
        client.socket.shutdown(socket.SHUT_WR)
        client.saved()
        assert client.closed()
    with Talk(server.smtp) as client:
        client.send(b"EHLO c.test\r\nMAIL FROM:<a@b.test>\r\n"
                    b"RCPT TO:<x@y.test>\r\nDATA\r\ntwo\r\n.\r\n"
                    b"NOOP\r\nQUIT\r\n")
        client.socket.shutdown(socket.SHUT_WR)
        client.reply(220, plain=True)
        client.reply(250, plain=True)
        for code in (250, 250, 354, 250, 250, 221):
            client.reply(code)
        assert client.closed()
    assert [raw(server, m["id"]) for m in accepted(server, after)] == [
        b"one\r\n", b"two\r\n"]


STATES = [b"", b"EHL", b"EHLO c.test\r\n",
          b"EHLO c.test\r\nMAIL FROM:<a@b.test>\r\n",
          b"EHLO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\n",
          b"EHLO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\n"
          b"DATA\r\n",
          b"EHLO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\n"
          b"DATA\r\nhalf of a text\r\n.",
          b"EHLO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\n"
          b"BDAT 10 LAST\r\n123456789",
          b"EHLO c.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\n"
          b"BDAT 10\r\n1234567890",
          b"EHLO c.test\r\nAUTH LOGIN\r\n",
          b"EHLO c.test\r\nSTARTTLS\r\n",
          b"EHLO c.test\r\nSTARTTLS\r\n\x16\x03\x01"]


@test
def stores_nothing_of_what_was_not_finished():
    server = shared()
    after = now(server)
    with session() as other:
        other.envelope()
        for state in STATES:
            for resets in (False, True):
                with Talk(server.smtp) as client:
                    client.reply(220, plain=True)
                    client.send(state)
                    if state.endswith(b"\r\n"):
                        select.select([client.socket], [], [], 5)
                    if resets:
                        client.socket.setsockopt(
                            socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
        other.in_sync()
        other.text(b"others are served\r\n.\r\n")
    found = accepted(server, after)
    assert [raw(server, m["id"]) for m in found] == [b"others are served\r\n"]


@test
def closes_after_the_time_out():
    states = (b"", b"EHLO c.test\r\n", b"EHLO c.test\r\nMAIL FR",
              b"EHLO c.test\r\nMAIL FROM:<a@b.test>\r\n"
              b"RCPT TO:<x@y.test>\r\nDATA\r\nhalf",
              b"EHLO c.test\r\nMAIL FROM:<a@b.test>\r\n"
              b"RCPT TO:<x@y.test>\r\nBDAT 9\r\nhalf",
              b"EHLO c.test\r\nAUTH PLAIN\r\n")
    clients = []
    start = time.monotonic()
    for state in states:
        clients.append(Talk(shared("--timeout", "1s").smtp))
        clients[-1].send(state)
    for client in clients:
        line = client.line()
        while not line.startswith(b"421"):
            assert line, "closed without 421"
            line = client.line()
        assert line.startswith(b"421 4.4.2 "), line
        assert 0.5 < time.monotonic() - start < 10
        assert client.closed()
        client.close()


@test
def counts_connections():
    server = shared("--max-connections", "3")
    clients = [Talk(server.smtp) for _ in range(3)]
    for client in clients:
        client.reply(220, plain=True)
    with Talk(server.smtp) as late:
        reply = late.reply(421)
        assert reply.startswith("421 4.3.2 "), reply
        assert late.closed()
    clients.pop().close()
    deadline = Deadline()
    while True:  # until the server has seen the end
        with Talk(server.smtp) as client:
            if client.line().startswith(b"220 "):
                break
        deadline.left()
    for client in clients:
        client.ask("NOOP", 250)
        client.close()


@test
def who_was_refused_takes_no_place():
    """Clients that hear 421 and stay do not keep others out."""
    server = shared("--max-connections", "2")
    served = [Talk(server.smtp) for _ in range(2)]
    for client in served:
        client.reply(220, plain=True)
    refused = [Talk(server.smtp) for _ in range(4)]
    for client in refused:
        client.reply(421)
    served[0].ask("QUIT", 221)
    assert served[0].closed()
    with Talk(server.smtp) as client:
        client.reply(220, plain=True)
    for client in served + refused:
        client.close()


# ---- HELO, EHLO

@test
def ehlo_lists_keywords():
    with Talk(shared().smtp) as client:
        lines = client.hello().split("\n")
        assert re.match(r"250-mx\.test( |$)", lines[0]), lines
        assert [line[4:] for line in lines[1:]] == KEYWORDS, lines
        for line in lines[1:]:
            assert re.fullmatch(r"250[- ][A-Z0-9][A-Z0-9-]*( [!-~]+)*", line)


@test
def ehlo_without_argument_changes_nothing():
    with session() as client:
        client.envelope()
        for command in (b"EHLO\r\n", b"EHLO \r\n", b"HELO\r\n"):
            client.send(command)
            client.reply(501, plain=True)
        client.text(b"still there\r\n.\r\n")
    with Talk(shared().smtp) as client:
        client.reply(220, plain=True)
        client.send(b"EHLO\r\n")
        client.reply(501, plain=True)
        client.ask("MAIL FROM:<a@b.test>", 503)


@test
def helo_is_one_line_and_sends_mail():
    with session(verb="HELO") as client:
        client.envelope()
        client.text(b"x\r\n.\r\n")
        client.send(b"HELO again.test\r\n")
        assert "\n" not in client.reply(250, plain=True)


@test
def hello_again_resets():
    for verb in ("EHLO", "HELO"):
        with session() as client:
            client.envelope()
            client.greet(verb=verb)
            client.ask("RCPT TO:<x@y.test>", 503)
            client.ask("DATA", 503)
            client.envelope()
            client.text(b"x\r\n.\r\n")


@test
def serves_any_name():
    with session() as client:
        for name in ("[127.0.0.1]", "[IPv6:::1]", "[IPv6:2001:db8::1]",
                     "a" * 63 + "." + "b" * 63 + "." + "c" * 63 + "." +
                     "d" * 63, "x" * 255, "does.not.exist.invalid",
                     "under_score.test", "localhost", "-", "UPPER",
                     "client.test. ", "[1.2.3", "x..y"):
            for verb in ("EHLO", "HELO"):
                client.greet(name, verb)


@test
def hides_keywords():
    words = ("--hide", "SIZE", "--hide", "DSN", "--hide", "CHUNKING",
             "--hide", "STARTTLS", "--hide", "AUTH", "--hide", "HELP",
             "--hide", "SMTPUTF8", "--hide", "8BITMIME", "--hide",
             "LIMITS", "--hide", "BINARYMIME")
    with Talk(shared(*words).smtp) as client:
        lines = client.hello().split("\n")
        assert [line[4:] for line in lines[1:]] == [
            "PIPELINING", "ENHANCEDSTATUSCODES"], lines
        for command in ("BDAT 3 LAST", "STARTTLS", "AUTH PLAIN", "HELP"):
            assert client.ask(command).startswith("500 5.5.1"), command
        for word in ("SIZE=1", "BODY=8BITMIME", "SMTPUTF8", "RET=FULL"):
            client.ask("MAIL FROM:<a@b.test> " + word, "555 5.5.4")
        client.envelope()
        client.text(b"x\r\n.\r\n")


@test
def needs_no_hello_for_some():
    with Talk(shared().smtp) as client:
        client.reply(220, plain=True)
        client.ask("NOOP", 250)
        client.ask("RSET", 250)
        client.ask("HELP", 214)
        client.ask("VRFY x@y.test", 252)
        client.ask("MAIL FROM:<a@b.test>", r"503 5\.5\.1")
        client.ask("RCPT TO:<a@b.test>", "503")
        client.ask("DATA", "503")
        client.ask("QUIT", 221)
        assert client.closed()


# ---- command lines

@test
def knows_whole_words_in_any_case():
    with session() as client:
        client.ask("noop", 250)
        client.ask("NoOp", 250)
        client.ask("mail from:<a@b.test>", 250)
        client.ask("RcPt tO:<x@y.test>", 250)
        client.ask("rset", 250)
        for unknown in ("FOO", "NOO", "NOOPX", "MAILFROM:<a@b>", "SEND", "SOML",
                        "SAML", "TURN", "SEND FROM:<a@b.test>", "DATAX",
                        "XCLIENT ADDR=1.2.3.4", "ETRN x", "QUITX", "LHLO x",
                        "B", "=", "STARTTLSX", "\tNOOP", ":"):
            client.ask(unknown, r"500 5\.5\.1")
        client.ask("", r"500 5\.5\.\d")
        client.ask("   ", r"500 5\.5\.\d")
        for space in ("NOOP ", "NOOP\t", "RSET  ", "RSET \t ",
                      "MAIL FROM:<a@b.test>  ", "RCPT TO:<x@y.test> \t"):
            client.ask(space, 250)
        for argument in ("RSET x", "DATA x", "QUIT x"):
            client.ask(argument, 501)
        client.ask("STARTTLS x", 501)
        client.ask("NOOP whatever \x01 \xff", "(250|5)")
        client.in_sync()


@test
def only_crlf_ends_a_line():
    for wrong in (b"NOOP\nNOOP\r\n", b"NOOP\rNOOP\r\n", b"NOOP\n\r\n",
                  b"RSET\nRSET\r\n", b"MAIL FROM:<a@b.test>\nRCPT TO:<x@y>"
                  b"\r\n", b"NOOP\r\r\n", b"FOO\n\n\n\r\n"):
        with session() as client:
            client.send(wrong)
            client.reply("5")
            client.in_sync()
    with session() as client:
        client.envelope()
        client.send(b"DATA\n")
        assert not select.select([client.socket], [], [], 0.2)[0]
        client.send(b"\r\n")
        client.reply("5")
        client.in_sync()


@test
def lets_people_type_bare_lf():
    with Talk(shared("--bare-lf", "accept").smtp) as client:
        client.send(b"EHLO c.test\nMAIL FROM:<a@b.test>\n"
                    b"RCPT TO:<x@y.test>\nNOOP\n")
        client.reply(220, plain=True)
        client.reply(250, plain=True)
        for _ in range(3):
            client.reply(250)


@test
def refuses_control_characters():
    for octet in [bytes([n]) for n in range(32) if n not in (9, 10, 13)] + [
            b"\x7f"]:
        with session() as client:
            for command in (b"NO%sOP", b"MAIL FROM:<a%s@b.test>",
                            b"%sNOOP", b"MAIL FROM:<a@b.test>%s"):
                client.send(command % octet + b"\r\n")
                client.reply("5")
            client.in_sync()
    with session() as client:
        for octets in (b"N\xc3\xb6op", b"\xff\xfe", b"MAIL\x80 FROM:<a@b>"):
            client.send(octets + b"\r\n")
            client.reply(500)
        client.in_sync()


@test
def takes_long_lines_and_refuses_longer_ones_once():
    with session() as client:
        client.ask("NOOP " + "x" * (512 - 7), 250)
        local = "l" * 64
        domain = ".".join(["d" * 60] * 3)
        client.ask("MAIL FROM:<%s@%s> SIZE=%d BODY=8BITMIME RET=HDRS ENVID=%s"
                   " AUTH=%s SMTPUTF8" % (local, domain, 10, "e" * 100,
                                          "a" * 400), 250)
        client.ask("RCPT TO:<%s@%s> NOTIFY=SUCCESS,FAILURE,DELAY"
                   " ORCPT=rfc822;%s" % (local, domain, "o" * 400), 250)
        for size in (5000, 100000, 1 << 20):
            client.send(b"NOOP " + b"x" * size + b"RSET\r\n")
            assert client.reply().startswith("500 5.5.6 ")
            client.in_sync()
            client.send(b"y" * size + b"\r\n")
            assert client.reply().startswith("500 5.5.6 ")
        client.text(b"the transaction survives\r\n.\r\n")
    with session() as client:
        client.envelope()
        # The tail looks like commands, in pieces of their own.
        client.send(b"FOO " + b"x" * 70000)
        client.send(b"\nRSET\n")
        client.send(b"\rQUIT\r")
        client.send(b"QUIT" + b"z" * (1 << 20))
        assert client.silent() or client.input == b""
        client.send(b"\r\n")
        assert client.reply().startswith("500 5.5.6 ")
        client.in_sync()
        client.text(b"so does this\r\n.\r\n")


@test
def answers_help_vrfy_expn():
    with session() as client:
        client.ask("HELP", 214)
        client.ask("HELP MAIL", 214)
        assert client.ask("VRFY user").startswith("252 2.1.5")
        client.ask("VRFY", 501)
        client.ask("EXPN list", "(502|252)")


@test
def wants_the_right_order():
    orders = (["DATA", "RCPT TO:<x@y.test>"], ["RCPT TO:<x@y.test>", "DATA"],
              ["DATA", "DATA"])
    with session() as client:
        for order in orders:
            for command in order:
                client.ask(command, 503)
            client.ask("MAIL FROM:<a@b.test>", 250)
            client.ask("DATA", 503)
            client.ask("MAIL FROM:<other@b.test>", 503)
            client.ask("RCPT TO:<x@y.test>", 250)
            id_ = client.text(b"x\r\n.\r\n")
            assert message(client.server, id_)["mail_from"] == "a@b.test"
            client.ask("DATA", 503)


@test
def serves_nothing_behind_quit():
    server = shared()
    after = now(server)
    with session() as client:
        client.send(b"QUIT\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\n"
                    b"DATA\r\nx\r\n.\r\n")
        client.reply(221)
        assert client.closed()
    assert accepted(server, after) == []


@test
def no_reset_behind_quit():
    """What the client has sent meanwhile does not destroy the last reply: a
    close with bytes unread would be RST."""
    server = shared()
    with session() as client:
        with server.paused():
            client.send(b"QUIT\r\n" + b"NOOP\r\n" * 50000)
        said, how = client.end()
        assert re.fullmatch(rb"221 2\.0\.0 .*\r\n", said), said
        assert how == "fin", how


@test
def leaves_after_many_errors():
    with session() as client:
        for _ in range(300):
            client.ask("FOO", 500)
        client.in_sync()
    with session("--max-errors", "5") as client:
        for _ in range(5):
            reply = client.ask("FOO")
        if not reply.startswith("421"):
            reply = client.ask("FOO")
        assert reply.startswith("421 4.7.0 "), reply
        assert client.closed()


# ---- MAIL and RCPT

GOOD = ["<a@b.test>", "<!#$%&'*+-/=?^_`{|}~@b.test>", "<a.b.c@d.e.test>",
        '<"a b"@c.test>', '<"a>b"@c.test>', '<"a\\"b\\\\c"@d.test>',
        '<"a@b"@c.test>', "<a@[127.0.0.1]>",
        "<a@[IPv6:2001:db8::1]>", "<a@b>", "<1@2.test>",
        "<%s@d.test>" % ("l" * 64), "<user+tag@b.test>",
        "<%s@%s>" % ("l" * 64, ".".join(["d" * 60] * 3 + ["e" * 6])),
        "<@a.test:b@c.test>", "<@a.test,@b.test:c@d.test>",
        "<A@B.TEST>"]


@test
def takes_paths():
    server = shared()
    for path in GOOD:
        with session() as client:
            client.ask("MAIL FROM:" + path, r"250 2\.1\.0")
            client.ask("RCPT TO:" + path, r"250 2\.1\.5")
            client.ask("RCPT TO: " + path, 250)
            found = message(server, client.text(b"x\r\n.\r\n"))
        # Source routes are recognised and dropped (RFC 5321 4.1.1.3).
        wanted = re.sub(r"^@[^:]*:", "", path[1:-1])
        assert found["mail_from"] == wanted, (path, found["mail_from"])
        assert [r["address"] for r in found["recipients"]] == [wanted] * 2


@test
def takes_special_paths():
    with session() as client:
        client.ask("MAIL FROM:<>", "250")
        client.ask("RCPT TO:<>", "5")
        for name in ("postmaster", "Postmaster", "POSTMASTER"):
            client.ask("RCPT TO:<%s>" % name, 250)
        found = message(client.server, client.text(b"x\r\n.\r\n"))
        assert found["mail_from"] == ""
        client.ask("MAIL FROM:<%s@b.test>" % ("l" * 65), "(250|5)")
        client.ask("RSET", 250)
        client.ask("MAIL FROM:<a@%s>" % ("d" * 300), "(250|5)")
        client.in_sync()


BAD = ["a@b.test>", "<a@b.test", "<a@@b.test>", "<a@b@c.test>", "<@b.test>",
       "<a@>", "<a@b.test>x", "<a@b.test>SIZE=1", "<a b@c.test>",
       "<<a@b.test>>", "<a@b..test>", "<a..b@c.test>", "<.a@b.test>",
       "<a.@b.test>", "<a@.b.test>", "<\"a@b.test>", "<a@[127.0.0.1>",
       "", " ", "<", ">", "@", "<a\x01@b.test>", "<a\x00@b.test>"]


@test
def refuses_broken_paths():
    with session() as client:
        for path in BAD:
            client.ask("MAIL FROM:" + path, "(501|553)")
            client.ask("MAIL FROM:<ok@b.test>", 250)
            client.ask("RCPT TO:" + path, "(501|553)")
            client.ask("RCPT TO:<ok@b.test>", 250)
            client.ask("RSET", 250)
        for command in ("MAIL", "MAIL FROM", "MAIL FROM<a@b.test>", "MAIL ",
                        "MAIL FROM <a@b.test>", "MAIL TO:<a@b.test>",
                        "MAIL FROMX:<a@b.test>"):
            client.ask(command, "(501|553)")
        client.ask("MAIL FROM:<ok@b.test>", 250)
        for command in ("RCPT", "RCPT TO", "RCPT TO<a@b.test>",
                        "RCPT FROM:<a@b.test>"):
            client.ask(command, "(501|553)")
        client.ask("RCPT TO:<ok@b.test>", 250)
        client.text(b"x\r\n.\r\n")


@test
def keeps_the_rest_when_a_recipient_is_refused():
    with session() as client:
        client.ask("MAIL FROM:<a@b.test>", 250)
        client.ask("RCPT TO:<one@y.test>", 250)
        client.ask("RCPT TO:<bad", 501)
        client.ask("RCPT TO:<two@y.test>", 250)
        client.ask("RCPT TO:<two@y.test>", 250)
        found = message(client.server, client.text(b"x\r\n.\r\n"))
    assert [r["address"] for r in found["recipients"]
            if r["reply"].startswith("2")] == [
                "one@y.test", "two@y.test", "two@y.test"]


@test
def takes_a_thousand_recipients():
    with session() as client:
        client.ask("MAIL FROM:<a@b.test>", 250)
        client.send(b"".join(b"RCPT TO:<u%d@y.test>\r\n" % n
                             for n in range(1005)))
        for _ in range(1000):
            client.reply(250)
        for _ in range(5):
            assert client.reply().startswith("452 4.5.3 ")
        found = message(client.server, client.text(b"x\r\n.\r\n"))
    kept = [r for r in found["recipients"] if r["reply"].startswith("2")]
    assert [r["address"] for r in kept] == [
        "u%d@y.test" % n for n in range(1000)]


MAIL_PARAMETERS = (
    ("SIZE=0", 250), ("size=1", 250), ("SIZE=52428800", 250),
    ("SIZE=52428801", r"552 5\.3\.4"),
    ("SIZE=99999999999999999999", r"552 5\.3\.4"),
    ("SIZE=18446744073709551617", r"552 5\.3\.4"),
    ("SIZE=4294967297", r"552 5\.3\.4"),
    ("SIZE=00000000000000000001", 250),
    ("SIZE=", r"501 5\.5\.4"), ("SIZE", r"501 5\.5\.4"),
    ("SIZE=-1", r"501 5\.5\.4"), ("SIZE=1x", r"501 5\.5\.4"),
    ("SIZE=+1", r"501 5\.5\.4"),
    ("SIZE=111111111111111111111", r"501 5\.5\.4"),
    ("BODY=7BIT", 250), ("body=8bitmime", 250), ("BODY=BINARYMIME", 250),
    ("BODY=9BIT", "(501|555)"), ("BODY=", "(501|555)"),
    ("BODY", "(501|555)"), ("SMTPUTF8", 250), ("smtputf8", 250),
    ("SMTPUTF8=x", r"501 5\.5\.4"), ("AUTH=<>", 250),
    ("AUTH=a+2Bb@c.test", 250), ("AUTH=a+2", r"501 5\.5\.4"),
    ("AUTH=a+zz", r"501 5\.5\.4"), ("AUTH=", r"501 5\.5\.4"),
    ("RET=FULL", 250), ("ret=hdrs", 250), ("RET=ALL", r"501 5\.5\.4"),
    ("ENVID=abc+2B", 250), ("ENVID=" + "e" * 100, 250),
    ("ENVID=" + "e" * 101, r"501 5\.5\.4"), ("ENVID=a+", r"501 5\.5\.4"),
    ("SIZE=1 SIZE=2", r"501 5\.5\.4"), ("RET=FULL RET=FULL", r"501 5\.5\.4"),
    ("SMTPUTF8 SMTPUTF8", r"501 5\.5\.4"),
    ("BODY=7BIT body=7BIT", r"501 5\.5\.4"),
    ("FOO", r"555 5\.5\.4"), ("FOO=bar", r"555 5\.5\.4"),
    ("NOTIFY=NEVER", r"555 5\.5\.4"),
    ("=", r"(501|555) 5\.5\.4"),
    ("SIZE=5 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=x AUTH=<>", 250))

RCPT_PARAMETERS = (
    ("NOTIFY=NEVER", 250), ("NOTIFY=SUCCESS", 250), ("notify=failure", 250),
    ("NOTIFY=SUCCESS,FAILURE,DELAY", 250), ("NOTIFY=DELAY,SUCCESS", 250),
    ("NOTIFY=NEVER,SUCCESS", r"501 5\.5\.4"), ("NOTIFY=", r"501 5\.5\.4"),
    ("NOTIFY", r"501 5\.5\.4"), ("NOTIFY=SUCCESS,", r"501 5\.5\.4"),
    ("NOTIFY=FOO", r"501 5\.5\.4"),
    ("ORCPT=rfc822;x+2B@y.test", 250), ("ORCPT=x", r"501 5\.5\.4"),
    ("ORCPT=;x", r"501 5\.5\.4"), ("ORCPT=rfc822;a+z", r"501 5\.5\.4"),
    ("NOTIFY=NEVER NOTIFY=NEVER", r"501 5\.5\.4"),
    ("SIZE=1", r"555 5\.5\.4"), ("FOO=1", r"555 5\.5\.4"))


@test
def reads_parameters():
    server = shared()
    with session() as client:
        for words, code in MAIL_PARAMETERS:
            client.ask("MAIL FROM:<a@b.test> " + words, code)
            if code != 250:
                client.ask("RCPT TO:<x@y.test>", 503)
            client.ask("RSET", 250)
        client.ask("MAIL FROM:<a@b.test>", 250)
        for words, code in RCPT_PARAMETERS:
            client.ask("RCPT TO:<x@y.test> " + words, code)
        client.ask("RSET", 250)
        words = "SIZE=5 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=x AUTH=<>"
        more = "NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+2B@y.test"
        client.envelope("<a@b.test> " + words, "<x@y.test> " + more)
        found = message(server, client.text(b"x\r\n.\r\n"))
    assert found["mail_params"] == words
    assert found["recipients"][0]["params"] == more


@test
def size_at_the_limit_and_over_it():
    with session("--max-message", "1000") as client:
        client.ask("MAIL FROM:<a@b.test> SIZE=1000", 250)
        client.ask("RSET", 250)
        assert client.ask("MAIL FROM:<a@b.test> SIZE=1001").startswith(
            "552 5.3.4 ")
        client.ask("RCPT TO:<x@y.test>", 503)


@test
def utf8_only_where_declared():
    with session() as client:
        for path in ("<jörg@b.test>", "<a@bücher.test>"):
            octets = path.encode()
            client.ask(b"MAIL FROM:" + octets, r"553 5\.6\.7")
            client.ask("MAIL FROM:<a@b.test>", 250)
            client.ask(b"RCPT TO:" + octets, r"553 5\.6\.7")
            client.ask("RSET", 250)
            client.ask(b"MAIL FROM:" + octets + b" SMTPUTF8", 250)
            client.ask(b"RCPT TO:" + octets, 250)
            found = message(client.server, client.text(b"x\r\n.\r\n"))
            assert found["mail_from"] == path[1:-1]
            assert found["recipients"][0]["address"] == path[1:-1]
        for octets in (b"<\xff@b.test>", b"<\xc3@b.test>", b"<a@\xed\xa0\x80>",
                       b"<\xc0\xaf@b.test>"):
            client.ask(b"MAIL FROM:" + octets + b" SMTPUTF8", 501)
        client.ask("MAIL FROM:<a@b.test> SMTPUTF8", 250)
        client.ask(b"RCPT TO:<\xff@b.test>", 501)
        client.in_sync()


@test
def any_recipient_of_any_domain():
    with session() as client:
        client.envelope("<a@b.test>", "<root@localhost>", "<x@example.com>",
                        "<no-such@nowhere.invalid>", "<x@[192.0.2.1]>",
                        "<%s@y.test>" % "%s%n", "<'; drop table message@q>"
                        .replace(" ", "_").replace(";", "-"))
        client.text(b"x\r\n.\r\n")


@test
def serves_ipv6():
    server = shared("--smtp", "[::1]:0")
    with connect(server) as client:
        reply = client.hello()
        assert "::1" in reply.split("\n")[0], reply


try:
    main()
finally:
    close_shared()
