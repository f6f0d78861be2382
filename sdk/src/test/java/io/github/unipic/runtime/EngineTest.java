package io.github.unipic.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.testing.SmallModel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class EngineTest {
    /** A listener may wait for whoever closes: after cancelling, closing does not wait for ever. */
    @Test
    void aStuckRequestDoesNotKeepCloseFromReturningAndFreesTheModelWhenItEnds() throws Exception {
        long sessions = Graphs.openSessions();
        Engine engine = Engine.open(ModelFolder.open(SmallModel.folder(), false), SmallModel.options(Memory.DEFAULTS));
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        CompletableFuture<Boolean> cancelled = CompletableFuture.supplyAsync(() ->
                engine.execute(execution -> execution.withOpen(Set.of(GraphName.TEXT_EMBEDDING), () -> {
                    running.countDown();
                    await(closed);
                    return execution.cancellation().isCancelled();
                })));
        running.await();
        engine.close(Duration.ZERO, Duration.ofMillis(50));
        assertThat(cancelled).isNotDone();
        assertThat(Graphs.openSessions()).isGreaterThan(sessions);
        closed.countDown();
        assertThat(cancelled.get()).isTrue();
        assertThat(Graphs.openSessions()).isEqualTo(sessions);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
