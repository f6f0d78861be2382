package io.github.unipic.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Keys and values of the language model for a batch of sequences, one pair of tensors [B,kvHeads,P,headDim] a layer,
 * and which of the P places hold a token. Rows shorter than P have places that nobody looks at. Never changes: longer
 * caches are new ones. Owns its tensors, which are freed when as many {@link #close} calls were made as there are
 * holders: the first one and one for each {@link #share}.
 */
public final class KvCache implements AutoCloseable {
    /** Keys and values of one layer. */
    record Layer(Tensor keys, Tensor values) {}

    private final List<Layer> layers;
    private final boolean[][] occupied;
    private final AtomicInteger holders = new AtomicInteger(1);

    KvCache(List<Layer> layers, boolean[][] occupied) {
        this.layers = List.copyOf(layers);
        this.occupied = occupied;
    }

    /**
     * The cache of nothing.
     *
     * @param maker of a tensor [batch,kvHeads,0,headDim]
     */
    static KvCache empty(int batch, int layers, Supplier<Tensor> maker) {
        return make(layers, new boolean[batch][0], which -> maker.get());
    }

    /** Sequences in the batch. */
    public int batch() {
        return occupied.length;
    }

    /** Places P, occupied or not. */
    public int length() {
        return occupied[0].length;
    }

    /** Tokens of one sequence; also the position that its next token gets. */
    public int tokens(int row) {
        int count = 0;
        for (boolean place : occupied[row]) {
            count += place ? 1 : 0;
        }
        return count;
    }

    /** Keys of a layer, [B,kvHeads,P,headDim]; owned by this. */
    public Tensor keys(int layer) {
        return layers.get(layer).keys();
    }

    /** Values of a layer, as {@link #keys}. */
    public Tensor values(int layer) {
        return layers.get(layer).values();
    }

    /** Which places hold a token after {@code more} further tokens in each row. */
    boolean[][] occupiedAfter(int more) {
        boolean[][] after = new boolean[batch()][];
        for (int row = 0; row < batch(); row++) {
            after[row] = Arrays.copyOf(occupied[row], length() + more);
            Arrays.fill(after[row], length(), length() + more, true);
        }
        return after;
    }

    /** A cache of other tensors with the same content, each made of one of these. */
    KvCache map(UnaryOperator<Tensor> copy) {
        return make(layers.size(), occupied, tensor -> copy.apply(tensor.apply(this)));
    }

    /** A copy on the host with more places behind, which nobody looks at. */
    public KvCache padded(int more) {
        int places = length() + more;
        boolean[][] longer = new boolean[batch()][];
        Arrays.setAll(longer, row -> Arrays.copyOf(occupied[row], places));
        return make(layers.size(), longer, tensor -> Tensor.stackPadded(List.of(tensor.apply(this)), places));
    }

    /**
     * A cache of new tensors, which are freed when one cannot be made.
     *
     * @param maker makes one tensor, given which of a cache's it is to be
     */
    private static KvCache make(int layers, boolean[][] occupied, Function<Function<KvCache, Tensor>, Tensor> maker) {
        List<Tensor> tensors = new ArrayList<>();
        try {
            List<Layer> made = new ArrayList<>();
            for (int i = 0; i < layers; i++) {
                int layer = i;
                Tensor keys = maker.apply(cache -> cache.keys(layer));
                tensors.add(keys);
                Tensor values = maker.apply(cache -> cache.values(layer));
                tensors.add(values);
                made.add(new Layer(keys, values));
            }
            return new KvCache(made, occupied);
        } catch (RuntimeException | Error e) {
            tensors.forEach(Tensor::close);
            throw e;
        }
    }

    /** This cache, held once more. */
    public KvCache share() {
        holders.incrementAndGet();
        return this;
    }

    /**
     * One cache with a row for each of these, which have one row each and may differ in length. Copies them, once; the
     * originals stay as they are.
     */
    public static KvCache stack(List<KvCache> rows) {
        int longest = rows.stream().mapToInt(KvCache::length).max().orElseThrow();
        boolean[][] occupied = new boolean[rows.size()][];
        Arrays.setAll(occupied, row -> Arrays.copyOf(rows.get(row).occupied[0], longest));
        return make(
                rows.get(0).layers.size(),
                occupied,
                tensor -> Tensor.stackPadded(rows.stream().map(tensor).toList(), longest));
    }

    @Override
    public void close() {
        if (holders.decrementAndGet() == 0) {
            layers.forEach(layer -> {
                layer.keys().close();
                layer.values().close();
            });
        }
    }
}
