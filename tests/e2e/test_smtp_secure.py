"""test_smtp_secure: STARTTLS, implicit TLS and AUTH."""

import base64
import hashlib
import hmac
import os
import re
import select
import socket
import ssl

from api_test import Api
from mailstop_test import Client, Server, main, scratch, test
from smtp_test import (Talk, accepted, close_shared, connect, ended_session,
                       message, now, raw, served_meanwhile, session, shared,
                       stored_session, trust)

SMTPS = ("--smtps", "127.0.0.1:0", "--smtp", "127.0.0.1:0")


# ---- STARTTLS

@test
def forgets_what_was_before():
    server = shared()
    with session() as client:
        client.ask("STARTTLS x", 501)
        client.envelope("<before@b.test>")
        client.start_tls(server)
        assert client.silent()
        client.ask("MAIL FROM:<a@b.test>", 503)
        client.ask("STARTTLS", r"503 5\.5\.1")
        assert "STARTTLS" not in client.greet()
        client.ask("RCPT TO:<x@y.test>", 503)
        client.ask("DATA", 503)
        client.ask("STARTTLS", r"503 5\.5\.1")
        client.envelope("<after@b.test>")
        found = message(server, client.text(b"x\r\n.\r\n"))
        assert found["mail_from"] == "after@b.test"
        client.ask("QUIT", 221)
    tls = Api(server).get("/api/mailstop/v1/session/" +
                          found["session"])["tls"]
    assert tls["version"].startswith("TLSv1."), tls


@test
def a_message_brings_what_is_new_of_its_session():
    """Though the session was stored before, when its client fell silent."""
    server = shared()
    with session() as client:
        client.greet("new-facts.test")
        seen = stored_session(server, "helo:new-facts.test")
        assert not seen["tls"], seen
        client.start_tls(server)
        client.greet("newer-facts.test")
        client.envelope("<a@b.test>")
        found = message(server, client.text(b"x\r\n.\r\n"))
        seen = Api(server).get("/api/mailstop/v1/session/" +
                               found["session"])
        assert seen["tls"]["version"].startswith("TLSv1."), seen
        assert seen["helo"] == "newer-facts.test", seen
        times = seen["timings"]
        assert times["greeting"] <= times["hello"] <= times["tls"], times
        entry, = times["messages"]
        assert entry["id"] == found["id"], times
        assert times["tls"] <= entry["first_octet"] <= entry["last_octet"]
        client.ask("QUIT", 221)


@test
def throws_injected_plaintext_away():
    """CVE-2011-0411 and the family of 2021."""
    server = shared()
    after = now(server)
    for injected in (b"RSET\r\n", b"NOOP\r\nNOOP\r\n", b"EHLO evil.test\r\n",
                     b"EHLO evil.test\r\nMAIL FROM:<evil@b.test>\r\n"
                     b"RCPT TO:<x@y.test>\r\nDATA\r\nevil\r\n.\r\n",
                     b"MAIL FR", b"\r\n", b"N"):
        with session() as client:
            client.send(b"STARTTLS\r\n" + injected)
            client.reply(220)
            try:
                client.shake_hands(server)
            except (ssl.SSLError, OSError):
                continue  # refused: as good
            assert client.silent()
            client.ask("NOOP", 250)
            client.greet()
            client.envelope()
            client.text(b"good\r\n.\r\n")
            client.in_sync()
    assert {raw(server, m["id"]) for m in accepted(server, after)} == {
        b"good\r\n"}


@test
def both_versions_of_tls():
    server = shared(*SMTPS)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with connect(server) as client:
            client.hello()
            client.ask("STARTTLS", 220)
            client.shake_hands(server, version=version)
            assert client.socket.version().replace(".", "_") == version.name
            client.greet()
            client.envelope()
            client.text(b"x\r\n.\r\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(server.ready["ca"])
    for name in ("localhost", "127.0.0.1", "mx.test"):
        with connect(server) as client:
            client.hello()
            client.ask("STARTTLS", 220)
            context.wrap_socket(client.socket, server_hostname=name).close()


@test
def a_failed_handshake_hurts_only_itself():
    server = shared(*SMTPS)
    with served_meanwhile(server):
        stalled = []
        for garbage in (b"", b"\x16\x03\x01\x02", b"EHLO c.test\r\n",
                        b"\x00" * 600, b"\x16\x03\x01\xff\xff" + b"x" * 9000,
                        os.urandom(3000)):
            for protocol in ("smtp", "smtps"):
                client = Talk(server.address(protocol))
                if protocol == "smtp":
                    client.hello()
                    client.ask("STARTTLS", 220)
                client.send(garbage)
                stalled.append(client)
        # One that does not trust us.
        with connect(server) as client:
            client.hello()
            client.ask("STARTTLS", 220)
            try:
                ssl.create_default_context().wrap_socket(
                    client.socket, server_hostname="localhost")
                raise AssertionError("trusted without reason")
            except ssl.SSLError:
                pass
        for client in stalled:
            client.close()


@test
def requires_tls_where_told():
    with session("--tls", "required") as client:
        for command in ("MAIL FROM:<a@b.test>", "AUTH PLAIN AGEAYg=="):
            client.ask(command, r"530 5\.7\.0")
        client.ask("NOOP", 250)
        client.start_tls(client.server)
        client.greet()
        client.envelope()
        client.text(b"x\r\n.\r\n")
    with Talk(shared("--tls", "off").smtp) as client:
        assert "STARTTLS" not in client.hello()
        client.ask("STARTTLS", "(500|502)")


# ---- implicit TLS

@test
def nothing_in_plaintext_on_the_implicit_port():
    server = shared(*SMTPS)
    after = now(server)
    with served_meanwhile(server), Client(
            server.address("smtps")) as silent:
        with Client(server.address("smtps")) as client:
            client.send(b"EHLO c.test\r\nMAIL FROM:<evil@b.test>\r\n")
            octets = b""
            try:
                while True:
                    part = client.socket.recv(4096)
                    if not part:
                        break
                    octets += part
            except ConnectionResetError:
                pass
            assert b"220" not in octets and b"250" not in octets, octets
        assert not select.select([silent.socket], [], [], 0.2)[0]
    assert {m["mail_from"] for m in accepted(server, after)} == {"a@b.test"}


@test
def sends_over_the_implicit_port():
    with session(*SMTPS, protocol="smtps") as client:
        octets = bytes(range(256)) * 500
        client.envelope()
        client.send(b"BDAT %d LAST\r\n" % len(octets) + octets)
        assert raw(client.server, client.saved()) == octets
        client.send(b"NOOP\r\n" * 1000)
        for _ in range(1000):
            client.reply(250)
        client.envelope()
        client.ask("DATA", 354)
        for octet in b"byte by byte\r\n.\r\n":
            client.send(bytes([octet]))
        assert raw(client.server, client.saved()) == b"byte by byte\r\n"


@test
def a_whole_dialogue_in_one_record():
    server = shared(*SMTPS)
    with connect(server, "smtps") as client:
        client.send(b"EHLO c.test\r\nMAIL FROM:<a@b.test>\r\n"
                    b"RCPT TO:<x@y.test>\r\nDATA\r\none\r\n.\r\nQUIT\r\n")
        client.reply(220, plain=True)
        client.reply(250, plain=True)
        for code in (250, 250, 354, 250, 221):
            client.reply(code)
        # It says goodbye to TLS too, so that nobody can cut the end off.
        assert client.socket.recv(10) == b""


# ---- AUTH

def b64(octets):
    return base64.b64encode(octets).decode()


def plain(name="tim", secret="tanstaaf", on_behalf=""):
    return b64(b"\0".join(part.encode()
                          for part in (on_behalf, name, secret)))


def xoauth2(name="tim", token="t0ken"):
    return b64(("user=%s\x01auth=Bearer %s\x01\x01" % (name, token)).encode())


def cram(challenge, name="tim", secret="tanstaaf"):
    digest = hmac.new(secret.encode(), base64.b64decode(challenge),
                      hashlib.md5).hexdigest()
    return b64(("%s %s" % (name, digest)).encode())


def give_cram(client, **rest):
    challenge = client.ask("AUTH CRAM-MD5", 334).split(" ", 1)[1]
    text = base64.b64decode(challenge, validate=True)
    assert re.fullmatch(rb"<[^<>@]+@[^<>@]+>", text), text
    return client.ask(cram(challenge, **rest))


WAYS = {
    "PLAIN at once": lambda c: c.ask("AUTH PLAIN " + plain()),
    "PLAIN asked": lambda c: (c.ask("AUTH PLAIN", "334 ?$"),
                              c.ask(plain()))[1],
    "LOGIN": lambda c: (c.ask("AUTH LOGIN", "334 VXNlcm5hbWU6"),
                        c.ask(b64(b"tim"), "334 UGFzc3dvcmQ6"),
                        c.ask(b64(b"tanstaaf")))[2],
    "LOGIN with a name": lambda c: (
        c.ask("AUTH LOGIN " + b64(b"tim"), "334 UGFzc3dvcmQ6"),
        c.ask(b64(b"tanstaaf")))[1],
    "CRAM-MD5": give_cram,
    "XOAUTH2 at once": lambda c: c.ask("AUTH XOAUTH2 " + xoauth2()),
    "XOAUTH2 asked": lambda c: (c.ask("AUTH XOAUTH2", "334 ?$"),
                                c.ask(xoauth2()))[1],
    "plain in small letters": lambda c: c.ask("auth plain " + plain()),
    "on behalf": lambda c: c.ask("AUTH PLAIN " + plain(on_behalf="ann")),
}


@test
def authenticates_in_each_way():
    for name, way in WAYS.items():
        with session() as client:
            reply = way(client)
            assert reply.startswith("235 2.7.0 "), (name, reply)
            client.ask("AUTH PLAIN " + plain(), 503)
            client.envelope()
            found = message(client.server, client.text(b"x\r\n.\r\n"))
            client.ask("QUIT", 221)
        assert found["user"] == "tim", (name, found["user"])
        api = Api(client.server)
        kept = api.get("/api/mailstop/v1/session/" + found["session"])
        assert kept["auth"]["mechanism"] == re.split(
            "[ ]", name.upper())[0].replace("ON", "PLAIN"), kept["auth"]
        # The identity is recorded, the secret is not.
        everything = str(kept) + api.ask(
            "GET", "/api/mailstop/v1/session/%s/transcript" %
            found["session"]).text
        for secret in ("tanstaaf", b64(b"tanstaaf"), plain(), xoauth2(),
                       "t0ken"):
            assert secret not in everything, (name, everything)


@test
def no_secret_is_on_disk():
    with Server() as server:
        with server.client() as client:
            client.hello()
            client.ask("AUTH PLAIN " + plain(secret="S3cretOfTim"), 235)
            client.ask("QUIT", 221)
        with server.client() as client:
            client.hello()
            client.ask("AUTH LOGIN", 334)
            client.ask(b64(b"tim"), 334)
            client.ask(b64(b"S3cretOfTim"), 235)
            client.ask("QUIT", 221)
        assert server.stop() == 0
        octets = server.log
        for name in os.listdir(server.folder):
            path = os.path.join(server.folder, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    octets += file.read()
        for secret in ("S3cretOfTim", b64(b"S3cretOfTim"),
                       plain(secret="S3cretOfTim")):
            assert secret.encode() not in octets


@test
def exchanges_can_be_cancelled():
    with session() as client:
        for start in ("AUTH PLAIN", "AUTH LOGIN", "AUTH CRAM-MD5",
                      "AUTH XOAUTH2", "AUTH LOGIN " + b64(b"tim")):
            client.ask(start, 334)
            client.ask("*", 501)
            client.in_sync()
        client.ask("AUTH PLAIN " + plain(), 235)


@test
def refuses_broken_exchanges():
    with session() as client:
        for words, code in (
                ("PLAIN !!!", r"501 5\.5\.2"), ("PLAIN YQ", r"501 5\.5\.2"),
                ("PLAIN " + b64(b"no nuls"), "501"),
                ("PLAIN " + b64(b"a\0b"), "501"), ("PLAIN =", "501"),
                ("LOGIN !", r"501 5\.5\.2"),
                ("DIGEST-MD5", r"504 5\.5\.4"), ("FOO x", r"504 5\.5\.4"),
                ("PLAINX", r"504 5\.5\.4"), ("", "501")):
            client.ask("AUTH " + words, code)
            client.in_sync()
        client.ask("AUTH PLAIN", 334)
        client.ask("!!!", r"501 5\.5\.2")
        client.ask("AUTH LOGIN", 334)
        # A response, though it looks like a command; it is base64 too.
        client.ask("QUIT", 334)
        client.ask("MAIL FROM:<a@b.test>", r"501 5\.5\.2")
        client.in_sync()
        client.ask("MAIL FROM:<a@b.test>", 250)
        client.ask("AUTH PLAIN " + plain(), 503)
        client.ask("RSET", 250)
        client.ask("AUTH PLAIN " + plain(), 235)


@test
def takes_long_responses():
    with session() as client:
        client.ask("AUTH PLAIN", 334)
        client.ask(b64(b"\0tim\0" + b"p" * 9100), 235)
    with session() as client:
        # 12,288 octets, with CR LF.
        client.ask("AUTH PLAIN", 334)
        response = b64(b"\0tim\0" + b"p" * 9205)
        assert 12280 <= len(response) + 2 <= 12288, len(response)
        client.ask(response, 235)
    for size in (12300, 50000, 1 << 20):
        with session() as client:
            client.ask("AUTH PLAIN", 334)
            assert client.ask("A" * size).startswith("500 5.5.6 ")
            client.in_sync()
            client.ask("AUTH PLAIN " + plain(), 235)


@test
def offers_no_cram_where_a_password_is_hashed():
    with scratch() as folder:
        path = os.path.join(folder, "users")
        with open(path, "w", encoding="ascii") as file:
            file.write("tim:tanstaaf\nann:{SHA}%s\n" % b64(
                hashlib.sha1(b"secret").digest()))
        for name in ("tim", "ann"):
            secret = {"tim": "tanstaaf", "ann": "secret"}[name]
            with session("--auth-file", path) as client:
                client.ask("AUTH CRAM-MD5", r"504 5\.5\.4")
                client.ask("AUTH PLAIN " + plain(name, secret), 235)


@test
def knows_the_users_of_a_file():
    with scratch() as folder:
        path = os.path.join(folder, "users")
        with open(path, "w", encoding="ascii") as file:
            file.write("# people\n\ntim:tanstaaf\nann:secret\n")
        words = ("--auth-file", path)
        for name, way in WAYS.items():
            if "XOAUTH2" in name:
                continue  # tokens are in no such file
            with session(*words) as client:
                assert way(client).startswith("235 2.7.0 "), name
        for words_, code in ((plain(secret="wrong"), r"535 5\.7\.8"),
                             (plain("nobody"), r"535 5\.7\.8"),
                             (plain("tim", ""), r"535 5\.7\.8"),
                             (plain("ann", "secret"), "235")):
            with session(*words) as client:
                client.ask("AUTH PLAIN " + words_, code)
        with session(*words) as client:
            assert give_cram(client, secret="wrong").startswith("535 5.7.8")
            client.ask("AUTH LOGIN", 334)
            client.ask(b64(b"tim"), 334)
            client.ask(b64(b"wrong"), r"535 5\.7\.8")
            client.in_sync()
            client.ask("AUTH PLAIN " + plain(), 235)


@test
def modes_of_auth():
    with Talk(shared("--auth", "off").smtp) as client:
        assert "AUTH" not in client.hello()
        client.ask("AUTH PLAIN " + plain(), "(500|502|503)")
    with session("--auth", "required") as client:
        client.ask("MAIL FROM:<a@b.test>", r"530 5\.7\.0")
        client.ask("AUTH PLAIN " + plain(), 235)
        client.envelope()
        client.text(b"x\r\n.\r\n")


@test
def tls_forgets_who_it_was():
    with session() as client:
        client.ask("AUTH PLAIN " + plain(), 235)
        client.start_tls(client.server)
        client.greet()
        client.ask("AUTH PLAIN " + plain("ann"), 235)
        client.envelope()
        found = message(client.server, client.text(b"x\r\n.\r\n"))
        assert found["user"] == "ann"


@test
def hangs_up_in_the_middle():
    server = shared()
    with connect(server) as client:
        client.hello("leaves.test")
        client.ask("AUTH LOGIN", 334)
        client.socket.shutdown(socket.SHUT_WR)
        assert client.closed()
    assert ended_session(server, "helo:leaves.test")["accepted"] == 0


try:
    main()
finally:
    close_shared()
