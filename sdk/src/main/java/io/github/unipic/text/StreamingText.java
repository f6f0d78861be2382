package io.github.unipic.text;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Decodes tokens to text as they are generated, in whole characters: a character may take several tokens, and a token
 * may end within a character. Text that may begin a stop sequence waits until that is decided. Not thread-safe.
 */
public final class StreamingText {
    private static final char REPLACEMENT = '\uFFFD';

    /** A character has at most four bytes, so after this many tokens an incomplete one is malformed. */
    private static final int MAX_WAITING = 8;

    private final PromptTokenizer tokenizer;
    private final List<String> stopSequences;
    private final Consumer<String> listener;
    private final List<Long> waitingTokens = new ArrayList<>();
    private final StringBuilder emitted = new StringBuilder();
    private String waitingText = "";
    private boolean stopped;

    /**
     * @param stopSequences texts that end the stream
     * @param listener is notified of each chunk of text, which is never empty
     */
    public StreamingText(PromptTokenizer tokenizer, List<String> stopSequences, Consumer<String> listener) {
        this.tokenizer = tokenizer;
        this.stopSequences = List.copyOf(stopSequences);
        this.listener = listener;
    }

    /**
     * Takes the next token.
     *
     * @return whether a stop sequence is complete; from then on nothing is emitted
     */
    public boolean add(long token) {
        waitingTokens.add(token);
        String text = decodeWaiting();
        boolean incomplete = !text.isEmpty() && text.charAt(text.length() - 1) == REPLACEMENT;
        if (!incomplete || waitingTokens.size() >= MAX_WAITING) {
            waitingTokens.clear();
            take(text);
        }
        return stopped;
    }

    /** Emits the waiting text and returns the whole text. */
    public String finish() {
        if (!stopped) {
            take(decodeWaiting());
            waitingTokens.clear();
        }
        if (!stopped) {
            emit(waitingText);
            waitingText = "";
        }
        return emitted.toString();
    }

    private String decodeWaiting() {
        return waitingTokens.isEmpty()
                ? ""
                : tokenizer.decode(
                        waitingTokens.stream().mapToLong(Long::longValue).toArray());
    }

    private void take(String text) {
        String all = waitingText + text;
        int stop = stopSequences.stream()
                .mapToInt(all::indexOf)
                .filter(at -> at >= 0)
                .min()
                .orElse(-1);
        if (stop >= 0) {
            stopped = true;
            emit(all.substring(0, stop));
            waitingText = "";
            return;
        }
        int clear = all.length() - possibleStop(all);
        emit(all.substring(0, clear));
        waitingText = all.substring(clear);
    }

    /** The length of the longest end of {@code text} that begins a stop sequence. */
    private int possibleStop(String text) {
        int longest = 0;
        for (String sequence : stopSequences) {
            for (int length = Math.min(sequence.length() - 1, text.length()); length > longest; length--) {
                if (text.endsWith(sequence.substring(0, length))) {
                    longest = length;
                }
            }
        }
        return longest;
    }

    private void emit(String chunk) {
        if (!chunk.isEmpty()) {
            emitted.append(chunk);
            listener.accept(chunk);
        }
    }
}
