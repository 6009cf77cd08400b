package mailstop;

import java.time.Duration;
import java.util.List;

/** The mail did not come in time. */
public final class MailTimeout extends AssertionError {
    private static final long serialVersionUID = 1;

    private final transient List<Message> messages;
    private final transient List<Message> near;

    MailTimeout(String query, int count, Duration timeout, List<Message> messages,
            List<Message> near) {
        super(text(query, count, timeout, messages, near));
        this.messages = messages;
        this.near = near;
    }

    private static String text(String query, int count, Duration timeout,
            List<Message> messages, List<Message> near) {
        StringBuilder text = new StringBuilder();
        text.append(messages.size()).append(" of ").append(count).append(" messages for \"")
                .append(query).append("\" came within ").append(timeout.toMillis()).append(" ms");
        for (Message one : near) {
            text.append("\n  near: ").append(one).append(", but not ")
                    .append(String.join(" ", one.missed()));
        }
        return text.toString();
    }

    /** What came. */
    public List<Message> messages() {
        return messages;
    }

    /** What came close. */
    public List<Message> near() {
        return near;
    }
}
