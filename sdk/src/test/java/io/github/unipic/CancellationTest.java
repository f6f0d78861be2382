package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.Cancellation.Registration;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class CancellationTest {
    @Test
    void runsEachActionOnceInOrder() {
        Cancellation cancellation = new Cancellation();
        List<String> ran = new ArrayList<>();
        cancellation.onCancel(() -> ran.add("first"));
        cancellation.onCancel(() -> ran.add("second"));
        assertThat(cancellation.isCancelled()).isFalse();
        assertThat(ran).isEmpty();
        cancellation.cancel();
        cancellation.cancel();
        assertThat(cancellation.isCancelled()).isTrue();
        assertThat(ran).containsExactly("first", "second");
    }

    @Test
    void runsAtOnceWhenAlreadyCancelled() {
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        AtomicInteger runs = new AtomicInteger();
        Registration registration = cancellation.onCancel(runs::incrementAndGet);
        assertThat(runs).hasValue(1);
        registration.close();
        assertThat(runs).hasValue(1);
    }

    @Test
    void closedRegistrationDoesNotRun() {
        Cancellation cancellation = new Cancellation();
        AtomicInteger runs = new AtomicInteger();
        Registration registration = cancellation.onCancel(runs::incrementAndGet);
        registration.close();
        registration.close();
        cancellation.cancel();
        assertThat(runs).hasValue(0);
    }

    @Test
    void registrationClosedWhileCancellingDoesNotRun() {
        Cancellation cancellation = new Cancellation();
        AtomicInteger runs = new AtomicInteger();
        List<Registration> later = new ArrayList<>();
        cancellation.onCancel(() -> later.forEach(Registration::close));
        later.add(cancellation.onCancel(runs::incrementAndGet));
        cancellation.cancel();
        assertThat(runs).hasValue(0);
    }

    @Test
    void oneFailingActionDoesNotKeepTheOthersFromRunning() {
        Cancellation cancellation = new Cancellation();
        AtomicInteger runs = new AtomicInteger();
        cancellation.onCancel(() -> {
            throw new IllegalStateException("first");
        });
        cancellation.onCancel(() -> {
            throw new IllegalStateException("second");
        });
        cancellation.onCancel(runs::incrementAndGet);
        assertThatThrownBy(cancellation::cancel)
                .hasMessage("first")
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
        assertThat(runs).hasValue(1);
        assertThat(cancellation.isCancelled()).isTrue();
    }

    @Test
    void anActionMayCloseItselfAndRegisterOthers() {
        Cancellation cancellation = new Cancellation();
        AtomicInteger runs = new AtomicInteger();
        Registration[] registration = new Registration[1];
        registration[0] = cancellation.onCancel(() -> {
            registration[0].close();
            cancellation.cancel();
            cancellation.onCancel(runs::incrementAndGet);
        });
        cancellation.cancel();
        assertThat(runs).hasValue(1);
    }

    @Test
    void closeWaitsForTheRunningAction() throws Exception {
        Cancellation cancellation = new Cancellation();
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        Registration registration = cancellation.onCancel(() -> {
            running.countDown();
            try {
                finish.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            ended.set(true);
        });
        Thread canceller = new Thread(cancellation::cancel);
        canceller.start();
        running.await();
        AtomicBoolean endedAtClose = new AtomicBoolean();
        Thread closer = new Thread(() -> {
            registration.close();
            endedAtClose.set(ended.get());
        });
        closer.start();
        while (closer.getState() != Thread.State.BLOCKED && closer.isAlive()) {
            Thread.onSpinWait();
        }
        finish.countDown();
        closer.join();
        canceller.join();
        assertThat(endedAtClose).isTrue();
    }

    /** One object may serve a server's requests for years. */
    @Test
    void anActionThatWasTakenBackIsForgotten() {
        Cancellation cancellation = new Cancellation();
        WeakReference<Object> used = register(cancellation);
        Assertions.assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            while (used.get() != null) {
                System.gc();
            }
        });
        assertThat(cancellation.isCancelled()).isFalse();
    }

    private static WeakReference<Object> register(Cancellation cancellation) {
        Object used = new Object();
        cancellation.onCancel(used::notifyAll).close();
        return new WeakReference<>(used);
    }

    @Test
    void everyActionRunsOnceHoweverThreadsRace() throws Exception {
        for (int round = 0; round < 200; round++) {
            Cancellation cancellation = new Cancellation();
            AtomicInteger runs = new AtomicInteger();
            CountDownLatch start = new CountDownLatch(1);
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                boolean cancels = i % 2 == 0;
                Thread thread = new Thread(() -> {
                    try {
                        start.await(30, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        return;
                    }
                    if (cancels) {
                        cancellation.cancel();
                    } else {
                        for (int n = 0; n < 20; n++) {
                            cancellation.onCancel(runs::incrementAndGet);
                        }
                    }
                });
                threads.add(thread);
                thread.start();
            }
            start.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(runs).hasValue(40);
        }
    }
}
