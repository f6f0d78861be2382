package io.github.unipic.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.github.unipic.runtime.Tensor.Rows;
import java.lang.management.ManagementFactory;
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
                Tensor part = all.rows().part(1, 3)) {
            assertThat(part.shape()).containsExactly(2, 2, 2);
            assertThat(part.toFloats()).containsExactly(2, 3, 4, 5, 12, 13, 14, 15);
        }
    }

    @Test
    void theLastRowsAreAMatrix() {
        try (Tensor all = sequences();
                Tensor last = all.rows().last()) {
            assertThat(last.shape()).containsExactly(2, 2);
            assertThat(last.toFloats()).containsExactly(4, 5, 14, 15);
        }
    }

    @Test
    void rowsOutliveTheirTensor() {
        Rows rows;
        try (Tensor all = sequences()) {
            rows = all.rows();
        }
        try (Tensor part = rows.part(2, 3)) {
            assertThat(part.toFloats()).containsExactly(4, 5, 14, 15);
        }
    }

    /** Or whoever changes one answer's logits changes another's. */
    @Test
    void everyReadingIsACopy() {
        try (Tensor all = sequences()) {
            all.toFloats()[0] = 7;
            assertThat(all.toFloats()).startsWith(0, 1);
        }
    }

    /** As many values as a token has logits in the published model. */
    @Test
    void readingTakesTheMemoryOfItsResult() {
        int count = 151_936;
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Tensor logits = Tensor.floats(new float[count], 1, count)) {
            logits.toFloats(); // loads classes
            long before = threads.getCurrentThreadAllocatedBytes();
            assertThat(logits.toFloats()).hasSize(count);
            assertThat(threads.getCurrentThreadAllocatedBytes() - before).isBetween(4L * count, 5L * count);
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
                Tensor first = all.rows().part(0, 1);
                Tensor rest = all.rows().part(1, 3);
                Tensor joined = Tensor.join(List.of(first, rest))) {
            assertThat(joined.shape()).isEqualTo(all.shape());
            assertThat(joined.toFloats()).containsExactly(all.toFloats());
        }
    }
}
