package io.github.unipic.conformance.cases;

import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.generation.DiffusionSchedule;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.Manifest.Sizes;
import io.github.unipic.model.Manifest.TensorSpec;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Resources;
import io.github.unipic.runtime.Tensor;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** The inputs of a graph case, and the outputs that are compared. Owns its tensors. */
final class GraphInputs implements AutoCloseable {
    private static final float LEAST_VARIANCE = 0.5f;

    private final GraphCase of;
    private final Execution execution;
    private final Sizes sizes;
    private final Grid grid;
    private final int past;
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final Set<String> wanted = new LinkedHashSet<>();

    GraphInputs(GraphCase of, Execution execution) {
        this.of = of;
        this.execution = execution;
        this.sizes = execution.manifest().sizes();
        this.grid = of.grid().of(sizes.nativeGrid());
        this.past = Math.min(of.past(), sizes.context() - of.tokens());
        try {
            make();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    Map<String, Tensor> tensors() {
        return tensors;
    }

    Set<String> wanted() {
        return wanted;
    }

    /** The past [B,kv,P,hd] that an output continues. */
    Floats past(String present) {
        Tensor tensor = tensors.get(present.replace("present_", "past_"));
        return new Floats(tensor.toFloats(), tensor.shape());
    }

    @Override
    public void close() {
        Resources.close(tensors.values());
    }

    private void make() {
        switch (of.graph()) {
            case TEXT_EMBEDDING -> {
                long[] ids = of.values("ids").below(sizes.vocabulary(), of.batch() * of.tokens());
                tensors.put("ids", Tensor.longs(ids, of.batch(), of.tokens()));
                want("embeds");
            }
            case TEXT_HEAD -> {
                floats("hidden", of.batch(), sizes.hidden());
                want("logits");
            }
            case VISION_ENCODER -> {
                pixels(sizes.visionImage(), sizes.visionImage());
                want("image_embeds");
            }
            case PIXEL_ENCODER -> {
                pixels(sizes.downsampling() * grid.height(), sizes.downsampling() * grid.width());
                want("latents");
            }
            case PIXEL_DECODER -> {
                latents();
                want("pixels");
            }
            case PIXEL_DECODER_FEATURES -> {
                latents();
                want("features");
            }
            case PIXEL_DECODER_TILE -> pixelDecoderTile();
            case MAR_ENCODER -> marEncoder();
            case DECODER_STEP -> decoderStep();
            case MAR_DECODER -> marDecoder();
            case MAR_DECODER_CACHED -> marDecoderCached();
            case DIFFUSION_HEAD -> {
                floats("x", of.tokens(), sizes.latentChannels());
                longs("timestep", of.timestep());
                floats("z", of.tokens(), sizes.marDim());
                want("eps_and_variance");
            }
            case TOKEN_SAMPLER -> tokenSampler();
        }
    }

    private void pixelDecoderTile() {
        GraphSpec spec = execution.engine().folder().spec(of.graph());
        int perToken = sizes.downsampling() / 2;
        Grid features = new Grid(perToken * grid.height(), perToken * grid.width());
        floats("features", of.batch(), spec.input("features").length(1), features.height(), features.width());
        longs("core", of.tile().of(features));
        TensorSpec statistics = spec.input("statistics");
        long[] shape = {statistics.length(0), of.batch(), statistics.length(2), 2};
        float[] pairs = of.values("statistics").floats(elements(shape));
        for (int variance = 1; variance < pairs.length; variance += 2) {
            pairs[variance] = Math.abs(pairs[variance]) + LEAST_VARIANCE;
        }
        tensors.put("statistics", Tensor.floats(pairs, shape));
        tensors.put("known", Tensor.bool(!of.ownStatistics()));
        want("pixels", "core_statistics");
    }

    private void marEncoder() {
        floats("tokens", of.batch(), known(), sizes.latentChannels());
        knownPositions();
        longs("grid", grid.height(), grid.width());
        want("x_enc", "z_enc");
        if (of.known() == KnownCount.ALL) {
            want("canvas");
        }
    }

    private void decoderStep() {
        floats("embeds", of.rows(), of.tokens(), sizes.hidden());
        long[][] mask = new long[of.batch()][past + of.tokens()];
        long[][] positions = new long[of.batch()][of.tokens()];
        for (int row = 0; row < of.batch(); row++) {
            int padding = of.padded() && row > 0 ? past / 3 : 0;
            Arrays.fill(mask[row], 1);
            Arrays.fill(mask[row], past - padding, past, 0);
            Arrays.setAll(positions[row], i -> past - padding + i);
        }
        tensors.put("attention_mask", Tensor.longs(mask));
        tensors.put("position_ids", Tensor.longs(positions));
        for (int layer = 0; layer < sizes.layers(); layer++) {
            floats("past_key." + layer, of.batch(), sizes.kvHeads(), past, sizes.headDim());
            floats("past_value." + layer, of.batch(), sizes.kvHeads(), past, sizes.headDim());
        }
        want("hidden");
        for (int layer : new int[] {0, sizes.layers() - 1}) {
            want("present_key." + layer, "present_value." + layer);
        }
    }

    private void marDecoder() {
        decoderInputs();
        want("z");
    }

    private long[][] decoderInputs() {
        int visible = sizes.bufferTokens() + known();
        floats("x_enc", of.rows(), visible, sizes.marDim());
        floats("llm_hidden", of.batch(), visible, sizes.hidden());
        knownPositions();
        long[][] predict = new long[of.rows()][];
        Arrays.setAll(
                predict,
                row -> Arrays.stream(of.predict().of(permutation(row), known()))
                        .asLongStream()
                        .toArray());
        tensors.put("predict", Tensor.longs(predict));
        floats("canvas", 1, of.canvas().equals("full") ? places() : 0, sizes.marDim());
        longs("grid", grid.height(), grid.width());
        return predict;
    }

    /** The buffers, then the positions. */
    private int places() {
        return sizes.bufferTokens() + grid.tokens();
    }

    private void marDecoderCached() {
        long[][] predict = decoderInputs();
        boolean cache = of.reused().hasCache();
        long[][] refresh = new long[of.rows()][];
        long[][] reuse = new long[of.rows()][];
        for (int row = 0; row < of.rows(); row++) {
            BitSet asked = places(Arrays.stream(predict[row]).mapToInt(Math::toIntExact));
            BitSet computed = places(Arrays.stream(permutation(row), 0, known()));
            computed.set(0, cache ? sizes.bufferTokens() : places());
            computed.andNot(asked);
            refresh[row] = computed.stream().asLongStream().toArray();
            computed.or(asked);
            int[] rows = of.values("reuse").permutation(row, places());
            reuse[row] =
                    Arrays.stream(of.reused().of(rows, computed)).asLongStream().toArray();
        }
        tensors.put("refresh", Tensor.longs(refresh));
        tensors.put("reuse", Tensor.longs(reuse));
        int blocks = execution.engine().folder().spec(of.graph()).decoderBlocks();
        for (int block = 0; block < blocks; block++) {
            floats("past_key." + block, of.batch(), cache ? places() : 0, sizes.marDim());
            floats("past_value." + block, of.batch(), cache ? places() : 0, sizes.marDim());
        }
        want("z");
        for (int block : new int[] {0, blocks - 1}) {
            want("present_key." + block, "present_value." + block);
        }
    }

    private BitSet places(IntStream positions) {
        BitSet places = new BitSet();
        positions.forEach(position -> places.set(sizes.bufferTokens() + position));
        return places;
    }

    private void tokenSampler() {
        DiffusionSchedule schedule = DiffusionSchedule.cosine(
                of.steps(), execution.manifest().diffusion().maxBeta());
        floats("z", of.guidance() == 1 ? of.tokens() : 2 * of.tokens(), sizes.marDim());
        floats("noise", of.last() + 1, of.tokens(), sizes.latentChannels());
        int skipped = of.steps() - of.last();
        longs("timesteps", Arrays.copyOfRange(schedule.timesteps(), skipped, of.steps()));
        float[] coefficients = schedule.coefficients();
        float[] rows = Arrays.copyOfRange(coefficients, skipped * DiffusionSchedule.COLUMNS, coefficients.length);
        tensors.put("coefficients", Tensor.floats(rows, of.last(), DiffusionSchedule.COLUMNS));
        tensors.put("guidance", Tensor.scalar(of.guidance()));
        tensors.put("temperature", Tensor.scalar(of.temperature()));
        want("tokens");
    }

    private int known() {
        return of.known().of(grid.tokens());
    }

    /** The first positions of each row's permutation, in ascending order. */
    private void knownPositions() {
        long[][] rows = new long[of.rows()][];
        Arrays.setAll(
                rows,
                row -> Arrays.stream(permutation(row), 0, known())
                        .sorted()
                        .asLongStream()
                        .toArray());
        tensors.put("positions", Tensor.longs(rows));
    }

    private int[] permutation(int row) {
        return of.values("positions").permutation(row, grid.tokens());
    }

    private void latents() {
        floats("latents", of.batch(), grid.height(), grid.width(), sizes.latentChannels());
    }

    /** Half the scale of other inputs: about [-1, 1]. */
    private void pixels(int height, int width) {
        scaled("pixels", of.scale() / 2, of.batch(), 3, height, width);
    }

    private void floats(String input, long... shape) {
        scaled(input, of.scale(), shape);
    }

    private void scaled(String input, float scale, long... shape) {
        float[] values = of.values(input).floats(elements(shape));
        for (int i = 0; i < values.length; i++) {
            values[i] *= scale;
        }
        tensors.put(input, execution.engine().graphs().tensor(of.graph(), input, values, shape));
    }

    /** A vector. */
    private void longs(String input, long... values) {
        tensors.put(input, Tensor.longs(values, values.length));
    }

    private void want(String... outputs) {
        wanted.addAll(List.of(outputs));
    }

    private static int elements(long... shape) {
        return Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
    }
}
