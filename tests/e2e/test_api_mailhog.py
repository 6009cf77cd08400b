#!/usr/bin/env python3
"""test_api_mailhog: MailHog's API v1 and v2, as its clients depend on it."""

from api_test import LETTER, Api, plain, send
from mailstop_test import Server, main, test


@test
def lists_items():
    with Server() as server:
        number, = send(server, LETTER, recipients=("alice@to.test",))
        api = Api(server)
        page = api.get("/api/v2/messages")
        assert (page["total"], page["count"], page["start"]) == (1, 1, 0)
        item, = page["items"]
        assert sorted(item) == ["Content", "Created", "From", "ID", "MIME",
                                "Raw", "To"], sorted(item)
        assert item["ID"] == number
        assert item["From"] == {"Relays": None, "Mailbox": "sender",
                                "Domain": "from.test", "Params": ""}
        assert [(t["Mailbox"], t["Domain"]) for t in item["To"]] == [
            ("alice", "to.test")]
        headers = item["Content"]["Headers"]
        assert headers["Subject"] == [
            "=?utf-8?Q?Gr=C3=BC=C3=9Fe?= from the stop"]
        assert headers["Return-Path"] == ["<sender@from.test>"]
        assert item["Raw"]["Data"] == LETTER[:-2].decode()
        assert item["Raw"]["Helo"] == "client.test"
        parts = item["MIME"]["Parts"]
        assert len(parts) == 3, parts
        assert len(parts[0]["MIME"]["Parts"]) == 2
        assert parts[2]["Headers"]["Content-Disposition"] == [
            'attachment; filename="a b.csv"']
        assert parts[2]["Body"] == "one,two"
        assert api.get("/api/v1/messages/" + number) == item
        assert api.get("/api/v1/messages/nothing") is None
        got = api.ask("GET", "/api/v1/messages/%s/download" % number)
        assert got.body == LETTER
        part = api.ask(
            "GET", "/api/v1/messages/%s/mime/part/1/download" % number)
        assert part.body.startswith(b"GIF89a")
        assert part.headers["Content-Disposition"] == (
            'attachment; filename="dot.gif"')
        table = api.ask(
            "GET", "/api/v1/messages/%s/mime/part/2/download" % number)
        assert table.body == b"one,two"
        assert table.headers["Content-Type"] == "text/csv"
        assert table.headers["Content-Disposition"] == (
            'attachment; filename="a%20b.csv"')


@test
def a_part_is_never_a_page():
    long = b"x" * 5000
    with Server() as server:
        number, = send(server, b"Content-Type: multipart/mixed; boundary=b"
                       b"\r\n\r\n--b\r\nContent-Type: text/html; name=" + long +
                       b"\r\n\r\n<script>x</script>\r\n--b--\r\n")
        part = Api(server).ask(
            "GET", "/api/v1/messages/%s/mime/part/0/download" % number)
        assert part.headers["Content-Disposition"] == "attachment"


@test
def names_json_as_mailhog_does():
    with Server() as server:
        number, = send(server, plain("x"))
        api = Api(server)
        for path, kind in (
                ("/api/v2/messages", "text/json"),
                ("/api/v1/messages/" + number, "text/json"),
                ("/api/v1/messages/nothing", "text/json"),
                ("/mailhog/api/v1/messages", "text/json"),
                ("/api/v2/search?kind=from&query=x", "application/json")):
            got = api.ask("GET", path)
            assert got.headers.get_all("Content-Type") == [kind], path


@test
def body_is_without_the_last_line_end():
    with Server() as server:
        send(server, plain("x", b"text content\r\n"))
        item, = Api(server).get("/api/v2/messages")["items"]
        assert item["Content"]["Body"] == "text content"
        assert item["MIME"] is None


@test
def pages_and_searches():
    with Server() as server:
        send(server, *[plain("mail %d" % i) for i in range(4)])
        send(server, plain("secret"), sender="other@else.test",
             recipients=("bob@to.test",))
        api = Api(server)
        page = api.get("/api/v2/messages", limit=2, start=1)
        assert (page["total"], page["count"], page["start"]) == (5, 2, 1)
        assert page["items"][0]["Content"]["Headers"]["Subject"] == ["mail 3"]
        assert api.get("/api/v2/messages", limit="x", start=-1)["count"] == 5
        assert api.get("/api/v2/messages", start=9)["items"] == []

        def total(kind, query):
            return api.get("/api/v2/search", kind=kind, query=query)["total"]

        assert total("from", "OTHER@") == 1
        assert total("from", "s@from.test") == 5
        assert total("to", "bob") == 1
        assert total("to", "alice@to.test") == 5
        assert total("containing", "SECRET") == 1
        for query in ("kind=x&query=y", "kind=from&query=", "query=x"):
            api.ask("GET", "/api/v2/search?" + query, status=400)


@test
def deletes():
    with Server() as server:
        first, _ = send(server, plain("a"), plain("b"))
        api = Api(server)
        gone = api.ask("DELETE", "/api/v1/messages/" + first)
        assert gone.body == b""
        api.ask("DELETE", "/api/v1/messages/" + first, status=500)
        assert api.get("/api/v2/messages")["total"] == 1
        listed = api.get("/mailhog/api/v1/messages")
        assert isinstance(listed, list) and len(listed) == 1
        assert api.ask("DELETE", "/mailhog/api/v1/messages",
                       headers={"User-Agent": "x"}).body == b""
        assert api.get("/mailhog/api/v2/messages")["total"] == 0


@test
def lets_jim_in_only_where_chaos_is_allowed():
    with Server() as server:
        api = Api(server)
        api.ask("GET", "/api/v2/jim", status=404)
        api.ask("POST", "/api/v2/jim", status=404)
        assert api.get("/api/v2/outgoing-smtp") == {}
    with Server("--enable-chaos") as server:
        api = Api(server)
        api.ask("GET", "/api/v2/jim", status=404)
        api.ask("POST", "/api/v2/jim", {"RejectSenderChance": 1,
                                        "AcceptChance": 1,
                                        "DisconnectChance": 0,
                                        "LinkSpeedAffect": 0}, status=201)
        api.ask("POST", "/api/v2/jim", {}, status=400)
        assert api.get("/api/v2/jim")["RejectSenderChance"] == 1
        with server.client() as client:
            client.hello()
            assert client.ask("MAIL FROM:<a@b.test>")[0] in "45"
        api.ask("DELETE", "/api/v2/jim")
        api.ask("DELETE", "/api/v2/jim", status=404)
        send(server, plain("well again"))


main()
