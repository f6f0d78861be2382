package io.github.unipic.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** Reads lines on its own thread, because Java cannot interrupt a read from a terminal. */
final class ChatInput {
    /** A longer line is kept only up to one character more, which shows that it is too long. */
    static final int LONGEST_LINE = 1_000_000;

    /** Lines read ahead. Bounded, because a pipe may have more than fits into memory. */
    private static final int AHEAD = 16;

    private final BlockingQueue<Optional<String>> lines = new ArrayBlockingQueue<>(AHEAD);
    private volatile boolean ended;

    ChatInput(BufferedReader in) {
        Thread reader = new Thread(() -> read(in), "unipic-input");
        reader.setDaemon(true);
        reader.start();
    }

    private void read(BufferedReader in) {
        try {
            Optional<String> line;
            do {
                line = line(in);
                lines.put(line);
            } while (line.isPresent());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The next line without its line end; empty after the last line, or when the terminal is gone. */
    private static Optional<String> line(BufferedReader in) {
        StringBuilder line = new StringBuilder();
        try {
            int c = in.read();
            if (c < 0) {
                return Optional.empty();
            }
            for (; c >= 0 && c != '\n'; c = in.read()) {
                if (line.length() <= LONGEST_LINE) {
                    line.append((char) c);
                }
            }
            return Optional.of(line.toString());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Waits for the next line; empty at the end of the input. */
    Optional<String> next() {
        try {
            Optional<String> line = lines.take();
            return ended ? Optional.empty() : line;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /** Ends the input for the thread that waits for a line. */
    void end() {
        ended = true;
        lines.offer(Optional.empty()); // if the queue is full, that thread does not wait
    }
}
