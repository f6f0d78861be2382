package io.github.unipic.samples;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** Lines read on a thread of their own, because Java cannot end a read that waits for a terminal. */
final class ChatInput {
    private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();

    ChatInput(BufferedReader in) {
        Thread reader = new Thread(() -> read(in), "unipic-input");
        reader.setDaemon(true);
        reader.start();
    }

    private void read(BufferedReader in) {
        try {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                lines.add(Optional.of(line));
            }
        } catch (IOException e) {
            // A terminal that is gone has no more lines.
        } finally {
            end();
        }
    }

    /** The next line; empty once there are no more. Waits for it. */
    Optional<String> next() {
        try {
            return lines.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    /** Lets the one who waits for a line find the end of the input. */
    void end() {
        lines.add(Optional.empty());
    }
}
