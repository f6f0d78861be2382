package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressDisplayTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Output err = Output.messages(bytes, StandardCharsets.UTF_8, () -> true);
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
    void theFirstBytesAfterALongPreparationForetellNothing() {
        try (ProgressDisplay lines =
                new ProgressDisplay.Lines(err, "Exporting", ProgressDisplay.Unit.MEGABYTES, clock::get)) {
            clock.addAndGet(8_000_000_000L);
            lines.update(93_000, 11_922_000_000L, Optional.empty());
            clock.addAndGet(5_000_000_000L);
            lines.update(1_192_200_000L, 11_922_000_000L, Optional.empty());
        }
        assertThat(printed().lines())
                .containsExactly("Exporting: 0 of 11922 MB", "Exporting: 1192 of 11922 MB, 1 min 57 s left");
    }

    @Test
    void theTasksOwnEstimateWins() {
        try (ProgressDisplay lines =
                new ProgressDisplay.Lines(err, "Editing", ProgressDisplay.Unit.ITERATIONS, clock::get)) {
            clock.addAndGet(6_000_000_000L);
            lines.update(1, 32, Optional.of(Duration.ofSeconds(90)));
        }
        assertThat(printed()).startsWith("Editing: 1 of 32 iterations, 1 min 30 s left");
    }

    @Test
    void onATerminalThereIsABar() {
        try (ProgressDisplay bar = new ProgressDisplay.Bar(err, "Editing", ProgressDisplay.Unit.ITERATIONS, 79)) {
            bar.update(24, 32, Optional.of(Duration.ofSeconds(12)));
        }
        assertThat(printed()).contains("Editing", "75%", "24/32 iterations", "12 s left", "\r");
        assertThat(printed()).endsWith(System.lineSeparator());
    }

    @ParameterizedTest
    @CsvSource({"1, -1", "20, -1", "51, 50", "80, 79", "1000, 79"})
    void theBarFitsTheTerminalOrThereIsNone(int columns, int longest) {
        Session session = new Session(
                null,
                () -> true,
                Output.results(OutputStream.nullOutputStream(), StandardCharsets.UTF_8, () -> true),
                err,
                () -> columns,
                name -> null,
                new Cancellation());
        try (ProgressDisplay display =
                ProgressDisplay.start(session, false, "Editing\u001b[2J", ProgressDisplay.Unit.ITERATIONS)) {
            assertThat(display).isInstanceOf(longest < 0 ? ProgressDisplay.Lines.class : ProgressDisplay.Bar.class);
            display.update(24, 32, Optional.of(Duration.ofSeconds(12)));
        }
        String shown = printed().replaceAll("\u001b\\[[0-9]+m", "");
        assertThat(shown).doesNotContain("\u001b");
        assertThat(shown.strip().split("\r"))
                .allSatisfy(line -> assertThat(line.stripTrailing()).hasSizeLessThanOrEqualTo(Math.max(0, longest)));
    }

    @Test
    void blocksThatTheTerminalLacksAreNotUsed() {
        Output ascii = Output.messages(bytes, StandardCharsets.US_ASCII, () -> true);
        try (ProgressDisplay bar = new ProgressDisplay.Bar(ascii, "Editing", ProgressDisplay.Unit.ITERATIONS, 79)) {
            bar.update(24, 32, Optional.empty());
        }
        assertThat(printed()).contains("[==").doesNotContain("???"); // digits of the locale may be two
    }

    @Test
    void quietIsSilent() {
        Session session = CommandLineRun.session("", err, err, Map.of(), new io.github.unipic.Cancellation());
        try (ProgressDisplay silent =
                ProgressDisplay.start(session, true, "Editing", ProgressDisplay.Unit.ITERATIONS)) {
            silent.update(1, 2, Optional.empty());
        }
        assertThat(printed()).isEmpty();
    }

    private String printed() {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
