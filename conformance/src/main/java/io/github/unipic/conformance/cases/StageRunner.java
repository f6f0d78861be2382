package io.github.unipic.conformance.cases;

import io.github.unipic.Cancellation;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.generation.DiffusionSchedule;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.Manifest.TensorSpec;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.Outputs;
import io.github.unipic.runtime.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Runs stage cases on a model's graphs, by the graph contract alone: named tensors in, named tensors out. */
public final class StageRunner {
    private static final float LEAST_VARIANCE = 0.5f;

    private final Graphs graphs;
    private final long seed;
    private final Cancellation cancellation;
    private final Manifest.Sizes sizes;

    public StageRunner(Graphs graphs, long seed, Cancellation cancellation) {
        this.graphs = graphs;
        this.seed = seed;
        this.cancellation = cancellation;
        this.sizes = graphs.folder().manifest().sizes();
    }

    /**
     * A tensor that a graph gave.
     *
     * @param name of the output
     * @param must what it must be, where the contract alone says that; else the reference knows
     */
    public record Output(String name, Floats tensor, Optional<Floats> must) {}

    /** A case with its inputs at hand. Owns them. */
    public final class Run implements AutoCloseable {
        private final StageCase stage;
        private final Map<String, Tensor> inputs = new LinkedHashMap<>();
        private final Set<String> wanted = new LinkedHashSet<>();
        private long lastNanos;

        private Run(StageCase stage) {
            this.stage = stage;
        }

        /** Runs the graph once and copies what it gives. */
        public List<Output> outputs() {
            List<Output> results = new ArrayList<>();
            long start = System.nanoTime();
            try (Outputs outputs = graphs.run(stage.graph(), inputs, wanted, cancellation)) {
                lastNanos = System.nanoTime() - start;
                for (String name : wanted) {
                    try (Tensor tensor = outputs.take(name)) {
                        if (name.startsWith("present_")) {
                            results.addAll(present(name, tensor));
                        } else {
                            results.add(new Output(name, floats(tensor), Optional.empty()));
                        }
                    }
                }
            }
            return results;
        }

        /** How long the graph ran the last time. */
        public long lastNanos() {
            return lastNanos;
        }

        /** The new places are for the reference to judge; the old ones must be the past, untouched. */
        private List<Output> present(String name, Tensor tensor) {
            String nameOfPast = name + " of the past";
            long[] shape = {stage.batch(), sizes.kvHeads(), past(stage) + stage.tokens(), sizes.headDim()};
            if (!Arrays.equals(tensor.shape(), shape)) {
                // Which places are new cannot be told: of both it is said what shape there must be.
                Optional<Floats> must = Optional.of(new Floats(new float[0], shape));
                return List.of(new Output(name, floats(tensor), must), new Output(nameOfPast, floats(tensor), must));
            }
            int width = sizes.headDim();
            int pastLength = past(stage) * width;
            int newLength = stage.tokens() * width;
            int heads = stage.batch() * sizes.kvHeads();
            float[] all = tensor.toFloats();
            float[] kept = new float[heads * pastLength];
            float[] added = new float[heads * newLength];
            for (int head = 0; head < heads; head++) {
                int from = head * (pastLength + newLength);
                System.arraycopy(all, from, kept, head * pastLength, pastLength);
                System.arraycopy(all, from + pastLength, added, head * newLength, newLength);
            }
            long[] keptShape = {shape[0], shape[1], past(stage), width};
            long[] addedShape = {shape[0], shape[1], stage.tokens(), width};
            Floats given = floats(inputs.get(name.replace("present_", "past_")));
            return List.of(
                    new Output(name, new Floats(added, addedShape), Optional.empty()),
                    new Output(nameOfPast, new Floats(kept, keptShape), Optional.of(given)));
        }

        @Override
        public void close() {
            inputs.values().forEach(Tensor::close);
        }
    }

    /** Whether the model has the graph that the case is about. */
    public boolean has(StageCase stage) {
        return graphs.folder().has(stage.graph());
    }

    private static Floats floats(Tensor tensor) {
        return new Floats(tensor.toFloats(), tensor.shape());
    }

    /** Makes the inputs of a case. */
    public Run prepare(StageCase stage) {
        Run run = new Run(stage);
        try {
            prepare(stage, run.inputs, run.wanted);
            return run;
        } catch (RuntimeException | Error e) {
            run.close();
            throw e;
        }
    }

    private void prepare(StageCase stage, Map<String, Tensor> inputs, Set<String> wanted) {
        switch (stage.graph()) {
            case TEXT_EMBEDDING -> {
                long[] ids = values(stage, "ids").below(sizes.vocabulary(), stage.batch() * stage.tokens());
                inputs.put("ids", Tensor.longs(ids, stage.batch(), stage.tokens()));
                wanted.add("embeds");
            }
            case TEXT_HEAD -> {
                floats(inputs, stage, "hidden", stage.batch(), sizes.hidden());
                wanted.add("logits");
            }
            case VISION_ENCODER -> {
                pixels(inputs, stage, sizes.visionImage(), sizes.visionImage());
                wanted.add("image_embeds");
            }
            case PIXEL_ENCODER -> {
                Grid grid = grid(stage);
                pixels(inputs, stage, sizes.downsampling() * grid.height(), sizes.downsampling() * grid.width());
                wanted.add("latents");
            }
            case PIXEL_DECODER -> {
                latents(inputs, stage);
                wanted.add("pixels");
            }
            case PIXEL_DECODER_FEATURES -> {
                latents(inputs, stage);
                wanted.add("features");
            }
            case PIXEL_DECODER_TILE -> pixelDecoderTile(stage, inputs, wanted);
            case MAR_ENCODER -> marEncoder(stage, inputs, wanted);
            case DECODER_STEP -> decoderStep(stage, inputs, wanted);
            case MAR_DECODER -> marDecoder(stage, inputs, wanted);
            case DIFFUSION_HEAD -> {
                floats(inputs, stage, "x", stage.tokens(), sizes.latentChannels());
                inputs.put("timestep", Tensor.longs(new long[] {stage.timestep()}, 1));
                floats(inputs, stage, "z", stage.tokens(), sizes.marDim());
                wanted.add("eps_and_variance");
            }
            case TOKEN_SAMPLER -> tokenSampler(stage, inputs, wanted);
        }
    }

    private void latents(Map<String, Tensor> inputs, StageCase stage) {
        Grid grid = grid(stage);
        floats(inputs, stage, "latents", stage.batch(), grid.height(), grid.width(), sizes.latentChannels());
    }

    private void pixelDecoderTile(StageCase stage, Map<String, Tensor> inputs, Set<String> wanted) {
        GraphSpec spec = graphs.folder().spec(stage.graph());
        Grid grid = grid(stage);
        int perToken = sizes.downsampling() / 2;
        Grid places = new Grid(perToken * grid.height(), perToken * grid.width());
        int channels = spec.input("features").length(1);
        floats(inputs, stage, "features", stage.batch(), channels, places.height(), places.width());
        inputs.put("core", Tensor.longs(stage.tile().of(places), 4));
        TensorSpec statistics = spec.input("statistics");
        long[] shape = {statistics.length(0), stage.batch(), statistics.length(2), 2};
        float[] pairs = values(stage, "statistics").floats(elements(shape));
        for (int variance = 1; variance < pairs.length; variance += 2) {
            pairs[variance] = Math.abs(pairs[variance]) + LEAST_VARIANCE;
        }
        inputs.put("statistics", Tensor.floats(pairs, shape));
        inputs.put("known", Tensor.bool(!stage.ownStatistics()));
        wanted.addAll(List.of("pixels", "core_statistics"));
    }

    private void marEncoder(StageCase stage, Map<String, Tensor> inputs, Set<String> wanted) {
        Grid grid = grid(stage);
        int known = stage.known().of(grid.tokens());
        floats(inputs, stage, "tokens", stage.batch(), known, sizes.latentChannels());
        inputs.put("positions", knownPositions(stage, grid));
        inputs.put("grid", tensor(grid));
        wanted.addAll(List.of("x_enc", "z_enc"));
        if (stage.known() == Known.ALL) {
            wanted.add("canvas");
        }
    }

    private void decoderStep(StageCase stage, Map<String, Tensor> inputs, Set<String> wanted) {
        int past = past(stage);
        floats(inputs, stage, "embeds", stage.rows(), stage.tokens(), sizes.hidden());
        long[][] mask = new long[stage.batch()][past + stage.tokens()];
        long[][] positions = new long[stage.batch()][stage.tokens()];
        for (int row = 0; row < stage.batch(); row++) {
            int hidden = stage.padded() && row > 0 ? past / 3 : 0;
            Arrays.fill(mask[row], 1);
            Arrays.fill(mask[row], past - hidden, past, 0);
            Arrays.setAll(positions[row], i -> past - hidden + i);
        }
        inputs.put("attention_mask", Tensor.longs(mask));
        inputs.put("position_ids", Tensor.longs(positions));
        for (int layer = 0; layer < sizes.layers(); layer++) {
            floats(inputs, stage, "past_key." + layer, stage.batch(), sizes.kvHeads(), past, sizes.headDim());
            floats(inputs, stage, "past_value." + layer, stage.batch(), sizes.kvHeads(), past, sizes.headDim());
        }
        wanted.add("hidden");
        for (int layer : new int[] {0, sizes.layers() - 1}) {
            wanted.add("present_key." + layer);
            wanted.add("present_value." + layer);
        }
    }

    private void marDecoder(StageCase stage, Map<String, Tensor> inputs, Set<String> wanted) {
        Grid grid = grid(stage);
        int known = stage.known().of(grid.tokens());
        int places = sizes.bufferTokens() + known;
        floats(inputs, stage, "x_enc", stage.rows(), places, sizes.marDim());
        floats(inputs, stage, "llm_hidden", stage.batch(), places, sizes.hidden());
        inputs.put("positions", knownPositions(stage, grid));
        long[][] predict = new long[stage.rows()][];
        Arrays.setAll(predict, row -> widen(stage.predict().of(permutation(stage, row, grid), known)));
        inputs.put("predict", Tensor.longs(predict));
        int canvas = stage.fullCanvas() ? sizes.bufferTokens() + grid.tokens() : 0;
        floats(inputs, stage, "canvas", 1, canvas, sizes.marDim());
        inputs.put("grid", tensor(grid));
        wanted.add("z");
    }

    private void tokenSampler(StageCase stage, Map<String, Tensor> inputs, Set<String> wanted) {
        DiffusionSchedule schedule = DiffusionSchedule.cosine(
                stage.steps(), graphs.folder().manifest().diffusion().maxBeta());
        int conditions = stage.guidance() == 1 ? stage.tokens() : 2 * stage.tokens();
        floats(inputs, stage, "z", conditions, sizes.marDim());
        floats(inputs, stage, "noise", stage.last() + 1, stage.tokens(), sizes.latentChannels());
        int skipped = stage.steps() - stage.last();
        long[] timesteps = Arrays.copyOfRange(schedule.timesteps(), skipped, stage.steps());
        float[] coefficients = schedule.coefficients();
        float[] rows = Arrays.copyOfRange(coefficients, skipped * DiffusionSchedule.COLUMNS, coefficients.length);
        inputs.put("timesteps", Tensor.longs(timesteps, stage.last()));
        inputs.put("coefficients", Tensor.floats(rows, stage.last(), DiffusionSchedule.COLUMNS));
        inputs.put("guidance", Tensor.scalar(stage.guidance()));
        inputs.put("temperature", Tensor.scalar(stage.temperature()));
        wanted.add("tokens");
    }

    private int past(StageCase stage) {
        return Math.min(stage.past(), sizes.context() - stage.tokens());
    }

    private Grid grid(StageCase stage) {
        return stage.grid().of(sizes.nativeGrid());
    }

    private Tensor knownPositions(StageCase stage, Grid grid) {
        int known = stage.known().of(grid.tokens());
        long[] flat = IntStream.range(0, stage.rows())
                .boxed()
                .flatMapToInt(row ->
                        Arrays.stream(permutation(stage, row, grid), 0, known).sorted())
                .asLongStream()
                .toArray();
        return Tensor.longs(flat, stage.rows(), known);
    }

    private int[] permutation(StageCase stage, int row, Grid grid) {
        return values(stage, "positions").permutation(row, grid.tokens());
    }

    private SeededValues values(StageCase stage, String input) {
        return new SeededValues(seed, stage.key() + "/" + input);
    }

    private void floats(Map<String, Tensor> inputs, StageCase stage, String input, long... shape) {
        scaled(inputs, stage, input, stage.scale(), shape);
    }

    /** Half as wide as the others: about [-1, 1]. */
    private void pixels(Map<String, Tensor> inputs, StageCase stage, int height, int width) {
        scaled(inputs, stage, "pixels", stage.scale() / 2, stage.batch(), 3, height, width);
    }

    private void scaled(Map<String, Tensor> inputs, StageCase stage, String input, float scale, long... shape) {
        float[] values = values(stage, input).floats(elements(shape));
        for (int i = 0; i < values.length; i++) {
            values[i] *= scale;
        }
        inputs.put(input, graphs.tensor(stage.graph(), input, values, shape));
    }

    private static int elements(long... shape) {
        return Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
    }

    private static Tensor tensor(Grid grid) {
        return Tensor.longs(new long[] {grid.height(), grid.width()}, 2);
    }

    private static long[] widen(int[] values) {
        return Arrays.stream(values).asLongStream().toArray();
    }
}
