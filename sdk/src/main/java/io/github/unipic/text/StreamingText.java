package io.github.unipic.text;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Turns tokens into text as they come, in whole characters: a character may take several tokens, and a token may end in
 * the middle of one. Text that may be the beginning of a stop string waits until it is clear. Not thread-safe.
 */
public final class StreamingText {
    private static final char REPLACEMENT = '\uFFFD';

    /** A character has at most four bytes; what is still incomplete after so many tokens never will be complete. */
    private static final int MAX_WAITING = 8;

    private final PromptTokenizer tokenizer;
    private final List<String> stops;
    private final Consumer<String> listener;
    private final List<Long> waitingTokens = new ArrayList<>();
    private final StringBuilder told = new StringBuilder();
    private String waitingText = "";
    private boolean stopped;

    /**
     * @param stops texts that end the stream
     * @param listener told each piece, never an empty one
     */
    public StreamingText(PromptTokenizer tokenizer, List<String> stops, Consumer<String> listener) {
        this.tokenizer = tokenizer;
        this.stops = List.copyOf(stops);
        this.listener = listener;
    }

    /**
     * Takes the next token.
     *
     * @return whether a stop string is complete; nothing more is told then
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

    /** Tells what still waits, and gives the whole text. */
    public String finish() {
        if (!stopped) {
            take(decodeWaiting());
            waitingTokens.clear();
        }
        if (!stopped) {
            tell(waitingText);
            waitingText = "";
        }
        return told.toString();
    }

    private String decodeWaiting() {
        return waitingTokens.isEmpty()
                ? ""
                : tokenizer.decode(
                        waitingTokens.stream().mapToLong(Long::longValue).toArray());
    }

    private void take(String text) {
        String all = waitingText + text;
        int stop = stops.stream()
                .mapToInt(all::indexOf)
                .filter(at -> at >= 0)
                .min()
                .orElse(-1);
        if (stop >= 0) {
            stopped = true;
            tell(all.substring(0, stop));
            waitingText = "";
            return;
        }
        int clear = all.length() - possibleStop(all);
        tell(all.substring(0, clear));
        waitingText = all.substring(clear);
    }

    /** Length of the longest end of {@code text} with which a stop string begins. */
    private int possibleStop(String text) {
        int longest = 0;
        for (String stop : stops) {
            for (int length = Math.min(stop.length() - 1, text.length()); length > longest; length--) {
                if (text.endsWith(stop.substring(0, length))) {
                    longest = length;
                }
            }
        }
        return longest;
    }

    private void tell(String piece) {
        if (!piece.isEmpty()) {
            told.append(piece);
            listener.accept(piece);
        }
    }
}
