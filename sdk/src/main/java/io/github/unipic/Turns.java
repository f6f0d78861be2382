package io.github.unipic;

import java.util.ArrayList;
import java.util.List;

/** Messages as the model's turns, which alternate. */
final class Turns {
    private Turns() {}

    /** Joins messages of one role that follow one another. */
    static List<Message> of(List<Message> messages) {
        List<Message> turns = new ArrayList<>();
        for (Message message : messages) {
            int last = turns.size() - 1;
            if (last >= 0 && turns.get(last).getClass() == message.getClass()) {
                turns.set(last, joined(turns.get(last), message));
            } else {
                turns.add(message);
            }
        }
        return turns;
    }

    private static Message joined(Message first, Message second) {
        if (first instanceof Message.User before && second instanceof Message.User after) {
            List<Image> images = new ArrayList<>(before.images());
            images.addAll(after.images());
            return new Message.User(joined(before.text(), after.text()), images);
        }
        if (first instanceof Message.System before && second instanceof Message.System after) {
            return new Message.System(joined(before.text(), after.text()));
        }
        return new Message.Assistant(joined(((Message.Assistant) first).text(), ((Message.Assistant) second).text()));
    }

    private static String joined(String first, String second) {
        return first.isEmpty() || second.isEmpty() ? first + second : first + "\n" + second;
    }
}
