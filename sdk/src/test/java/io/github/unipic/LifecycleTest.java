package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.testing.SmallModel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Closing a model while requests are in progress. */
@Timeout(300)
class LifecycleTest {
    private long tensors;
    private long sessions;

    @BeforeEach
    void count() {
        tensors = Tensor.open();
        sessions = Graphs.openSessions();
    }

    private static GenerateRequest.Builder request(int iterations) {
        return GenerateRequest.builder("a red circle")
                .size(64, 64)
                .iterations(iterations)
                .diffusionSteps(2)
                .seed(1);
    }

    private void assertFreed() {
        assertThat(Tensor.open()).isEqualTo(tensors);
        assertThat(Graphs.openSessions()).isEqualTo(sessions);
    }

    @Test
    void closingWaitsForTheRequestInProgressAndRefusesNewOnes() throws Exception {
        UniPic unipic = SmallModel.builder().load();
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        CompletableFuture<Image> drawn = CompletableFuture.supplyAsync(() -> unipic.generate(request(3)
                        .listener(progress -> {
                            running.countDown();
                            await(mayEnd);
                        })
                        .build())
                .get(0));
        running.await();
        CompletableFuture<Void> closed = CompletableFuture.runAsync(unipic::close);
        assertRefusesSoon(unipic);
        assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> closed.get(300, TimeUnit.MILLISECONDS));
        assertThat(Graphs.openSessions()).isGreaterThan(sessions);
        mayEnd.countDown();
        assertThat(drawn.get().width()).isEqualTo(64);
        closed.get();
        assertFreed();
    }

    private static void assertRefusesSoon(UniPic unipic) throws InterruptedException {
        while (true) {
            try {
                unipic.conversation().close();
                Thread.sleep(1);
            } catch (IllegalStateException e) {
                assertThat(e).hasMessageContaining("closed");
                return;
            }
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** With a read-write lock the other thread waited for the closing one, and that for the listener. */
    @Test
    void aListenerMayWaitForAnotherThreadThatUsesTheModelWhileItIsClosed() throws Exception {
        UniPic unipic = SmallModel.builder().load();
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch closing = new CountDownLatch(1);
        AtomicReference<Throwable> refused = new AtomicReference<>();
        CompletableFuture<Void> drawn = CompletableFuture.runAsync(() -> unipic.generate(request(2)
                .listener(progress -> {
                    running.countDown();
                    await(closing);
                    CompletableFuture<Void> other = CompletableFuture.runAsync(
                            () -> unipic.generate(request(1).build()));
                    try {
                        other.join();
                    } catch (RuntimeException e) {
                        refused.set(e.getCause());
                    }
                })
                .build()));
        running.await();
        CompletableFuture<Void> closed = CompletableFuture.runAsync(unipic::close);
        assertRefusesSoon(unipic);
        closing.countDown();
        drawn.get();
        closed.get();
        assertThat(refused.get()).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
        assertFreed();
    }

    @Test
    void closedByItsOwnListenerTheRequestEndsAndFreesTheModel() {
        UniPic unipic = SmallModel.builder().load();
        Image drawn = unipic.generate(
                        request(2).listener(progress -> unipic.close()).build())
                .get(0);
        assertThat(drawn.width()).isEqualTo(64);
        assertFreed();
        assertThatIllegalStateException().isThrownBy(() -> unipic.generate("a red circle"));
        unipic.close();
    }

    @Test
    void afterTheGraceTimeRequestsAreCancelled() throws Exception {
        UniPic unipic = SmallModel.builder().load();
        CountDownLatch running = new CountDownLatch(1);
        GenerateRequest slow = request(256)
                .size(256, 256)
                .diffusionSteps(1000)
                .listener(progress -> running.countDown())
                .build();
        CompletableFuture<Void> drawn = CompletableFuture.runAsync(() -> unipic.generate(slow));
        running.await();
        unipic.close(Duration.ofMillis(50));
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(drawn::get)
                .withCauseInstanceOf(CancelledException.class);
        assertFreed();
    }

    @Test
    void withinTheGraceTimeRequestsEnd() throws Exception {
        UniPic unipic = SmallModel.builder().load();
        CountDownLatch running = new CountDownLatch(1);
        CompletableFuture<Image> drawn = CompletableFuture.supplyAsync(() -> unipic.generate(
                        request(3).listener(progress -> running.countDown()).build())
                .get(0));
        running.await();
        unipic.close(Duration.ofMinutes(1));
        assertThat(drawn.get().width()).isEqualTo(64);
        assertFreed();
    }

    @Test
    void closingTwiceAndAtOnceDoesNothingMore() throws Exception {
        UniPic unipic = SmallModel.builder().load();
        unipic.generate(request(1).build());
        CompletableFuture<Void> other = CompletableFuture.runAsync(unipic::close);
        unipic.close();
        other.get();
        unipic.close(Duration.ZERO);
        assertFreed();
    }
}
