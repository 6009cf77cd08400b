package mailstop;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the server says of a message; get() reaches what has no name here. */
public final class Message {
    private final Map<?, ?> json;

    Message(Object json) {
        this.json = (Map<?, ?>) json;
    }

    static List<Message> list(Object json) {
        List<Message> messages = new ArrayList<>();
        for (Object one : (List<?>) json) {
            messages.add(new Message(one));
        }
        return messages;
    }

    /** A value by its name in the API: a String, Double, Boolean, List, Map or null. */
    public Object get(String name) {
        return json.get(name);
    }

    private String string(String name) {
        Object value = json.get(name);
        return value == null ? "" : value.toString();
    }

    public String id() {
        return string("id");
    }

    public long seq() {
        return ((Double) json.get("seq")).longValue();
    }

    public String mailFrom() {
        return string("mail_from");
    }

    /** The addresses of the envelope. */
    public List<String> recipients() {
        List<String> addresses = new ArrayList<>();
        for (Object one : (List<?>) json.get("recipients")) {
            addresses.add((String) ((Map<?, ?>) one).get("address"));
        }
        return addresses;
    }

    public String subject() {
        return string("subject");
    }

    public String inbox() {
        return string("inbox");
    }

    /** Of Mailstop.message() only. */
    public String text() {
        return string("text");
    }

    /** Of Mailstop.message() only. */
    public String html() {
        return string("html");
    }

    /** Of a near miss: the terms that failed. */
    public List<String> missed() {
        List<String> terms = new ArrayList<>();
        if (json.get("missed") instanceof List<?> list) {
            list.forEach(term -> terms.add((String) term));
        }
        return terms;
    }

    @Override
    public String toString() {
        return mailFrom() + " -> " + String.join(", ", recipients()) + " \"" + subject() + "\"";
    }
}
