package mailstop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(MailstopExtension.class)
class MailstopTest {
    /** Just enough of SMTP; the reply that ended it. */
    private static String send(Mailstop mailstop, String to, String subject, String user)
            throws IOException {
        String login = Base64.getEncoder().encodeToString(
                ("\0" + user + "\0any").getBytes(StandardCharsets.UTF_8));
        List<String> lines = List.of("EHLO test", user == null ? "NOOP" : "AUTH PLAIN " + login,
                "MAIL FROM:<me@app.test>", "RCPT TO:<" + to + ">", "DATA",
                "Subject: " + subject + "\r\n\r\nHello.\r\n.");
        try (Socket socket = new Socket(mailstop.smtpHost(), mailstop.smtpPort())) {
            BufferedReader in = new BufferedReader(new InputStreamReader(
                    socket.getInputStream(), StandardCharsets.UTF_8));
            String reply = reply(in);
            for (String line : lines) {
                socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.UTF_8));
                reply = reply(in);
                if (reply.charAt(0) > '3') {
                    break;
                }
            }
            return reply;
        }
    }

    private static String reply(BufferedReader in) throws IOException {
        String line = in.readLine();
        while (line.charAt(3) == '-') {
            line = in.readLine();
        }
        return line;
    }

    @Test
    void waitsAndReads(Mailstop mailstop) throws IOException {
        assertTrue(mailstop.messages("").isEmpty());
        send(mailstop, "alice@x.test", "Grüße \"you\"", null);
        Message mail = mailstop.waitFor("rcpt:alice subject:grüße");
        assertEquals("me@app.test", mail.mailFrom());
        assertEquals("Grüße \"you\"", mail.subject());
        assertEquals(List.of("alice@x.test"), mail.recipients());
        assertEquals("Hello.\r\n", mailstop.message(mail.id()).text());
        byte[] raw = mailstop.raw(mail.id());
        assertArrayEquals("\r\nHello.\r\n".getBytes(StandardCharsets.UTF_8),
                Arrays.copyOfRange(raw, raw.length - 10, raw.length));
    }

    @Test
    void namesTheNearestMisses(Mailstop mailstop) throws IOException {
        send(mailstop, "alice@x.test", "Welcome", null);
        mailstop.waitFor("");
        MailTimeout error = assertThrows(MailTimeout.class, () -> mailstop.waitFor(
                "rcpt:alice subject:invoice", 1, Duration.ofMillis(100)));
        assertTrue(error.getMessage().contains("0 of 1"), error.getMessage());
        assertTrue(error.getMessage().contains("\"Welcome\", but not subject:invoice"),
                error.getMessage());
        assertEquals(1, error.near().size());
    }

    @Test
    void takesAndClears(Mailstop mailstop) throws IOException {
        for (int i = 0; i < 3; i++) {
            send(mailstop, "alice@x.test", "mail " + i, null);
        }
        mailstop.waitFor("", 3, Duration.ofSeconds(10));
        assertEquals("mail 1", mailstop.take("subject:1", 1).get(0).subject());
        assertTrue(mailstop.take("subject:1", 1).isEmpty());
        assertEquals(1, mailstop.clear("subject:2 OR subject:7"));
        assertEquals(1, mailstop.clear(""));
    }

    @Test
    void failsOnPurpose(Mailstop mailstop) throws IOException {
        String id = mailstop.addFault("rcpt to=*@full.test reply=452:4.2.2:\"Mailbox full\"");
        assertEquals("452 4.2.2 Mailbox full", send(mailstop, "x@full.test", "", null));
        mailstop.removeFault(id);
        assertTrue(send(mailstop, "x@full.test", "", null).startsWith("250"));
        mailstop.addFault("mail reply=451:4.3.0:No");
        mailstop.clearFaults();
        assertTrue(send(mailstop, "x@full.test", "", null).startsWith("250"));
    }

    @Test
    void keepsInboxesApart(Mailstop mailstop) throws IOException {
        send(mailstop, "alice@x.test", "one", "one");
        send(mailstop, "alice@x.test", "other", "two");
        Mailstop one = mailstop.inbox("one");
        assertEquals("one", one.waitFor("").subject());
        assertEquals(1, one.clear(""));
        assertEquals("other", mailstop.waitFor("").subject());
    }

    @Test
    void saysWhatIsWrong(Mailstop mailstop) {
        assertTrue(assertThrows(MailstopException.class, () -> mailstop.messages("("))
                .getMessage().contains("query"));
        assertThrows(MailstopException.class, () -> mailstop.message("nothing"));
        assertThrows(MailstopException.class, () -> Mailstop.start("--no-such-option"));
    }
}
