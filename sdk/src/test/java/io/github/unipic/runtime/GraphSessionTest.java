package io.github.unipic.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.unipic.InferenceException;
import io.github.unipic.runtime.GraphSession.Opened;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who opens a session, and when it is closed. */
class GraphSessionTest {
    private long open;
    private int openings;

    @BeforeEach
    void count() {
        open = GraphSession.open();
    }

    @AfterEach
    void nothingIsLeftOpen() {
        assertThat(GraphSession.open()).isEqualTo(open);
    }

    private Opened opened() {
        openings++;
        return create(new OrtSession.SessionOptions());
    }

    private static Opened create(OrtSession.SessionOptions options) {
        try (options) {
            return new Opened(
                    OnnxRuntime.environment().createSession(CopyGraph.of(OnnxJavaType.FLOAT), options),
                    Optional.empty());
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void theFirstUserOpensItAndTheLastCloses() {
        GraphSession session = new GraphSession(this::opened, false);
        assertThat(session.isOpen()).isFalse();
        session.acquire();
        session.acquire();
        assertThat(GraphSession.open()).isEqualTo(open);
        OrtSession first = session.get();
        assertThat(session.get()).isSameAs(first);
        assertThat(session.isOpen()).isTrue();
        assertThat(GraphSession.open()).isEqualTo(open + 1);
        session.release();
        assertThat(session.isOpen()).isTrue();
        assertThat(session.get()).isSameAs(first);
        session.release();
        assertThat(session.isOpen()).isFalse();
        assertThat(GraphSession.open()).isEqualTo(open);
        assertThatIllegalStateException().isThrownBy(first::getNumInputs);
        session.acquire();
        assertThat(session.get()).isNotSameAs(first);
        assertThat(openings).isEqualTo(2);
        session.release();
    }

    @Test
    void whatIsKeptStaysOpenUntilClosed() {
        GraphSession session = new GraphSession(this::opened, true);
        session.acquire();
        OrtSession first = session.get();
        session.release();
        assertThat(session.isOpen()).isTrue();
        assertThat(session.get()).isSameAs(first);
        session.close();
        session.close();
        assertThat(session.isOpen()).isFalse();
    }

    @Test
    void afterAFailureTheNextUserTriesAgain() {
        GraphSession session = new GraphSession(
                () -> {
                    if (openings++ == 0) {
                        throw new InferenceException("the first time");
                    }
                    return opened();
                },
                true);
        assertThatExceptionOfType(InferenceException.class).isThrownBy(session::get);
        assertThat(session.isOpen()).isFalse();
        assertThat(session.get()).isNotNull();
        session.close();
    }

    /** A session that is closed already does not close again. */
    @Test
    void ifTheSessionDoesNotCloseItIsOpenNoMore() throws OrtException {
        GraphSession session = new GraphSession(this::opened, false);
        session.acquire();
        session.get().close();
        assertThatIllegalStateException().isThrownBy(session::release);
        assertThat(session.isOpen()).isFalse();
    }

    @Test
    void theTraceEndsOnceAndItsFileIsGiven(@TempDir Path folder) throws OrtException {
        Supplier<Opened> traced = () -> {
            try {
                OrtSession.SessionOptions options = new OrtSession.SessionOptions();
                options.enableProfiling(folder.resolve("copy").toString());
                return create(options);
            } catch (OrtException e) {
                throw new IllegalStateException(e);
            }
        };
        GraphSession session = new GraphSession(traced, true);
        assertThat(session.endProfiling()).isEmpty();
        session.get();
        Optional<Path> trace = session.endProfiling();
        assertThat(trace).hasValueSatisfying(file -> {
            assertThat(file).hasParent(folder);
            assertThat(Files.isRegularFile(file)).isTrue();
        });
        assertThat(session.endProfiling()).isEqualTo(trace);
        session.close();
    }
}
