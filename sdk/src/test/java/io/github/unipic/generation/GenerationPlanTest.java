package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.within;

import io.github.unipic.GuidanceSchedule;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Reuse;
import io.github.unipic.generation.GenerationPlan.Sample;
import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest.Sizes;
import io.github.unipic.runtime.Tensor;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GenerationPlanTest {
    private static final NoiseSource NONE = (position, row, destination) -> {};

    private static GenerationPlan plan(Grid grid, int iterations, double guidance, int steps, List<Sample> samples) {
        return new GenerationPlan(
                grid,
                iterations,
                guidance,
                GuidanceSchedule.LINEAR,
                1,
                Reuse.NONE,
                Reuse.NONE,
                DiffusionPlan.constant(steps, 0.2),
                Optional.empty(),
                samples);
    }

    private static Sample sample(int tokens, NoiseSource noise) {
        return new Sample(IntStream.range(0, tokens).toArray(), noise);
    }

    private static GenerationPlan large(Grid grid, int images, int iterations, double guidance, int steps) {
        return plan(grid, iterations, guidance, steps, Collections.nCopies(images, sample(grid.tokens(), NONE)));
    }

    private static Sizes sizes(int hidden, int bufferTokens, int channels) {
        return new Sizes(hidden, 1, 1, 1, 1, 1, bufferTokens, 1, channels, 16, 32, 0);
    }

    @Test
    void guidanceAddsAnUnconditionalRowForEachImage() {
        GenerationPlan guided = large(new Grid(2, 2), 2, 1, 3, 1);
        assertThat(guided.guided()).isTrue();
        assertThat(guided.rows("prompt", "none")).containsExactly("prompt", "prompt", "none", "none");
        GenerationPlan unguided = large(new Grid(2, 2), 2, 1, 1, 1);
        assertThat(unguided.guided()).isFalse();
        assertThat(unguided.rows("prompt", "none")).containsExactly("prompt", "prompt");
    }

    /** UNIPIC: left = floor(N cos(pi/2 (k+1)/K)), and the linear schedule is 1 + (g - 1)(N - left)/N. */
    @Test
    void guidanceGrowsWithTheTokensThatAreDone() {
        GenerationPlan plan = large(new Grid(4, 4), 1, 4, 3, 1);
        int[] left = {14, 11, 6, 1};
        assertThat(plan.schedule()).hasSize(4);
        for (int k = 0; k < 4; k++) {
            assertThat(plan.guidanceAt(plan.schedule().get(k))).isCloseTo(1 + 2 * (16 - left[k]) / 16.0, within(1e-12));
        }
    }

    /** Iterations 0, 1 and 5 of 8 compute guidance and every token. */
    @Test
    void whatIsReusedIsKeptUntilItIsComputedAgain() {
        Reuse reuse = Reuse.every(4);
        GenerationPlan plan = new GenerationPlan(
                new Grid(4, 4),
                8,
                3,
                GuidanceSchedule.CONSTANT,
                1,
                reuse,
                reuse,
                DiffusionPlan.constant(2, 0.2),
                Optional.empty(),
                List.of(sample(16, addressed(1))));
        List<Iteration> schedule = plan.schedule();
        assertThat(schedule).hasSize(8);
        assertThat(schedule.stream().filter(plan::computesAllTokens))
                .extracting(Iteration::index)
                .containsExactly(0, 1, 5);
        assertThat(schedule.stream().filter(plan::keepsTokens))
                .extracting(Iteration::index)
                .containsExactly(1, 2, 3, 5, 6);
        int[] untilTheFifth = IntStream.rangeClosed(1, 4)
                .flatMap(k -> IntStream.of(schedule.get(k).predicted().get(0)))
                .sorted()
                .toArray();
        assertThat(plan.guidedPositions(schedule.get(1)).get(0)).containsExactly(untilTheFifth);
        assertThat(plan.guidedPositions(schedule.get(0)).get(0))
                .containsExactly(schedule.get(0).predicted().get(0));
    }

    @Test
    void noiseIsThatOfImagePositionRowAndChannel() {
        NoiseSource first = addressed(1);
        NoiseSource second = addressed(2);
        GenerationPlan plan = plan(new Grid(1, 5), 1, 3, 2, List.of(sample(5, first), sample(5, second)));
        Iteration iteration =
                new Iteration(0, List.of(new int[3], new int[3]), List.of(new int[] {1, 4}, new int[] {0, 3}), 1);
        float[] expected = new float[3 * 4 * 2];
        int at = 0;
        for (int row = 0; row < 3; row++) {
            for (int[] imageAndPosition : new int[][] {{1, 1}, {1, 4}, {2, 0}, {2, 3}}) {
                for (int channel = 0; channel < 2; channel++) {
                    expected[at++] = 1000 * imageAndPosition[0] + 100 * imageAndPosition[1] + 10 * row + channel;
                }
            }
        }
        try (Tensor noise = plan.noise(iteration, 2)) {
            assertThat(noise.shape()).containsExactly(3, 4, 2);
            assertThat(noise.toFloats()).containsExactly(expected);
        }
    }

    private static NoiseSource addressed(int image) {
        return (position, row, destination) -> {
            for (int channel = 0; channel < destination.length; channel++) {
                destination[channel] = 1000 * image + 100 * position + 10 * row + channel;
            }
        };
    }

    @Test
    void tokensStartBlankOrWithTheGivenLatents() {
        GenerationPlan blank = large(new Grid(2, 1), 2, 1, 3, 1);
        try (Tensor latents = blank.startTokens(3).latents(1)) {
            assertThat(latents.shape()).containsExactly(1, 2, 1, 3);
            assertThat(latents.toFloats()).containsExactly(new float[6]);
        }
        GenerationPlan started = new GenerationPlan(
                new Grid(2, 1),
                1,
                3,
                GuidanceSchedule.CONSTANT,
                1,
                Reuse.NONE,
                Reuse.NONE,
                DiffusionPlan.constant(1, 0.2),
                Optional.of(new float[] {1, 2, 3, 4, 5, 6}),
                List.of(sample(1, NONE), sample(1, NONE)));
        assertThat(started.startTokens(3).images()).isEqualTo(2);
        try (Tensor latents = started.startTokens(3).latents(1)) {
            assertThat(latents.toFloats()).containsExactly(1, 2, 3, 4, 5, 6);
        }
    }

    /** Noise of 601 rows, 31 images, 1801 tokens and 16 channels of 4 bytes is 2 GiB less 64 bytes. */
    @Test
    void noiseFitsIntoOneBuffer() {
        Sizes sizes = sizes(1, 0, 16);
        assertThatNoException()
                .isThrownBy(() -> large(new Grid(1801, 1), 31, 1, 1, 600).requireAddressable(sizes));
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> large(new Grid(1024, 1), 64, 1, 1, 511).requireAddressable(sizes))
                .withMessage("One iteration would predict 1024 tokens of 64 images in 511 diffusion steps, too much at"
                        + " once; take more iterations, fewer images or fewer steps.");
        // Of two iterations the larger counts.
        assertThatNoException()
                .isThrownBy(() -> large(new Grid(1024, 1), 64, 2, 1, 511).requireAddressable(sizes));
    }

    /** Hidden states of two rows, 961 + 64 positions and 261888 values of 4 bytes are just under 2 GiB. */
    @Test
    void hiddenStatesFitIntoOneBuffer() {
        GenerationPlan plan = large(new Grid(961, 1), 1, 1, 3, 1);
        assertThatNoException().isThrownBy(() -> plan.requireAddressable(sizes(261_888, 64, 16)));
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> plan.requireAddressable(sizes(261_889, 64, 16)))
                .withMessage("1 images of 961 tokens are too much at once; ask for fewer or smaller ones.");
        // What goes through the language model at once, 1024 positions, is not joined.
        assertThatNoException().isThrownBy(() -> plan.requireAddressable(sizes(262_144, 63, 16)));
    }
}
