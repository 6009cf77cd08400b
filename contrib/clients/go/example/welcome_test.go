package app

import "mailstop"
import "net/smtp"
import "testing"

func TestWelcome(t *testing.T) {
	mail := mailstop.Start(t, "--tls=off")
	smtp.SendMail(mail.SMTPAddr(), nil, "app@x.test", []string{"alice@x.test"},
		[]byte("Subject: Welcome\r\n\r\nHi!\r\n"))
	t.Log(mail.MustWait("rcpt:alice subject:welcome").MailFrom)
}
