"""test_options: what options of the server are for, seen from outside."""

import base64

from mailstop_test import Server, json_lines, main, test

GOOD = (b"From: a@from.test\r\nTo: alice@to.test\r\nSubject: x\r\n"
        b"Date: Tue, 25 Mar 2003 11:37:02 +0000\r\n"
        b"Message-ID: <1@from.test>\r\n\r\nText\r\n")
BAD = GOOD + b"bare\nLF\r\n"


def findings(server, *words):
    return json_lines(server.run("findings", "--json", "--limit", 0, *words))


def send(client, octets, code):
    client.ask("MAIL FROM:<a@from.test>", 250)
    client.ask("RCPT TO:<alice@to.test>", 250)
    client.ask("DATA", 354)
    client.data(octets)
    return client.reply(code)


@test
def findings_are_reported_and_change_nothing():
    with Server() as server:
        with server.client() as client:
            client.hello()
            send(client, BAD, 250)
            client.ask("QUIT", 221)
        assert "bare-lf" in {f["rule"] for f in findings(server)}
        assert server.messages("has:finding")[0]["state"] == "accepted"


@test
def findings_refuse():
    with Server("--findings", "reject") as server:
        with server.client() as client:
            client.hello()
            said = send(client, BAD, 550)
            assert said.startswith("550 5.6.0 bare-lf at octet "), said
            send(client, GOOD, 250)
            client.ask("QUIT", 221)
        message, = server.messages()
        assert message["state"] == "accepted"
        # It may be written a moment after its reply.
        message, = json_lines(server.run("wait", "--json", "--timeout", "20s",
                                         "state:refused"))
        assert message["reason"] == said, message["reason"]
        assert server.raw(message) == BAD
        assert server.messages("finding:bare-lf state:refused")


@test
def findings_are_off():
    with Server("--findings", "off") as server:
        with server.client() as client:
            client.hello()
            send(client, BAD, 250)
        message, = server.messages()
        assert message["findings"] == 0
        assert server.messages("has:finding") == []


@test
def refused_mail_has_a_ceiling():
    with Server("--refused-max", "1k", "--max-message", "10k") as server:
        with server.client() as client:
            client.hello()
            send(client, b"x" * 70 + b"\r\n" + b"y" * 20000, 552)
        # It may be written a moment after its reply.
        message, = json_lines(server.run("wait", "--json", "--timeout", "20s",
                                         "state:refused"))
        assert server.raw(message) == (b"x" * 70 + b"\r\n" + b"y" * 2000
                                       )[:1024]
    with Server("--refused-max", 0, "--max-message", "10k") as server:
        with server.client() as client:
            client.hello()
            send(client, b"y" * 20000, 552)
        # It may be written a moment after its reply.
        message, = json_lines(server.run("wait", "--json", "--timeout", "20s",
                                         "state:refused"))
        assert server.raw(message) == b"" and message["size"] == 0


@test
def secrets_are_kept_when_asked_for():
    plain = base64.b64encode(b"\0ann\0secret").decode()
    for words in ((), ("--keep-secrets",)):
        with Server(*words) as server:
            with server.client() as client:
                client.hello()
                client.ask("AUTH PLAIN " + plain, 235)
                client.ask("QUIT", 221)
            server.stop()
            session, = json_lines(server.run("sessions", "--json"))
            text = server.run("transcript", session["id"]).stdout.decode()
            assert session["auth"] == {"mechanism": "PLAIN",
                                       "identity": "ann"}
            assert (plain in text) == bool(words), text
            assert ("********" in text) == (not words), text
            with open(server.db, "rb") as file:
                assert (plain.encode() in file.read()) == bool(words)


@test
def the_seed_is_told():
    with Server("--fault", "rcpt chance=10%") as server:
        assert int(server.wait_log(r"seed (\d+)")[1]) < 2 ** 53
    with Server("--fault", "rcpt chance=10%", "--seed", 7) as server:
        server.wait_log("seed 7 ")
    with Server("--fault", "rcpt first=1") as server:
        server.stop()
        assert b"seed" not in server.log, server.log


main()
