package io.github.unipic.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Sequences [B,n,d] split into parts and joined. */
class TensorRowsTest {
    /** Two sequences of three rows of two values. */
    private static Tensor sequences() {
        return Tensor.floats(new float[] {0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15}, 2, 3, 2);
    }

    @Test
    void rowsAreThoseOfEachSequence() {
        try (Tensor all = sequences();
                Tensor part = all.rows(1, 3)) {
            assertThat(part.shape()).containsExactly(2, 2, 2);
            assertThat(part.toFloats()).containsExactly(2, 3, 4, 5, 12, 13, 14, 15);
        }
    }

    @Test
    void headsGetZerosBehindThem() {
        try (Tensor heads = Tensor.floats(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 1, 2);
                Tensor padded = Tensor.stackPadded(List.of(heads), 2)) {
            assertThat(padded.shape()).containsExactly(2, 2, 2, 2);
            assertThat(padded.toFloats()).containsExactly(1, 2, 0, 0, 3, 4, 0, 0, 5, 6, 0, 0, 7, 8, 0, 0);
        }
    }

    @Test
    void partsOfUnequalLengthJoinToTheWhole() {
        try (Tensor all = sequences();
                Tensor first = all.rows(0, 1);
                Tensor rest = all.rows(1, 3);
                Tensor joined = Tensor.join(List.of(first, rest))) {
            assertThat(joined.shape()).isEqualTo(all.shape());
            assertThat(joined.toFloats()).containsExactly(all.toFloats());
        }
    }
}
