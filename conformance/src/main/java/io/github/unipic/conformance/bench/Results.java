package io.github.unipic.conformance.bench;

import java.util.List;
import java.util.Map;

/** The results of each part of a benchmark. Times are in seconds, memory in bytes. */
public final class Results {
    private Results() {}

    /**
     * The time to load a model, whether its files are cached in memory or not.
     *
     * @param seconds until requests can be made: manifest, tokenizer, provider. Graphs are opened on first use
     * @param sessionSeconds to open each graph that was used; several may be opened at once
     * @param total until requests can be made and all graphs that were used are open
     */
    public record Load(double seconds, Map<String, Double> sessionSeconds, double total) {}

    /**
     * One graph within a task.
     *
     * @param runs in all repetitions together
     * @param seconds of its runs in one repetition, on average
     * @param runSeconds of one run
     */
    public record GraphRuns(int runs, double seconds, Spread runSeconds) {}

    /**
     * Text to image, until the first iteration's preview was decoded.
     *
     * @param size pixels a side
     */
    public record Preview(int size, Spread seconds, ProcessMemory memory) {}

    /**
     * Text to image.
     *
     * @param size pixels a side
     * @param seconds of a whole image
     * @param cpuSeconds of all threads, for a whole image
     * @param graphs by name; the remainder of {@code seconds} is Java overhead
     * @param meanLevel mean pixel value of the last image, 0 to 255, which is about equal if the images are
     */
    public record Image(
            int size,
            Spread seconds,
            Spread cpuSeconds,
            Map<String, GraphRuns> graphs,
            double meanLevel,
            ProcessMemory memory) {}

    /**
     * An answer about a photo.
     *
     * @param firstTokenSeconds until its first token was chosen
     * @param seconds until the last token was in the cache
     * @param ids of the tokens
     * @param graphs by name
     */
    public record Answer(
            Spread firstTokenSeconds,
            Spread seconds,
            int tokens,
            List<Integer> ids,
            Map<String, GraphRuns> graphs,
            ProcessMemory memory) {}

    /**
     * Text, token by token.
     *
     * @param context tokens before those that were timed
     * @param prefillSeconds for the context
     * @param weightBytesPerToken of the graphs that run for each token
     * @param bandwidthShare bytes of weights read in a second, divided by the bytes that the machine can read
     * @param graphs by name
     */
    public record Text(
            int context,
            double prefillSeconds,
            Spread tokenSeconds,
            double tokensPerSecond,
            long weightBytesPerToken,
            double bandwidthShare,
            Map<String, GraphRuns> graphs,
            ProcessMemory memory) {}
}
