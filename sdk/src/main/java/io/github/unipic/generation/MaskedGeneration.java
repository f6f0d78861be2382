package io.github.unipic.generation;

import static io.github.unipic.model.GraphName.DECODER_STEP;
import static io.github.unipic.model.GraphName.MAR_DECODER;
import static io.github.unipic.model.GraphName.MAR_ENCODER;
import static io.github.unipic.model.GraphName.TOKEN_SAMPLER;

import io.github.unipic.Cancellation;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.NoiseSource;
import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Stages;
import io.github.unipic.runtime.Stages.Encoding;
import io.github.unipic.runtime.Stages.Extension;
import io.github.unipic.runtime.Tensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The masked autoregressive loop: starting with every position masked, each iteration asks the language model and MAR
 * for conditions and lets the diffusion head draw some more tokens. All images of a batch go through it together.
 */
public final class MaskedGeneration {

    /**
     * What to draw.
     *
     * @param iterations of the loop
     * @param guidance scale; 1 is without guidance
     * @param start latents [N*channels] of which the positions outside the orders are known from the start; empty where
     *     every position is masked
     * @param images the random part of each image of the batch
     */
    public record Task(
            Grid grid,
            int iterations,
            double guidance,
            GuidanceSchedule guidanceSchedule,
            double temperature,
            DiffusionSchedule diffusion,
            Optional<float[]> start,
            List<Sample> images) {

        /** Whether the batch has an unconditional half. */
        public boolean guided() {
            return guidance != 1.0;
        }

        /** A batch's rows: the conditional one for each image, then, with guidance, the unconditional one for each. */
        public <T> List<T> rows(T conditional, T unconditional) {
            List<T> rows = new ArrayList<>(Collections.nCopies(images.size(), conditional));
            if (guided()) {
                rows.addAll(Collections.nCopies(images.size(), unconditional));
            }
            return rows;
        }
    }

    /**
     * What makes an image differ from another of the same prompt.
     *
     * @param order the masked positions; the last ones of it are predicted first
     */
    public record Sample(int[] order, NoiseSource noise) {}

    /** Hears of each iteration that predicted something. */
    @FunctionalInterface
    public interface Observer {
        /**
         * @param iteration of the first image
         * @param z conditions [B,M,dim]
         * @param tokens with the new ones
         */
        void onIteration(Iteration iteration, Tensor z, ImageTokens tokens);
    }

    /** So many tokens of an image go through the language model at once, and a few more where they are aligned. */
    static final int PIECE = 1024;

    /** The graphs that each iteration needs. */
    static final Set<GraphName> LOOP = EnumSet.of(MAR_ENCODER, DECODER_STEP, MAR_DECODER, TOKEN_SAMPLER);

    private final Stages stages;
    private final int alignment;

    public MaskedGeneration(Graphs graphs, Cancellation cancellation) {
        this.stages = new Stages(graphs, cancellation);
        this.alignment = stages.attentionAlignment();
    }

    /** With another alignment than the provider's, for tests. */
    public MaskedGeneration(Stages stages, int alignment) {
        this.stages = stages;
        this.alignment = alignment;
    }

    /**
     * Draws.
     *
     * @param prompts KV cache with the rows of {@link Task#rows}
     * @param canvas what the decoder sees at masked positions: {@link Stages#blankCanvas}, or [1,buffers+N,dim] of a
     *     image to be edited
     */
    public ImageTokens run(Task task, KvCache prompts, Tensor canvas, Observer observer) {
        ImageTokens tokens = task.start()
                .map(latents -> ImageTokens.of(task.images().size(), task.grid(), latents))
                .orElseGet(() -> ImageTokens.blank(
                        task.images().size(), task.grid(), stages.sizes().latentChannels()));
        List<List<Iteration>> plans = task.images().stream()
                .map(image -> UnmaskingSchedule.plan(
                        task.iterations(), image.order(), task.grid().tokens()))
                .toList();
        requireAddressableNoise(task, plans.get(0));
        requireAddressableHidden(task);
        return stages.holding(LOOP, () -> {
            try (AlignedPrompts aligned = new AlignedPrompts(stages, prompts, alignment)) {
                for (int k = 0; k < task.iterations(); k++) {
                    int index = k;
                    List<Iteration> now =
                            plans.stream().map(plan -> plan.get(index)).toList();
                    if (now.get(0).predicted().length > 0) {
                        predict(task, now, aligned, canvas, tokens, observer);
                    }
                }
                return tokens;
            }
        });
    }

    private void predict(
            Task task,
            List<Iteration> now,
            AlignedPrompts prompts,
            Tensor canvas,
            ImageTokens tokens,
            Observer observer) {
        List<int[]> predicted = now.stream().map(Iteration::predicted).toList();
        double guidance = task.guidanceSchedule()
                .at(task.guidance(), task.grid().tokens(), now.get(0).left());
        try (Tensor z = conditions(task.grid(), now, prompts, canvas, tokens);
                Tensor rows = z.reshape((long) z.dim(0) * z.dim(1), z.dim(2));
                Tensor noise = noise(task, predicted);
                Tensor drawn = stages.sampleTokens(
                        rows,
                        noise,
                        task.diffusion().timesteps(),
                        task.diffusion().coefficients(),
                        guidance,
                        task.temperature())) {
            tokens.put(predicted, drawn);
            observer.onIteration(now.get(0), z, tokens);
        }
    }

    /** Known tokens through the MAR encoder, the language model over each prompt's cache, and the MAR decoder. */
    private Tensor conditions(
            Grid grid, List<Iteration> now, AlignedPrompts prompts, Tensor canvas, ImageTokens tokens) {
        List<int[]> known = now.stream().map(Iteration::known).toList();
        try (Tensor positions = positions(known);
                Tensor asked = positions(now.stream().map(Iteration::predicted).toList());
                Tensor visible = tokens.at(known);
                Encoding encoding = stages.encodeTokens(visible, positions, grid);
                Tensor hidden = hidden(encoding.embeds(), prompts)) {
            return stages.conditions(encoding.encoded(), hidden, positions, asked, canvas, grid);
        }
    }

    /**
     * Hidden states [B,S,D] of an image's tokens behind the prompts. Many tokens go through the language model in
     * pieces, each behind the ones before: attention then needs less memory, and computes less of what the causal mask
     * hides.
     *
     * @param embeds [E,S,D]
     */
    private Tensor hidden(Tensor embeds, AlignedPrompts prompts) {
        int tokens = embeds.dim(1);
        if (tokens <= PIECE) {
            return stages.hidden(embeds, prompts.before(tokens));
        }
        int pieces = (tokens + PIECE - 1) / PIECE;
        List<Tensor> hidden = new ArrayList<>();
        KvCache cache = prompts.before(tokens).share();
        try {
            for (int piece = 0; piece < pieces; piece++) {
                boolean last = piece == pieces - 1;
                try (Tensor part =
                        embeds.rows(prompts.start(piece, pieces, tokens), prompts.start(piece + 1, pieces, tokens))) {
                    if (last) {
                        hidden.add(stages.hidden(part, cache));
                    } else {
                        Extension longer = stages.extend(cache, part);
                        cache.close();
                        cache = longer.cache();
                        hidden.add(longer.hidden());
                    }
                }
            }
            return Tensor.join(hidden);
        } finally {
            cache.close();
            hidden.forEach(Tensor::close);
        }
    }

    /** The noise of one iteration is one buffer of at most 2 GB. */
    private void requireAddressableNoise(Task task, List<Iteration> plan) {
        long most = plan.stream()
                .mapToInt(iteration -> iteration.predicted().length)
                .max()
                .orElse(0);
        long rows = task.diffusion().timesteps().length + 1L;
        long bytes = rows * task.images().size() * most * stages.sizes().latentChannels() * Float.BYTES;
        if (bytes > Integer.MAX_VALUE) {
            throw new InvalidRequestException("One iteration would draw " + most + " tokens of "
                    + task.images().size() + " images in " + (rows - 1)
                    + " diffusion steps, too much at once; take more iterations, fewer images or fewer steps.");
        }
    }

    /** What the language model makes of a large image's pieces is joined in one buffer of at most 2 GB. */
    private void requireAddressableHidden(Task task) {
        long places = task.grid().tokens() + stages.sizes().bufferTokens();
        long rows = task.rows(0, 0).size();
        long bytes = rows * places * stages.sizes().hidden() * Float.BYTES;
        if (places > PIECE && bytes > Integer.MAX_VALUE) {
            throw new InvalidRequestException(task.images().size() + " images of "
                    + task.grid().tokens() + " tokens are too much at once; ask for fewer or smaller ones.");
        }
    }

    private Tensor noise(Task task, List<int[]> predicted) {
        int channels = stages.sizes().latentChannels();
        int rows = task.diffusion().timesteps().length + 1;
        int count = predicted.size() * predicted.get(0).length;
        FloatBuffer buffer = Tensor.floatBuffer(Math.multiplyExact(rows * count, channels));
        float[] variates = new float[channels];
        for (int row = 0; row < rows; row++) {
            for (int image = 0; image < predicted.size(); image++) {
                NoiseSource source = task.images().get(image).noise();
                for (int position : predicted.get(image)) {
                    source.fill(position, row, variates);
                    buffer.put(variates);
                }
            }
        }
        return Tensor.floats(buffer.flip(), rows, count, channels);
    }

    private static Tensor positions(List<int[]> rows) {
        long[] flat = rows.stream().flatMapToInt(Arrays::stream).asLongStream().toArray();
        return Tensor.longs(flat, rows.size(), rows.get(0).length);
    }
}
