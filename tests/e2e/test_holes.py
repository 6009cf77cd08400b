"""test_holes: attacks that worked elsewhere do nothing here.

One test for each published hole, named after it. What other files show:

    SMTP smuggling, CVE-2023-51764 to 51766   test_smtp_text
    STARTTLS injection, CVE-2011-0411         test_smtp_secure
    HTTP to SMTP, ALPACA                      test_smtp_others
    sizes without a limit, Inbucket#77        test_trouble
    Exim, OpenSMTPD: expansion                test_smtp_abuse, and below
    smtp4dev: 250 before commit               test_trouble, unit tests of txn
    concurrent writes, Mailpit GHSA-w4vj      TSan over all of these
"""

import base64
import http.server
import json
import os
import re
import select
import socket
import sqlite3
import struct
import threading
import zlib

from api_test import Api, plain, send
from mailstop_test import (Client, Server, mailstop, main, scratch,
                           test)

OWN = "/api/mailstop/v1"
READS = [
    OWN + "/now", OWN + "/messages", OWN + "/message/ID",
    OWN + "/message/ID/raw", OWN + "/message/ID/findings", OWN + "/sessions",
    OWN + "/stats", OWN + "/faults", OWN + "/inboxes", OWN + "/events",
    OWN + "/wait?timeout=0", "/api/v1/messages", "/api/v1/search?query=x",
    "/api/v1/message/ID", "/api/v1/message/ID/raw",
    "/api/v1/message/ID/headers", "/api/v1/message/ID/html-check",
    "/api/v1/message/ID/part/0", "/api/v1/message/latest", "/api/v1/tags",
    "/api/v1/info", "/api/v1/webui", "/api/v1/chaos", "/api/v1/events",
    "/api/events", "/view/ID.html", "/view/ID.txt", "/api/v2/messages",
    "/api/v2/search?kind=containing&query=x", "/api/v1/messages/ID",
    "/api/v1/messages/ID/download", "/api/v2/jim",
    "/mailhog/api/v1/messages", "/mailhog/api/v2/messages"]
WRITES = [
    ("POST", OWN + "/take", ""), ("DELETE", OWN + "/message/ID", ""),
    ("DELETE", OWN + "/messages", ""), ("DELETE", OWN + "/inboxes", ""),
    ("DELETE", OWN + "/inbox/default", ""),
    ("POST", OWN + "/faults", '{"rule": "rcpt reply=550"}'),
    ("PUT", OWN + "/faults", '["rcpt reply=550"]'),
    ("PUT", "/api/v1/messages", '{"Read": true}'),
    ("DELETE", "/api/v1/messages", ""),
    ("DELETE", "/api/v1/search?query=secret", ""),
    ("PUT", "/api/v1/tags", '{"Tags": ["x"], "IDs": ["ID"]}'),
    ("POST", "/api/v1/send", '{"From": {"Email": "e@e.test"},'
     ' "To": [{"Email": "x@y.test"}]}'),
    ("PUT", "/api/v1/chaos", '{"Sender": {"Probability": 100}}'),
    ("POST", "/api/v1/message/ID/release", '{"To": ["x@y.test"]}'),
    ("DELETE", "/api/v1/messages/ID", ""), ("POST", "/api/v2/jim", ""),
    ("PUT", "/api/v2/jim", "{}"), ("DELETE", "/api/v2/jim", ""),
    ("DELETE", "/mailhog/api/v1/messages", "")]

EVIL = "http://evil.test"
SECRET = b"Subject: of-a-secret-kind\r\n\r\nThe word is xyzzy.\r\n"


# ---- pages of other origins: Mailpit CVE-2026-22689, GHSA-524m-q5m7-79mm

# What browsers send along; the last three are image and script tags, fetch()
# without CORS, and frames, which have no Origin.
FOREIGN = ({"Origin": EVIL}, {"Origin": "null"},
           {"Origin": "http://localhost.evil.test"},
           {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors",
            "Sec-Fetch-Dest": "image", "Referer": EVIL + "/"},
           {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors",
            "Sec-Fetch-Dest": "script"},
           {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"})
FORMS = ("text/plain", "application/x-www-form-urlencoded",
         "multipart/form-data; boundary=x")


@test
def cve_2026_22689_other_origins_read_nothing():
    with Server() as server:
        id_, = send(server, SECRET)
        api = Api(server)
        for path in READS:
            path = path.replace("ID", id_)
            for headers in FOREIGN:
                answer = api.ask("GET", path, headers=headers, status=None)
                assert b"xyzzy" not in answer.body, (path, headers)
                assert b"of-a-secret" not in answer.body, (path, headers)
                assert answer.status == 403, (path, headers, answer.status)


@test
def cve_2026_22689_other_origins_change_nothing():
    with Server("--enable-chaos") as server:
        id_, = send(server, SECRET)
        api = Api(server)
        before = api.get("/api/mailstop/v1/message/" + id_)
        faults = api.get("/api/mailstop/v1/faults")
        for method, path, body in WRITES:
            path = path.replace("ID", id_)
            for headers in FOREIGN:
                for kind in FORMS:
                    answer = api.ask(
                        method, path, body.replace("ID", id_).encode(),
                        dict(headers, **{"Content-Type": kind}), status=None)
                    assert answer.status == 403, (method, path, headers,
                                                  answer.status)
        assert api.get("/api/mailstop/v1/message/" + id_) == before
        assert api.get("/api/mailstop/v1/faults") == faults
        assert api.get("/api/mailstop/v1/now")["seq"] == 1


def upgrade(server, path, headers):
    """The status line that a request for a WebSocket gets."""
    with Client(server.address("http")) as client:
        client.send(("GET %s HTTP/1.1\r\nConnection: Upgrade\r\n"
                     "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n" %
                     (path, "".join("%s: %s\r\n" % h
                                    for h in headers.items()))).encode())
        return client.line().decode()


@test
def cve_2026_22689_no_websocket_for_other_origins():
    with Server() as server:
        host = server.ready["http"][0]
        for path in ("/api/events", "/api/v2/websocket"):
            assert " 101 " in upgrade(server, path, {
                "Host": host, "Origin": "http://" + host})
            for origin in (EVIL, "null", "https://" + host + ".evil.test"):
                assert " 403 " in upgrade(server, path, {
                    "Host": host, "Origin": origin}), (path, origin)
            assert " 403 " in upgrade(server, path, {
                "Host": "evil.test", "Origin": EVIL})


# ---- DNS rebinding, webpack-dev-server#887

@test
def dns_rebinding_finds_no_host():
    with Server() as server:
        id_, = send(server, SECRET)
        api = Api(server)
        for host in ("evil.test", "evil.test:80", "127.0.0.1.evil.test",
                     "localhost.evil.test", "evil.localhost.test",
                     "127.0.0.1@evil.test"):
            for path in READS + ["/", "/view/ID.html", "/nothing"]:
                answer = api.ask("GET", path.replace("ID", id_),
                                 headers={"Host": host}, status=None)
                if path in ("/livez", "/readyz") and answer.status == 200:
                    continue
                assert answer.status == 403, (host, path, answer.status)
                assert b"xyzzy" not in answer.body
            assert b"--http-host" in api.ask(
                "GET", "/", headers={"Host": host}, status=403).body
            api.ask("DELETE", "/api/v1/messages", headers={"Host": host},
                    status=403)
        api.get("/api/mailstop/v1/message/" + id_)
    with Server("--http-host", "mail.test") as server:
        Api(server).ask("GET", "/api/v1/info", headers={"Host": "mail.test"})


# ---- nothing is fetched: CVE-2026-21859, GHSA-8v65, CVE-2026-27808 and kin

class Trap:
    """Counts connections that nobody should make."""

    def __enter__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen()
        self.url = "http://127.0.0.1:%d" % self.socket.getsockname()[1]
        return self

    def __exit__(self, kind, *rest):
        touched = select.select([self.socket], [], [], 0)[0]
        self.socket.close()
        assert kind or not touched, "somebody has asked"


@test
def cve_2026_21859_no_route_fetches():
    with Server() as server, Trap() as trap:
        html = ('<link rel="stylesheet" href="URL/a.css"><img src="URL/a.png">'
                '<a href="URL/x">x</a><iframe src="URL/f"></iframe>'
                '<style>@import "URL/i.css"</style>').replace("URL", trap.url)
        id_, = send(server, plain("x", html.encode() + b"\r\n",
                                  b"Content-Type: text/html\r\n"
                                  b"List-Unsubscribe: <" +
                                  trap.url.encode() + b"/u>\r\n"))
        api = Api(server)
        for text in (id_ + ":" + trap.url + "/a.png", trap.url,
                     id_ + ":" + trap.url):
            data = base64.b64encode(text.encode()).decode()
            for path in ("/proxy?data=", "/proxy?url=", "/api/v1/proxy?data="):
                answer = api.ask("GET", path + data, status=None)
                assert answer.status in (400, 403, 404), answer.status
        for path in ("link-check", "link-check?follow=true", "html-check",
                     "sa-check", "raw", ""):
            api.ask("GET", "/api/v1/message/%s/%s" % (id_, path), status=None)
        for path in ("/view/%s.html", "/view/%s.html?embed=1", "/view/%s.txt",
                     "/api/mailstop/v1/message/%s"):
            api.ask("GET", path % id_)
        api.ask("POST", "/api/v1/message/%s/release" % id_,
                {"To": ["x@y.test"]}, status=None)
        api.ask("POST", "/api/v1/messages/%s/release" % id_,
                {"Host": "127.0.0.1", "Port": trap.url.rsplit(":", 1)[1],
                 "Email": "x@y.test"}, status=None)


@test
def cve_2026_27808_link_check_contacts_nobody_inside():
    hosts = ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]",
             "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0.0.0.0",
             "[64:ff9b::7f00:1]", "100.64.0.1", "10.0.0.1", "169.254.169.254",
             "[fe80::1]", "[fc00::1]", "[2002:7f00:1::]")
    with Server() as server, Trap() as trap:
        port = trap.url.rsplit(":", 1)[1]
        links = "".join('<a href="http://%s:%s/">x</a>' % (host, port)
                        for host in hosts)
        id_, = send(server, plain("x", links.encode() + b"\r\n",
                                  b"Content-Type: text/html\r\n"))
        found = Api(server).ask("GET", "/api/v1/message/%s/link-check" % id_,
                                status=None)
        if found.status == 200:
            assert all(link["StatusCode"] in (0, 451)
                       for link in found.json["Links"]), found.json


# ---- header injection: Mailpit GHSA-54wq-72mp-cq7c

@test
def ghsa_54wq_no_header_from_an_address():
    with Server() as server:
        api = Api(server)
        with server.client() as client:
            client.hello()
            for octet in (b"\r", b"\n", b"\0", b"\x0b", b"\r\nX-Evil: 1\r\n "):
                for path in (b'<"a%sX-Evil: 1"@b.test>', b"<a%s@b.test>",
                             b"<a@b%s.test>"):
                    for command in (b"MAIL FROM:", b"RCPT TO:"):
                        client.send(command + path % octet + b"\r\nRSET\r\n")
                        while not client.reply().startswith("250 2.0.0 Reset"):
                            pass
            client.send_mail(b"Subject: x\r\n\r\nx\r\n", greet=False,
                             sender='"a\\ X-Evil: 1"@b.test')
        for mail in (
                {"From": {"Email": "a@b.test\r\nX-Evil: 1"},
                 "To": [{"Email": "x@y.test"}], "Subject": "s"},
                {"From": {"Email": "a@b.test", "Name": "n\r\nX-Evil: 1"},
                 "To": [{"Email": "x@y.test"}], "Subject": "s"},
                {"From": {"Email": "a@b.test"}, "Subject": "s\r\nX-Evil: 1",
                 "To": [{"Email": "x@y.test", "Name": "n\nX-Evil: 1"}]},
                {"From": {"Email": "a@b.test"}, "Bcc": ["x@y\r\nX-Evil: 1"]},
                {"From": {"Email": "a@b.test"}, "To": [{"Email": "x@y.test"}],
                 "Headers": {"X-A": "b\r\nX-Evil: 1"}},
                {"From": {"Email": "a@b.test"}, "To": [{"Email": "x@y.test"}],
                 "Headers": {"X-A: b\r\nX-Evil": "1"}},
                {"From": {"Email": "a@b.test"}, "To": [{"Email": "x@y.test"}],
                 "Tags": ["t\r\nX-Evil: 1"]},
                {"From": {"Email": "a@b.test"}, "To": [{"Email": "x@y.test"}],
                 "Attachments": [{"Content": "QQ==", "ContentType":
                                  "text/plain\r\nX-Evil: 1",
                                  "Filename": "f\r\nX-Evil: 1"}]}):
            api.ask("POST", "/api/v1/send", mail, status=None)
        for one in server.messages():
            for path in ("/api/v1/message/%s/raw",
                         "/api/mailstop/v1/message/%s/raw"):
                text = api.ask("GET", path % one["id"]).body
                assert not re.search(rb"(?im)^x-evil", text), text
            names = api.get("/api/v1/message/%s/headers" % one["id"])
            assert "X-Evil" not in names, names


# ---- image bombs: Mailpit GHSA-75mr-qw9x-3r39

def png(width, height):
    """White, and small in the mail however large it claims to be."""
    def chunk(kind, data):
        return (struct.pack("!I", len(data)) + kind + data +
                struct.pack("!I", zlib.crc32(kind + data)))

    packer = zlib.compressobj(1)
    row = b"\0" * min(1 + (width + 7) // 8, 4096)
    rows = b"".join(packer.compress(row)
                    for _ in range(min(height, 20000))) + packer.flush()
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack("!IIBBBBB", width, height, 1, 0, 0, 0,
                                       0)) +
            chunk(b"IDAT", rows) + chunk(b"IEND", b""))


def with_parts(*parts):
    text = (b"Subject: parts\r\n"
            b"Content-Type: multipart/mixed; boundary=b\r\n\r\n")
    for header, octets in parts:
        text += (b"--b\r\n" + header +
                 b"Content-Transfer-Encoding: base64\r\n\r\n" +
                 base64.encodebytes(octets).replace(b"\n", b"\r\n") + b"\r\n")
    return text + b"--b--\r\n"


def peak(server):
    with open("/proc/%d/status" % server.process.pid, encoding="ascii") as f:
        return int(re.search(r"VmHWM:\s+(\d+) kB", f.read()).group(1)) * 1024


@test
def ghsa_75mr_no_memory_for_image_bombs():
    gif = b"GIF89a\xff\xff\xff\xff\x80\0\0" + b"\0" * 40
    with Server() as server:
        id_, = send(server, with_parts(*[
            (b"Content-Type: image/%s; name=bomb\r\n" % kind +
             b"Content-Disposition: attachment; filename=bomb\r\n", octets)
            for kind, octets in ((b"png", png(60000, 60000)),
                                 (b"png", png(19000, 19000)),
                                 (b"png", png(0x7fffffff, 0x7fffffff)),
                                 (b"gif", gif))]))
        api = Api(server)
        api.get("/api/mailstop/v1/message/" + id_)
        before = peak(server)
        for part in range(1, 5):
            answer = api.ask("GET", "/api/v1/message/%s/part/%d/thumb" %
                             (id_, part))
            assert answer.body[:2] == b"\xff\xd8", part
        assert peak(server) - before < 100 << 20, peak(server) - before


# ---- paths from mail: GHSA-qx5x-85p8-vg4j, CVE-2024-27448

NAMES = ("../../../../tmp/mailstop-evil", "/tmp/mailstop-evil",
         "..\\..\\mailstop-evil", "....//mailstop-evil", "%2e%2e%2fevil",
         "a/../../mailstop-evil", "\0mailstop-evil", "-rf", "~/mailstop-evil",
         "con", "." * 300)


def files_below(folder):
    return sorted(os.path.join(at, name) for at, _, names in os.walk(folder)
                  for name in names)


@test
def cve_2024_27448_no_file_is_written_from_mail():
    with Server() as server:
        before = files_below(server.folder)
        for name in NAMES:
            text = name.encode()
            send(server, b"Message-ID: <" + text + b">\r\n" + with_parts(
                (b"Content-Type: image/png; name=\"" + text + b"\"\r\n"
                 b"Content-Disposition: attachment; filename=\"" + text +
                 b"\"\r\nContent-ID: <" + text + b">\r\n", b"x")))
        api = Api(server)
        for one in server.messages():
            api.get("/api/v1/message/" + one["id"])
            api.ask("GET", "/api/v1/message/%s/part/1" % one["id"],
                    status=None)
        now = files_below(server.folder)
        assert {os.path.basename(p) for p in now} - {
            os.path.basename(p) for p in before} <= {
                "mail.db-wal", "mail.db-shm"}, now
        assert not os.path.exists("/tmp/mailstop-evil")
        for kind in ("eml", "maildir", "mbox"):
            target = os.path.join(server.folder, "out", kind, "here")
            os.makedirs(os.path.dirname(target))
            server.run("export", "--format", kind, target)
            made = [p for p in files_below(server.folder) if p not in now]
            assert made and all(p.startswith(target) for p in made), made
            for path in made:
                assert "evil" not in path, path
            now = files_below(server.folder)


class Liar(http.server.BaseHTTPRequestHandler):
    """A server whose ids and names are paths."""

    def do_GET(self):
        one = {"id": "../../../mailstop-evil", "seq": 1, "state": "accepted",
               "received": "2026-01-01T00:00:00.000000Z", "session": "../x",
               "listener": "smtp", "inbox": "../../evil", "peer": "",
               "helo": "", "user": "", "mail_from": "../evil",
               "recipients": [], "size": 1, "sha256": "", "subject": "x",
               "from": [], "to": [], "cc": [], "date": None,
               "message_id": "", "attachments": 0, "tags": [], "findings": 0,
               "reason": ""}
        octets = json.dumps({"messages": [] if "before=" in self.path else
                             [one], "seq": 1}).encode()
        if self.path.split("?")[0].endswith("/raw"):
            octets = b"x\r\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(octets)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, *words):
        pass


@test
def ghsa_qx5x_no_path_from_a_server():
    liar = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    threading.Thread(target=liar.serve_forever, daemon=True).start()
    try:
        with scratch() as folder:
            for kind in ("eml", "maildir", "mbox"):
                target = os.path.join(folder, "a", "b", "c", kind)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                mailstop("export", "--url",
                         "http://127.0.0.1:%d" % liar.server_port, "--format",
                         kind, target, folder=folder, status=None)
                for path in files_below(folder):
                    assert path.startswith(os.path.join(folder, "a/b/c")), path
                    assert "evil" not in path, path
            assert not os.path.exists("/tmp/mailstop-evil")
    finally:
        liar.shutdown()
        liar.server_close()


# ---- scripts in mail: MailHog CVE-2022-50908, Mailpit

SCRIPT = b"<html><script>alert(1)</script><svg onload=alert(2)></svg></html>"


@test
def cve_2022_50908_attachments_do_not_run_in_our_origin():
    kinds = (b"text/html", b"image/svg+xml", b"application/xhtml+xml",
             b"text/xml", b"application/xml", b"application/javascript",
             b"text/plain", b"application/pdf", b"multipart/x", b"bogus")
    with Server() as server:
        id_, = send(server, with_parts(*[
            (b"Content-Type: " + kind + b"; name=x\r\n"
             b"Content-Disposition: attachment; filename=x\r\n", SCRIPT)
            for kind in kinds]))
        api = Api(server)
        paths = ["/api/v1/message/%s/part/%d" % (id_, n)
                 for n in range(1, len(kinds) + 1)]
        paths += ["/api/v1/messages/%s/mime/part/%d/download" % (id_, n)
                  for n in range(len(kinds))]
        paths += ["/api/v1/message/%s/raw" % id_,
                  "/api/mailstop/v1/message/%s/raw" % id_,
                  "/api/v1/messages/%s/download" % id_]
        seen = 0
        for path in paths:
            answer = api.ask("GET", path, status=None)
            if answer.status != 200:
                continue
            seen += 1
            policy = answer.headers.get("Content-Security-Policy", "")
            disposition = answer.headers.get("Content-Disposition", "")
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            kind = answer.headers["Content-Type"].split(";")[0]
            assert (disposition.startswith("attachment") or
                    re.search(r"(^|; *)sandbox(;|$)", policy) or
                    kind in ("text/plain", "message/rfc822")), (
                        path, kind, disposition, policy)
            assert not re.search(r"sandbox[^;]*allow-scripts[^;]*"
                                 r"allow-same-origin", policy), policy
        assert seen >= len(kinds), seen


@test
def stored_xss_stays_behind_the_policy():
    with Server() as server:
        id_, = send(server, b"Subject: <script>alert(1)</script>\r\n"
                    b"Content-Type: text/html\r\n\r\n" + SCRIPT + b"\r\n")
        api = Api(server)
        for path in ("/view/%s.html", "/view/%s.html?embed=1", "/view/%s",
                     "/view/latest", "/"):
            answer = api.ask("GET", path.replace("%s", id_), status=None)
            policy = answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "unsafe-eval" not in policy, policy
            if ".html" in path:
                assert "sandbox" in policy, policy
                assert "allow-same-origin" not in policy, policy
            else:
                assert b"<script>alert(1)" not in answer.body
                script = re.search(r"(script|default)-src ([^;]*)", policy)
                assert script and "'unsafe-inline'" not in script.group(2) or (
                    "nonce-" in policy or "sha256-" in policy), policy


# ---- many parts: MailDev#531, #551

@test
def maildev_531_many_parts_take_no_time():
    siblings = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 20000
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n"
                      b"--b%d\r\n" % (n, n) for n in range(3000))
    rows = (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + siblings,
            nested, b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
            b"--b\r\n" * 200000,
            b"".join(b"To: a%d@b.test\r\n" % n for n in range(20000)) + b"\r\n",
            b"To: " + b"(" * 100000 + b"\r\n\r\n",
            # GMime ended the process here: groups in groups.
            b"To: " + b"a:" * 50000 + b"\r\n\r\n",
            b"Content-Type: message/rfc822\r\n\r\nReply-To:" +
            b" a:\r\n" * 50000 + b"\r\n",
            b"Content-Type: message/rfc822\r\n\r\n" * 30000,
            b"".join(b"Content-Type: multipart/x; boundary=%d\r\n\r\n--%d\r\n"
                     % (n, n) for n in range(8000)),
            b"To: " + b"<" * 50000 + b"\r\n\r\n",
            b"To: " + b"\"" * 50001 + b"\r\n\r\n",
            b"To: a@" + b"[" * 50000 + b"\r\n\r\n",
            b"Content-Type: text/html\r\n\r\n" + b"<!--" * 50000,
            b"Content-Type: text/html\r\n\r\n" + b"<table><tr><td>" * 30000,
            b"Content-Type: text/html\r\n\r\n" + b"&" * 200000,
            b"Subject: " + b"=?utf-8?q?=41?= " * 20000 + b"\r\n\r\n",
            b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100000,
            b"Content-Type: text/html\r\n\r\n" + b"<a href=" * 50000,
            b"Content-Type: text/plain; " + b"".join(
                b"n*%d=x; " % n for n in range(5000)) + b"\r\n\r\n")
    with Server("--log-level", "warn") as server:
        api = Api(server)
        for row in rows:
            # What is not linear takes minutes: longer than requests wait.
            id_, = send(server, row + b"\r\n")
            api.get("/api/mailstop/v1/message/" + id_)
            api.ask("GET", "/api/v1/message/" + id_)
            raw = api.ask("GET", "/api/mailstop/v1/message/%s/raw" % id_)
            assert raw.body == row + b"\r\n"


# ---- strings from mail reach no shell: OpenSMTPD CVE-2020-7247, Exim

@test
def cve_2020_7247_no_shell():
    with Server() as server:
        mark = os.path.join(server.folder, "owned")
        texts = (";touch %s;" % mark, "|touch %s" % mark, "`touch %s`" % mark,
                 "$(touch %s)" % mark, "${run{/bin/touch %s}}" % mark,
                 "\\x24{run{touch\\t%s}}" % mark)
        for text in texts:
            quoted = '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')
            send(server, b"Subject: " + text.encode() + b"\r\nFrom: " +
                 text.encode() + b"\r\n\r\nx\r\n",
                 sender=quoted + "@b.test", recipients=[quoted + "@y.test"])
            server.run("list", "--", text, status=None)
            server.run("show", server.messages(limit=1)[0]["id"])
        server.run("findings", status=None)
        assert not os.path.exists(mark)


# ---- a database handed over is hostile

HOSTILE = {
    "a view without end":
        "DROP TABLE message; CREATE VIEW message AS WITH RECURSIVE n(seq) AS"
        " (SELECT 1 UNION ALL SELECT seq + 1 FROM n) SELECT seq, 'x' AS id,"
        " '' AS session, 0 AS received, 0 AS state, '' AS reason,"
        " '' AS listener, '' AS inbox, '' AS peer, '' AS helo, '' AS user,"
        " '' AS mail_from, '' AS mail_params, 0 AS size, 0 AS is_read,"
        " 1 AS is_indexed FROM n",
    "a trigger": "CREATE TRIGGER evil AFTER UPDATE ON message BEGIN"
                 " DELETE FROM raw; END",
    "a function": "CREATE VIEW evil AS SELECT load_extension('/tmp/evil.so')",
    "a large length": "UPDATE message SET size = 9223372036854775807",
    "a name of a file": "UPDATE message SET id = '../../../mailstop-evil'",
    "text for numbers": "PRAGMA writable_schema = ON;"
                        "UPDATE sqlite_schema SET sql = replace(sql,"
                        " 'STRICT', '') WHERE name = 'counter'",
    "controls": "UPDATE message SET mail_from = char(27) || '[2J'",
    "no tables": "DROP TABLE raw; DROP TABLE recipient",
}


@test
def hostile_database_does_no_harm():
    for name, statements in HOSTILE.items():
        with Server() as server:
            send(server, SECRET)
            assert server.stop() == 0
            with sqlite3.connect(server.db) as db:
                db.executescript(statements)
            db.close()
            for words in (["list", "--json"], ["list"], ["stats"],
                          ["sessions"], ["findings"], ["list", "xyzzy"],
                          ["export", os.path.join(server.folder, "a/b/out/")]):
                os.makedirs(os.path.join(server.folder, "a/b"), exist_ok=True)
                ran = server.run(*words, status=None)
                assert ran.returncode >= 0, (name, words, ran)
                assert b"\x1b" not in ran.stdout, (name, words, ran.stdout)
            assert not os.path.exists(os.path.join(server.folder,
                                                   "mailstop-evil"))


# ---- no such features

@test
def nothing_answers_where_there_is_no_feature():
    with Server() as server:
        api = Api(server)
        for path in ("/proxy", "/metrics", "/debug/pprof/", "/debug/vars",
                     "/api/v1/proxy", "/screenshot", "/.git/config",
                     "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
                     "/api/v1/message/../../../../etc/passwd",
                     "/view/../../etc/passwd.html", "/view/%2e%2e%2fx.html",
                     "/api/v1/message/%2e%2e/raw", "//evil.test/x",
                     "/\\evil.test"):
            answer = api.ask("GET", path, status=None)
            assert answer.status in (301, 307, 308, 400, 403, 404), (
                path, answer.status)
            assert b"root:" not in answer.body
            where = answer.headers.get("Location", "/")
            assert not re.match(r"(//|/\\|https?:)", where), (path, where)
        for method in ("TRACE", "CONNECT", "TRACK", "DEBUG", "PROPFIND"):
            answer = api.ask(method, "/", status=None)
            assert answer.status in (400, 405, 501), (method, answer.status)


main()
