"""pytest-mailpit, as it comes from its registry, against the server that
MAILPIT_URL and MAILPIT_SMTP name; tests/e2e/test_published.py runs it."""

import os
import smtplib
from email.message import EmailMessage

import pytest
from pytest_mailpit import (ChaosTrigger, ChaosTriggers, MailpitAPIError,
                            MailpitAssertionError, MailpitClient, build_query)

PDF = b"%PDF-1.7\n" + b"0123456789" * 200


@pytest.fixture
def client():
    with MailpitClient(os.environ["MAILPIT_URL"]) as found:
        yield found


@pytest.fixture
def send():
    host, port = os.environ["MAILPIT_SMTP"].split(":")

    def send_one(to, subject="Hello", text="Hello", html=None, pdf=None,
                 headers=None, bcc=None):
        message = EmailMessage()
        message["From"] = "App <app@x.test>"
        message["To"] = to
        message["Subject"] = subject
        if bcc:
            message["Bcc"] = bcc
        for name, value in (headers or {}).items():
            message[name] = value
        message.set_content(text)
        if html:
            message.add_alternative(html, subtype="html")
        if pdf:
            message.add_attachment(pdf, maintype="application", subtype="pdf",
                                   filename="invoice.pdf")
        with smtplib.SMTP(host, int(port)) as smtp:
            smtp.send_message(message)

    return send_one


def test_tells_of_the_server(client):
    assert client.info().version.startswith("v")
    assert client.is_ready()
    assert client.server_time().tzinfo


def test_follows_a_reset(mailpit_inbox, send):
    send(mailpit_inbox.address, "Reset your password",
         "Your code is 482913. Or open https://shop.test/reset?token=abc")
    message = mailpit_inbox.wait_for_message(subject="Reset")
    assert message.code() == "482913"
    assert message.link("/reset") == "https://shop.test/reset?token=abc"
    mailpit_inbox.assert_no_message(subject="Welcome", within=0.1)


def test_names_what_came_instead(mailpit_inbox, send):
    send(mailpit_inbox.address, "Welcome")
    mailpit_inbox.wait_for_message()
    with pytest.raises(MailpitAssertionError, match="Welcome"):
        mailpit_inbox.wait_for_message(subject="Reset", timeout=0.2)


def test_finds_hidden_recipients(mailpit_inbox, send):
    send("somebody@x.test", "Blind", bcc=mailpit_inbox.address)
    assert mailpit_inbox.wait_for_message().subject == "Blind"


def test_reads_parts_and_source(client, mailpit_inbox, send):
    send(mailpit_inbox.address, "Поръчка", pdf=PDF)
    message = mailpit_inbox.wait_for_message()
    invoice = message.attachment("invoice*", content_type="application/pdf")
    assert client.get_attachment(invoice) == PDF
    assert client.get_part(message.id, invoice.part_id) == PDF
    assert b"application/pdf" in client.get_raw(message.id)
    assert client.get_headers(message.id)["From"] == ["App <app@x.test>"]


def test_searches_marks_and_removes(client, mailpit_inbox, send):
    query = build_query(to=mailpit_inbox.address)
    for number in range(3):
        send(mailpit_inbox.address, "Message %d" % number)
    mailpit_inbox.wait_for_messages(3)
    found = client.search_all(query, page_size=2)
    assert sorted(one.subject for one in found) == [
        "Message 0", "Message 1", "Message 2"]
    client.mark_read([found[0].id], read=False)
    assert not client.search_all(query)[0].read
    client.delete_messages([found[0].id])
    assert len(client.search_all(query)) == 2
    client.delete_search(query)
    assert client.search_all(query) == []
    with pytest.raises(MailpitAPIError) as raised:
        client.get_message("nothing")
    assert raised.value.status_code == 404


def test_unsubscribes(mailpit_inbox, send):
    send(mailpit_inbox.address, headers={
        "List-Unsubscribe": "<mailto:u@shop.test>, <https://shop.test/u/7>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"})
    message = mailpit_inbox.wait_for_message()
    assert message.unsubscribe_link(one_click=True) == "https://shop.test/u/7"
    assert message.list_unsubscribe.mailto_link == "mailto:u@shop.test"


def test_names_a_wrong_unsubscribe(mailpit_inbox, send):
    send(mailpit_inbox.address, headers={
        "List-Unsubscribe": "https://shop.test/u/7"})
    with pytest.raises(MailpitAssertionError,
                       match="invalid List-Unsubscribe header: .*<>"):
        mailpit_inbox.wait_for_message().unsubscribe_link()


def test_makes_chaos(mailpit_chaos, mailpit_inbox, send):
    mailpit_chaos.reject_recipients(550)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(mailpit_inbox.address)
    assert refused.value.recipients == {
        mailpit_inbox.address: (550, b"Chaos recipient error")}
    mailpit_chaos.reset()
    mailpit_chaos.reject_senders()
    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        send(mailpit_inbox.address)
    assert refused.value.smtp_code == 451
    mailpit_chaos.reset()
    send(mailpit_inbox.address, "Second try")
    assert mailpit_inbox.wait_for_message().subject == "Second try"


def test_sets_each_trigger(client):
    triggers = ChaosTriggers(sender=ChaosTrigger(421, 10),
                             authentication=ChaosTrigger(554, 20))
    try:
        assert client.set_chaos(triggers) == triggers
        assert client.chaos() == triggers
    finally:
        client.set_chaos(ChaosTriggers())


def test_checks_html_and_links(mailpit_inbox, send):
    send(mailpit_inbox.address, html=(
        "<html><head><style>.row { display: flex; gap: 8px }</style></head>"
        '<body><div class="row"><p>Thank you.</p>'
        '<a href="http://127.0.0.1/x">x</a></div></body></html>'))
    message = mailpit_inbox.wait_for_message()
    result = message.assert_html_support(at_least=0)
    assert 0 < result.supported < 100
    assert result.warnings[0].url.startswith("https://www.caniemail.com/")
    with pytest.raises(MailpitAssertionError, match="at least 100%"):
        message.assert_html_support(at_least=100)
    with pytest.raises(MailpitAssertionError, match="451 Blocked"):
        message.assert_links_work()
