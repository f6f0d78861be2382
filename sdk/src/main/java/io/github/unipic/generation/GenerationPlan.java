package io.github.unipic.generation;

import io.github.unipic.GuidanceSchedule;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Reuse;
import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest.Sizes;
import io.github.unipic.runtime.Tensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What the loop generates: a batch of images from one prompt.
 *
 * @param iterations of the loop
 * @param guidance scale; 1 is off
 * @param guidanceReuse which iterations compute guidance; without effect where it is off
 * @param tokenReuse which iterations compute every token in the MAR decoder, besides those that compute guidance
 * @param start latents [N*channels]. The positions that are not in the orders are known from the start. Empty when
 *     every position is masked
 * @param samples the random part of each image of the batch
 */
public record GenerationPlan(
        Grid grid,
        int iterations,
        double guidance,
        GuidanceSchedule guidanceSchedule,
        double temperature,
        Reuse guidanceReuse,
        Reuse tokenReuse,
        DiffusionPlan diffusion,
        Optional<float[]> start,
        List<Sample> samples) {

    /**
     * What distinguishes an image from others with the same prompt.
     *
     * @param order the masked positions; the last ones are predicted first
     */
    public record Sample(int[] order, NoiseSource noise) {}

    /** The same, with latents [N*channels] of the positions that are known from the start. */
    GenerationPlan startingFrom(float[] latents) {
        return new GenerationPlan(
                grid,
                iterations,
                guidance,
                guidanceSchedule,
                temperature,
                guidanceReuse,
                tokenReuse,
                diffusion,
                Optional.of(latents),
                samples);
    }

    /** Whether the batch has an unconditional half. */
    public boolean guided() {
        return guidance != 1.0;
    }

    /** The batch's rows: the conditional one for each image, then, with guidance, the unconditional one for each. */
    public <T> List<T> rows(T conditional, T unconditional) {
        List<T> rows = new ArrayList<>(Collections.nCopies(samples.size(), conditional));
        if (guided()) {
            rows.addAll(Collections.nCopies(samples.size(), unconditional));
        }
        return rows;
    }

    /** All iterations that predict something, in their order. */
    List<Iteration> schedule() {
        return UnmaskingSchedule.plan(
                iterations, samples.stream().map(Sample::order).toList(), grid.tokens());
    }

    /** The iterations after one, of those that predict something. */
    private List<Iteration> after(Iteration iteration) {
        List<Iteration> schedule = schedule();
        int at = Collections.binarySearch(schedule, iteration, Comparator.comparingInt(Iteration::index));
        return schedule.subList(at + 1, schedule.size());
    }

    /** Guidance of one iteration. */
    double guidanceAt(Iteration iteration) {
        return guidanceSchedule.at(guidance, grid.tokens(), iteration.left());
    }

    /** Whether some iteration reuses the guidance of an earlier one. */
    boolean reusesGuidance() {
        return guided()
                && !guidanceReuse.equals(Reuse.NONE)
                && !schedule().stream().allMatch(this::computesGuidance);
    }

    /** Whether some iteration reuses tokens of an earlier one. */
    boolean reusesTokens() {
        return !tokenReuse.equals(Reuse.NONE) && !schedule().stream().allMatch(this::computesAllTokens);
    }

    /** Whether an iteration computes the unconditional half. The first that predicts has nothing to reuse. */
    boolean computesGuidance(Iteration iteration) {
        return guided() && (isFirst(iteration) || guidanceReuse.computes(iteration.index()));
    }

    /** Whether an iteration computes every token: also each that computes guidance, as only one half is kept. */
    boolean computesAllTokens(Iteration iteration) {
        return isFirst(iteration) || computesGuidance(iteration) || tokenReuse.computes(iteration.index());
    }

    private boolean isFirst(Iteration iteration) {
        int masked = samples.get(0).order().length;
        return iteration.known().get(0).length == grid.tokens() - masked;
    }

    /** Whether the next iteration reuses the tokens that one has computed or reused. */
    boolean keepsTokens(Iteration iteration) {
        return after(iteration).stream()
                .findFirst()
                .filter(next -> !computesAllTokens(next))
                .isPresent();
    }

    /**
     * For each image, the positions whose guidance an iteration has to compute: those predicted until the next
     * iteration that computes it, ascending.
     */
    List<int[]> guidedPositions(Iteration iteration) {
        List<Iteration> until = Stream.concat(
                        Stream.of(iteration), after(iteration).stream().takeWhile(next -> !computesGuidance(next)))
                .toList();
        return IntStream.range(0, samples.size())
                .mapToObj(image -> until.stream()
                        .flatMapToInt(each -> IntStream.of(each.predicted().get(image)))
                        .sorted()
                        .toArray())
                .toList();
    }

    /** The noise schedule of one iteration. */
    DiffusionSchedule diffusionAt(Iteration iteration) {
        return diffusion.at(iteration.index(), iterations);
    }

    /** The tokens before the first iteration. */
    ImageTokens startTokens(int channels) {
        return start.map(latents -> ImageTokens.of(samples.size(), grid, latents))
                .orElseGet(() -> ImageTokens.blank(samples.size(), grid, channels));
    }

    /** Noise [T+1,B*M,channels] for the positions that an iteration predicts. */
    Tensor noise(Iteration iteration, int channels) {
        int rows = diffusion.steps(iteration.index(), iterations) + 1;
        int count = samples.size() * iteration.predictedTokens();
        FloatBuffer buffer = Tensor.floatBuffer(Math.multiplyExact(rows * count, channels));
        float[] variates = new float[channels];
        for (int row = 0; row < rows; row++) {
            for (int sample = 0; sample < samples.size(); sample++) {
                for (int position : iteration.predicted().get(sample)) {
                    samples.get(sample).noise().fill(position, row, variates);
                    buffer.put(variates);
                }
            }
        }
        return Tensor.floats(buffer.flip(), rows, count, channels);
    }

    /** @throws InvalidRequestException when a tensor of the loop would not fit into one buffer of at most 2 GB */
    void requireAddressable(Sizes sizes) {
        for (Iteration iteration : schedule()) {
            requireAddressable(iteration, sizes);
        }
        long positions = (long) grid.tokens() + sizes.bufferTokens();
        // An image goes through the language model in chunks; their hidden states are joined.
        long hidden = rows(0, 0).size() * positions * sizes.hidden() * Float.BYTES;
        if (positions > LanguageModel.CHUNK && hidden > Integer.MAX_VALUE) {
            throw new InvalidRequestException(samples.size() + " images of " + grid.tokens()
                    + " tokens are too much at once; ask for fewer or smaller ones.");
        }
    }

    private void requireAddressable(Iteration iteration, Sizes sizes) {
        int steps = diffusion.steps(iteration.index(), iterations);
        long noise = (steps + 1L) * samples.size() * iteration.predictedTokens() * sizes.latentChannels() * Float.BYTES;
        if (noise > Integer.MAX_VALUE) {
            throw new InvalidRequestException("One iteration would predict " + iteration.predictedTokens()
                    + " tokens of " + samples.size() + " images in " + steps
                    + " diffusion steps, too much at once; take more iterations, fewer images or fewer steps.");
        }
    }
}
