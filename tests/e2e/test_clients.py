"""test_clients: mail from the clients that people have, byte for byte.

Where a client says what it sends, that is compared; else its input is, in the
form that it is known to send it in. Two clients are nothing of Debian's that
one would install for a test: nodemailer, which npm puts below the build folder,
and Postfix's tools, which are unpacked from their package there.
"""

import base64
import email.message
import email.policy
import glob
import json
import os
import re
import shutil
import smtplib
import subprocess

from fetched_test import FETCHED, node_modules
from mailstop_test import DEADLINE, Server, Skip, main, require, test
from smtp_test import trust

TEXT = (b"From: Alice <a@b.test>\r\nTo: Bob <x@y.test>\r\nSubject: Dots\r\n"
        b"Date: Tue, 25 Mar 2003 11:37:02 +0000\r\n"
        b"Message-ID: <dots@b.test>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n\r\n"
        b".\r\n..\r\n.dot\r\n\r\n trailing  \r\n\xc3\xbcber\r\n"
        b"." + b"x" * 900 + b"\r\n" + b"QUIT\r\n.\r\n")
SENDER, RECIPIENT = "a@b.test", "x@y.test"
STATE = {}


def the_server():
    if "server" not in STATE:
        server = Server("--hostname", "mx.test", "--smtps", "127.0.0.1:0",
                        "--lmtp", "127.0.0.1:0", "--log-level", "warn")
        server.words += ["--lmtp", "unix:%s/lmtp" % server.folder,
                         "--smtp", "unix:%s/smtp" % server.folder]
        STATE["server"] = server.__enter__()
    return STATE["server"]


class Arrival:
    """What came while the block ran."""

    def __init__(self):
        self.server = the_server()
        self.messages = []

    def __enter__(self):
        newest = self.server.messages(limit=1)
        self.after = newest[0]["seq"] if newest else 0
        return self

    def __exit__(self, kind, *rest):
        if not kind:
            self.messages = [m for m in self.server.messages()
                             if m["seq"] > self.after][::-1]

    def check(self, *wanted, user="", tls=None):
        """The bytes of each, oldest first, and how they came."""
        found = [self.server.raw(m) for m in self.messages]
        assert len(found) == len(wanted), found
        for one, other in zip(found, wanted):
            same(one, other)
        for one in self.messages:
            assert one["mail_from"] == SENDER, one
            assert [r["address"] for r in one["recipients"]] == [RECIPIENT]
            assert one["user"] == user, one["user"]
            if tls is not None:
                self.check_tls(one, tls)

    def check_tls(self, one, wanted):
        text = self.server.run("transcript", one["id"]).stdout
        assert (b"-- TLS TLSv1." in text) == wanted, text


def same(found, wanted):
    place = len(os.path.commonprefix([found, wanted]))
    assert found == wanted, "at %d of %d: %r instead of %r" % (
        place, len(wanted), found[place:place + 200],
        wanted[place:place + 200])


def run(*words, given=None, env=None):
    """Runs a client to its end; its output."""
    ran = subprocess.run(words, input=given, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, timeout=DEADLINE,
                         stdin=subprocess.DEVNULL if given is None else None,
                         env=dict(os.environ, **(env or {})), check=False)
    assert ran.returncode == 0, "%s: %d\n%s" % (
        words[0], ran.returncode, ran.stdout.decode(errors="replace"))
    return ran.stdout


def place(protocol="smtp", name="127.0.0.1"):
    return "%s:%d" % (name, the_server().address(protocol)[1])


# ---- smtplib

def with_smtplib(client, mechanism=None):
    with client:
        client.ehlo()
        if mechanism:
            client.user, client.password = "tim", "tanstaaf"
            client.auth(mechanism, getattr(
                client, "auth_" + mechanism.lower().replace("-", "_")))
        client.sendmail(SENDER, [RECIPIENT], TEXT)


@test
def smtplib_plain_and_tls():
    server = the_server()
    context = trust(server)
    for protocol in ("plain", "starttls", "smtps"):
        with Arrival() as arrival:
            if protocol == "smtps":
                client = smtplib.SMTP_SSL("localhost",
                                          server.address("smtps")[1],
                                          context=context)
            else:
                client = smtplib.SMTP(*server.smtp)
            if protocol == "starttls":
                # The name that is looked for in the certificate.
                client._host = "localhost"
                client.starttls(context=context)
            with_smtplib(client)
        arrival.check(TEXT, tls=protocol != "plain")


@test
def smtplib_authenticates():
    for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
        with Arrival() as arrival:
            with_smtplib(smtplib.SMTP(*the_server().smtp), mechanism)
        arrival.check(TEXT, user="tim")


@test
def smtplib_speaks_lmtp():
    server = the_server()
    with Arrival() as arrival:
        for address in (server.address("lmtp"),
                        (server.address("lmtp", 1), 0)):
            with smtplib.LMTP(*address) as client:
                client.sendmail(SENDER, [RECIPIENT], TEXT)
    arrival.check(TEXT, TEXT)


@test
def smtplib_sends_message_objects():
    message = email.message.EmailMessage(policy=email.policy.SMTPUTF8)
    message["From"] = "Jörg <jörg@b.test>"
    message["To"] = "x@y.test"
    message["Subject"] = "Grüße"
    message.set_content("ü\n.\n..x\n")
    message.add_attachment(bytes(range(256)), maintype="application",
                           subtype="octet-stream", filename="ä.bin")
    octets = message.as_bytes()  # settles the boundary
    with Arrival() as arrival, smtplib.SMTP(*the_server().smtp) as client:
        client.send_message(message)
    found = arrival.messages[0]
    assert found["mail_from"] == "jörg@b.test", found
    same(arrival.server.raw(found), octets)
    assert found["subject"] == "Grüße"


@test
def smtplib_sees_refusals():
    with smtplib.SMTP(*the_server().smtp) as client:
        try:
            client.sendmail(SENDER, ["bad@@y.test"], TEXT)
            raise AssertionError("no refusal")
        except smtplib.SMTPRecipientsRefused as error:
            assert error.recipients["bad@@y.test"][0] == 501
        client.sendmail(SENDER, [RECIPIENT], TEXT,
                        mail_options=["BODY=8BITMIME", "RET=HDRS"],
                        rcpt_options=["NOTIFY=SUCCESS"])
        assert client.verify("x@y.test")[0] == 252
        assert client.noop()[0] == 250
        client.rset()


# ---- swaks

SWAKS_SENT = re.compile(rb"(?ms)^<[-~*]  354 .*?$\n(.*?)^ ?[-~]> \.$")


def said_by_swaks(output):
    """Its transcript shows each line that it sends."""
    block = SWAKS_SENT.search(output).group(1)
    lines = [line[4:].rstrip(b"\r") for line in block.split(b"\n")[:-1]]
    return b"".join((line[1:] if line.startswith(b".") else line) + b"\r\n"
                    for line in lines)


def swaks(*words):
    require("swaks")
    path = os.path.join(the_server().folder, "data")
    with open(path, "wb") as file:
        file.write(TEXT.replace(b"\r\n", b"\n"))
    return said_by_swaks(run("swaks", "--from", SENDER, "--to", RECIPIENT,
                             "--data", "@" + path, *words))


@test
def swaks_plain_and_tls():
    verify = ["--tls-verify", "--tls-ca-path", the_server().ready["ca"]]
    for tls, words in (
            (False, ["--server", place()]),
            (False, ["--server", place(), "--pipeline"]),
            (True, ["--server", place(name="localhost"), "--tls"] + verify),
            (True, ["--server", place("smtps", "localhost"),
                    "--tls-on-connect"] + verify)):
        with Arrival() as arrival:
            sent = swaks(*words)
        arrival.check(sent, tls=tls)
        # A dot at the end it takes for the end.
        same(sent[:len(TEXT) - len(b".\r\n")], TEXT[:-len(b".\r\n")])


@test
def swaks_authenticates():
    for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
        with Arrival() as arrival:
            sent = swaks("--server", place(), "--auth", mechanism,
                         "--auth-user", "tim", "--auth-password", "tanstaaf")
        arrival.check(sent, user="tim")


@test
def swaks_over_unix_sockets_and_lmtp():
    server = the_server()
    for words in (["--socket", server.address("smtp", 1)],
                  ["--socket", server.address("lmtp", 1),
                   "--protocol", "LMTP"],
                  ["--server", place("lmtp"), "--protocol", "LMTP"]):
        with Arrival() as arrival:
            sent = swaks(*words)
        arrival.check(sent)


# ---- curl

def curl(url, *words):
    require("curl")
    path = os.path.join(the_server().folder, "upload")
    with open(path, "wb") as file:
        file.write(TEXT)
    run("curl", "--silent", "--show-error", "--url", url, "--mail-from", SENDER,
        "--mail-rcpt", RECIPIENT, "--upload-file", path, *words)


@test
def curl_plain_and_tls():
    ca = ["--cacert", the_server().ready["ca"]]
    for tls, url, words in (
            (False, "smtp://" + place(), []),
            (True, "smtp://" + place(name="localhost"),
             ["--ssl-reqd"] + ca),
            (True, "smtps://" + place("smtps", "localhost"), ca)):
        with Arrival() as arrival:
            curl(url, *words)
        arrival.check(TEXT, tls=tls)


@test
def curl_authenticates():
    for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
        for more in ([], ["--sasl-ir"]):
            with Arrival() as arrival:
                curl("smtp://" + place(), "--user", "tim:tanstaaf",
                     "--login-options", "AUTH=" + mechanism, *more)
            arrival.check(TEXT, user="tim")
    with Arrival() as arrival:
        curl("smtp://" + place(), "--user", "tim", "--oauth2-bearer", "token",
             "--login-options", "AUTH=XOAUTH2")
    arrival.check(TEXT, user="tim")


@test
def curl_asks_for_verify_and_help():
    assert b"252" in run("curl", "-sv", "smtp://" + place(), "--mail-rcpt",
                         "x@y.test")
    assert b"214" in run("curl", "-sv", "smtp://" + place(), "--request",
                         "HELP")


# ---- msmtp

def msmtp(*words):
    require("msmtp")
    # It takes lines of the system's kind; what is 8-bit stays.
    run("msmtp", "--file=/dev/null", "--from=" + SENDER, *words, RECIPIENT,
        given=TEXT.replace(b"\r\n", b"\n"))


@test
def msmtp_plain_and_tls():
    server = the_server()
    trusts = ["--host=localhost", "--tls=on",
              "--tls-trust-file=" + server.ready["ca"]]
    for tls, words in (
            (False, ["--host=127.0.0.1", "--port=%d" % server.smtp[1]]),
            (True, trusts + ["--port=%d" % server.smtp[1]]),
            (True, trusts + ["--port=%d" % server.address("smtps")[1],
                             "--tls-starttls=off"])):
        with Arrival() as arrival:
            msmtp(*words)
        arrival.check(TEXT, tls=tls)


@test
def msmtp_authenticates():
    server = the_server()
    for mechanism in ("plain", "login", "cram-md5", "xoauth2"):
        with Arrival() as arrival:
            msmtp("--host=localhost", "--port=%d" % server.smtp[1], "--tls=on",
                  "--tls-trust-file=" + server.ready["ca"],
                  "--auth=" + mechanism, "--user=tim",
                  "--passwordeval=echo tanstaaf")
        arrival.check(TEXT, user="tim")


@test
def msmtp_over_sockets_and_lmtp():
    server = the_server()
    for words in (["--port=1", "--socket=" + server.address("smtp", 1)],
                  ["--port=1", "--socket=" + server.address("lmtp", 1),
                   "--protocol=lmtp"],
                  ["--port=%d" % server.address("lmtp")[1],
                   "--protocol=lmtp"]):
        with Arrival() as arrival:
            msmtp("--host=localhost", *words)
        arrival.check(TEXT)


# ---- s-nail

@test
def s_nail_plain_and_tls():
    require("s-nail")
    server = the_server()
    settings = ["-:/", "-Sv15-compat", "-Stls-ca-file=" + server.ready["ca"],
                "-Stls-ca-no-defaults", "-Stls-verify=strict"]
    body = b".\n..\n.dot\n\nend\n"
    for tls, words, user in (
            (False, ["-Smta=smtp://" + place(), "-Ssmtp-auth=none"], ""),
            (True, ["-Smta=smtp://tim:tanstaaf@" + place(name="localhost"),
                    "-Ssmtp-use-starttls", "-Ssmtp-auth=plain"], "tim"),
            (True, ["-Smta=smtps://tim:tanstaaf@" +
                    place("smtps", "localhost"), "-Ssmtp-auth=login"], "tim"),
            (True, ["-Smta=smtps://tim:tanstaaf@" +
                    place("smtps", "localhost"), "-Ssmtp-auth=cram-md5"],
             "tim")):
        with Arrival() as arrival:
            run("s-nail", *settings, *words, "-s", "Dots", "-r", SENDER,
                RECIPIENT, given=body)
        found = arrival.server.raw(arrival.messages[0])
        arrival.check(found, user=user, tls=tls)
        assert found.endswith(b"\r\n\r\n" + body.replace(b"\n", b"\r\n"))
        assert b"\r\nSubject: Dots\r\n" in found, found


# ---- nodemailer

def nodemailer(transport, *mails):
    """Sends; the bytes that it made of each."""
    for mail in mails:
        mail["envelope"] = {"from": SENDER, "to": [RECIPIENT]}
    text = run("node", os.path.join(node_modules(), "send.js"),
               given=json.dumps({"transport": transport,
                                 "mails": mails}).encode(),
               env={"NODE_EXTRA_CA_CERTS": the_server().ready["ca"],
                    "NODE_NO_WARNINGS": "1"})
    found = json.loads(text)
    assert all(r.startswith("250 2.0.0") for r in found["sent"]), found["sent"]
    # Sending, it makes CR LF of what a text of ours had.
    return [re.sub(rb"(?<!\r)\n", b"\r\n", base64.b64decode(built))
            for built in found["built"]]


@test
def nodemailer_plain_and_tls():
    server = the_server()
    raw = {"raw64": base64.b64encode(TEXT).decode()}
    letter = {"from": SENDER, "to": RECIPIENT, "subject": "Grüße ☃",
              "text": ".\n..\nplain ü\n", "html": "<p>ü</p>",
              "attachments": [{"filename": "ä.bin", "content": "AAEC/w==",
                               "encoding": "base64"}]}
    port, tls_port = server.smtp[1], server.address("smtps")[1]
    for tls, transport in (
            (False, {"host": "localhost", "port": port, "ignoreTLS": True}),
            (True, {"host": "localhost", "port": port, "requireTLS": True}),
            (True, {"host": "localhost", "port": tls_port, "secure": True}),
            (True, {"host": "localhost", "port": tls_port, "secure": True,
                    "pool": True})):
        with Arrival() as arrival:
            built = nodemailer(transport, dict(raw), dict(letter))
        arrival.check(*built, tls=tls)
        assert built[0] == TEXT


@test
def nodemailer_authenticates():
    for auth in ({"user": "tim", "pass": "tanstaaf"},
                 {"user": "tim", "pass": "tanstaaf", "method": "LOGIN"},
                 {"user": "tim", "pass": "tanstaaf", "method": "CRAM-MD5"},
                 {"type": "OAuth2", "user": "tim", "accessToken": "token"}):
        raw = {"raw64": base64.b64encode(TEXT).decode()}
        with Arrival() as arrival:
            transport = {"host": "localhost", "port": the_server().smtp[1],
                         "auth": auth}
            if "method" in auth:
                transport["authMethod"] = auth.pop("method")
            nodemailer(transport, raw)
        arrival.check(TEXT, user="tim")


@test
def nodemailer_speaks_lmtp():
    raw = {"raw64": base64.b64encode(TEXT).decode()}
    with Arrival() as arrival:
        nodemailer({"host": "localhost", "lmtp": True, "ignoreTLS": True,
                    "port": the_server().address("lmtp")[1]}, raw)
    arrival.check(TEXT)


# ---- Postfix

def postfix(tool, *words):
    """A tool of Postfix, from its package if it is not installed (which would
    start a mail server)."""
    path = shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin")
    env = {"MAIL_CONFIG": FETCHED}
    os.makedirs(FETCHED, exist_ok=True)
    with open(os.path.join(FETCHED, "main.cf"), "w",
              encoding="ascii") as file:
        file.write("mail_owner = daemon\nsetgid_group = mail\n"
                   "dnssec_probe =\n")
    if not path:
        folder = os.path.join(FETCHED, "postfix")
        path = os.path.join(folder, "usr", "sbin", tool)
        if not os.path.exists(path):
            unpack("postfix", folder)
        env["LD_LIBRARY_PATH"] = os.path.join(folder, "usr", "lib", "postfix")
    return run(path, *words, env=env)


def unpack(package, folder):
    require("apt-get")
    require("dpkg-deb")
    ran = subprocess.run(["apt-get", "download", "-qq", package], cwd=FETCHED,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         stdin=subprocess.DEVNULL, timeout=120, check=False)
    found = glob.glob(os.path.join(FETCHED, package + "_*.deb"))
    if ran.returncode or not found:
        raise Skip("apt-get cannot fetch " + package)
    run("dpkg-deb", "--extract", found[0], folder)


@test
def smtp_source_sends_many():
    server = the_server()
    unix = "unix:%s" % server.address("smtp", 1)
    lmtp = "unix:%s" % server.address("lmtp", 1)
    for words in (["-s", "10", place("smtp", "inet:127.0.0.1")],
                  ["-d", "-s", "3", "-N", place("smtp", "inet:127.0.0.1")],
                  ["-s", "5", unix], ["-L", "-s", "5", lmtp]):
        with Arrival() as arrival:
            postfix("smtp-source", "-m", "100", "-l", "2500", "-f", SENDER,
                    "-t", RECIPIENT, *words)
        assert len(arrival.messages) == 100, len(arrival.messages)
        sizes = {m["size"] for m in arrival.messages}
        assert len(sizes) <= 2 and min(sizes) > 2000, sizes


@test
def posttls_finger_verifies_the_certificate():
    server = the_server()
    for words in (["[localhost]:%d" % server.smtp[1]],
                  ["-w", "[localhost]:%d" % server.address("smtps")[1]]):
        for protocol in ("TLSv1.2", "TLSv1.3"):
            output = postfix(
                "posttls-finger", "-h", "native", "-c", "-l", "secure", "-F",
                server.ready["ca"], "-p", "!SSLv3,!TLSv1,!TLSv1.1," + protocol,
                *words, "localhost").decode()
            assert "Verified TLS connection established" in output, output


# ---- openssl, which says nothing of SMTP but much of TLS

@test
def openssl_verifies_the_certificate():
    require("openssl")
    server = the_server()
    for words in (["-starttls", "smtp", "-connect", place()],
                  ["-connect", place("smtps")],
                  ["-starttls", "lmtp", "-connect", place("lmtp")]):
        output = run("openssl", "s_client", "-brief", "-CAfile",
                     server.ready["ca"], "-verify_return_error",
                     "-verify_hostname", "localhost", *words,
                     given=b"QUIT\r\n").decode()
        assert "Verification: OK" in output, output


try:
    main()
finally:
    for each in STATE.values():
        each.__exit__(None, None, None)
