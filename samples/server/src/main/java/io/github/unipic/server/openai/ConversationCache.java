package io.github.unipic.server.openai;

import io.github.unipic.Conversation;
import io.github.unipic.Image;
import io.github.unipic.Message;
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
import java.util.function.Supplier;

/**
 * The last conversations with their KV caches. Clients send the whole conversation each time, so one whose beginning
 * was answered here goes on from there instead of being computed again. Bounded in number and tokens; the least
 * recently used ones go first. Thread-safe.
 */
public final class ConversationCache implements AutoCloseable {
    private final int mostConversations;
    private final long mostTokens;

    /** By the digest of their messages. */
    private final Map<String, Conversation> conversations = new LinkedHashMap<>(16, 0.75f, true);

    private boolean closed;

    /**
     * @param mostConversations how many are kept; 0 keeps none
     * @param mostTokens of them together: each takes memory
     */
    public ConversationCache(int mostConversations, long mostTokens) {
        this.mostConversations = mostConversations;
        this.mostTokens = mostTokens;
    }

    /**
     * A conversation to go on with.
     *
     * @param messages how many messages of the history it contains
     */
    record Start(Conversation conversation, int messages) {}

    /** The longest beginning of the history that is here, as a conversation of the caller's own; else a new one. */
    synchronized Start start(List<Message> history, Supplier<Conversation> fresh) {
        List<String> digests = digests(history);
        for (int length = history.size(); length > 0; length--) {
            Conversation known = conversations.get(digests.get(length - 1));
            if (known != null) {
                return new Start(known.fork(), length);
            }
        }
        return new Start(fresh.get(), 0);
    }

    /**
     * Keeps a conversation, which belongs to the cache from now on.
     *
     * @param messages all that it contains
     */
    synchronized void keep(List<Message> messages, Conversation conversation) {
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
        while (conversations.size() > mostConversations || tokens > mostTokens && conversations.size() > 0) {
            Conversation gone = oldest.next();
            tokens -= gone.tokens();
            oldest.remove();
            gone.close();
        }
    }

    /** How many are kept. */
    synchronized int size() {
        return conversations.size();
    }

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
