package io.github.unipic.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.SequenceInputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/**
 * Text from a terminal or a pipe. A byte order mark at the beginning, as some shells and editors write it, sets the
 * character set and is not part of the text.
 */
final class TextInput extends Reader {
    private static final Map<Charset, byte[]> MARKS = Map.of(
            StandardCharsets.UTF_8, new byte[] {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF},
            StandardCharsets.UTF_16LE, new byte[] {(byte) 0xFF, (byte) 0xFE},
            StandardCharsets.UTF_16BE, new byte[] {(byte) 0xFE, (byte) 0xFF});

    private final InputStream in;
    private final Charset unmarked;
    private Reader reader;

    /** @param unmarked the character set of text without a mark */
    TextInput(InputStream in, Charset unmarked) {
        this.in = in;
        this.unmarked = unmarked;
    }

    @Override
    public int read(char[] buffer, int from, int length) throws IOException {
        if (reader == null) {
            // Opened at the first read, because opening waits for a terminal's input.
            reader = open();
        }
        return reader.read(buffer, from, length);
    }

    /** Reads only up to the first byte that differs from a mark, because no more may be available yet. */
    private Reader open() throws IOException {
        byte[] start = {};
        while (begins(start)) {
            int next = in.read();
            if (next < 0) {
                break;
            }
            start = Arrays.copyOf(start, start.length + 1);
            start[start.length - 1] = (byte) next;
            for (Map.Entry<Charset, byte[]> mark : MARKS.entrySet()) {
                if (Arrays.equals(start, mark.getValue())) {
                    return new InputStreamReader(in, mark.getKey());
                }
            }
        }
        return new InputStreamReader(new SequenceInputStream(new ByteArrayInputStream(start), in), unmarked);
    }

    private static boolean begins(byte[] start) {
        return MARKS.values().stream()
                .anyMatch(
                        mark -> start.length < mark.length && Arrays.equals(start, Arrays.copyOf(mark, start.length)));
    }

    @Override
    public boolean ready() throws IOException {
        return reader == null ? in.available() > 0 : reader.ready();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
