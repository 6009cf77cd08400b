package mailstop;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A mail server for tests, and what came to it; or a view of one.
 *
 * <pre>
 * try (Mailstop mailstop = Mailstop.start()) {
 *     signUp(mailstop.smtpHost(), mailstop.smtpPort(), "alice@x.test");
 *     Message mail = mailstop.waitFor("rcpt:alice subject:welcome");
 * }
 * </pre>
 *
 * It needs the program "mailstop": the one that the variable MAILSTOP names, or else the one in
 * PATH.
 */
public final class Mailstop implements AutoCloseable {
    /*
     * The server ends when this process does, however it does: its standard input is the only
     * thing that keeps the command beside the server running.
     */
    private static final String SAY_AND_STAY =
            "echo \"$SMTP_HOST $SMTP_PORT $MAILSTOP_URL\"; exec cat";

    private final String url;
    private final String smtpHost;
    private final int smtpPort;
    private final long after;
    private final String inbox;
    private final HttpClient client;
    private Process process;

    private Mailstop(String url, String smtpHost, int smtpPort, long after, String inbox,
            HttpClient client) {
        this.url = url.replaceAll("/+$", "");
        this.smtpHost = smtpHost;
        this.smtpPort = smtpPort;
        this.after = after;
        this.inbox = inbox;
        this.client = client;
    }

    /** A server that runs already. */
    public static Mailstop at(String url, String smtpHost, int smtpPort) {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        return new Mailstop(url, smtpHost, smtpPort, 0, null, client);
    }

    /** A private server on free ports. Options are those of "mailstop serve". */
    public static Mailstop start(String... options) {
        String named = System.getenv("MAILSTOP");
        String program = named == null || named.isEmpty() ? "mailstop" : named;
        List<String> words = new ArrayList<>(List.of(program, "run", "--quiet", "--memory"));
        words.addAll(Arrays.asList(options));
        words.addAll(List.of("--", "sh", "-c", SAY_AND_STAY));
        try {
            Process process = new ProcessBuilder(words)
                    .redirectError(ProcessBuilder.Redirect.INHERIT).start();
            String line = new BufferedReader(new InputStreamReader(
                    process.getInputStream(), StandardCharsets.UTF_8)).readLine();
            if (line == null) {
                throw new MailstopException(program + " ended with " + process.waitFor());
            }
            String[] said = line.split(" ");
            Mailstop server = at(said[2], said[0], Integer.parseInt(said[1]));
            server.process = process;
            return server;
        } catch (IOException error) {
            throw new MailstopException(program + ": " + error.getMessage(), error);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            throw new MailstopException("interrupted", error);
        }
    }

    public void stop() {
        if (process == null) {
            return;
        }
        try {
            process.getOutputStream().close();
            process.waitFor();
        } catch (IOException error) {
            process.destroy();
        } catch (InterruptedException error) {
            process.destroy();
            Thread.currentThread().interrupt();
        }
        process = null;
    }

    @Override
    public void close() {
        stop();
    }

    public String url() {
        return url;
    }

    public String smtpHost() {
        return smtpHost;
    }

    public int smtpPort() {
        return smtpPort;
    }

    /** Whoever logs in with this name is heard by this view. */
    public String user() {
        return inbox == null ? "default" : inbox;
    }

    /** The same from now on. */
    public Mailstop fresh() {
        long now = ((Double) ((Map<?, ?>) ask("GET", "now", "", null)).get("seq")).longValue();
        return new Mailstop(url, smtpHost, smtpPort, now, inbox, client);
    }

    /** What came under that name, which an application logs in with. */
    public Mailstop inbox(String name) {
        return new Mailstop(url, smtpHost, smtpPort, after, name, client);
    }

    /** Waits ten seconds for one message. ("wait" is Object's.) */
    public Message waitFor(String query) {
        return waitFor(query, 1, Duration.ofSeconds(10)).get(0);
    }

    /** Returns when so many are there, oldest first; MailTimeout otherwise. */
    public List<Message> waitFor(String query, int count, Duration timeout) {
        Map<?, ?> answer = (Map<?, ?>) ask("GET", "wait", scope() + pair("query", query)
                + pair("count", count) + pair("timeout", timeout.toMillis() / 1000.0), null);
        List<Message> messages = Message.list(answer.get("messages"));
        if (answer.containsKey("near")) {
            throw new MailTimeout(query, count, timeout, messages,
                    Message.list(answer.get("near")));
        }
        return messages;
    }

    /** Reads and removes up to so many at once: nobody else gets them. */
    public List<Message> take(String query, int count) {
        return messagesOf(ask("POST", "take",
                scope() + pair("query", query) + pair("count", count), null));
    }

    /** The newest fifty that match, newest first. */
    public List<Message> messages(String query) {
        return messagesOf(ask("GET", "messages", scope() + pair("query", query), null));
    }

    /** All that is known of one. */
    public Message message(String id) {
        return new Message(ask("GET", "message/" + encode(id), "", null));
    }

    /** The exact bytes. */
    public byte[] raw(String id) {
        return open("GET", "message/" + encode(id) + "/raw", "", null).body();
    }

    /** Removes what this view shows and the query matches; how many. */
    public int clear(String query) {
        String what = query;
        if (after > 0) {
            what = "seq>" + after + (query.isEmpty() ? "" : " (" + query + ")");
        }
        Map<?, ?> answer = (Map<?, ?>) ask("DELETE", "messages",
                pair("inbox", inbox) + pair("query", what), null);
        return ((Double) answer.get("deleted")).intValue();
    }

    /** Makes the server fail on purpose; the rule's id. */
    public String addFault(String rule) {
        return (String) ((Map<?, ?>) ask("POST", "faults", "",
                "{\"rule\":" + Json.quote(rule) + "}")).get("id");
    }

    public void removeFault(String id) {
        ask("DELETE", "fault/" + encode(id), "", null);
    }

    public void clearFaults() {
        ask("PUT", "faults", "", "{\"faults\":[]}");
    }

    // ---- HTTP

    private static List<Message> messagesOf(Object answer) {
        return Message.list(((Map<?, ?>) answer).get("messages"));
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String pair(String name, Object value) {
        String text = value == null ? "" : value.toString();
        return text.isEmpty() ? "" : "&" + name + "=" + encode(text);
    }

    private String scope() {
        return pair("after", after) + pair("inbox", inbox);
    }

    private HttpResponse<byte[]> open(String method, String path, String query, String body) {
        URI place = URI.create(url + "/api/mailstop/v1/" + path
                + (query.isEmpty() ? "" : "?" + query.substring(1)));
        HttpRequest request = HttpRequest.newBuilder(place).method(method,
                body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body)).build();
        HttpResponse<byte[]> answer;
        try {
            answer = client.send(request, BodyHandlers.ofByteArray());
        } catch (IOException error) {
            throw new MailstopException(method + " " + place + ": " + error, error);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            throw new MailstopException("interrupted", error);
        }
        if (answer.statusCode() >= 400 && answer.statusCode() != 408) {
            throw new MailstopException(reason(answer));
        }
        return answer;
    }

    private static String reason(HttpResponse<byte[]> answer) {
        String text = new String(answer.body(), StandardCharsets.UTF_8);
        try {
            return (String) ((Map<?, ?>) Json.read(text)).get("error");
        } catch (IllegalArgumentException | ClassCastException error) {
            return answer.uri() + ": " + answer.statusCode();
        }
    }

    private Object ask(String method, String path, String query, String body) {
        return Json.read(new String(open(method, path, query, body).body(),
                StandardCharsets.UTF_8));
    }
}
