package io.github.unipic.conformance;

import io.github.unipic.Printable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * What a child prints on its standard output and error. A thread reads it all, however much it is, so that the child
 * never waits; the last lines are kept.
 */
final class ProcessOutput {
    private static final int LONGEST_LINE = 500;
    private static final int MOST_LINES = 50;

    /** More than a provider prints in the time between two looks. */
    private static final int MOST_WAITING = 1000;

    /** Begins what Java prints when it crashes, which is in the crash file too. */
    private static final String CRASH = "# A fatal error has been detected by the Java Runtime Environment";

    private final Deque<String> last = new ArrayDeque<>();
    private final Deque<String> waiting = new ArrayDeque<>();
    private final Thread reader;
    private boolean crashed;

    ProcessOutput(InputStream in) {
        reader = new Thread(() -> read(in), "unipic-child-output");
        reader.setDaemon(true);
        reader.start();
    }

    private void read(InputStream in) {
        StringBuilder line = new StringBuilder();
        try (BufferedReader characters = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            for (int next = characters.read(); next >= 0; next = characters.read()) {
                if (next == '\n') {
                    add(line.toString());
                    line.setLength(0);
                } else if (line.length() < LONGEST_LINE) {
                    line.append((char) next);
                }
            }
        } catch (IOException e) {
            // The process was killed while it printed.
        }
        if (line.length() > 0) {
            add(line.toString());
        }
    }

    private synchronized void add(String line) {
        if (line.startsWith(CRASH) && "#".equals(last.peekLast())) {
            last.removeLast();
        }
        crashed |= line.startsWith(CRASH);
        if (crashed) {
            return;
        }
        String harmless = Printable.of(line).stripTrailing();
        last.add(harmless);
        if (last.size() > MOST_LINES) {
            last.remove();
        }
        if (waiting.size() < MOST_WAITING) {
            waiting.add(harmless);
        }
    }

    /** Gives the lines that have not been given, without the middle of a flood. */
    void giveTo(Consumer<String> listener) {
        List<String> lines;
        synchronized (this) {
            lines = List.copyOf(waiting);
            waiting.clear();
        }
        lines.forEach(listener);
    }

    /** The last lines, when the process has ended. */
    String end() throws InterruptedException {
        // Another process that it has started may keep the stream open.
        reader.join(1000);
        synchronized (this) {
            return String.join("\n", last);
        }
    }
}
