package io.github.unipic.runtime;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

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
        List<Tensor> copies = new ArrayList<>();
        try {
            for (Layer layer : layers) {
                copies.add(copy.apply(layer.keys()));
                copies.add(copy.apply(layer.values()));
            }
        } catch (RuntimeException e) {
            copies.forEach(Tensor::close);
            throw e;
        }
        return new KvCache(
                IntStream.range(0, layers.size())
                        .mapToObj(i -> new Layer(copies.get(2 * i), copies.get(2 * i + 1)))
                        .toList(),
                occupied);
    }

    /** A copy on the host with more places behind, which nobody looks at. */
    public KvCache padded(int more) {
        boolean[][] longer = new boolean[batch()][];
        Arrays.setAll(longer, row -> Arrays.copyOf(occupied[row], length() + more));
        KvCache copy = map(tensor -> tensor.padded(more));
        return new KvCache(copy.layers, longer);
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
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < rows.get(0).layers.size(); i++) {
            int layer = i;
            Tensor keys =
                    Tensor.stackPadded(rows.stream().map(row -> row.keys(layer)).toList(), longest);
            Tensor values = Tensor.stackPadded(
                    rows.stream().map(row -> row.values(layer)).toList(), longest);
            layers.add(new Layer(keys, values));
        }
        return new KvCache(layers, occupied);
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
