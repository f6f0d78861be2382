package io.github.unipic.spark;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PaceTest {
    private static final long BEGIN = Long.MAX_VALUE - 5; // as of any clock of its kind, the number says nothing

    private long now = BEGIN;
    private int done;
    private final Pace pace = new Pace(60, () -> now);

    @Test
    void beginsAtOnceAndPauses() {
        assertThat(doneAt(0)).isEqualTo(1);
        assertThat(doneAt(59)).isEqualTo(1);
        assertThat(doneAt(60)).isEqualTo(2);
        assertThat(doneAt(119)).isEqualTo(2);
        assertThat(doneAt(500)).isEqualTo(3);
        assertThat(doneAt(559)).isEqualTo(3);
    }

    @Test
    void whatTakesLongPausesLonger() {
        pace.run(() -> now += 10);
        assertThat(doneAt(10 + 199)).isZero();
        assertThat(doneAt(10 + 200)).isEqualTo(1);
    }

    private int doneAt(long time) {
        now = BEGIN + time;
        pace.run(() -> done++);
        return done;
    }
}
