// Package mailstop starts a mail server for tests, and says what came to it.
//
//	func TestWelcome(t *testing.T) {
//		mail := mailstop.Start(t)
//		signUp(mail.SMTPAddr(), "alice@x.test")
//		got := mail.MustWait("rcpt:alice subject:welcome")
//		...
//	}
//
// It needs nothing but the standard library and the program "mailstop": the one
// that the variable MAILSTOP names, or else the one in PATH.
package mailstop

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Address is one of a header's.
type Address struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Recipient is one of the envelope's.
type Recipient struct {
	Address string `json:"address"`
	Params  string `json:"params"`
	Reply   string `json:"reply"`
	Fault   string `json:"fault"`
}

// Message is what a list says of one.
type Message struct {
	ID          string      `json:"id"`
	Seq         int64       `json:"seq"`
	State       string      `json:"state"`
	Received    time.Time   `json:"received"`
	Session     string      `json:"session"`
	Listener    string      `json:"listener"`
	Inbox       string      `json:"inbox"`
	Peer        string      `json:"peer"`
	Helo        string      `json:"helo"`
	User        string      `json:"user"`
	MailFrom    string      `json:"mail_from"`
	Recipients  []Recipient `json:"recipients"`
	Size        int64       `json:"size"`
	SHA256      string      `json:"sha256"`
	Subject     string      `json:"subject"`
	From        []Address   `json:"from"`
	To          []Address   `json:"to"`
	Cc          []Address   `json:"cc"`
	Date        *time.Time  `json:"date"`
	MessageID   string      `json:"message_id"`
	Attachments int         `json:"attachments"`
	Tags        []string    `json:"tags"`
	Reason      string      `json:"reason"`

	// Text, HTML and Headers are filled by Message() only.
	Text    string   `json:"text"`
	HTML    string   `json:"html"`
	Headers []Header `json:"headers"`

	// Missed has the terms that failed, where it was a near miss.
	Missed []string `json:"missed"`
}

// Header is one field, as it was sent and decoded.
type Header struct {
	Name  string `json:"name"`
	Raw   string `json:"raw"`
	Value string `json:"value"`
}

// Timeout says that the mail did not come in time.
type Timeout struct {
	Query    string
	Count    int
	After    time.Duration
	Messages []Message // what came
	Near     []Message // what came close
}

func (e *Timeout) Error() string {
	text := fmt.Sprintf("%d of %d messages for %q came within %v",
		len(e.Messages), e.Count, e.Query, e.After)
	for _, one := range e.Near {
		var rcpts []string
		for _, rcpt := range one.Recipients {
			rcpts = append(rcpts, rcpt.Address)
		}
		text += fmt.Sprintf("\n  near: %s -> %s %q, but not %s", one.MailFrom,
			strings.Join(rcpts, ", "), one.Subject,
			strings.Join(one.Missed, " "))
	}
	return text
}

// Server is a server, or a view of one.
type Server struct {
	URL      string
	SMTPHost string
	SMTPPort int

	after   int64
	inbox   string
	t       testing.TB
	process *exec.Cmd
	stdin   io.Closer
}

// The server ends when this process does, however it does: its standard input
// is the only thing that keeps the command beside the server running.
const sayAndStay = `echo "$SMTP_HOST $SMTP_PORT $MAILSTOP_URL"; exec cat`

// Start starts a private server on free ports, and stops it when the test ends.
// Options are those of "mailstop serve".
func Start(t testing.TB, options ...string) *Server {
	t.Helper()
	server, err := Launch(options...)
	if err != nil {
		t.Fatal(err)
	}
	server.t = t
	t.Cleanup(func() { _ = server.Stop() })
	return server
}

// Launch is Start without a test, as for TestMain.
func Launch(options ...string) (*Server, error) {
	program := os.Getenv("MAILSTOP")
	if program == "" {
		program = "mailstop"
	}
	words := append([]string{"run", "--quiet", "--memory"}, options...)
	process := exec.Command(program,
		append(words, "--", "sh", "-c", sayAndStay)...)
	process.Stderr = os.Stderr
	stdin, err := process.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, fmt.Errorf("mailstop: %w", err)
	}
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	said := strings.Fields(line)
	if len(said) != 3 {
		_ = stdin.Close()
		return nil, fmt.Errorf("%s: %v", program, process.Wait())
	}
	port, err := strconv.Atoi(said[1])
	return &Server{URL: said[2], SMTPHost: said[0], SMTPPort: port,
		process: process, stdin: stdin}, err
}

// Stop ends a server that Launch started.
func (s *Server) Stop() error {
	if s.process == nil {
		return nil
	}
	process := s.process
	s.process = nil
	_ = s.stdin.Close()
	return process.Wait()
}

// SMTPAddr is where to send, for net/smtp.
func (s *Server) SMTPAddr() string {
	return net.JoinHostPort(s.SMTPHost, strconv.Itoa(s.SMTPPort))
}

// Fresh is the same from now on.
func (s *Server) Fresh() (*Server, error) {
	var now struct{ Seq int64 }
	if err := s.ask("GET", "now", nil, nil, &now); err != nil {
		return nil, err
	}
	return s.view(now.Seq, s.inbox), nil
}

// Inbox is what came under that name, which an application logs in with.
func (s *Server) Inbox(name string) *Server { return s.view(s.after, name) }

func (s *Server) view(after int64, inbox string) *Server {
	return &Server{URL: s.URL, SMTPHost: s.SMTPHost, SMTPPort: s.SMTPPort,
		after: after, inbox: inbox, t: s.t}
}

// Wait returns when count messages are there, oldest first; *Timeout as its
// error when time is up.
func (s *Server) Wait(query string, count int,
	timeout time.Duration) ([]Message, error) {
	given := s.scope()
	given.Set("query", query)
	given.Set("count", strconv.Itoa(count))
	given.Set("timeout", strconv.FormatFloat(timeout.Seconds(), 'f', 3, 64))
	var answer struct{ Messages, Near []Message }
	err := s.ask("GET", "wait", given, nil, &answer)
	if errors.Is(err, errTimeout) {
		return answer.Messages, &Timeout{query, count, timeout,
			answer.Messages, answer.Near}
	}
	return answer.Messages, err
}

// MustWait waits ten seconds for one message, and fails the test without it.
func (s *Server) MustWait(query string) Message {
	s.t.Helper()
	found, err := s.Wait(query, 1, 10*time.Second)
	if err != nil {
		s.t.Fatal(err)
	}
	return found[0]
}

// Take reads and removes up to count at once: nobody else gets them.
func (s *Server) Take(query string, count int) ([]Message, error) {
	given := s.scope()
	given.Set("query", query)
	given.Set("count", strconv.Itoa(count))
	var answer struct{ Messages []Message }
	err := s.ask("POST", "take", given, nil, &answer)
	return answer.Messages, err
}

// Messages lists the newest fifty that match, newest first.
func (s *Server) Messages(query string) ([]Message, error) {
	given := s.scope()
	given.Set("query", query)
	var answer struct{ Messages []Message }
	err := s.ask("GET", "messages", given, nil, &answer)
	return answer.Messages, err
}

// Message is one with its text, HTML and headers.
func (s *Server) Message(id string) (*Message, error) {
	// A list counts the findings, here they stand themselves.
	var message Message
	err := s.ask("GET", "message/"+url.PathEscape(id), nil, nil, &message)
	return &message, err
}

// Raw is the exact bytes of one.
func (s *Server) Raw(id string) ([]byte, error) {
	_, body, err := s.open("GET", "message/"+url.PathEscape(id)+"/raw", nil, nil)
	return body, err
}

// Clear removes what this view shows and the query matches; how many.
func (s *Server) Clear(query string) (int, error) {
	if s.after > 0 && query != "" {
		query = "(" + query + ")"
	}
	if s.after > 0 {
		query = strings.TrimSpace(fmt.Sprintf("seq>%d %s", s.after, query))
	}
	given := url.Values{"query": {query}}
	if s.inbox != "" {
		given.Set("inbox", s.inbox)
	}
	var answer struct{ Deleted int }
	err := s.ask("DELETE", "messages", given, nil, &answer)
	return answer.Deleted, err
}

// AddFault makes the server fail on purpose; the rule's id.
func (s *Server) AddFault(rule string) (string, error) {
	var answer struct{ ID string }
	err := s.ask("POST", "faults", nil, map[string]string{"rule": rule}, &answer)
	return answer.ID, err
}

// RemoveFault ends one rule.
func (s *Server) RemoveFault(id string) error {
	return s.ask("DELETE", "fault/"+url.PathEscape(id), nil, nil, nil)
}

// ClearFaults ends all rules.
func (s *Server) ClearFaults() error {
	return s.ask("PUT", "faults", nil, map[string][]string{"faults": {}}, nil)
}

var errTimeout = errors.New("408")

func (s *Server) scope() url.Values {
	given := url.Values{}
	if s.after > 0 {
		given.Set("after", strconv.FormatInt(s.after, 10))
	}
	if s.inbox != "" {
		given.Set("inbox", s.inbox)
	}
	return given
}

func (s *Server) open(method, path string, given url.Values,
	body any) (int, []byte, error) {
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		reader = bytes.NewReader(text)
	}
	place := s.URL + "/api/mailstop/v1/" + path
	if len(given) > 0 {
		place += "?" + given.Encode()
	}
	request, err := http.NewRequest(method, place, reader)
	if err != nil {
		return 0, nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, text, err
}

func (s *Server) ask(method, path string, given url.Values, body,
	result any) error {
	status, text, err := s.open(method, path, given, body)
	if err != nil {
		return err
	}
	if status >= 400 && status != 408 {
		var said struct{ Error string }
		if json.Unmarshal(text, &said) != nil || said.Error == "" {
			said.Error = fmt.Sprintf("%s %s: %d", method, path, status)
		}
		return errors.New("mailstop: " + said.Error)
	}
	if result != nil {
		if err := json.Unmarshal(text, result); err != nil {
			return err
		}
	}
	if status == 408 {
		return errTimeout
	}
	return nil
}
