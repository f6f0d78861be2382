package io.github.unipic.batch;

import io.github.unipic.InvalidRequestException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A share of a batch: the entries whose index, divided by the number of shards, leaves the shard's number less one. So
 * each entry is in exactly one shard, without an agreement between the machines; neighbors, which often cost alike, go
 * to different shards, so that all take about the same time; and entries added at the end move no other entry.
 *
 * @param number 1 to {@code count}
 * @param count how many shards there are; 1 for the whole batch
 */
public record Shard(int number, int count) {
    /** The whole batch. */
    public static final Shard WHOLE = new Shard(1, 1);

    private static final int MOST = 100_000;
    private static final Pattern FORM = Pattern.compile("(\\d{1,6})/(\\d{1,6})");

    /**
     * Checks the values.
     *
     * @param number 1 to {@code count}
     * @param count 1 to 100000
     * @throws InvalidRequestException if a value is out of its range
     */
    public Shard {
        if (count < 1 || count > MOST || number < 1 || number > count) {
            throw new InvalidRequestException(
                    "a shard must be 1/N to N/N, with N at most " + MOST + ", not " + number + "/" + count);
        }
    }

    /**
     * Reads a shard as the command line names it.
     *
     * @param text such as {@code 3/8}: the third of eight
     * @return the shard
     * @throws InvalidRequestException if the text has another form or a value is out of its range
     */
    public static Shard parse(String text) {
        Matcher parts = FORM.matcher(text);
        if (!parts.matches()) {
            throw new InvalidRequestException(
                    "a shard must be of the form 3/8, the third of eight, not '" + text + "'");
        }
        return new Shard(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2)));
    }

    /**
     * The entries of this shard.
     *
     * @param entries of the whole batch
     * @return those of this shard, in the same order
     */
    public List<BatchEntry> of(List<BatchEntry> entries) {
        return entries.stream().filter(entry -> has(entry.index())).toList();
    }

    /** Whether the entry of an index is in this shard. */
    boolean has(int index) {
        return index % count == number - 1;
    }

    /** {@code 3/8}. */
    @Override
    public String toString() {
        return number + "/" + count;
    }
}
