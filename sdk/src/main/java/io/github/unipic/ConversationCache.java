package io.github.unipic;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The last conversations with their KV caches. Chat clients send the whole conversation with each question, so one
 * whose beginning was answered here goes on from there instead of being computed again. The least recently used ones go
 * first. Thread-safe; to be closed before the model.
 */
public final class ConversationCache implements AutoCloseable {
    private final int mostConversations;
    private final long mostTokens;

    /** By the digest of their messages. */
    private final Map<String, Conversation> conversations = new LinkedHashMap<>(16, 0.75f, true);

    private boolean closed;

    /**
     * Creates an empty one.
     *
     * @param mostConversations how many are kept, 0 or more; 0 keeps none
     * @param mostTokens how many tokens they may have together, 0 or more; each takes memory, 57 kB in the published
     *     model
     * @throws InvalidRequestException when one of them is below 0
     */
    public ConversationCache(int mostConversations, long mostTokens) {
        if (mostConversations < 0 || mostTokens < 0) {
            throw new InvalidRequestException("a conversation cache keeps 0 or more conversations and tokens, not "
                    + Math.min(mostConversations, mostTokens));
        }
        this.mostConversations = mostConversations;
        this.mostTokens = mostTokens;
    }

    /**
     * Answers a question after its history, as {@link Conversation#ask} of a new conversation does, and keeps the
     * conversation; not one whose messages alone would lead to another: where a stop sequence ended the answer, special
     * tokens are allowed, an encoder is asked for, or the answer has a text that no message may have.
     *
     * @param unipic the model; conversations of another one are not found
     * @param request what is asked, and all that was said before
     * @return the answer; its cached tokens are those that were kept here
     * @throws UniPicException as {@link Conversation#ask}
     */
    public Answer ask(UniPic unipic, DescribeRequest request) {
        List<Message> history = request.history();
        Start start = start(unipic, history);
        Conversation conversation = start.conversation();
        boolean kept = false;
        try {
            List<Message> rest = history.subList(start.messages(), history.size());
            Answer answer = conversation.ask(request.toBuilder().history(rest).build());
            Optional<Message> said = isReplayed(request, answer) ? message(answer) : Optional.empty();
            if (said.isPresent()) {
                List<Message> all = new ArrayList<>(history);
                all.add(new Message.User(request.question(), request.images()));
                all.add(said.get());
                keep(all, conversation);
                kept = true;
            }
            return answer;
        } finally {
            if (!kept) {
                conversation.close();
            }
        }
    }

    /** Whether messages with the same texts and images, as a history, would lead to the same conversation. */
    private static boolean isReplayed(DescribeRequest request, Answer answer) {
        // Behind a stop sequence the conversation has tokens that are not in the answer.
        return answer.finishReason() != Answer.FinishReason.STOP_SEQUENCE
                && !request.allowSpecialTokens()
                && request.vision().isEmpty();
    }

    /** The answer as a later history has it; none has one with the character NUL, for example. */
    private static Optional<Message> message(Answer answer) {
        try {
            return Optional.of(new Message.Assistant(answer.text()));
        } catch (InvalidRequestException e) {
            return Optional.empty();
        }
    }

    /** @param messages how many messages of the history it contains */
    private record Start(Conversation conversation, int messages) {}

    /** The longest beginning of the history that is here, as a conversation of the caller's own; else a new one. */
    private synchronized Start start(UniPic unipic, List<Message> history) {
        List<String> digests = digests(history);
        for (int length = history.size(); length > 0; length--) {
            Conversation known = conversations.get(digests.get(length - 1));
            if (known != null && unipic.owns(known)) {
                return new Start(known.fork(), length);
            }
        }
        return new Start(unipic.conversation(), 0);
    }

    /** Keeps a conversation, which belongs to the cache from now on. */
    private synchronized void keep(List<Message> messages, Conversation conversation) {
        if (closed) {
            conversation.close();
            return;
        }
        List<String> digests = digests(messages);
        Conversation before = conversations.put(digests.get(digests.size() - 1), conversation);
        if (before != null) {
            before.close();
        }
        long tokens =
                conversations.values().stream().mapToLong(Conversation::tokens).sum();
        Iterator<Conversation> oldest = conversations.values().iterator();
        while (conversations.size() > mostConversations || tokens > mostTokens && !conversations.isEmpty()) {
            Conversation gone = oldest.next();
            tokens -= gone.tokens();
            oldest.remove();
            gone.close();
        }
    }

    /**
     * How many conversations are kept.
     *
     * @return 0 to the most
     */
    public synchronized int size() {
        return conversations.size();
    }

    /** Frees all conversations and keeps no more. Closing twice does nothing. */
    @Override
    public synchronized void close() {
        closed = true;
        conversations.values().forEach(Conversation::close);
        conversations.clear();
    }

    /** A digest for each beginning of the messages. */
    private static List<String> digests(List<Message> messages) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            List<String> digests = new ArrayList<>();
            for (Message message : messages) {
                update(digest, message);
                byte[] soFar = digest.digest();
                digests.add(Base64.getEncoder().encodeToString(soFar));
                digest.update(soFar);
            }
            return digests;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void update(MessageDigest digest, Message message) {
        if (message instanceof Message.System system) {
            updateText(digest, 'S', system.text());
        } else if (message instanceof Message.User user) {
            updateText(digest, 'U', user.text());
            for (Image image : user.images()) {
                digest.update(ByteBuffer.allocate(8)
                        .putInt(image.width())
                        .putInt(image.height())
                        .array());
                digest.update(image.rgb());
            }
        } else if (message instanceof Message.Assistant assistant) {
            updateText(digest, 'A', assistant.text());
        }
    }

    private static void updateText(MessageDigest digest, char role, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(6).putChar(role).putInt(bytes.length).array());
        digest.update(bytes);
    }
}
