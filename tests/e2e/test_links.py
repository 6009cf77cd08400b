#!/usr/bin/env python3
"""test_links: what a test follows or types in, found in a message."""

import json

from api_test import OWN, Api, plain, send
from mailstop_test import Server, json_lines, main, mailstop, test

RESET = "https://app.test/reset?token=0123456789abcdef"

LETTER = (b"From: s@from.test\r\nTo: alice@to.test\r\n"
          b"Subject: Your sign-in code: 482913\r\n"
          b"MIME-Version: 1.0\r\n"
          b"Content-Type: multipart/mixed; boundary=m\r\n\r\n"
          b"--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n"
          b"--a\r\nContent-Type: text/plain\r\n\r\n"
          b"Your code is 482913.\r\n"
          b"Or reset your password: " + RESET.encode() + b"\r\n"
          b"--a\r\nContent-Type: text/html\r\n"
          b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
          b"<p>Your code is <b>482913</b>.</p>\r\n"
          b"<a href=3D\"" + RESET.replace("=", "=3D").encode() +
          b"\">Reset your password</a>\r\n"
          b"<a href=3D\"https://app.test/u/unsubscribe\">Unsubscribe</a>\r\n"
          b"<a href=3D\"https://app.test/\">Home\x1b[2J</a>\r\n"
          b"<a href=3D\"javascript:alert(1)\">x</a>\r\n"
          b"<img src=3D\"https://app.test/logo.png\" alt=3D\"logo\">\r\n"
          b"--a--\r\n"
          b"--m\r\nContent-Type: text/plain\r\n\r\n"
          b"Questions? https://app.test/help\r\n"
          b"--m--\r\n")


def rows(list_, *keys):
    return [tuple(row[key] for key in keys) for row in list_]


@test
def finds_links_and_codes():
    with Server() as server:
        ident, = send(server, LETTER)
        found = Api(server).get(OWN + "/message/" + ident + "/links")
        assert set(found) == {"links", "codes", "is_cut"}, found
        assert rows(found["links"], "source", "part", "kind", "url") == [
            ("text", "1.1", "action", RESET),
            ("text", "2", "link", "https://app.test/help"),
            ("html", "1.2", "action", RESET),
            ("html", "1.2", "unsubscribe", "https://app.test/u/unsubscribe"),
            ("html", "1.2", "link", "https://app.test/"),
            ("html", "1.2", "image", "https://app.test/logo.png"),
        ], found["links"]
        sure = {row["url"]: row["confidence"] for row in found["links"]}
        assert sure[RESET] == 95, sure
        assert sure["https://app.test/u/unsubscribe"] == 98, sure
        assert sure["https://app.test/"] == 50, sure
        assert sure["https://app.test/logo.png"] == 100, sure
        code, = found["codes"]
        assert code["code"] == "482913" and code["confidence"] >= 90, code
        assert code["part"] == {"subject": None, "text": "1.1",
                                "html": "1.2"}[code["source"]], code
        assert not found["is_cut"]


@test
def shows_them():
    with Server() as server:
        ident, = send(server, LETTER)
        for place in (["--url", server.url], ["--db", server.db]):
            def show(*words, status=0, where=place):
                return mailstop("show", *where, *words, status=status,
                                folder=server.folder)

            assert show("--code", ident).stdout == b"482913\n"
            code, = json_lines(show("--code", "--json", ident))
            assert code["code"] == "482913", code
            lines = show("--links", "latest").stdout.decode().splitlines()
            assert len(lines) == 6, lines
            assert lines[2].split("\t") == [
                "action", "95", "html", "1.2", "Reset your password",
                RESET], lines
            assert "\x1b" not in "".join(lines), lines
            found = json_lines(show("--json", "--links", ident))
            assert found == Api(server).get(
                OWN + "/message/" + ident + "/links")["links"]
            ran = show("--links", "--code", ident, status=64)
            assert b"--links and --code: only one" in ran.stderr, ran.stderr
            ran = show("--raw", "--json", ident, status=64)
            assert b"--raw and --json: only one" in ran.stderr, ran.stderr


@test
def says_that_there_are_none():
    with Server() as server:
        ident, = send(server, plain("nothing", b"to see here\r\n"))
        api = Api(server)
        found = api.get(OWN + "/message/" + ident + "/links")
        assert found == {"links": [], "codes": [], "is_cut": False}, found
        for what in ("links", "code"):
            ran = server.run("show", "--" + what, ident, status=1)
            assert b"in it" in ran.stderr and not ran.stdout, ran
        api.ask("GET", OWN + "/message/nosuch/links", status=404)
        api.ask("DELETE", OWN + "/message/" + ident)
        answer = api.ask("GET", OWN + "/message/" + ident + "/links",
                         status=410)
        assert json.loads(answer.body)["error"]


@test
def takes_what_is_hostile():
    """As many as there are are listed, up to a ceiling, in bounded time."""
    with Server() as server:
        many = b"".join(b"https://x.test/%d\r\n" % i for i in range(3000))
        parts = b"".join(b"--m\r\nContent-Type: text/plain\r\n\r\n" + many
                         for i in range(20))
        ident, = send(server, b"Content-Type: multipart/mixed; boundary=m\r\n"
                      b"\r\n" + parts + b"--m--\r\n")
        found = Api(server).get(OWN + "/message/" + ident + "/links")
        assert len(found["links"]) == 1000 and found["is_cut"]
        assert found["links"][0]["part"] == "1", found["links"][0]


main()
