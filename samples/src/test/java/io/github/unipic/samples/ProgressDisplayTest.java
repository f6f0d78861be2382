package io.github.unipic.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressDisplayTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    private final AtomicLong clock = new AtomicLong();

    @Test
    void awayFromATerminalThereIsALineEveryFiveSecondsAtMost() {
        try (ProgressDisplay lines =
                new ProgressDisplay.Lines(err, "Exporting", ProgressDisplay.Unit.MEGABYTES, clock::get)) {
            for (int second = 1; second <= 20; second++) {
                clock.addAndGet(1_000_000_000L);
                lines.update(second * 1_000_000L, 40_000_000L, Optional.empty());
            }
        }
        assertThat(printed().lines())
                .containsExactly(
                        "Exporting: 5 of 40 MB, 35 s left",
                        "Exporting: 10 of 40 MB, 30 s left",
                        "Exporting: 15 of 40 MB, 25 s left",
                        "Exporting: 20 of 40 MB, 20 s left");
    }

    @Test
    void theTasksOwnEstimateWins() {
        try (ProgressDisplay lines =
                new ProgressDisplay.Lines(err, "Drawing", ProgressDisplay.Unit.ITERATIONS, clock::get)) {
            clock.addAndGet(6_000_000_000L);
            lines.update(1, 32, Optional.of(Duration.ofSeconds(90)));
        }
        assertThat(printed()).startsWith("Drawing: 1 of 32 iterations, 1 min 30 s left");
    }

    @Test
    void onATerminalThereIsABar() {
        try (ProgressDisplay bar = new ProgressDisplay.Bar(err, "Drawing", ProgressDisplay.Unit.ITERATIONS)) {
            bar.update(24, 32, Optional.of(Duration.ofSeconds(12)));
        }
        assertThat(printed()).contains("Drawing", "75%", "24/32 iterations", "12 s left", "\r");
        assertThat(printed()).endsWith(System.lineSeparator());
    }

    @Test
    void quietIsSilent() {
        Session session = CommandLineRun.session("", err, err, Map.of(), new io.github.unipic.Cancellation());
        try (ProgressDisplay silent =
                ProgressDisplay.start(session, true, "Drawing", ProgressDisplay.Unit.ITERATIONS)) {
            silent.update(1, 2, Optional.empty());
        }
        assertThat(printed()).isEmpty();
    }

    private String printed() {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
