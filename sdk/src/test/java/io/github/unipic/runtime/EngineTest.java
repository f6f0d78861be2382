package io.github.unipic.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.unipic.Cancellation;
import io.github.unipic.InferenceException;
import io.github.unipic.ModelFormatException;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class EngineTest {
    private static final Set<GraphName> EMBEDDING = Set.of(GraphName.TEXT_EMBEDDING);

    private final ModelFolder folder = ModelFolder.open(SmallModel.folder(), false);
    private final CountDownLatch running = new CountDownLatch(1);
    private final CountDownLatch mayEnd = new CountDownLatch(1);
    private long sessions;

    @BeforeEach
    void count() {
        sessions = Graphs.openSessions();
    }

    @AfterEach
    void nothingIsLeftOpen() {
        assertThat(Graphs.openSessions()).isEqualTo(sessions);
    }

    private Engine open() {
        return Engine.open(folder, SmallModel.options(Memory.DEFAULTS));
    }

    /** A request on another thread, which has a graph open and ends when it may. The result: whether cancelled. */
    private CompletableFuture<Boolean> request(Engine engine) throws InterruptedException {
        CompletableFuture<Boolean> request =
                CompletableFuture.supplyAsync(() -> engine.execute(execution -> execution.withOpen(EMBEDDING, () -> {
                    running.countDown();
                    await(mayEnd);
                    return execution.cancellation().isCancelled();
                })));
        awaitRunning(request);
        return request;
    }

    /** A request that fails at once does not run. */
    private void awaitRunning(CompletableFuture<?> request) throws InterruptedException {
        request.whenComplete((result, failure) -> running.countDown());
        running.await();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Thread start(Runnable work) {
        Thread thread = new Thread(work);
        thread.start();
        return thread;
    }

    /** Whether a thread comes to wait before it ends. */
    private static boolean waits(Thread thread) throws InterruptedException {
        while (thread.isAlive()) {
            if (thread.getState() == Thread.State.TIMED_WAITING) {
                return true;
            }
            Thread.sleep(1);
        }
        return false;
    }

    private void assertFreed(Engine engine) {
        assertThat(Graphs.openSessions()).isEqualTo(sessions);
        assertThatIllegalStateException()
                .isThrownBy(() -> engine.tokenizer().decode(new long[] {1}))
                .withMessageContaining("closed");
        assertThat(ShutdownHook.open()).doesNotContain(engine);
    }

    @Test
    void closedItRefusesRequestsAndItsTokenizerIsClosedToo() {
        Engine engine = open();
        assertThat(ShutdownHook.open()).contains(engine);
        assertThat(engine.folder()).isSameAs(folder);
        assertThat(engine.manifest()).isSameAs(folder.manifest());
        String done = engine.execute(execution -> {
            assertThat(execution.engine()).isSameAs(engine);
            assertThat(execution.manifest()).isSameAs(folder.manifest());
            return execution.withOpen(EMBEDDING, () -> "done");
        });
        assertThat(done).isEqualTo("done");
        assertThat(engine.graphs().loaded()).isEqualTo(EMBEDDING);
        assertThat(engine.tokenizer().decode(new long[] {1})).isNotNull();
        engine.close();
        assertFreed(engine);
        assertThatIllegalStateException()
                .isThrownBy(() -> engine.execute(execution -> "done"))
                .withMessage("This UniPic is closed.");
        engine.close();
        engine.close(Duration.ofMinutes(1));
    }

    @Test
    void whereThereIsNoRequestTheGraceTimeIsNotNeeded() {
        Engine engine = open();
        assertThat(engine.<Set<GraphName>>execute(execution -> execution.withOpen(EMBEDDING, engine.graphs()::loaded)))
                .isEqualTo(EMBEDDING);
        engine.close(Duration.ofMinutes(10));
        assertFreed(engine);
    }

    @Test
    void closingWaitsForTheRequestInProgress() throws Exception {
        Engine engine = open();
        CompletableFuture<Boolean> request = request(engine);
        Thread closing = start(engine::close);
        assertThat(waits(closing)).isTrue();
        assertThat(Graphs.openSessions()).isEqualTo(sessions + 1);
        assertThatIllegalStateException().isThrownBy(() -> engine.execute(execution -> "done"));
        mayEnd.countDown();
        assertThat(request.get()).isFalse();
        closing.join();
        assertFreed(engine);
    }

    @Test
    void closingWaitsForEveryRequest() throws Exception {
        Engine engine = open();
        CompletableFuture<Boolean> first = request(engine);
        CountDownLatch secondRuns = new CountDownLatch(1);
        CountDownLatch secondMayEnd = new CountDownLatch(1);
        Thread second = start(() -> engine.run(new Cancellation(), execution -> {
            secondRuns.countDown();
            await(secondMayEnd);
        }));
        secondRuns.await();
        Thread closing = start(engine::close);
        assertThat(waits(closing)).isTrue();
        secondMayEnd.countDown();
        second.join();
        assertThat(waits(closing)).isTrue();
        assertThat(Graphs.openSessions()).isEqualTo(sessions + 1);
        mayEnd.countDown();
        assertThat(first.get()).isFalse();
        closing.join();
        assertFreed(engine);
    }

    @Test
    void withinTheGraceTimeNothingIsCancelled() throws Exception {
        Engine engine = open();
        CompletableFuture<Boolean> request = request(engine);
        Thread closing = start(() -> engine.close(Duration.ofMinutes(10)));
        assertThat(waits(closing)).isTrue();
        mayEnd.countDown();
        assertThat(request.get()).isFalse();
        closing.join();
        assertFreed(engine);
    }

    @Test
    void afterTheGraceTimeRequestsAreCancelledAndWaitedFor() throws Exception {
        Engine engine = open();
        CompletableFuture<Void> request = CompletableFuture.runAsync(() -> engine.run(new Cancellation(), execution -> {
            try (Cancellation.Registration end = execution.cancellation().onCancel(mayEnd::countDown)) {
                assertThat(end).isNotNull();
                running.countDown();
                await(mayEnd);
            }
        }));
        awaitRunning(request);
        engine.close(Duration.ofMillis(1));
        assertThat(mayEnd.getCount()).isZero();
        assertFreed(engine);
        request.get();
    }

    /** A listener may wait for whoever closes: after cancelling, closing does not wait for ever. */
    @Test
    void aStuckRequestDoesNotKeepCloseFromReturningAndFreesTheModelWhenItEnds() throws Exception {
        Engine engine = open();
        CompletableFuture<Boolean> request = request(engine);
        engine.close(Duration.ZERO, Duration.ofMillis(50));
        assertThat(request).isNotDone();
        assertThat(Graphs.openSessions()).isEqualTo(sessions + 1);
        assertThat(ShutdownHook.open()).contains(engine);
        mayEnd.countDown();
        assertThat(request.get()).isTrue();
        assertFreed(engine);
    }

    @Test
    void anInterruptedThreadDoesNotWaitAndStaysInterrupted() throws Exception {
        Engine engine = open();
        CompletableFuture<Boolean> request = request(engine);
        Thread.currentThread().interrupt();
        engine.close();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(Graphs.openSessions()).isEqualTo(sessions + 1);
        mayEnd.countDown();
        assertThat(request.get()).isFalse();
        assertFreed(engine);
    }

    @Test
    void aRequestThatClosesTheModelEndsFirst() {
        Engine engine = open();
        Set<GraphName> loaded = engine.execute(execution -> {
            engine.close();
            return execution.withOpen(EMBEDDING, engine.graphs()::loaded);
        });
        assertThat(loaded).isEqualTo(EMBEDDING);
        assertFreed(engine);
    }

    @Test
    void aFailingRequestIsNoLongerInProgress() {
        Engine engine = open();
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> engine.execute(execution -> {
                    throw new OutOfMemoryError("Java heap space");
                }));
        engine.close();
        assertFreed(engine);
    }

    @Test
    void theCallersSwitchCancelsTheRequestUntilItEnds() {
        try (Engine engine = open()) {
            Cancellation cancellation = new Cancellation();
            List<Cancellation> requests = new ArrayList<>();
            engine.run(cancellation, execution -> requests.add(execution.cancellation()));
            boolean cancelled = engine.execute(Optional.of(cancellation), execution -> {
                assertThat(execution.cancellation().isCancelled()).isFalse();
                cancellation.cancel();
                return execution.cancellation().isCancelled();
            });
            assertThat(cancelled).isTrue();
            assertThat(requests)
                    .singleElement()
                    .satisfies(ended -> assertThat(ended.isCancelled()).isFalse());
        }
    }

    /** All are cancelled before any is waited for. */
    @Test
    void whenTheJvmEndsRequestsAreCancelledAndWaitedFor() throws Exception {
        Engine engine = open();
        CountDownLatch cancelled = new CountDownLatch(1);
        CompletableFuture<Void> request = CompletableFuture.runAsync(() -> engine.run(new Cancellation(), execution -> {
            try (Cancellation.Registration end = execution.cancellation().onCancel(cancelled::countDown)) {
                assertThat(end).isNotNull();
                running.countDown();
                await(mayEnd);
            }
        }));
        awaitRunning(request);
        Thread ending = start(() -> ShutdownHook.end(Set.of(engine)));
        cancelled.await();
        assertThat(waits(ending)).isTrue();
        assertThatIllegalStateException().isThrownBy(() -> engine.execute(execution -> "done"));
        mayEnd.countDown();
        request.get();
        ending.join();
        assertFreed(engine);
    }

    @Test
    void whatIsReadIntoMemoryIsOpenedAtOnceIfItIsKept() {
        RuntimeOptions inMemory = SmallModel.options(Memory.DEFAULTS.withMapped(false));
        try (Engine engine = Engine.open(folder, inMemory)) {
            assertThat(engine.graphs().loaded()).contains(GraphName.values());
        }
        RuntimeOptions notKept =
                SmallModel.options(Memory.DEFAULTS.withMapped(false).withKeepLoaded(false));
        try (Engine engine = Engine.open(folder, notKept)) {
            assertThat(engine.graphs().loaded()).isEmpty();
        }
        try (Engine engine = open()) {
            assertThat(engine.graphs().loaded()).isEmpty();
        }
    }

    @Test
    void ifAGraphDoesNotOpenNothingIsLeftOpen(@TempDir Path temporary) throws IOException {
        ModelCopy damaged = ModelCopy.of(SmallModel.folder(), temporary.resolve("model"));
        damaged.replace("text_head.onnx", new byte[] {0x3a, 0x7f});
        ModelFolder model = ModelFolder.open(damaged.finish(), false);
        Set<Engine> before = ShutdownHook.open();
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> Engine.open(model, SmallModel.options(Memory.DEFAULTS.withMapped(false))))
                .withMessageContaining("text_head.onnx");
        assertThat(Graphs.openSessions()).isEqualTo(sessions);
        assertThat(ShutdownHook.open()).isEqualTo(before);
    }

    @Test
    void aDamagedTokenizerIsRefused(@TempDir Path temporary) throws IOException {
        ModelCopy damaged = ModelCopy.of(SmallModel.folder(), temporary.resolve("model"));
        damaged.replace("tokenizer.json", new byte[] {'{'});
        ModelFolder model = ModelFolder.open(damaged.finish(), false);
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> Engine.open(model, SmallModel.options(Memory.DEFAULTS)))
                .withMessageContaining("tokenizer.json");
    }
}
