package io.github.unipic.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.unipic.InferenceException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailuresTest {
    private static void fail(Error error) {
        Failures.guard(() -> {
            throw error;
        });
    }

    @Test
    void whatSucceedsIsGivenBack() {
        List<String> done = new ArrayList<>();
        assertThat(Failures.<Integer>guard(() -> 7)).isEqualTo(7);
        Failures.guard(() -> {
            done.add("run");
        });
        assertThat(done).containsExactly("run");
    }

    /** The messages are HotSpot's. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Java heap space | Java's heap is used up (Java heap space); give it more with -Xmx8g, or ask for",
                "Cannot reserve 8 bytes of direct buffer memory | Java's memory outside its heap is used up (Cannot reserve",
                "Direct buffer memory | give it more with -XX:MaxDirectMemorySize=8g or -Xmx8g, or ask for smaller",
                "unable to create native thread | The system gives Java no more memory or threads (unable to create"
            })
    void lackOfMemorySaysWhichKind(String message, String expected) {
        OutOfMemoryError error = new OutOfMemoryError(message);
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> fail(error))
                .withMessageContaining(expected)
                .withMessageContaining("--low-memory")
                .withCause(error);
    }

    @Test
    void aLibraryThatDoesNotLoadIsExplainedByItsRoot() {
        Error error = new ExceptionInInitializerError(
                new IllegalStateException("outer", new UnsatisfiedLinkError("wrong ELF class")));
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> fail(error))
                .withMessageStartingWith("A library does not load on " + System.getProperty("os.name") + " ")
                .withMessageContaining("(java.lang.UnsatisfiedLinkError: wrong ELF class)")
                .withCause(error);
    }

    @Test
    void aFailureOfTheMachineIsNoErrorEither() {
        InternalError error = new InternalError("a fault occurred in an unsafe memory access operation");
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> fail(error))
                .withMessageStartingWith("The Java machine failed (" + error + "); see whether a file")
                .withCause(error);
    }

    @Test
    void exceptionsPass() {
        IllegalStateException own = new IllegalStateException("own");
        assertThatIllegalStateException()
                .isThrownBy(() -> Failures.guard(() -> {
                    throw own;
                }))
                .isSameAs(own);
    }
}
