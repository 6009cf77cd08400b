"""test_smtp_others: LMTP, XCLIENT, PROXY, checks of a strict server, HTTP."""

import socket
import struct
import threading

from api_test import Api
from mailstop_test import Client, main, test
from smtp_test import (Talk, accepted, close_shared, connect, ended_session,
                       message, now, raw, session, shared)

LMTP = ("--lmtp", "127.0.0.1:0")


# ---- LMTP

@test
def lmtp_greets_by_lhlo_only():
    with connect(shared(*LMTP), "lmtp") as client:
        assert "LMTP" in client.reply(220, plain=True)
        client.ask("HELO c.test", r"500 5\.5\.1")
        client.ask("EHLO c.test", r"500 5\.5\.1")
        client.ask("MAIL FROM:<a@b.test>", 503)
        client.send(b"LHLO\r\n")
        client.reply(501, plain=True)
        lines = client.greet(verb="LHLO").split("\n")
        keywords = [line[4:] for line in lines]
        for keyword in ("PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME",
                        "CHUNKING"):
            assert keyword in keywords, keywords


@test
def lmtp_answers_for_each_recipient():
    with session(*LMTP, verb="LHLO", protocol="lmtp") as client:
        client.ask("MAIL FROM:<a@b.test>", 250)
        client.ask("DATA", 503)
        client.ask("RCPT TO:<one@y.test>", 250)
        client.ask("RCPT TO:<bad", 501)
        client.ask("RCPT TO:<two@y.test>", 250)
        client.ask("RCPT TO:<two@y.test>", 250)
        client.ask("DATA", 354)
        client.send(b"x\r\n.\r\nNOOP\r\n")
        ids = {client.saved() for _ in range(3)}
        assert client.reply(250) == "250 2.0.0 OK"
        client.in_sync()
        assert raw(client.server, ids.pop()) == b"x\r\n"
        client.ask("MAIL FROM:<a@b.test>", 250)
        client.ask("DATA", 503)
        client.ask("RCPT TO:<bad", 501)
        client.ask("DATA", 503)
        client.ask("RSET", 250)
        client.envelope("<a@b.test>", "<one@y.test>", "<two@y.test>")
        client.send(b"BDAT 1\r\nxBDAT 1 LAST\r\ny")
        client.reply(250)
        client.saved()
        client.saved()
        client.in_sync()


@test
def lmtp_refuses_what_is_too_large_for_each():
    words = LMTP + ("--max-message", "1000")
    with session(*words, verb="LHLO", protocol="lmtp") as client:
        client.envelope("<a@b.test>", "<one@y.test>", "<two@y.test>")
        client.ask("DATA", 354)
        client.send(b"x" * 2000 + b"\r\n.\r\n")
        for _ in range(2):
            assert client.reply().startswith("552 5.3.4 ")
        client.in_sync()


# ---- XCLIENT and PROXY

def renew(client, attributes):
    """The answer is a greeting: the session begins again."""
    client.send(b"XCLIENT %s\r\n" % attributes.encode())
    client.reply(220, plain=True)


@test
def xclient_only_where_it_is_allowed():
    with session() as client:
        client.ask("XCLIENT ADDR=192.0.2.1", r"500 5\.5\.1")
    words = ("--smtp", "127.0.0.1:0,xclient")
    with session(*words) as client:
        renew(client, "ADDR=192.0.2.1 NAME=there.test HELO=old.test LOGIN=tim")
        reply = client.greet("new.test")
        assert "[192.0.2.1]" in reply and "XCLIENT" in reply, reply
        client.envelope()
        found = message(client.server, client.text(b"x\r\n.\r\n"))
        assert found["peer"] == "192.0.2.1", found["peer"]
        assert found["helo"] == "new.test"
        renew(client, "ADDR=192.0.2.2")
    with session(*words) as client:
        renew(client, "ADDR=IPV6:2001:db8::1")
        assert "2001:db8::1" in client.greet()
        client.ask("XCLIENT FOO=1", 501)
        client.ask("MAIL FROM:<a@b.test>", 250)
        client.ask("XCLIENT ADDR=192.0.2.1", 503)
        client.in_sync()


def proxy2(source, destination, ports, command=0x21, family=0x11):
    body = (socket.inet_aton(source) + socket.inet_aton(destination) +
            struct.pack("!HH", *ports)) if family == 0x11 else b""
    return (b"\r\n\r\n\0\r\nQUIT\n" + bytes([command, family]) +
            struct.pack("!H", len(body)) + body)


HEADERS = (
    (b"PROXY TCP4 192.0.2.7 192.0.2.8 4000 25\r\n", "192.0.2.7"),
    (b"PROXY TCP6 2001:db8::7 2001:db8::8 4000 25\r\n", "2001:db8::7"),
    (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
    (b"PROXY UNKNOWN a b c d\r\n", "127.0.0.1"),
    (proxy2("192.0.2.9", "192.0.2.8", (4000, 25)), "192.0.2.9"),
    (proxy2("192.0.2.9", "192.0.2.8", (1, 2), 0x20, 0), "127.0.0.1"))


@test
def proxy_header_tells_the_peer():
    server = shared("--smtp", "127.0.0.1:0,proxy")
    for header, peer in HEADERS:
        for size in (1000, 1):
            with connect(server) as client:
                assert client.silent()
                for start in range(0, len(header), size):
                    client.send(header[start:start + size])
                assert peer in client.hello().split("\n")[0]
                client.envelope()
                found = message(server, client.text(b"x\r\n.\r\n"))
                assert found["peer"] == peer, (header, found["peer"])


@test
def no_service_without_the_proxy_header():
    server = shared("--smtp", "127.0.0.1:0,proxy")
    for octets in (b"EHLO c.test\r\n", b"PROXY FOO\r\n", b"PROXY TCP4 x\r\n",
                   b"PROXY TCP4 1.2.3.4 1.2.3.4 1 99999\r\n", b"\r\n" * 20,
                   b"PROXY TCP4 " + b"1" * 5000 + b"\r\n",
                   b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\0"):
        with connect(server) as client:
            client.send(octets)
            assert client.closed(), octets
    # And elsewhere the header is no command.
    with connect(shared()) as client:
        client.reply(220, plain=True)
        client.ask("PROXY TCP4 192.0.2.7 192.0.2.8 4000 25", "500")


# ---- the checks

class Names:
    """A name server on loopback: {(name, type): [data]}; a name that is not
    there does not exist; "broken.test" fails."""

    TYPES = {1: "A", 15: "MX", 28: "AAAA", 12: "PTR"}

    def __init__(self, records):
        self.records = records
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def close(self):
        self.socket.sendto(b"", self.socket.getsockname())
        self.thread.join()
        self.socket.close()

    def work(self):
        while True:
            query, peer = self.socket.recvfrom(4096)
            if not query:
                return
            self.socket.sendto(self.answer(query), peer)

    def answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        name = ".".join(labels).lower()
        kind = self.TYPES.get(struct.unpack("!H", query[at + 1:at + 3])[0])
        self.asked.append((name, kind))
        found = self.records.get((name, kind), [])
        code = 2 if name == "broken.test" else (
            0 if any(n == name for n, _ in self.records) else 3)
        question = query[12:at + 5]
        answers = b"".join(
            b"\xc0\x0c" + question[-4:] + struct.pack("!IH", 60, len(data)) +
            data for data in found)
        return (query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1,
                                        len(found), 0, 0) +
                question + answers)


def packed(name):
    return b"".join(bytes([len(label)]) + label.encode()
                    for label in name.split(".")) + b"\0"


RECORDS = {
    ("here.test", "A"): [socket.inet_aton("127.0.0.1")],
    ("there.test", "A"): [socket.inet_aton("192.0.2.1")],
    ("six.test", "AAAA"): [socket.inet_pton(socket.AF_INET6, "::1")],
    ("mx-only.test", "MX"): [struct.pack("!H", 10) + packed("here.test")],
    ("nothing.test", "TXT"): []}


@test
def checks_the_name_of_helo():
    names = Names(RECORDS)
    try:
        server = shared("--check-helo", "--dns-server", names.address)
        for verb in ("EHLO", "HELO"):
            for name, codes in (("here.test", "250"), ("[127.0.0.1]", "250"),
                                ("there.test", "550 5.7.1"),
                                ("unknown.test", "550 5.7.1"),
                                ("[192.0.2.1]", "550 5.7.1"),
                                ("broken.test", "4")):
                with connect(server) as client:
                    client.reply(220, plain=True)
                    client.send(("%s %s\r\n" % (verb, name)).encode())
                    reply = client.reply(plain=codes == "250")
                    assert reply.startswith(codes), (name, reply)
                    if codes == "250":
                        client.envelope()
                        client.text(b"x\r\n.\r\n")
                    client.ask("QUIT", 221)
        assert ("here.test", "A") in names.asked
    finally:
        names.close()


@test
def checks_the_domain_of_the_sender():
    names = Names(RECORDS)
    try:
        server = shared("--check-sender-domain", "--dns-server",
                        names.address)
        with connect(server) as client:
            client.hello("checked.test")
            for path, code in (("<>", "250"), ("<a@here.test>", "250"),
                               ("<a@six.test>", "250"),
                               ("<a@mx-only.test>", "250"),
                               ("<a@unknown.test>", r"553 5\.1\.8"),
                               ("<a@nothing.test>", r"553 5\.1\.8"),
                               ("<a@broken.test>", "4")):
                client.ask("MAIL FROM:" + path, code)
                client.ask("RSET", 250)
            client.in_sync()
            client.ask("QUIT", 221)
        ended = ended_session(server, "helo:checked.test")
        text = Api(server).ask("GET", "/api/mailstop/v1/session/%s/transcript"
                               % ended["id"]).text
        assert "unknown.test" in text and "553" in text, text
        # Nobody asks for the peer, the name of HELO or a recipient.
        asked = {name for name, _ in names.asked}
        assert not asked & {"checked.test", "y.test"}, asked
    finally:
        names.close()


@test
def asks_no_dns_without_the_checks():
    names = Names(RECORDS)
    try:
        server = shared("--dns-server", names.address)
        with connect(server) as client:
            client.hello("here.test")
            client.envelope("<a@here.test>", "<x@there.test>")
            client.text(b"x\r\n.\r\n")
        assert names.asked == []
    finally:
        names.close()


# ---- HTTP

@test
def a_browser_cannot_send_mail():
    server = shared()
    after = now(server)
    mail = (b"EHLO evil.test\r\nMAIL FROM:<evil@b.test>\r\n"
            b"RCPT TO:<x@y.test>\r\nDATA\r\nevil\r\n.\r\nQUIT\r\n")
    for method in (b"POST", b"GET", b"PUT", b"OPTIONS", b"HEAD", b"DELETE",
                   b"PATCH", b"CONNECT", b"get", b"X-ANY"):
        for size in (1 << 20, 1):
            octets = (b"%s / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                      b"Content-Type: text/plain\r\n\r\n" % method + mail)
            with Client(server.smtp) as client:
                try:
                    for start in range(0, len(octets), size):
                        client.send(octets[start:start + size])
                except OSError:
                    pass
                answers = b""
                try:
                    while True:
                        part = client.socket.recv(65536)
                        if not part:
                            break
                        answers += part
                except ConnectionResetError:
                    pass
                assert b"354" not in answers, answers
                assert b"250" not in answers, answers
    assert [m for m in accepted(server, after)
            if m["mail_from"] == "evil@b.test"] == []


@test
def a_hello_of_tls_on_the_plain_port_gets_errors():
    server = shared()
    hello = bytes.fromhex("160301020001000200030301") + b"\r\n" * 20 + (
        b"\xff" * 200)
    with Client(server.smtp) as client:
        client.send(hello)
        client.socket.shutdown(socket.SHUT_WR)
        octets = b""
        while True:
            part = client.socket.recv(65536)
            if not part:
                break
            octets += part
        lines = octets.split(b"\r\n")
        assert lines[0].startswith(b"220 ")
        assert all(line[:1] in (b"5", b"4", b"") for line in lines[1:]), lines
    with Talk(server.smtp) as client:
        client.hello()


try:
    main()
finally:
    close_shared()
