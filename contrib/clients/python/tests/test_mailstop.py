"""The client and the plug-in, against the real server."""

import smtplib
import subprocess
import sys

import pytest

from mailstop import MailTimeout, Mailstop, MailstopError


def send(mailstop, rcpt="alice@x.test", subject="Welcome", user=None):
    with smtplib.SMTP(mailstop.smtp_host, mailstop.smtp_port) as smtp:
        if user:
            smtp.login(user, "any")
        smtp.sendmail("me@app.test", rcpt,
                      "Subject: %s\r\n\r\nHello.\r\n" % subject)


def test_waits_and_reads(mailstop):
    assert mailstop.messages() == []
    send(mailstop)
    [mail] = mailstop.wait("rcpt:alice subject:welcome", timeout=10)
    assert mail["mail_from"] == "me@app.test"
    assert mailstop.message(mail["id"])["text"] == "Hello.\r\n"
    assert mailstop.raw(mail["id"]).endswith(b"\r\nHello.\r\n")


def test_sees_nothing_of_other_tests(mailstop):
    assert mailstop.messages() == []
    send(mailstop, "bob@x.test")
    send(mailstop, "bob@x.test")
    assert len(mailstop.wait("rcpt:bob", count=2, timeout=10)) == 2


def test_names_the_nearest_misses(mailstop):
    send(mailstop)
    mailstop.wait(timeout=10)
    with pytest.raises(MailTimeout) as raised:
        mailstop.wait("rcpt:alice subject:invoice", timeout=0.1)
    assert "0 of 1 messages" in str(raised.value)
    assert "'Welcome', but not subject:invoice" in str(raised.value)
    assert raised.value.messages == []


def test_takes_and_clears(mailstop):
    for i in range(3):
        send(mailstop, subject="mail %d" % i)
    mailstop.wait(count=3, timeout=10)
    assert [m["subject"] for m in mailstop.take("subject:1")] == ["mail 1"]
    assert mailstop.take("subject:1") == []
    assert mailstop.clear("subject:2 OR subject:7") == 1
    assert [m["subject"] for m in mailstop.messages()] == ["mail 0"]
    assert mailstop.clear() == 1


def test_fails_on_purpose(mailstop):
    rule = mailstop.add_fault("rcpt to=*@full.test reply=452:4.2.2:Full")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as raised:
        send(mailstop, "x@full.test")
    assert raised.value.recipients["x@full.test"][0] == 452
    mailstop.remove_fault(rule)
    send(mailstop, "x@full.test")
    mailstop.add_fault("mail reply=451:4.3.0:No")
    mailstop.clear_faults()
    send(mailstop)


def test_keeps_inboxes_apart(mailstop):
    send(mailstop, user="one")
    send(mailstop, user="two", subject="other")
    one = mailstop.inbox("one")
    assert one.user == "one"
    assert [m["subject"] for m in one.wait(timeout=10)] == ["Welcome"]
    assert one.clear() == 1
    assert len(mailstop.messages()) == 1


def test_says_what_is_wrong(mailstop):
    with pytest.raises(MailstopError, match="query"):
        mailstop.messages("(")
    with pytest.raises(MailstopError, match="not found"):
        mailstop.message("nothing")
    with pytest.raises(MailstopError, match="ended with"):
        Mailstop.start("--no-such-option")


def test_leaves_with_its_process():
    """Killed, a test process leaves no server behind."""
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys, mailstop\n"
         "server = mailstop.Mailstop.start()\n"
         "print(server.url, flush=True)\n"
         "sys.stdin.read()\n"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    url = child.stdout.readline().strip()
    view = Mailstop(url)
    assert view.messages() == []
    child.kill()
    child.communicate()
    # A wait that runs when the server goes is cut off, or refused after it.
    with pytest.raises((MailstopError, MailTimeout, OSError)):
        view.wait("subject:never", timeout=60)


def test_isolates_parallel_tests(pytester, mailstop_server, monkeypatch):
    """Each test on a shared server has an inbox of its own."""
    monkeypatch.setenv("MAILSTOP_URL", mailstop_server.url)
    monkeypatch.setenv("MAILSTOP_SMTP", "%s:%d" % (mailstop_server.smtp_host,
                                                   mailstop_server.smtp_port))
    pytester.makeconftest("pytest_plugins = ['mailstop.pytest_plugin']")
    pytester.makepyfile("""
        import smtplib, threading
        import pytest

        @pytest.mark.parametrize("number", range(8))
        def test_own_mail(mailstop, number):
            with smtplib.SMTP(mailstop.smtp_host, mailstop.smtp_port) as smtp:
                smtp.login(mailstop.user, "any")
                smtp.sendmail("a@b.test", "c@d.test",
                              "Subject: %d\\r\\n\\r\\n" % number)
            [mail] = mailstop.wait(timeout=10)
            assert mail["subject"] == str(number)
            assert len(mailstop.messages()) == 1
    """)
    words = ["-p", "no:cacheprovider"]
    try:
        import xdist  # noqa: F401
        words += ["-n", "2"]
    except ImportError:
        pass
    pytester.runpytest_subprocess(*words).assert_outcomes(passed=8)
