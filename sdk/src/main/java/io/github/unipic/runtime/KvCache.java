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
 * and the attention mask that tells tokens from padding. Immutable: longer caches are new ones. Owns its tensors.
 * References are counted: there is one at first, and {@link #share} adds one. The last {@link #close} frees the
 * tensors.
 */
public final class KvCache implements AutoCloseable {
    /** Keys and values of one layer. */
    public record Layer(Tensor keys, Tensor values) {}

    private final List<Layer> layers;
    private final boolean[][] mask;
    private final AtomicInteger references = new AtomicInteger(1);

    /**
     * Takes over the layers' tensors.
     *
     * @param mask for each sequence, which of its P positions hold a token; the others are padding
     */
    public KvCache(List<Layer> layers, boolean[][] mask) {
        this.layers = List.copyOf(layers);
        this.mask = mask;
    }

    /**
     * A cache without tokens.
     *
     * @param maker of a tensor [batch,kvHeads,0,headDim]
     */
    public static KvCache empty(int batch, int layers, Supplier<Tensor> maker) {
        return make(layers, new boolean[batch][0], which -> maker.get());
    }

    /** Sequences in the batch. */
    public int batch() {
        return mask.length;
    }

    /** Positions P, padding included. */
    public int length() {
        return mask[0].length;
    }

    /** The number of tokens of one sequence, which is also the position id of its next token. */
    public int tokens(int sequence) {
        int count = 0;
        for (boolean token : mask[sequence]) {
            count += token ? 1 : 0;
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

    /** The attention mask [B][P+more] after each sequence gets {@code more} tokens. */
    public boolean[][] maskWith(int more) {
        boolean[][] longer = new boolean[batch()][];
        for (int sequence = 0; sequence < batch(); sequence++) {
            longer[sequence] = Arrays.copyOf(mask[sequence], length() + more);
            Arrays.fill(longer[sequence], length(), length() + more, true);
        }
        return longer;
    }

    /** A cache of copies of these tensors. */
    KvCache map(UnaryOperator<Tensor> copy) {
        return make(layers.size(), mask, tensor -> copy.apply(tensor.apply(this)));
    }

    /** A copy on the host with {@code more} positions of padding at the end. */
    public KvCache padded(int more) {
        int positions = length() + more;
        boolean[][] longer = new boolean[batch()][];
        Arrays.setAll(longer, sequence -> Arrays.copyOf(mask[sequence], positions));
        return make(layers.size(), longer, tensor -> Tensor.stackPadded(List.of(tensor.apply(this)), positions));
    }

    /** A copy on the host of the first sequences. */
    public KvCache first(int sequences) {
        return make(
                layers.size(),
                Arrays.copyOf(mask, sequences),
                tensor -> tensor.apply(this).first(sequences));
    }

    /**
     * Makes a cache of new tensors, which are freed if one of them cannot be made.
     *
     * @param maker makes one tensor, given the function that selects it from a cache
     */
    private static KvCache make(int layers, boolean[][] mask, Function<Function<KvCache, Tensor>, Tensor> maker) {
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
            return new KvCache(made, mask);
        } catch (RuntimeException | Error e) {
            tensors.forEach(Tensor::close);
            throw e;
        }
    }

    /** Adds a reference to this cache and returns it. */
    public KvCache share() {
        references.incrementAndGet();
        return this;
    }

    /**
     * Stacks caches of one sequence each into one cache. Shorter ones are padded at the end. The originals are copied
     * and do not change.
     */
    public static KvCache stack(List<KvCache> sequences) {
        int longest = sequences.stream().mapToInt(KvCache::length).max().orElseThrow();
        boolean[][] mask = new boolean[sequences.size()][];
        Arrays.setAll(mask, sequence -> Arrays.copyOf(sequences.get(sequence).mask[0], longest));
        return make(
                sequences.get(0).layers.size(),
                mask,
                tensor -> Tensor.stackPadded(sequences.stream().map(tensor).toList(), longest));
    }

    @Override
    public void close() {
        if (references.decrementAndGet() == 0) {
            layers.forEach(layer -> Resources.close(layer.keys(), layer.values()));
        }
    }
}
