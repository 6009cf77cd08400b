import smtplib


def test_welcome(mailstop):
    with smtplib.SMTP(mailstop.smtp_host, mailstop.smtp_port) as smtp:
        smtp.sendmail("app@x.test", "alice@x.test", "Subject: Welcome\n\nHi!")
    [mail] = mailstop.wait("rcpt:alice subject:welcome", timeout=5)
    assert mail["mail_from"] == "app@x.test"
