package io.github.unipic.batch;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.OutputException;
import io.github.unipic.files.AtomicFile;
import io.github.unipic.files.FileFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of entries, one {@linkplain BatchEntry#toJson line of JSON} each: what a program that makes entries, such as a
 * benchmark's, hands to another that runs them, such as a cluster's job.
 */
public final class EntriesFile {
    private static final int MAX_ENTRIES = 1_000_000;

    /** The longest question and stop sequences, with all characters escaped, take less. */
    private static final int MAX_LINE = 8 << 20;

    private EntriesFile() {}

    /**
     * Writes entries. The file appears whole or not at all.
     *
     * @param file replaced if it is there
     * @param entries in any order
     * @throws OutputException if it cannot be written
     */
    public static void write(Path file, List<BatchEntry> entries) {
        try {
            AtomicFile.write(file, out -> {
                for (BatchEntry entry : entries) {
                    out.write((entry.toJson() + "\n").getBytes(StandardCharsets.UTF_8));
                }
            });
        } catch (IOException e) {
            throw new OutputException(file + " cannot be written", e, "free some space there or choose another folder");
        }
    }

    /**
     * Reads entries.
     *
     * @param file that {@link #write} wrote
     * @return at least one and at most 1,000,000, in the file's order, with different indices and files
     * @throws InvalidRequestException if the file cannot be read or a line is no entry; the message names the line
     */
    public static List<BatchEntry> read(Path file) {
        List<BatchEntry> entries = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            String origin = file + " line 1";
            for (String line = line(lines, origin); !line.isEmpty(); line = line(lines, origin)) {
                if (entries.size() == MAX_ENTRIES) {
                    throw new InvalidRequestException(file + " has over " + MAX_ENTRIES + " entries; split it");
                }
                entries.add(entry(line, origin));
                origin = file + " line " + (entries.size() + 1);
            }
        } catch (IOException e) {
            throw new InvalidRequestException(file + " cannot be read (" + FileFailure.reason(e) + ")", e);
        }
        if (entries.isEmpty()) {
            throw new InvalidRequestException(file + " has no entries");
        }
        BatchEntry.requireDifferent(entries);
        return List.copyOf(entries);
    }

    /** The next line with its end; empty after the last one. */
    private static String line(Reader reader, String origin) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = reader.read(); next >= 0; next = reader.read()) {
            if (line.length() == MAX_LINE) {
                throw new InvalidRequestException(
                        origin + " has over " + MAX_LINE + " characters; it is not a file of entries");
            }
            line.append((char) next);
            if (next == '\n') {
                break;
            }
        }
        return line.toString();
    }

    private static BatchEntry entry(String line, String origin) {
        try {
            return BatchEntry.fromJson(line);
        } catch (InvalidRequestException e) {
            throw new InvalidRequestException(origin + ": " + e.getMessage(), e);
        }
    }
}
