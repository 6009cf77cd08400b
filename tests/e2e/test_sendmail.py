"""test_sendmail: sendmail's options, and whether a server is ready."""

import os
import socket
import subprocess

from mailstop_test import (DEADLINE, MAILSTOP, Server, environment,
                           json_lines, mailstop, main, require, scratch,
                           test)

LETTER = (b"From: a@from.test\nTo: Alice <alice@x.test>,\n b@x.test\n"
          b"Bcc: c@x.test,\n  d@x.test\nSubject: x\n\n.one\n.\nlast")


def address(server):
    return "%s:%d" % server.smtp


def recipients(message):
    return [r["address"] for r in message["recipients"]]


@test
def takes_recipients_from_headers():
    with Server() as server:
        mailstop("sendmail", "--smtp", address(server), "-ti", "-f", "f@x.test",
                 "-oem", "e@x.test", given=LETTER)
        message, = server.messages()
        assert recipients(message) == [
            "e@x.test", "alice@x.test", "b@x.test", "c@x.test", "d@x.test"]
        assert message["mail_from"] == "f@x.test"
        assert server.raw(message) == (
            b"From: a@from.test\r\nTo: Alice <alice@x.test>,\r\n b@x.test\r\n"
            b"Subject: x\r\n\r\n.one\r\n.\r\nlast\r\n")


@test
def takes_each_field_that_names_recipients():
    with Server() as server:
        for given, found in (
                (b"To: a@x.test\nCc: c@x.test\nTo: b@x.test\n\nx\n",
                 ["a@x.test", "c@x.test", "b@x.test"]),
                (b"To: \"Doe, J\" <a@x.test>,\n\tg: b@x.test, c@x.test;\n"
                 b"Bcc:\n\nx\n", ["a@x.test", "b@x.test", "c@x.test"]),
                # Who sends it on names new ones.
                (b"To: old@x.test\nResent-To: r@x.test\n"
                 b"Resent-Bcc: s@x.test\nBcc: old2@x.test\n\nx\n",
                 ["r@x.test", "s@x.test"])):
            mailstop("sendmail", "-S", address(server), "-t", given=given)
            message = server.messages()[0]
            assert recipients(message) == found, recipients(message)
            assert b"cc:" not in server.raw(message).lower().replace(
                b"\r\ncc: c@x.test", b""), server.raw(message)


@test
def says_what_the_message_needs():
    utf8 = "Subject: \u00fc\n\n\u00fc\n".encode()
    with Server("--smtp", "addr=127.0.0.1:0,hide=8BITMIME;SMTPUTF8") as server:
        rows = [(0, b"x\n", ""), (0, b"\n\xfc\n", "BODY=8BITMIME"),
                (0, utf8, "BODY=8BITMIME SMTPUTF8"), (1, utf8, "")]
        for index, given, params in rows:
            host, port = server.address("smtp", index)
            mailstop("sendmail", "--smtp", "%s:%d" % (host, port),
                     "a@x.test", given=given)
            message, = json_lines(server.run(
                "show", "--json", server.messages()[0]["id"]))
            assert message["mail_params"] == params, (given, message)
            assert server.raw(message) == given.replace(b"\n", b"\r\n")
        mailstop("sendmail", "--smtp", address(server), "\u00fc@x.test",
                 given=b"x\n")
        message, = json_lines(server.run("list", "--json", "--limit", 1))
        assert recipients(message) == ["\u00fc@x.test"], message


@test
def a_dot_ends_it_unless_told():
    with Server() as server:
        for words, end in (([], b".one\r\n"), (["-oi"], b"last\r\n"),
                           (["-i"], b"last\r\n")):
            mailstop("sendmail", "--smtp", address(server), *words, "--",
                     "b@x.test", given=LETTER)
            message = server.messages()[0]
            assert server.raw(message).endswith(end), words
            assert b"Bcc: c@x.test" in server.raw(message)
            assert "@" in message["mail_from"]


@test
def php_sends_by_it():
    require("php")
    script = ("exit(mail('a@x.test, B <b@x.test>', 'Gr\u00fc\u00dfe',"
              " \"one\\r\\n.\\r\\ntwo\", ['From' => 'me@from.test',"
              " 'Bcc' => 'c@x.test'], '-fbounce@from.test') ? 0 : 1);")
    with Server() as server, scratch() as folder:
        subprocess.run(
            ["php", "-d", "sendmail_path=%s sendmail -t -i" % MAILSTOP,
             "-r", script], check=True, timeout=DEADLINE,
            env=environment(folder, {"MAILSTOP_SMTP": address(server)}))
        message, = server.messages()
        assert message["mail_from"] == "bounce@from.test", message
        assert message["subject"] == "Gr\u00fc\u00dfe", message
        assert recipients(message) == ["a@x.test", "b@x.test", "c@x.test"]
        raw = server.raw(message)
        assert raw.endswith(b"\r\n\r\none\r\n.\r\ntwo\r\n"), raw
        assert b"Bcc" not in raw, raw


@test
def cron_sends_by_it():
    """With the words and the headers that Debian's cron has."""
    with Server() as server:
        mailstop("sendmail", "--smtp", address(server), "-i", "-FCronDaemon",
                 "-B8BITMIME", "-oem", "root",
                 given=b"From: root (Cron Daemon)\nTo: root\n"
                 b"Subject: Cron <root@vm> true\n\n.\nout\n")
        message, = server.messages()
        host = socket.gethostname()
        assert recipients(message) == ["root@" + host], message
        assert message["subject"] == "Cron <root@vm> true", message
        assert server.raw(message).endswith(b"\r\n\r\n.\r\nout\r\n")


@test
def finds_the_server_by_variables():
    with Server() as server:
        host, port = server.smtp
        for env in ({"SMTP_HOST": host, "SMTP_PORT": str(port)},
                    {"MAILSTOP_SMTP": address(server)}):
            mailstop("sendmail", "-f", "", "a@x.test", given=b"x", env=env)
        assert [m["mail_from"] for m in server.messages()] == ["", ""]


@test
def works_under_its_own_name():
    with Server() as server, scratch() as folder:
        link = os.path.join(folder, "sendmail")
        os.symlink(os.path.realpath(MAILSTOP), link)
        env = environment(folder, {"MAILSTOP_SMTP": address(server)})
        # libtool's wrapper runs what has the link's name.
        ran = subprocess.run(["sendmail", "-f", "root", "list", "-i"], executable=MAILSTOP,
                             input=b"x\n", env=env, timeout=DEADLINE,
                             check=False)
        assert ran.returncode == 0
        message, = server.messages()
        host = socket.gethostname()
        assert recipients(message) == ["list@" + host]
        assert message["mail_from"] == "root@" + host


@test
def passes_smtp_on():
    with Server() as server:
        ran = mailstop("sendmail", "--smtp", address(server), "-bs",
                       given=b"EHLO x.test\r\nMAIL FROM:<a@x.test>\r\n"
                       b"RCPT TO:<b@x.test>\r\nDATA\r\nhi\r\n.\r\nQUIT\r\n")
        assert b"\r\n221 " in ran.stdout, ran.stdout
        assert len(server.messages()) == 1


@test
def statuses_are_those_of_sendmail():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = "127.0.0.1:%d" % taken.getsockname()[1]
        mailstop("sendmail", "--smtp", nobody, "a@x.test", given=b"x",
                 status=75)
    with Server("--fault", "rcpt to=no@* reply=550",
                "--fault", "rcpt to=later@* reply=452",
                "--fault", "mail from=no@* reply=550") as server:
        at = ["--smtp", address(server)]
        for words, status in ((["no@x.test"], 67), (["later@x.test"], 75),
                              (["a@x.test", "no@x.test"], 67),
                              (["-f", "no@x.test", "a@x.test"], 69),
                              ([], 64), (["-t"], 64), (["-bp"], 64),
                              (["-f"], 64), (["-Z", "a@x.test"], 64),
                              (["a\r\nDATA@x.test"], 65),
                              (["-f", "a\nb", "a@x.test"], 64)):
            mailstop("sendmail", *at, *words, given=b"x\n\ny\n",
                     status=status)
        for words, says in (
                (["no@x.test"], b"RCPT TO:<no@x.test>: 550 5.1.1 "),
                (["-f", "no@x.test", "a@x.test"],
                 b"MAIL FROM:<no@x.test>: 550 ")):
            ran = mailstop("sendmail", *at, *words, given=b"x\n\ny\n",
                           status=None)
            assert ran.stderr.startswith(b"mailstop: " + says), ran.stderr
        assert [recipients(m) for m in server.messages(
            "rcpt:a@x.test")] and len(server.messages()) == 1


@test
def ready_says_whether_it_answers():
    with Server() as server:
        mailstop("ready", "--url", server.url)
        mailstop("ready", env={"MAILSTOP_URL": server.url})
        url = server.url
        server.stop()
        ran = mailstop("ready", "--url", url, "--timeout", "100ms", status=1)
        assert ran.stderr.startswith(b"mailstop: ")
        mailstop("ready", "--url", "nonsense://", status=64)


main()
