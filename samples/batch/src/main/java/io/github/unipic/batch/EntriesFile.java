package io.github.unipic.batch;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.OutputException;
import io.github.unipic.files.AtomicFile;
import io.github.unipic.files.FileFailure;
import java.io.BufferedReader;
import java.io.IOException;
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
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (entries.size() == MAX_ENTRIES) {
                    throw new InvalidRequestException(file + " has over " + MAX_ENTRIES + " entries; split it");
                }
                entries.add(entry(line, file + " line " + (entries.size() + 1)));
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

    private static BatchEntry entry(String line, String origin) {
        try {
            return BatchEntry.fromJson(line);
        } catch (InvalidRequestException e) {
            throw new InvalidRequestException(origin + ": " + e.getMessage(), e);
        }
    }
}
