package io.github.unipic.batch;

import io.github.unipic.InvalidRequestException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One image or answer of a batch.
 *
 * @param index its number in the batch, from 0
 * @param id the user's name for it, if any
 * @param file where its result goes: a path in the batch's folder, with {@code /} between folders, that ends in
 *     {@code .png} for an image and in {@code .json} for an answer
 * @param origin where it comes from, for messages: {@code prompts.jsonl line 7}
 * @param task what it asks for. The values that it sets, and the content of the files that it names, are compared when
 *     the batch is opened again. So leave unset values that come from the model's defaults or are random
 */
public record BatchEntry(int index, Optional<String> id, String file, String origin, BatchTask task) {
    private static final String NAME_SAFE = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}";

    // No segment begins with a dot, so that none is "..", hidden, or taken for an unfinished file.
    private static final Pattern PATH =
            Pattern.compile("(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}/){0,8}[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}");

    /**
     * Checks the values.
     *
     * @param index 0 or above
     * @param id any text; empty for none
     * @param file at most 8 folders and a name, all of at most 200 of the characters A to Z, a to z, 0 to 9, {@code _},
     *     {@code -} and {@code .}, none beginning with {@code .}
     * @param origin any text of one line
     * @param task any
     * @throws InvalidRequestException if the index is negative or the file's name not allowed
     */
    public BatchEntry {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(origin, "origin");
        if (index < 0) {
            throw new InvalidRequestException("the index of an entry must be 0 or above, not " + index);
        }
        if (!isPath(file) || !file.endsWith(extension(task))) {
            throw new InvalidRequestException("the file of an entry must be a plain path that ends in "
                    + extension(task) + ", not '" + file + "'");
        }
    }

    /**
     * An entry with the usual file name: the index, padded so that names sort, and the id if it has at most 64
     * characters, all of them A to Z, a to z, 0 to 9, {@code _}, {@code -} or {@code .}, and does not begin with
     * {@code .}. Such as {@code 00007-fox.png}.
     *
     * @param index 0 or above
     * @param id any text; empty for none
     * @param origin where it comes from, for messages
     * @param task what it asks for
     * @return the entry
     * @throws InvalidRequestException if the index is negative
     */
    public static BatchEntry of(int index, Optional<String> id, String origin, BatchTask task) {
        String suffix = id.filter(text -> text.matches(NAME_SAFE))
                .map(text -> "-" + text)
                .orElse("");
        return new BatchEntry(index, id, indexName(index) + suffix + extension(task), origin, task);
    }

    /**
     * Reads an entry that {@link #toJson} wrote, perhaps on another machine.
     *
     * @param json one JSON object
     * @return the entry
     * @throws InvalidRequestException if it is not an entry
     */
    public static BatchEntry fromJson(String json) {
        return EntryJson.read(json);
    }

    /**
     * The entry as text, for a process on another machine. Files are named by their absolute paths.
     *
     * @return one line of JSON
     */
    public String toJson() {
        return EntryJson.write(this);
    }

    /** Refuses entries of which two have the same index or file. */
    static void requireDifferent(List<BatchEntry> entries) {
        Map<Integer, BatchEntry> indices = new HashMap<>();
        Map<String, BatchEntry> names = new HashMap<>();
        for (BatchEntry entry : entries) {
            BatchEntry other = indices.put(entry.index(), entry);
            if (other != null) {
                throw new InvalidRequestException(other.origin() + " and " + entry.origin() + " both have index "
                        + entry.index() + "; give each entry its own");
            }
            BatchEntry same = names.put(entry.file(), entry);
            if (same != null) {
                throw new InvalidRequestException(same.origin() + " and " + entry.origin() + " both have the file "
                        + entry.file() + "; give each entry its own");
            }
        }
    }

    static boolean isPath(String file) {
        return PATH.matcher(file).matches();
    }

    static String indexName(int index) {
        String digits = Integer.toString(index);
        return "0".repeat(Math.max(0, 5 - digits.length())) + digits; // a format would take longer than all else
    }

    private static String extension(BatchTask task) {
        return task instanceof BatchTask.Describe ? ".json" : ".png";
    }
}
