package io.github.unipic.conformance.bench;

import java.util.List;
import java.util.Map;

/** What each part of a benchmark found. Times are in seconds, memory in bytes. */
public final class Results {
    private Results() {}

    /**
     * How long a model takes until it can work, its files being in memory already or not.
     *
     * @param seconds until requests can be made: manifest, tokenizer, provider. Graphs are opened on first use
     * @param sessionSeconds for each graph used, until it was open; some are opened side by side
     * @param total until requests can be made and all graphs that were used are open
     */
    public record Load(double seconds, Map<String, Double> sessionSeconds, double total) {}

    /**
     * One graph within a task.
     *
     * @param runs in all repetitions together
     * @param seconds that its runs took in one repetition, on average
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
     * @param stages by graph; the rest of {@code seconds} is Java
     * @param meanLevel of the last image's channels, 0 to 255: alike wherever the same image was drawn
     */
    public record Image(
            int size,
            Spread seconds,
            Spread cpuSeconds,
            Map<String, GraphRuns> stages,
            double meanLevel,
            ProcessMemory memory) {}

    /**
     * An answer about a photo.
     *
     * @param firstTokenSeconds until its first token was chosen
     * @param seconds until the last token was in the cache
     * @param ids of the tokens
     */
    public record Answer(
            Spread firstTokenSeconds,
            Spread seconds,
            int tokens,
            List<Integer> ids,
            Map<String, GraphRuns> stages,
            ProcessMemory memory) {}

    /**
     * Text, token by token.
     *
     * @param context tokens before those that were timed
     * @param prefillSeconds for the context
     * @param weightBytesPerToken of the graphs that each token goes through
     * @param bandwidthShare bytes of weights read in a second over what the machine can read
     */
    public record Text(
            int context,
            double prefillSeconds,
            Spread tokenSeconds,
            double tokensPerSecond,
            long weightBytesPerToken,
            double bandwidthShare,
            Map<String, GraphRuns> stages,
            ProcessMemory memory) {}
}
