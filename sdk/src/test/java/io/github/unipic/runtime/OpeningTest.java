package io.github.unipic.runtime;

import static io.github.unipic.model.GraphName.DECODER_STEP;
import static io.github.unipic.model.GraphName.MAR_DECODER;
import static io.github.unipic.model.GraphName.MAR_ENCODER;
import static io.github.unipic.model.GraphName.TOKEN_SAMPLER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.ModelFormatException;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The graphs of a task are opened together, each once, and before anything is computed. */
class OpeningTest {
    private static final Set<GraphName> LOOP = Set.of(MAR_ENCODER, DECODER_STEP, MAR_DECODER, TOKEN_SAMPLER);

    private static Graphs graphs(Path model, boolean keepLoaded, RunListener listener) {
        return new Graphs(
                ModelFolder.open(model, false),
                SmallModel.options(Memory.DEFAULTS.withKeepLoaded(keepLoaded)),
                listener);
    }

    @Test
    void graphsAreOpenedSideBySide() {
        assumeThat(Runtime.getRuntime().availableProcessors())
                .as("as many at once as there are processors")
                .isGreaterThan(1);
        CountDownLatch two = new CountDownLatch(2);
        AtomicBoolean alone = new AtomicBoolean();
        RunListener waiting = new RunListener() {
            @Override
            public void onOpen(GraphName graph, long nanos) {
                two.countDown();
                try {
                    if (!two.await(60, TimeUnit.SECONDS)) {
                        alone.set(true);
                    }
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        try (Graphs graphs = graphs(SmallModel.folder(), true, waiting)) {
            assertThat(graphs.<Set<GraphName>>withOpen(LOOP, new Cancellation(), graphs::loaded))
                    .isEqualTo(LOOP);
            assertThat(alone).isFalse();
        }
    }

    @Test
    void whoeverNeedsAGraphAtTheSameTimeGetsTheSameSession() throws InterruptedException, ExecutionException {
        ConcurrentLinkedQueue<GraphName> opened = new ConcurrentLinkedQueue<>();
        RunListener counting = new RunListener() {
            @Override
            public void onOpen(GraphName graph, long nanos) {
                opened.add(graph);
            }
        };
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (Graphs graphs = graphs(SmallModel.folder(), true, counting)) {
            List<Future<Set<GraphName>>> requests = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                requests.add(threads.submit(() -> graphs.withOpen(LOOP, new Cancellation(), graphs::loaded)));
            }
            for (Future<Set<GraphName>> request : requests) {
                assertThat(request.get()).isEqualTo(LOOP);
            }
            assertThat(opened).containsExactlyInAnyOrderElementsOf(LOOP);
        } finally {
            threads.shutdown();
        }
    }

    @Test
    void aGraphThatCannotBeOpenedEndsTheRequestAtOnceAndLeavesNothingOpen(@TempDir Path folder) throws IOException {
        ModelCopy damaged = ModelCopy.of(SmallModel.folder(), folder.resolve("model"));
        damaged.replace("mar_decoder.onnx", new byte[1000]);
        try (Graphs graphs = graphs(damaged.finish(), false, RunListener.NONE)) {
            for (int attempt = 0; attempt < 2; attempt++) {
                assertThatExceptionOfType(ModelFormatException.class)
                        .isThrownBy(() -> graphs.withOpen(LOOP, new Cancellation(), () -> {
                            throw new AssertionError("the work began");
                        }))
                        .withMessageContaining("mar_decoder.onnx");
                assertThat(graphs.loaded()).isEmpty();
            }
        }
    }

    @Test
    void whatWasCancelledBeforeOpensNothing() {
        Cancellation cancelled = new Cancellation();
        cancelled.cancel();
        try (Graphs graphs = graphs(SmallModel.folder(), true, RunListener.NONE)) {
            assertThatExceptionOfType(CancelledException.class)
                    .isThrownBy(() -> graphs.withOpen(LOOP, cancelled, graphs::loaded));
            assertThat(graphs.loaded()).isEmpty();
        }
    }
}
