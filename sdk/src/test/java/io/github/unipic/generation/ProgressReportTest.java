package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import io.github.unipic.Progress;
import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import io.github.unipic.model.Grid;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.testing.TestImages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProgressReportTest {
    private static final Grid GRID = new Grid(3, 2);

    /** Of five iterations, in images of 6 tokens: 2 known ones, and one more in each iteration. */
    private static Iteration iteration(int index) {
        return new Iteration(index, List.of(new int[2 + index]), List.of(new int[1]), 1);
    }

    private static void report(ProgressReport report, int index, ImageTokens tokens) {
        try (Tensor z = Tensor.scalar(0)) {
            report.onIteration(iteration(index), z, tokens);
        }
    }

    @Test
    void theRestTakesAsLongForEachIterationAsThoseBefore() throws InterruptedException {
        List<Progress> seen = new ArrayList<>();
        ProgressReport report = new ProgressReport(Optional.of(seen::add), 5, tokens -> List.of());
        ImageTokens tokens = ImageTokens.blank(1, GRID, 4);
        for (int index = 0; index < 5; index++) {
            Thread.sleep(5);
            report(report, index, tokens);
        }
        assertThat(seen).hasSize(5);
        Duration before = Duration.ZERO;
        for (int index = 0; index < 5; index++) {
            Progress progress = seen.get(index);
            assertThat(progress.iteration()).isEqualTo(index + 1);
            assertThat(progress.iterations()).isEqualTo(5);
            assertThat(progress.tokensDone()).isEqualTo(3 + index);
            assertThat(progress.tokens()).isEqualTo(6);
            assertThat(progress.elapsed()).isGreaterThan(before);
            before = progress.elapsed();
            double each = progress.elapsed().toNanos() / (index + 1.0);
            assertThat(progress.remaining()).isPresent();
            assertThat(progress.remaining().get())
                    .isCloseTo(Duration.ofNanos(Math.round((4 - index) * each)), Duration.ofNanos(1));
        }
    }

    @Test
    void aPreviewDecodesTheTokensSoFarWhenItIsWanted() {
        List<ImageTokens> decoded = new ArrayList<>();
        List<Image> images = List.of(TestImages.gradient(2, 2));
        List<Progress> seen = new ArrayList<>();
        ProgressReport report = new ProgressReport(Optional.of(seen::add), 5, tokens -> {
            decoded.add(tokens);
            return images;
        });
        ImageTokens tokens = ImageTokens.blank(1, GRID, 4);
        report(report, 0, tokens);
        assertThat(decoded).isEmpty();
        assertThat(seen.get(0).preview().get()).isEqualTo(images);
        assertThat(decoded).containsExactly(tokens);
    }

    @Test
    void withoutAListenerNothingIsReported() {
        ProgressReport report = new ProgressReport(Optional.empty(), 5, tokens -> {
            throw new IllegalStateException("decoded");
        });
        report(report, 0, ImageTokens.blank(1, GRID, 4));
    }
}
