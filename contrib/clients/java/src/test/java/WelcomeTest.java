import mailstop.*;
import org.junit.jupiter.api.*;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(MailstopExtension.class)
class WelcomeTest {
    @Test void welcomes(Mailstop mailstop) throws Exception {
        new ProcessBuilder("swaks", "--to", "alice@x.test", "--server",
                "127.0.0.1:" + mailstop.smtpPort()).start().waitFor();
        Message mail = mailstop.waitFor("rcpt:alice subject:test");
        Assertions.assertEquals("alice@x.test", mail.recipients().get(0));
    }
}
