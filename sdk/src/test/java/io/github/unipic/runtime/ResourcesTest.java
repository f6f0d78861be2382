package io.github.unipic.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResourcesTest {
    @Test
    void allAreClosedInOrderWhateverFails() {
        List<String> closed = new ArrayList<>();
        RuntimeException first = new IllegalArgumentException("first");
        IOException second = new IOException("second");
        Throwable failure = catchThrowable(() -> Resources.close(
                () -> closed.add("a"),
                () -> {
                    closed.add("b");
                    throw first;
                },
                () -> {
                    closed.add("c");
                    throw second;
                },
                () -> closed.add("d")));
        assertThat(closed).containsExactly("a", "b", "c", "d");
        assertThat(failure).isSameAs(first);
        assertThat(failure.getSuppressed()).hasSize(1);
        assertThat(failure.getSuppressed()[0])
                .isInstanceOf(IllegalStateException.class)
                .hasCause(second);
    }

    @Test
    void whereNothingFailsNothingIsThrown() {
        List<String> closed = new ArrayList<>();
        Resources.close(() -> closed.add("a"));
        Resources.close();
        assertThat(closed).containsExactly("a");
    }

    @Test
    void outputsThatWereTakenOutStayOpen() {
        long open = Tensor.open();
        Tensor taken;
        Outputs outputs = new Outputs(Map.of("a", Tensor.scalar(1), "b", Tensor.scalar(2)));
        try (outputs) {
            taken = outputs.take("a");
            assertThat(taken.toFloats()).containsExactly(1);
        }
        assertThat(Tensor.open()).isEqualTo(open + 1);
        assertThat(taken.toFloats()).containsExactly(1);
        assertThat(outputs.take("b")).isNull();
        taken.close();
        assertThat(Tensor.open()).isEqualTo(open);
    }
}
