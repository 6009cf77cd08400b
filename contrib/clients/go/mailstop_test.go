package mailstop

import (
	"errors"
	"net/smtp"
	"strings"
	"testing"
	"time"
)

func send(server *Server, to, subject string) error {
	return smtp.SendMail(server.SMTPAddr(), nil, "me@app.test", []string{to},
		[]byte("Subject: "+subject+"\r\n\r\nHello.\r\n"))
}

func mustSend(t *testing.T, server *Server, to, subject string) {
	t.Helper()
	if err := send(server, to, subject); err != nil {
		t.Fatal(err)
	}
}

func fresh(t *testing.T, server *Server) *Server {
	t.Helper()
	view, err := server.Fresh()
	if err != nil {
		t.Fatal(err)
	}
	return view
}

// Sending by net/smtp tries STARTTLS, whose certificate nobody trusts.
func start(t *testing.T) *Server { return Start(t, "--tls", "off") }

func TestWaitsAndReads(t *testing.T) {
	server := start(t)
	mustSend(t, server, "bob@x.test", "Before")
	server.MustWait("rcpt:bob")
	view := fresh(t, server)
	if found, err := view.Messages(""); err != nil || len(found) != 0 {
		t.Fatal(found, err)
	}
	mustSend(t, server, "alice@x.test", "Welcome")
	mail := view.MustWait("rcpt:alice subject:welcome")
	if mail.MailFrom != "me@app.test" || mail.Received.IsZero() {
		t.Fatal(mail)
	}
	whole, err := view.Message(mail.ID)
	if err != nil || whole.Text != "Hello.\r\n" {
		t.Fatal(whole, err)
	}
	raw, err := view.Raw(mail.ID)
	if err != nil || !strings.HasSuffix(string(raw), "\r\nHello.\r\n") {
		t.Fatal(string(raw), err)
	}
}

func TestNamesTheNearestMisses(t *testing.T) {
	server := start(t)
	mustSend(t, server, "alice@x.test", "Welcome")
	server.MustWait("")
	_, err := server.Wait("rcpt:alice subject:invoice", 1,
		100*time.Millisecond)
	var timeout *Timeout
	if !errors.As(err, &timeout) || len(timeout.Near) != 1 {
		t.Fatal(err)
	}
	if !strings.Contains(err.Error(), `"Welcome", but not subject:invoice`) {
		t.Fatal(err)
	}
}

func TestTakesAndClears(t *testing.T) {
	server := start(t)
	for _, subject := range []string{"mail 0", "mail 1", "mail 2"} {
		mustSend(t, server, "alice@x.test", subject)
	}
	if _, err := server.Wait("", 3, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	taken, err := server.Take("subject:1", 1)
	if err != nil || len(taken) != 1 || taken[0].Subject != "mail 1" {
		t.Fatal(taken, err)
	}
	if taken, err := server.Take("subject:1", 1); err != nil || len(taken) != 0 {
		t.Fatal(taken, err)
	}
	if count, err := server.Clear("subject:2 OR subject:7"); err != nil ||
		count != 1 {
		t.Fatal(count, err)
	}
	view := fresh(t, server)
	mustSend(t, server, "alice@x.test", "mail 3")
	view.MustWait("")
	if count, err := view.Clear(""); err != nil || count != 1 {
		t.Fatal(count, err)
	}
	if found, err := server.Messages(""); err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
}

func TestFailsOnPurpose(t *testing.T) {
	server := start(t)
	id, err := server.AddFault("rcpt to=*@full.test reply=452:4.2.2:Full")
	if err != nil {
		t.Fatal(err)
	}
	if err := send(server, "x@full.test", ""); err == nil ||
		!strings.Contains(err.Error(), "452") {
		t.Fatal(err)
	}
	if err := server.RemoveFault(id); err != nil {
		t.Fatal(err)
	}
	mustSend(t, server, "x@full.test", "")
	if _, err := server.AddFault("mail reply=451:4.3.0:No"); err != nil {
		t.Fatal(err)
	}
	if err := server.ClearFaults(); err != nil {
		t.Fatal(err)
	}
	mustSend(t, server, "x@full.test", "")
}

func TestKeepsInboxesApart(t *testing.T) {
	server := start(t)
	auth := smtp.PlainAuth("", "one", "any", "127.0.0.1")
	if err := smtp.SendMail(server.SMTPAddr(), auth, "me@app.test",
		[]string{"alice@x.test"}, []byte("Subject: one\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	mustSend(t, server, "alice@x.test", "other")
	one := server.Inbox("one")
	if mail := one.MustWait(""); mail.Subject != "one" {
		t.Fatal(mail)
	}
	if count, err := one.Clear(""); err != nil || count != 1 {
		t.Fatal(count, err)
	}
	if mail := server.MustWait(""); mail.Subject != "other" {
		t.Fatal(mail)
	}
}

func TestSaysWhatIsWrong(t *testing.T) {
	server := start(t)
	if _, err := server.Messages("("); err == nil ||
		!strings.Contains(err.Error(), "query") {
		t.Fatal(err)
	}
	if _, err := server.Message("nothing"); err == nil ||
		!strings.Contains(err.Error(), "not found") {
		t.Fatal(err)
	}
	if _, err := Launch("--no-such-option"); err == nil {
		t.Fatal("it started")
	}
}
