package io.github.unipic.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** Lines read on a thread of their own, because Java cannot end a read that waits for a terminal. */
final class ChatInput {
    /** What a line has beyond so many characters, and one more, is not kept. */
    static final int LONGEST_LINE = 1_000_000;

    /** Read ahead: a pipe may hold more than memory does. */
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

    /** The next line, without its end; empty after the last, and when a terminal is gone. */
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

    /** The next line; empty once there are no more. Waits for it. */
    Optional<String> next() {
        try {
            Optional<String> line = lines.take();
            return ended ? Optional.empty() : line;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /** Lets the one who waits for a line find the end of the input. */
    void end() {
        ended = true;
        lines.offer(Optional.empty()); // where it is full there is something to find already
    }
}
