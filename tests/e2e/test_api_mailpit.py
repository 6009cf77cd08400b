#!/usr/bin/env python3
"""test_api_mailpit: Mailpit's API v1, as its clients depend on it."""

import base64
import hashlib
import re
import socket
import urllib.parse

from api_test import LETTER, Api, WebSocket, plain, send
from mailstop_test import Server, main, mailstop, scratch, test

SUMMARY = ["Attachments", "Bcc", "Cc", "Created", "From", "ID", "MessageID",
           "Read", "ReplyTo", "Size", "Snippet", "Subject", "Tags", "To",
           "Username"]
MESSAGE = ["Attachments", "Bcc", "Cc", "Date", "From", "HTML", "ID", "Inline",
           "ListUnsubscribe", "MessageID", "ReplyTo", "ReturnPath", "Size",
           "Subject", "Tags", "Text", "To", "Username"]
LIST = ["count", "messages", "messages_count", "messages_unread", "start",
        "tags", "total", "unread"]
V1 = "/api/v1"


def with_letter(function):
    """A test of one message; gets the API and its id."""
    def run():
        with Server() as server:
            number, = send(server, LETTER, recipients=(
                "alice@to.test", "secret@to.test"))
            function(Api(server), number)
    run.__name__ = function.__name__
    return test(run)


@with_letter
def lists_a_summary(api, number):
    found = api.get(V1 + "/messages")
    assert sorted(found) == LIST, sorted(found)
    assert (found["total"], found["unread"], found["count"]) == (1, 1, 1)
    assert found["tags"] == ["blue", "Red"], found["tags"]
    summary, = found["messages"]
    assert sorted(summary) == SUMMARY, sorted(summary)
    assert summary["ID"] == number
    assert summary["From"] == {"Name": "J\u00f6rg",
                               "Address": "joerg@from.test"}
    assert [a["Address"] for a in summary["To"]] == ["alice@to.test",
                                                      "bob@to.test"]
    assert [a["Address"] for a in summary["Bcc"]] == ["secret@to.test"]
    assert summary["Subject"] == "Gr\u00fc\u00dfe from the stop"
    assert summary["MessageID"] == "letter@from.test"
    assert summary["Attachments"] == 1
    assert summary["Snippet"] == "Hello in HTML."
    assert not summary["Read"]
    assert summary["Size"] == len(api.ask(
        "GET", "%s/message/%s/raw" % (V1, number)).body)


@test
def empty_lists_are_null_or_empty():
    with Server() as server:
        send(server, b"Subject: bare\r\n\r\n")
        summary, = Api(server).get(V1 + "/messages")["messages"]
        assert summary["From"] == {"Name": "", "Address": ""}, summary
        assert summary["To"] is None and summary["Cc"] is None
        assert [a["Address"] for a in summary["Bcc"]] == ["alice@to.test"]
        assert summary["MessageID"].endswith("@mailstop")
        found = Api(server).get(V1 + "/messages", start=9)
        assert found["messages"] == [] and found["total"] == 1


@with_letter
def reads_a_message_and_marks_it(api, number):
    found = api.get("%s/message/%s" % (V1, number))
    assert sorted(found) == MESSAGE, sorted(found)
    assert found["Text"] == "Hello in text.", repr(found["Text"])
    assert found["HTML"].startswith("<p>Hello in <b>HTML</b>.</p>")
    assert found["Date"] == "2003-03-25T11:37:02+02:00", found["Date"]
    assert found["ReturnPath"] == "sender@from.test"
    part, = found["Attachments"]
    assert (part["PartID"], part["FileName"], part["ContentType"]) == (
        "3", "a b.csv", "text/csv"), part
    inline, = found["Inline"]
    assert (inline["PartID"], inline["ContentID"]) == ("2", "dot@x"), inline
    assert len(inline["Checksums"]["SHA256"]) == 64
    assert found["ListUnsubscribe"] == {"Header": "", "Links": [],
                                        "Errors": "", "HeaderPost": ""}
    after = api.get(V1 + "/messages")
    assert after["unread"] == 0 and after["messages"][0]["Read"]


@test
def lists_an_inline_file_of_no_type_twice():
    """What says inline is inline; of no known type it is a file as well."""
    with Server() as server:
        send(server, b"Subject: a file\r\nMIME-Version: 1.0\r\n"
             b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
             b"Content-Type: application/octet-stream\r\n"
             b'Content-Disposition: inline; filename="a.bin"\r\n\r\nx\r\n'
             b"--b--\r\n")
        api = Api(server)
        found = api.get(V1 + "/message/latest")
        assert [a["FileName"] for a in found["Inline"]] == ["a.bin"], found
        assert found["Attachments"] == found["Inline"], found
        for query in ("has:inline", "has:attachment"):
            assert api.get(V1 + "/search", query=query)["count"] == 1, query


@with_letter
def shows_headers_source_and_parts(api, number):
    path = "%s/message/%s" % (V1, number)
    headers = api.get(path + "/headers")
    assert list(headers) == sorted(headers)
    assert headers["Subject"] == [
        "=?utf-8?Q?Gr=C3=BC=C3=9Fe?= from the stop"], headers["Subject"]
    assert headers["Return-Path"] == ["<sender@from.test>"]
    assert headers["Bcc"] == ["secret@to.test"]
    assert "Message-Id" in headers and "Received" in headers
    raw = api.ask("GET", path + "/raw")
    assert raw.body.endswith(LETTER)
    assert raw.headers["Content-Type"] == "text/plain; charset=utf-8"
    named = api.ask("GET", path + "/raw?dl=1")
    assert named.headers["Content-Disposition"] == (
        'attachment; filename="%s.eml"' % number)
    part = api.ask("GET", path + "/part/3")
    assert part.body == b"one,two", part.body
    assert part.headers["Content-Type"] == "text/csv"
    assert part.headers["Content-Disposition"] == (
        'inline; filename="a%20b.csv"'), part.headers["Content-Disposition"]
    assert "sandbox" in part.headers["Content-Security-Policy"]
    assert part.headers["X-Content-Type-Options"] == "nosniff"
    api.ask("GET", path + "/part/1.1", status=404)
    api.ask("GET", path + "/part/9", status=404)
    thumb = api.ask("GET", path + "/part/2/thumb")
    assert thumb.headers["Content-Type"] == "image/jpeg"
    assert thumb.body.startswith(b"\xff\xd8\xff")
    api.ask("GET", path + "/part/9/thumb", status=400)
    assert api.get(V1 + "/messages")["unread"] == 1


@with_letter
def latest_is_an_alias(api, number):
    for end in ("", "/headers", "/raw", "/part/3", "/link-check",
                "/html-check"):
        api.ask("GET", V1 + "/message/latest" + end)
    found = api.get(V1 + "/message/latest", query="subject:stop")
    assert found["ID"] == number
    gone = api.ask("GET", V1 + "/message/latest?query=nothing", status=404)
    assert gone.text == "Message not found"
    unknown = api.ask("GET", V1 + "/message/" + "0" * 22, status=404)
    assert unknown.text.rstrip("\n") == "404 page not found"
    api.ask("GET", V1 + "/message/latest/part/2/thumb", status=400)
    api.ask("POST", V1 + "/message/latest/release", {"To": []}, status=404)


@with_letter
def shows_views(api, number):
    view = api.ask("GET", "/view/%s.html" % number)
    assert view.headers["Content-Type"] == "text/html; charset=utf-8"
    assert ('src="/api/v1/message/%s/part/2"' % number) in view.text
    assert "sandbox" in view.headers["Content-Security-Policy"]
    embedded = api.ask("GET", "/view/%s.html?embed=1" % number)
    assert "postMessage" in embedded.text
    text = api.ask("GET", "/view/latest.txt")
    assert text.text == "Hello in text."
    latest = api.ask("GET", "/view/latest", status=302)
    assert latest.headers["Location"] == "/view/" + number
    assert api.ask("GET", "/view/0.html", status=404).text == (
        "Message not found")
    api.ask("GET", "/")
    doubled = api.ask("GET", "//view/latest.txt?x=1", status=None)
    assert doubled.status in (301, 307)
    assert doubled.headers["Location"].endswith("/view/latest.txt?x=1")


def gif(payload):
    return b"data:image/gif;base64," + base64.b64encode(payload)


@with_letter
def shows_pictures_to_browsers(api, number):
    """Their page is a stranger to the server, and may load nothing there."""
    page = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
    dot = gif(api.ask("GET", V1 + "/message/%s/part/2" % number).body)
    for query in ("", "?embed=1"):
        path = "/view/%s.html%s" % (number, query)
        view = api.ask("GET", path, headers=page)
        assert b'<img src="' + dot + b'">' in view.body, view.body
        assert "Accept" in view.headers.get_all("Vary"), view.headers
        policy = view.headers["Content-Security-Policy"]
        assert "img-src 'self' data:" in policy, policy
        assert "allow-same-origin" not in policy, policy
        # The one script that may run is ours.
        for script in re.findall(b"<script>(.*?)</script>", view.body):
            digest = base64.b64encode(hashlib.sha256(script).digest())
            assert "'sha256-%s'" % digest.decode() in policy, policy
        # Programs get what Mailpit gives them.
        for accept in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
            assert ('src="/api/v1/message/%s/part/2"' % number) in (
                api.ask("GET", path, headers=accept).text)


@test
def pictures_in_a_page_have_ceilings():
    def letter(kind, payload, html):
        return (b"Content-Type: multipart/related; boundary=r\r\n\r\n"
                b"--r\r\nContent-Type: text/html\r\n\r\n" + html +
                b"\r\n--r\r\nContent-ID: <p>\r\nContent-Type: " + kind +
                b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                base64.encodebytes(payload).replace(b"\n", b"\r\n") +
                b"--r--\r\n")

    def view(server, message):
        number, = send(server, message)
        return Api(server).ask("GET", "/view/%s.html" % number,
                               headers={"Accept": "text/html"}).body

    with Server() as server:
        one = b'<img src="cid:p">'
        assert gif(b"x") in view(server, letter(b"image/gif", b"x", one))
        for kind in (b"text/html", b"image/g'f", b"audio/mp3"):
            assert b"base64" not in view(server, letter(kind, b"x", one))
        large = b"x" * 7000001
        assert b"base64" not in view(server,
                                     letter(b"image/gif", large, one))
        # However often it is shown, the page stays as large as mail may be.
        many = view(server, letter(b"image/gif", b"x" * 2000000, one * 1000))
        assert 0 < many.count(b"data:image/gif") < 10
        assert many.count(b"/part/2") > 900


@test
def says_where_there_is_no_html():
    with Server() as server:
        send(server, plain("text only"))
        api = Api(server)
        assert api.ask("GET", "/view/latest.html", status=404).text == (
            "This message does not contain a HTML part")
        assert api.ask("GET", V1 + "/message/latest/html-check",
                       status=400).text == "message does not contain HTML"


@test
def pages_newest_first():
    with Server() as server:
        numbers = send(server, *[plain("mail %d" % i) for i in range(12)])
        api = Api(server)
        newest = list(reversed(numbers))

        def ids(**parameters):
            return [m["ID"] for m in
                    api.get(V1 + "/messages", **parameters)["messages"]]

        assert ids() == newest
        assert ids(limit=5) == newest[:5]
        assert ids(start=5, limit=5) == newest[5:10]
        assert ids(limit=0, start=3) == newest
        assert ids(limit="x", start=-4) == newest
        assert api.get(V1 + "/messages", start=2)["start"] == 2
        # The counts are the mailbox's, whatever part of it is asked for.
        older = api.get(V1 + "/messages", before="2001-01-01")
        assert older["messages"] == [] and older["count"] == 0
        assert (older["messages_count"], older["messages_unread"],
                older["total"]) == (12, 12, 12), older
        found = api.get(V1 + "/search", query="subject:\"mail 1\"")
        assert found["messages_count"] == 3, found["messages_count"]
        # The size is the one that the list says.
        size = found["messages"][0]["Size"]
        for term, count in (("larger:%d" % size, 0),
                            ("larger:%d" % (size - 1), 1),
                            ("smaller:%d" % size, 0),
                            ("smaller:%d" % (size + 1), 1)):
            sized = api.get(V1 + "/search",
                            query="subject:\"mail 11\" " + term)
            assert sized["messages_count"] == count, (term, sized)
        none = api.get(V1 + "/search", query="mail", limit=0)
        assert none["messages"] == [] and none["messages_count"] == 12
        assert api.ask("GET", V1 + "/search?query=%20", status=400).text == (
            "Error: no search query")


@test
def marks_as_read():
    with Server() as server:
        numbers = send(server, *[plain("mail %d" % i) for i in range(4)])
        api = Api(server)

        def unread():
            return api.get(V1 + "/messages")["unread"]

        def mark(**body):
            assert api.ask("PUT", V1 + "/messages", body).text == "ok"

        mark(Read=True, IDs=numbers[:2] + ["unknown"])
        assert unread() == 2
        mark(read=False, ids=numbers[:1])
        assert unread() == 3
        mark(Read=True, Search="subject:\"mail 3\"")
        assert unread() == 2
        mark(Read=True)
        assert unread() == 0
        mark()
        assert unread() == 4
        for body in (b"", b"{", b"[]", b'{"Read":"yes"}', b'{"IDs":[1]}',
                     b'{"IDs":["1"],"Search":"x"}'):
            api.ask("PUT", V1 + "/messages", body, status=400)


@test
def deletes_what_is_named_or_all():
    with Server() as server:
        api = Api(server)

        def total():
            return api.get(V1 + "/messages")["total"]

        def refill():
            api.ask("DELETE", V1 + "/messages")
            return send(server, *[plain("mail %d" % i) for i in range(3)])

        numbers = refill()
        agent = {"User-Agent": "test", "Accept": "*/*"}
        assert api.ask("DELETE", V1 + "/messages", {"ids": numbers[:1]},
                       headers=agent).text == "ok"
        assert total() == 2
        assert api.ask("DELETE", V1 + "/search?query=subject:%22mail%201%22"
                       ).text == "ok"
        assert total() == 1
        api.ask("GET", V1 + "/message/" + numbers[0], status=404)
        for query in ("subject:", "()", "%20"):
            assert api.ask("DELETE", V1 + "/search?query=" + query,
                           status=400).text.startswith("Error: ")
        assert total() == 1
        for body in (None, b"{}", b'{"IDs":[]}', b"a=b", b"{"):
            refill()
            assert total() == 3
            api.ask("DELETE", V1 + "/messages", body, headers=agent)
            assert total() == 0
        # npm's mailhog takes any answer that is not empty for JSON.
        refill()
        assert api.ask("DELETE", V1 + "/messages").body == b""


@with_letter
def keeps_tags(api, number):
    def tags():
        return api.get(V1 + "/tags")

    assert tags() == ["blue", "Red"]
    api.ask("PUT", V1 + "/tags", {"Tags": ["a/b", "A b", " c "],
                                  "IDs": [number]})
    assert tags() == ["a b", "c"], tags()
    assert api.ask("PUT", V1 + "/tags/c", {"Name": "A B"},
                   status=400).text == "tag already exists: A B"
    assert api.ask("PUT", V1 + "/tags/x", {"Name": "y"},
                   status=400).text == "tag not found: x"
    assert api.ask("PUT", V1 + "/tags/c", {"Name": "!"},
                   status=400).text == "invalid tag name: "
    api.ask("PUT", V1 + "/tags/c", {"Name": "C"})
    api.ask("PUT", V1 + "/tags/a%20b", {"Name": "d"})
    assert tags() == ["C", "d"], tags()
    assert api.get(V1 + "/search", query="tag:D")["messages_count"] == 1
    api.ask("DELETE", V1 + "/tags/C")
    assert tags() == ["d"]
    assert api.ask("DELETE", V1 + "/tags/C",
                   status=400).text == "tag not found: C"
    assert api.get(V1 + "/info")["Tags"] == {"d": 1}
    api.ask("PUT", V1 + "/tags", {"Tags": [], "IDs": [number]})
    assert tags() == []


@test
def sends_by_http():
    with Server() as server:
        api = Api(server)
        body = {
            "From": {"Email": "me@from.test", "Name": "Me, myself"},
            "To": [{"Email": "alice@to.test"}],
            "Cc": [{"Email": "carol@to.test", "Name": "Carol"}],
            "Bcc": ["secret@to.test"],
            "ReplyTo": [{"Email": "reply@from.test"}],
            "Subject": "sent \u00fc",
            "Text": "the text\r\n", "HTML": "<p>the html</p>",
            "Tags": ["one", "two"], "Headers": {"X-Mine": "yes"},
            "Attachments": [
                {"Content": "data:text/plain;base64," + base64.b64encode(
                    b"attached").decode(), "FileName": "a.txt"},
                {"Content": "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAAB\n"
                            "AAEAAAIBRAA7", "Filename": "dot.gif",
                 "ContentID": "dot"}]}
        number = api.ask("POST", V1 + "/send", body).json["ID"]
        found = api.get(V1 + "/message/" + number)
        assert found["Text"] == "the text\r\n", repr(found["Text"])
        assert found["HTML"] == "<p>the html</p>"
        assert [a["Address"] for a in found["Bcc"]] == ["secret@to.test"]
        assert found["From"]["Name"] == "Me, myself"
        assert found["Tags"] == ["one", "two"]
        assert [a["FileName"] for a in found["Attachments"]] == ["a.txt"]
        assert [a["ContentID"] for a in found["Inline"]] == ["dot"]
        assert api.ask("GET", "%s/message/%s/part/2" % (
            V1, number)).body == b"attached"
        headers = api.get("%s/message/%s/headers" % (V1, number))
        assert sorted(headers) == [
            "Bcc", "Cc", "Content-Type", "Date", "From", "Message-Id",
            "Mime-Version", "Reply-To", "Return-Path", "Subject", "To",
            "X-Mine", "X-Tags"], sorted(headers)
        assert api.get(V1 + "/info")["RuntimeStats"]["SMTPAccepted"] == 1


@test
def adds_no_header_that_nobody_asked_for():
    with Server() as server:
        api = Api(server)
        api.ask("POST", V1 + "/send", {"From": {"Email": "a@b.test"},
                                       "To": [{"Email": "c@d.test"}],
                                       "Text": "plain text"})
        assert sorted(api.get(V1 + "/message/latest/headers")) == [
            "Content-Type", "Date", "From", "Message-Id", "Mime-Version",
            "Return-Path", "Subject", "To"]
        assert api.get(V1 + "/message/latest")["Text"] == "plain text"


@test
def refuses_to_send_nonsense():
    with Server() as server:
        api = Api(server)
        good = {"From": {"Email": "a@b.test"}, "To": [{"Email": "c@d.test"}]}

        def error(**changes):
            answer = api.ask("POST", V1 + "/send", dict(good, **changes),
                             status=400)
            assert answer.headers["Content-Type"] == "application/json"
            return answer.json["Error"]

        assert error(To=[{"Email": "nobody"}]) == "invalid To address: nobody"
        assert error(Bcc=["x"]) == "invalid Bcc address: x"
        assert error(Headers={"subject": "x"}) == (
            'cannot overwrite header: "subject"')
        assert error(From=None).startswith("error building message")
        assert error(To=[]).startswith("error building message")
        assert "base64" in error(Attachments=[{"Content": "%", "Filename":
                                               "x"}])
        assert error(To="x")
        assert api.ask("POST", V1 + "/send", b"{", status=400).json["Error"]
        assert api.get(V1 + "/messages")["total"] == 0


@test
def tells_of_itself():
    with Server() as server:
        api = Api(server)
        info = api.get(V1 + "/info")
        assert sorted(info) == ["Database", "DatabaseSize", "LatestVersion",
                                "Messages", "RuntimeStats", "Tags", "Unread",
                                "Version"], sorted(info)
        assert info["Version"].startswith("v")
        assert sorted(info["RuntimeStats"]) == [
            "Memory", "MessagesDeleted", "SMTPAccepted", "SMTPAcceptedSize",
            "SMTPIgnored", "SMTPRejected", "Uptime"]
        assert not api.get(V1 + "/webui")["ChaosEnabled"]
        for path in ("/livez", "/readyz"):
            answer = api.ask("GET", path)
            assert answer.body == b"" and answer.headers["Date"]
        assert api.ask("GET", V1 + "/chaos", status=400).text == (
            "Chaos is not enabled")
        wrong = api.ask("PATCH", V1 + "/messages", status=405)
        assert set(wrong.headers["Allow"].replace(" ", "").split(",")) >= {
            "GET", "PUT", "DELETE"}
        assert api.ask("OPTIONS", V1 + "/messages").body == b""
        assert api.ask("HEAD", V1 + "/messages").body == b""
        api.ask("GET", V1 + "/nowhere", status=404)


@test
def drives_faults_by_chaos():
    with Server("--enable-chaos") as server:
        api = Api(server)
        assert api.get(V1 + "/chaos") == {
            "Sender": {"ErrorCode": 451, "Probability": 0},
            "Recipient": {"ErrorCode": 451, "Probability": 0},
            "Authentication": {"ErrorCode": 535, "Probability": 0}}
        state = api.ask("PUT", V1 + "/chaos", {
            "Sender": {"ErrorCode": 452, "Probability": 100}}).json
        assert state["Sender"] == {"ErrorCode": 452, "Probability": 100}
        with server.client() as client:
            client.hello()
            assert client.ask("MAIL FROM:<a@b.test>") == (
                "452 Chaos sender error")
        for trigger in ({"ErrorCode": 200}, {"Probability": 101},
                        {"Probability": "x"}):
            api.ask("PUT", V1 + "/chaos", {"Sender": trigger}, status=400)
        api.ask("PUT", V1 + "/chaos", {})
        send(server, plain("well again"))


@with_letter
def checks_and_releases_say_what_they_cannot(api, number):
    path = "%s/message/%s" % (V1, number)
    assert api.get(path + "/link-check") == {"Errors": 0, "Links": []}
    api.ask("GET", path + "/sa-check", status=404)
    for body, words in ((b"{", "JSON"), (b'{"To":[]}', "No valid"),
                        (b'{"To":["x"]}', "Invalid email address: x"),
                        (b'{"To":["a@b.test"]}', "SMTP error")):
        assert words in api.ask("POST", path + "/release", body,
                                status=400).text


WARNING = ["Category", "Description", "Keywords", "NotesByNumber", "Results",
           "Score", "Slug", "Tags", "Title", "URL"]
HTML = (b"From: a@b.test\r\nTo: alice@to.test\r\nSubject: html\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; "
        b"boundary=x\r\n\r\n"
        b"--x\r\n\r\nSee https://text.test/a or http://[::1]/.\r\n"
        b"--x\r\nContent-Type: text/html\r\n\r\n"
        b"<html><head><style>p { gap: 1px } a:hover { color: red }</style>"
        b"<link rel=stylesheet href=http://style.test/></head>"
        b"<body><img src='https://image.test/'><img src=cid:x>"
        b"<p style='display: flex'><a href='http://127.0.0.1/x'>1</a>"
        b"<a href=https://link.test/>2</a><a href=https://link.test/>3</a>"
        b"<a href='mailto:a@b.test'>4</a></p></body></html>\r\n--x--\r\n")


@test
def checks_html_against_what_clients_show():
    with Server() as server:
        send(server, HTML)
        found = Api(server).get(V1 + "/message/latest/html-check")
        assert sorted(found) == ["Platforms", "Total", "Warnings"]
        warnings = {w["Slug"]: w for w in found["Warnings"]}
        for one in found["Warnings"]:
            assert sorted(one) == WARNING, sorted(one)
            assert one["Category"] in ("html", "css")
            score = one["Score"]
            assert score["Found"] >= 1
            assert abs(score["Supported"] + score["Partial"] +
                       score["Unsupported"] - 100) < 0.01, score
        for slug in ("css-gap", "css-display-flex", "css-pseudo-class-hover",
                     "html-style", "html-link", "html-mailto-links"):
            assert slug in warnings, slug
        assert warnings["css-gap"]["URL"] == (
            "https://www.caniemail.com/features/css-gap/")
        for one in warnings["css-gap"]["Results"]:
            assert sorted(one) == ["Family", "Name", "NoteNumber", "Platform",
                                   "Support", "Version"], one
            assert one["Support"] in ("yes", "no", "partial")
            assert one["Family"] in found["Platforms"][one["Platform"]]
        total = found["Total"]
        assert sorted(total) == ["Nodes", "Partial", "Supported", "Tests",
                                 "Unsupported"]
        assert total["Nodes"] == 12, total
        assert 0 < total["Supported"] < 100
        assert abs(total["Supported"] + total["Partial"] +
                   total["Unsupported"] - 100) < 0.01


@test
def lists_links_and_opens_none():
    """Mailpit GHSA-mpf7-p9x7-96r3 and kin: the check asked whom mail named."""
    with Server() as server, socket.create_server(("127.0.0.1", 0)) as trap:
        send(server, HTML.replace(
            b"127.0.0.1/x", b"127.0.0.1:%d/x" % trap.getsockname()[1]))
        api = Api(server)
        for follow in ("", "?follow=true"):
            found = api.get(V1 + "/message/latest/link-check" + follow)
            assert [link["URL"].split("/")[2].split(":")[0]
                    for link in found["Links"]] == [
                "127.0.0.1", "link.test", "style.test", "image.test",
                "text.test", "["], found
            assert [link["StatusCode"] for link in found["Links"]] == [
                451, 0, 0, 0, 0, 451]
            assert found["Links"][0]["Status"] == (
                "Blocked private/reserved address")
            assert "not asked" in found["Links"][1]["Status"]
            assert found["Errors"] == 6
        trap.setblocking(False)
        try:
            trap.accept()
            raise AssertionError("somebody came")
        except BlockingIOError:
            pass
        assert api.get(V1 + "/messages")["unread"] == 0


@test
def describes_every_route():
    with Server() as server:
        api = Api(server)
        described = api.ask("GET", V1 + "/swagger.json")
        assert described.headers["Content-Type"] == "application/json"
        paths = described.json["paths"]
        page = api.ask("GET", V1 + "/")
        assert "reference.mjs" in page.text
        # Whatever is described is routed, and the other way round.
        for path, item in paths.items():
            filled = path.replace("{id}", "x").replace("{part}", "1").replace(
                "{file}", "x.txt").replace("{tag}", "t").replace(
                    "{name}", "n")
            wrong = api.ask("PATCH", filled, status=405)
            allowed = set(wrong.headers["Allow"].lower().replace(
                " ", "").split(",")) - {"head", "options"}
            assert allowed == set(item), (path, allowed)


# ---- the WebSocket

@test
def tells_events_on_a_websocket():
    with Server() as server, WebSocket(server) as events:
        assert events.status == 101
        assert events.headers["sec-websocket-accept"] == (
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        first = events.event("stats")["Data"]
        assert first["Total"] == 0 and first["Unread"] == 0
        # A page compares it with that of /info.
        assert first["Version"] == Api(server).get(V1 + "/info")["Version"]
        number, = send(server, LETTER, recipients=("alice@to.test",
                                                   "secret@to.test"))
        new = events.event("new")["Data"]
        assert new["ID"] == number and sorted(new) == SUMMARY
        assert new["Bcc"] == [{"Name": "", "Address": "secret@to.test"}]
        assert new["Tags"] == ["blue", "Red"] and new["Attachments"] == 1
        assert events.event("stats")["Data"]["Total"] == 1
        api = Api(server)
        api.get(V1 + "/message/" + number)
        assert events.event("update")["Data"] == {"ID": number, "Read": True}
        api.ask("PUT", V1 + "/tags", {"Tags": ["x"], "IDs": [number]})
        assert events.event("update")["Data"] == {"ID": number, "Tags": ["x"]}
        with server.client() as client:
            client.hello()
            client.ask("RCPT TO:<a@b.test>", 503)
        assert events.event("error")["Data"]["Message"].startswith("503")
        api.ask("DELETE", V1 + "/messages", {"IDs": [number]})
        assert events.event("delete")["Data"] == {"ID": number}
        api.ask("DELETE", V1 + "/messages")
        assert events.event("truncate")["Data"] is None


# ---- who may ask

@test
def refuses_pages_of_other_origins():
    """Mailpit CVE-2026-22689: any page could open the WebSocket."""
    with Server() as server:
        api = Api(server)
        other = {"Origin": "http://evil.test"}
        for method, path, body in (("GET", "/messages", None),
                                   ("DELETE", "/messages", None),
                                   ("PUT", "/messages", {"Read": True}),
                                   ("POST", "/send", {})):
            api.ask(method, V1 + path, body, other, status=403)
        with WebSocket(server, Origin="http://evil.test") as events:
            assert events.status == 403
        own = "http://%s:%d" % server.address("http")
        api.ask("GET", V1 + "/messages", headers={"Origin": own})
        with WebSocket(server, Origin=own) as events:
            assert events.status == 101


@test
def refuses_unknown_hosts():
    """DNS rebinding: a name of the attacker's leads to 127.0.0.1."""
    with Server() as server:
        api = Api(server)
        answer = api.ask("GET", V1 + "/messages",
                         headers={"Host": "evil.test"}, status=403)
        assert "--http-host" in answer.text
        for host in ("localhost", "127.0.0.1:1", "[::1]", "x.localhost:9"):
            api.ask("GET", V1 + "/messages", headers={"Host": host})
    with Server("--http-host", "mail.test") as server:
        Api(server).ask("GET", V1 + "/messages",
                        headers={"Host": "mail.test:8025"})


@test
def asks_for_a_password_where_it_has_one():
    with Server() as first:
        users = first.folder + "/users"
        with open(users, "w", encoding="ascii") as file:
            file.write("me:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=\n")
        with Server("--http-auth-file", users) as server:
            api = Api(server)
            refused = api.ask("GET", V1 + "/messages", status=401)
            assert refused.text == "Unauthorized.\n"
            assert refused.headers["WWW-Authenticate"] == (
                'Basic realm="Login"')
            api.ask("GET", "/livez")
            token = base64.b64encode(b"me:test").decode()
            known = {"Authorization": "Basic " + token}
            api.ask("GET", V1 + "/messages", headers=known)
            number = api.ask("POST", V1 + "/send", {
                "From": {"Email": "a@b.test"}, "To": [{"Email": "c@d.test"}]
            }, headers=known).json["ID"]
            found = api.ask("GET", V1 + "/message/" + number, headers=known)
            assert found.json["Username"] == "me"


@test
def takes_users_from_the_environment():
    for name in ("MP_UI_AUTH", "MAILSTOP_HTTP_AUTH"):
        with Server(env={name: "me:se:cret  you:two"}) as server:
            api = Api(server)
            api.ask("GET", V1 + "/messages", status=401)
            for pair, status in (("me:se:cret", 200), ("you:two", 200),
                                 ("me:two", 401), ("me:", 401)):
                token = base64.b64encode(pair.encode()).decode()
                api.ask("GET", V1 + "/messages", status=status,
                        headers={"Authorization": "Basic " + token})
    with scratch() as folder:
        refused = mailstop("serve", "--memory", "--http-auth", "nobody",
                           "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0",
                           folder=folder, status=65)
        assert b"name:password" in refused.stderr, refused.stderr
        refused = mailstop("serve", "--memory", "--http-auth", "a:b",
                           "--http-auth-file", "/dev/null", folder=folder,
                           status=64)
        assert b"one of them" in refused.stderr, refused.stderr


@test
def works_below_a_root():
    with Server("--webroot", "/mail/") as server:
        number, = send(server, LETTER)
        api = Api(server)
        assert api.get("/mail/api/v1/messages")["total"] == 1
        api.ask("GET", "/api/v1/messages", status=404)
        view = api.ask("GET", "/mail/view/%s.html" % number)
        assert "/mail/api/v1/message/" in view.text


@test
def answers_bad_requests_clearly():
    with Server() as server:
        api = Api(server)
        for path in ("/api/v1/search?query=" + urllib.parse.quote("()"),
                     "/api/v1/search?query="):
            api.ask("GET", path, status=400)
        none = api.ask("PUT", V1 + "/messages", b"", status=400)
        assert none.text == "no JSON: the body is empty", none.text
        huge = b'{"IDs":["' + b"x" * (6 << 20) + b'"]}'
        answer = api.ask("PUT", V1 + "/messages", huge, status=None)
        assert 400 <= answer.status < 500, answer.status
        assert api.get(V1 + "/messages")["total"] == 0


main()
