package mailstop;

/** What the server or the program said was wrong. */
public class MailstopException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public MailstopException(String message) {
        super(message);
    }

    public MailstopException(String message, Throwable cause) {
        super(message, cause);
    }
}
