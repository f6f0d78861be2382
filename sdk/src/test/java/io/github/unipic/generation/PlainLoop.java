package io.github.unipic.generation;

import io.github.unipic.generation.MarModel.DecoderInputs;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Outputs;
import io.github.unipic.runtime.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Generation as the reference does it: one image, both prompts one after the other, the diffusion's arithmetic in Java.
 * Slow and plain, for comparison.
 *
 * @param steps of diffusion, by iteration
 * @param computesGuidance by iteration; in the others the unconditional conditions are the conditional ones plus their
 *     difference in the last iteration that computed it, in which it is computed at every masked position
 * @param computesTokens by iteration; in the others, if they compute no guidance either, the MAR decoder computes the
 *     buffers, what became known since the last one that did, and what is predicted
 * @param prompts the conditional one and, with guidance, the unconditional one
 */
record PlainLoop(
        Execution execution,
        Grid grid,
        int iterations,
        double guidance,
        boolean linear,
        double temperature,
        IntUnaryOperator steps,
        IntPredicate computesGuidance,
        IntPredicate computesTokens,
        List<KvCache> prompts) {
    /** Every place's keys and values in the last iteration that computed all, by input and place. */
    private record Kept(Map<String, float[][]> rows, Set<Integer> known) {}

    /**
     * @param order of the masked positions
     * @param start latents [N*channels], of which those at other positions are known
     * @param canvas of the image to edit
     * @return latents [N*channels]
     */
    float[] generate(int[] order, NoiseSource noise, float[] start, Optional<Tensor> canvas) {
        int channels = start.length / grid.tokens();
        float[] tokens = start.clone();
        int masked = order.length;
        float[][] difference = {};
        Kept kept = new Kept(new HashMap<>(), new HashSet<>());
        int dim = 0;
        for (int k = 0; k < iterations; k++) {
            int cosine = (int) Math.floor(order.length * Math.cos(Math.PI / 2 * (k + 1) / iterations));
            int left = Math.max(1, Math.min(masked - 1, cosine));
            double g = linear ? 1 + (guidance - 1) * (grid.tokens() - left) / grid.tokens() : guidance;
            int from = k == iterations - 1 ? 0 : left;
            int[] predicted =
                    IntStream.range(from, masked).map(i -> order[i]).sorted().toArray();
            if (predicted.length > 0) {
                int[] known = known(Arrays.copyOf(order, masked));
                List<float[]> conditions = new ArrayList<>();
                boolean guides = prompts.size() > 1 && computesGuidance.test(k);
                if (kept.rows().isEmpty() || guides || computesTokens.test(k)) {
                    kept.rows().clear();
                    kept.known().clear();
                }
                conditions.add(conditions(tokens, channels, known, predicted, prompts.get(0), canvas, kept));
                if (prompts.size() > 1) {
                    if (guides) {
                        int[] all = IntStream.of(Arrays.copyOf(order, masked))
                                .sorted()
                                .toArray();
                        float[] with = conditions(tokens, channels, known, all, prompts.get(0), canvas, nothing());
                        float[] without = conditions(tokens, channels, known, all, prompts.get(1), canvas, nothing());
                        dim = with.length / all.length;
                        difference = new float[grid.tokens()][dim];
                        for (int i = 0; i < with.length; i++) {
                            difference[all[i / dim]][i % dim] = without[i] - with[i];
                        }
                    }
                    float[] unconditional = conditions.get(0).clone();
                    for (int i = 0; i < unconditional.length; i++) {
                        unconditional[i] += difference[predicted[i / dim]][i % dim];
                    }
                    conditions.add(unconditional);
                }
                int steps = steps().applyAsInt(k);
                float[][] rows = new float[steps + 1][predicted.length * channels];
                float[] variates = new float[channels];
                for (int row = 0; row <= steps; row++) {
                    for (int i = 0; i < predicted.length; i++) {
                        noise.fill(predicted[i], row, variates);
                        System.arraycopy(variates, 0, rows[row], i * channels, channels);
                    }
                }
                float[] sampled = sample(execution, conditions, rows, g, temperature, channels);
                for (int i = 0; i < predicted.length; i++) {
                    System.arraycopy(sampled, i * channels, tokens, predicted[i] * channels, channels);
                }
            }
            masked = left;
        }
        return tokens;
    }

    private int[] known(int[] masked) {
        return IntStream.range(0, grid.tokens())
                .filter(position -> IntStream.of(masked).noneMatch(each -> each == position))
                .toArray();
    }

    private static Kept nothing() {
        return new Kept(new HashMap<>(), new HashSet<>());
    }

    /** @param kept if empty, every place is computed, and kept */
    private float[] conditions(
            float[] tokens,
            int channels,
            int[] known,
            int[] predicted,
            KvCache prompt,
            Optional<Tensor> canvas,
            Kept kept) {
        float[] values = new float[known.length * channels];
        for (int i = 0; i < known.length; i++) {
            System.arraycopy(tokens, known[i] * channels, values, i * channels, channels);
        }
        MarModel mar = new MarModel(execution);
        try (Tensor visible = Tensor.floats(values, 1, known.length, channels);
                MarEncoding encoding = mar.encode(visible, List.of(known), grid);
                Tensor hidden = new LanguageModel(execution).hidden(encoding.embeds(), prompt);
                Tensor blank = mar.blankCanvas();
                Tensor z = kept.rows().isEmpty()
                        ? mar.decode(new DecoderInputs(
                                encoding.encoded(),
                                hidden,
                                List.of(known),
                                List.of(predicted),
                                canvas.orElse(blank),
                                grid))
                        : cached(encoding, hidden, known, predicted, canvas.orElse(blank), kept)) {
            if (kept.rows().isEmpty()) {
                cached(encoding, hidden, known, predicted, canvas.orElse(blank), kept)
                        .close();
            }
            return z.toFloats();
        }
    }

    /** The cached keys and values lie in the order of the places; those that are computed go backwards. */
    private Tensor cached(MarEncoding encoding, Tensor hidden, int[] known, int[] predicted, Tensor canvas, Kept kept) {
        int buffers = execution.manifest().sizes().bufferTokens();
        int dim = execution.manifest().sizes().marDim();
        boolean all = kept.rows().isEmpty();
        List<Integer> refresh = new ArrayList<>();
        List<Integer> reuse = new ArrayList<>();
        List<Integer> asked =
                IntStream.of(predicted).map(i -> buffers + i).boxed().toList();
        for (int place = buffers + grid.tokens() - 1; place >= 0; place--) {
            int position = place - buffers;
            boolean isNew = position < 0
                    || IntStream.of(known).anyMatch(each -> each == position)
                            && !kept.known().contains(position);
            if (!asked.contains(place)) {
                (all || isNew ? refresh : reuse).add(place);
            }
        }
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        List<String> names = execution.engine().folder().spec(GraphName.MAR_DECODER_CACHED).inputs().stream()
                .map(Manifest.TensorSpec::name)
                .filter(name -> name.startsWith("past_"))
                .toList();
        for (String name : names) {
            float[] flat = new float[all ? 0 : (buffers + grid.tokens()) * dim];
            for (int i = 0; i < flat.length; i++) {
                flat[i] = kept.rows().get(name)[i / dim][i % dim];
            }
            inputs.put(
                    name,
                    all
                            ? execution.empty(GraphName.MAR_DECODER_CACHED, name, 1, 0, dim)
                            : Tensor.floats(flat, 1, flat.length / dim, dim));
        }
        inputs.put("refresh", places(refresh));
        inputs.put("reuse", places(reuse));
        inputs.put("positions", places(IntStream.of(known).boxed().toList()));
        inputs.put("predict", places(IntStream.of(predicted).boxed().toList()));
        inputs.put("grid", Tensor.longs(new long[] {grid.height(), grid.width()}, 2));
        Map<String, Tensor> given = new LinkedHashMap<>(inputs);
        given.putAll(Map.of("x_enc", encoding.encoded(), "llm_hidden", hidden, "canvas", canvas));
        Set<String> wanted = new HashSet<>(Set.of("z"));
        names.forEach(name -> wanted.add(name.replace("past_", "present_")));
        try (Outputs outputs = execution.run(GraphName.MAR_DECODER_CACHED, given, wanted)) {
            for (String name : all ? names : List.<String>of()) {
                float[][] rows = new float[buffers + grid.tokens()][];
                try (Tensor present = outputs.take(name.replace("past_", "present_"))) {
                    float[] values = present.toFloats();
                    List<Integer> order = new ArrayList<>(refresh);
                    order.addAll(asked);
                    for (int row = 0; row < order.size(); row++) {
                        rows[order.get(row)] = Arrays.copyOfRange(values, row * dim, (row + 1) * dim);
                    }
                }
                kept.rows().put(name, rows);
            }
            if (all) {
                IntStream.of(known).forEach(kept.known()::add);
            }
            return outputs.take("z");
        } finally {
            inputs.values().forEach(Tensor::close);
        }
    }

    private static Tensor places(List<Integer> places) {
        return Tensor.longs(places.stream().mapToLong(place -> place).toArray(), 1, places.size());
    }

    /**
     * Ancestral sampling, as UNIPIC's reference.
     *
     * @param conditions [M*dim]; with guidance, those without the prompt too
     * @param noise [T+1][M*channels]
     */
    static float[] sample(
            Execution execution,
            List<float[]> conditions,
            float[][] noise,
            double guidance,
            double temperature,
            int channels) {
        int steps = noise.length - 1;
        int count = noise[0].length / channels;
        DiffusionSchedule schedule =
                DiffusionSchedule.cosine(steps, execution.manifest().diffusion().maxBeta());
        float[] table = schedule.coefficients();
        float[] x = noise[0].clone();
        for (int k = 0; k < steps; k++) {
            List<float[]> outputs = new ArrayList<>();
            for (float[] condition : conditions) {
                outputs.add(evaluate(execution, x, schedule.timesteps()[k], condition, count, channels));
            }
            float[] next = new float[x.length];
            for (int i = 0; i < x.length; i++) {
                int at = i / channels * 2 * channels + i % channels;
                double epsilon = outputs.get(0)[at];
                double fraction = (outputs.get(0)[at + channels] + 1) / 2;
                if (outputs.size() > 1) {
                    double unconditional = outputs.get(1)[at];
                    epsilon = unconditional + guidance * (epsilon - unconditional);
                }
                int row = k * DiffusionSchedule.COLUMNS;
                double logVariance = fraction * table[row + 5] + (1 - fraction) * table[row + 4];
                double origin = table[row] * x[i] - table[row + 1] * epsilon;
                double mean = table[row + 2] * origin + table[row + 3] * x[i];
                double added = k < steps - 1 ? Math.exp(0.5 * logVariance) * noise[k + 1][i] * temperature : 0;
                next[i] = (float) (mean + added);
            }
            x = next;
        }
        return x;
    }

    private static float[] evaluate(
            Execution execution, float[] x, long timestep, float[] condition, int count, int channels) {
        try (Tensor state = Tensor.floats(x, count, channels);
                Tensor z = Tensor.floats(condition, count, condition.length / count);
                Tensor output = new DiffusionSampler(execution).evaluate(state, timestep, z)) {
            return output.toFloats();
        }
    }
}
