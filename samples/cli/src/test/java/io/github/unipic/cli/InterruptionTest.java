package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class InterruptionTest {
    @Test
    void twoSignalsOfOneEventCountOnce() {
        List<String> done = new ArrayList<>();
        AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1); // it may overflow
        Runnable signal = Interruption.gently(() -> done.add("cancel"), () -> done.add("end"), clock::get);
        signal.run();
        signal.run();
        clock.addAndGet(Duration.ofMillis(900).toNanos());
        signal.run();
        assertThat(done).containsExactly("cancel");
        clock.addAndGet(Duration.ofMillis(200).toNanos());
        signal.run();
        assertThat(done).containsExactly("cancel", "end");
    }
}
