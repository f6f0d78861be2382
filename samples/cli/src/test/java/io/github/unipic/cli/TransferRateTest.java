package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TransferRateTest {
    private static final long SECOND = 1_000_000_000;

    private final TransferRate rate = new TransferRate();

    @Test
    void isThatOfTheLastSeconds() {
        assertThat(rate.perSecond()).isEmpty();
        rate.add(0, 5_000);
        assertThat(rate.perSecond()).as("too early").isEmpty();
        rate.add(2 * SECOND, 7_000);
        assertThat(rate.perSecond()).contains(1000.0);
        assertThat(rate.timeFor(3_000)).contains(Duration.ofSeconds(3));
        for (int i = 3; i <= 20; i++) {
            rate.add(i * SECOND, 7_000 + 100L * i);
        }
        assertThat(rate.perSecond()).as("what was earlier is forgotten").contains(100.0);
    }

    @Test
    void withoutProgressThereIsNoTime() {
        rate.add(0, 5_000);
        rate.add(2 * SECOND, 5_000);
        assertThat(rate.timeFor(1)).isEmpty();
        rate.add(3 * SECOND, 10);
        assertThat(rate.perSecond()).as("some were dropped").isEmpty();
    }
}
