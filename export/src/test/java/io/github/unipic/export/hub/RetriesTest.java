package io.github.unipic.export.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RetriesTest {
    private static final Duration LONGEST = Duration.ofMillis(30);

    private int attempts;

    private static Patience patience(Duration firstPause) {
        return new Patience(
                Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofMinutes(1), 3, firstPause, LONGEST);
    }

    private static PassingFailure failure() {
        return new PassingFailure("the hub is busy", new IOException("cut"));
    }

    private static PassingFailure asking(Duration pause) {
        return new PassingFailure("the hub is busy", Optional.of(pause));
    }

    private Object fail(int times) throws PassingFailure {
        if (attempts++ < times) {
            throw failure();
        }
        return "there";
    }

    /** How long pauses lasted; they may be longer on a busy machine. */
    private static Duration paused(Duration firstPause, PassingFailure... failures) throws InterruptedException {
        Retries retries = new Retries(patience(firstPause));
        long start = System.nanoTime();
        for (PassingFailure failure : failures) {
            retries.pause(failure);
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    @Test
    void triesAsOftenAsAllowedAndNoMore() throws Exception {
        assertThat(Retries.run(patience(Duration.ZERO), () -> fail(3))).isEqualTo("there");
        assertThat(attempts).isEqualTo(4);
        attempts = 0;
        assertThatExceptionOfType(DownloadException.class)
                .isThrownBy(() -> Retries.run(patience(Duration.ZERO), () -> fail(4)))
                .withMessage("the hub is busy");
        assertThat(attempts).isEqualTo(4);
    }

    @Test
    void whoGetsFurtherStartsAnew() throws Exception {
        Retries retries = new Retries(patience(Duration.ZERO));
        for (int i = 0; i < 10; i++) {
            retries.pause(failure());
            retries.pause(failure());
            retries.progressed();
        }
    }

    @Test
    void pausesBecomeLonger() throws Exception {
        assertThat(paused(Duration.ofMillis(5), failure(), failure(), failure()))
                .isGreaterThanOrEqualTo(Duration.ofMillis(5 + 10 + 20));
    }

    @Test
    void whatTheHubAsksForCountsIfItIsLonger() throws Exception {
        assertThat(paused(Duration.ofMillis(1), asking(LONGEST))).isGreaterThanOrEqualTo(LONGEST);
        assertThat(paused(LONGEST, asking(Duration.ofMillis(1)))).isGreaterThanOrEqualTo(LONGEST);
        assertThatExceptionOfType(DownloadException.class)
                .isThrownBy(() -> paused(Duration.ZERO, asking(LONGEST.plusMillis(1))));
    }

    @Test
    void aPauseCanBeInterrupted() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> paused(Duration.ofMinutes(10), failure())).isInstanceOf(InterruptedException.class);
    }
}
