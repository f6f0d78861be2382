package io.github.unipic.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnxruntime.OnnxJavaType;
import io.github.unipic.InferenceException;
import io.github.unipic.runtime.KvCache.Layer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KvCacheTest {
    private long open;

    @BeforeEach
    void count() {
        open = Tensor.open();
    }

    @AfterEach
    void nothingIsLeftOpen() {
        assertThat(Tensor.open()).isEqualTo(open);
    }

    /** One sequence, one layer, one head, one value a position. Values are ten times the keys. */
    private static KvCache cache(boolean[] mask, float... keys) {
        float[] values = new float[keys.length];
        for (int i = 0; i < keys.length; i++) {
            values[i] = 10 * keys[i];
        }
        Layer layer =
                new Layer(Tensor.floats(keys, 1, 1, keys.length, 1), Tensor.floats(values, 1, 1, values.length, 1));
        return new KvCache(List.of(layer), new boolean[][] {mask});
    }

    @Test
    void anEmptyOneHasSequencesAndLayersButNoTokens() {
        try (KvCache empty = KvCache.empty(2, 3, () -> Tensor.empty(OnnxJavaType.FLOAT, 2, 4, 0, 5))) {
            assertThat(Tensor.open()).isEqualTo(open + 6);
            assertThat(empty.batch()).isEqualTo(2);
            assertThat(empty.length()).isZero();
            assertThat(empty.tokens(0)).isZero();
            assertThat(empty.tokens(1)).isZero();
            assertThat(empty.keys(2).shape()).containsExactly(2, 4, 0, 5);
            assertThat(empty.values(2)).isNotSameAs(empty.keys(2));
        }
    }

    @Test
    void paddingIsALengthButNoToken() {
        try (KvCache cache = cache(new boolean[] {true, false, true}, 1, 2, 3)) {
            assertThat(cache.batch()).isEqualTo(1);
            assertThat(cache.length()).isEqualTo(3);
            assertThat(cache.tokens(0)).isEqualTo(2);
            assertThat(cache.keys(0).toFloats()).containsExactly(1, 2, 3);
            assertThat(cache.values(0).toFloats()).containsExactly(10, 20, 30);
        }
    }

    @Test
    void newTokensAreAttendedAndPaddingStaysPadding() {
        try (KvCache cache = cache(new boolean[] {true, false}, 1, 2)) {
            assertThat(cache.maskWith(2)).isDeepEqualTo(new boolean[][] {{true, false, true, true}});
            assertThat(cache.length()).isEqualTo(2);
        }
    }

    @Test
    void paddedHasZerosBehindThatAreNoTokens() {
        try (KvCache cache = cache(new boolean[] {true, true}, 1, 2);
                KvCache padded = cache.padded(2)) {
            assertThat(padded.length()).isEqualTo(4);
            assertThat(padded.tokens(0)).isEqualTo(2);
            assertThat(padded.keys(0).toFloats()).containsExactly(1, 2, 0, 0);
            assertThat(padded.values(0).toFloats()).containsExactly(10, 20, 0, 0);
            assertThat(padded.maskWith(0)).isDeepEqualTo(new boolean[][] {{true, true, false, false}});
        }
    }

    @Test
    void stackedSequencesArePaddedToTheLongest() {
        try (KvCache one = cache(new boolean[] {true}, 1);
                KvCache three = cache(new boolean[] {true, false, true}, 2, 3, 4);
                KvCache stacked = KvCache.stack(List.of(one, three))) {
            assertThat(stacked.batch()).isEqualTo(2);
            assertThat(stacked.length()).isEqualTo(3);
            assertThat(stacked.tokens(0)).isEqualTo(1);
            assertThat(stacked.tokens(1)).isEqualTo(2);
            assertThat(stacked.keys(0).shape()).containsExactly(2, 1, 3, 1);
            assertThat(stacked.keys(0).toFloats()).containsExactly(1, 0, 0, 2, 3, 4);
            assertThat(stacked.values(0).toFloats()).containsExactly(10, 0, 0, 20, 30, 40);
            assertThat(stacked.maskWith(1))
                    .isDeepEqualTo(new boolean[][] {{true, false, false, true}, {true, false, true, true}});
        }
    }

    @Test
    void mappedTensorsAreTheCopies() {
        try (KvCache cache = cache(new boolean[] {true, false}, 1, 2);
                KvCache copy = cache.map(tensor -> tensor.reshape(1, 1, 2, 1))) {
            assertThat(copy.keys(0)).isNotSameAs(cache.keys(0));
            assertThat(copy.keys(0).toFloats()).containsExactly(1, 2);
            assertThat(copy.values(0).toFloats()).containsExactly(10, 20);
            assertThat(copy.tokens(0)).isEqualTo(1);
        }
    }

    @Test
    void ifOneTensorCannotBeMadeTheOthersAreFreed() {
        int[] made = {0};
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> KvCache.empty(1, 2, () -> {
                    if (++made[0] == 4) {
                        throw new InferenceException("no memory");
                    }
                    return Tensor.empty(OnnxJavaType.FLOAT, 1, 1, 0, 1);
                }))
                .withMessage("no memory");
        assertThat(made[0]).isEqualTo(4);
    }

    @Test
    void theLastReferenceFreesIt() {
        KvCache cache = cache(new boolean[] {true}, 1);
        assertThat(cache.share()).isSameAs(cache);
        cache.close();
        assertThat(Tensor.open()).isEqualTo(open + 2);
        assertThat(cache.keys(0).toFloats()).containsExactly(1);
        cache.close();
        assertThat(Tensor.open()).isEqualTo(open);
    }
}
