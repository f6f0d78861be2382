package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.management.OperatingSystemMXBean;
import io.github.unipic.InferenceException;
import io.github.unipic.generation.MemoryNeed.Available;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.Manifest.TensorSpec;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** At the published model's sizes. */
class MemoryNeedTest {
    private static final Available SMALL_MACHINE = new Available(24_000_000_000L, 512 << 20, 512 << 20);
    private static final int LARGEST = 180 * 180;

    private static Manifest manifest(String flavor, String type) {
        List<TensorSpec> inputs = List.of(new TensorSpec("llm_hidden", type, List.of("B", "V+64", "1536")));
        List<TensorSpec> cached = Stream.of("x_enc", "past_key.0", "past_value.0", "past_key.1", "past_value.1")
                .map(name -> new TensorSpec(name, type, List.of("B", "N", "1280")))
                .toList();
        return new Manifest(
                1,
                "published",
                "a test",
                new Manifest.Sizes(1536, 28, 2, 128, 151936, 32768, 64, 1280, 16, 16, 32, 512),
                new Manifest.Diffusion(0.2),
                new Manifest.Tokens(151665, List.of(151645)),
                new Manifest.Prompts("{}", "", "{}", "", "", ""),
                new Manifest.Defaults(1024, 1024, 32, 3, "constant", 1, 100),
                Map.of(
                        "mar_decoder",
                        new GraphSpec("a", List.of(), "float32", 0, flavor, inputs, List.of()),
                        "mar_decoder_cached",
                        new GraphSpec("b", List.of(), "float32", 0, flavor, cached, List.of())),
                Map.of());
    }

    @Test
    void theLargestImageInTwoHalves() {
        MemoryNeed need = MemoryNeed.of(manifest("portable", "float32"), 1, 2, LARGEST, 0, true, false);
        long positions = LARGEST + 64;
        assertThat(need.attention()).isEqualTo(2 * 10 * positions * positions * 4);
        assertThat(need.direct()).isEqualTo(2 * 2 * positions * 1536 * 4);
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> need.require(SMALL_MACHINE))
                .withMessageContainingAll("84.3 GB", "24.0 GB", "--flavor fused", "smaller image");
    }

    @Test
    void theFusedFlavorAndOtherDevicesHoldNoScores() {
        assertThat(MemoryNeed.of(manifest("fused", "float32"), 1, 2, LARGEST, 0, true, false)
                        .attention())
                .isZero();
        assertThat(MemoryNeed.of(manifest("portable", "float32"), 1, 2, LARGEST, 0, false, false)
                        .attention())
                .isZero();
    }

    /** Of two blocks, for each of three images. */
    @Test
    void keptKeysAndValuesAreOfEachImageOnce() {
        long positions = 64 * 64 + 64;
        for (boolean onCpu : new boolean[] {true, false}) {
            MemoryNeed full = MemoryNeed.of(manifest("fused", "float32"), 3, 6, 64 * 64, 0, onCpu, true);
            assertThat(full.kept()).isEqualTo(onCpu ? 4 * 3 * positions * 1280 * 4 : 0);
        }
        assertThat(MemoryNeed.of(manifest("fused", "float16"), 3, 6, 64 * 64, 0, true, true)
                        .kept())
                .isEqualTo(4 * 3 * positions * 1280 * 2);
        assertThat(MemoryNeed.of(manifest("fused", "float32"), 3, 6, 64 * 64, 0, true, false)
                        .kept())
                .isZero();
    }

    @Test
    void reusedTokensAreNamedWhereTheyAreTooMuch() {
        MemoryNeed need = new MemoryNeed(1_500_000_000L, 600_000_000L, 0, 0);
        assertThatNoException().isThrownBy(() -> need.require(new Available(2_100_000_000L, 0, 0)));
        assertRefused(need, new Available(2_099_999_999L, 0, 0), "2.1 GB", "2.0 GB", "--tokens-every");
    }

    @Test
    void javasOwnLimitIsNamed() {
        MemoryNeed need = MemoryNeed.of(manifest("fused", "float32"), 1, 2, LARGEST, 0, true, false);
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> need.require(SMALL_MACHINE))
                .withMessageContainingAll("0.7 GB", "0.5 GB", "-Xmx", "-XX:MaxDirectMemorySize");
        MemoryNeed half = MemoryNeed.of(manifest("fused", "float16"), 1, 2, LARGEST, 0, true, false);
        assertThat(half.direct()).isEqualTo(need.direct() / 2);
        assertThatNoException().isThrownBy(() -> half.require(SMALL_MACHINE));
    }

    /** Images of 1024 x 1024 pixels, 3 bytes each: 170 of them fit into 512 MiB, and 171 do not. */
    @Test
    void allImagesFitIntoTheHeap() {
        MemoryNeed need = MemoryNeed.of(manifest("fused", "float16"), 170, 1, 64 * 64, 0, true, false);
        assertThat(need.heap()).isEqualTo(170L * 1024 * 1024 * 3);
        assertThatNoException().isThrownBy(() -> need.require(SMALL_MACHINE));
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> MemoryNeed.of(manifest("fused", "float16"), 171, 1, 64 * 64, 0, true, false)
                        .require(SMALL_MACHINE))
                .withMessageContainingAll("0.5 GB", "heap", "-Xmx", "fewer at once");
    }

    @Test
    void theDefaultSizeFits() {
        assertThatNoException()
                .isThrownBy(() -> MemoryNeed.of(manifest("portable", "float32"), 1, 2, 64 * 64, 0, true, false)
                        .require(SMALL_MACHINE));
    }

    @Test
    void hereThereIsSomeOfEach() {
        assertThat(Available.here().machine()).isPositive();
        assertThat(Available.here().direct()).isPositive();
        assertThat(Available.here().heap()).isEqualTo(Runtime.getRuntime().maxMemory());
    }

    @Test
    void whatIsThereToTheLastByteSuffices() {
        MemoryNeed need = new MemoryNeed(2_000_000_000L, 0, 3_100_000_000L, 4_250_000_000L);
        Available just = new Available(2_000_000_000L, 3_100_000_000L, 4_250_000_000L);
        assertThatNoException().isThrownBy(() -> need.require(just));
        assertThatNoException()
                .isThrownBy(() -> need.require(new Available(0, 3_100_000_000L, 4_250_000_000L))); // 0 is unknown
        assertRefused(need, new Available(1_999_999_999L, 3_100_000_000L, 4_250_000_000L), "2.0 GB", "1.9 GB");
        assertRefused(need, new Available(1, 3_100_000_000L, 4_250_000_000L), "2.0 GB", "0.0 GB");
        assertRefused(need, new Available(2_000_000_000L, 3_099_999_999L, 4_250_000_000L), "3.1 GB", "3.0 GB");
        assertRefused(need, new Available(2_000_000_000L, 3_100_000_000L, 4_249_999_999L), "4.2 GB of Java's heap");
    }

    private static void assertRefused(MemoryNeed need, Available available, String... numbers) {
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> need.require(available))
                .withMessageContainingAll(numbers);
    }

    /** Up to 1024 tokens go through the language model at once, and nothing is joined. */
    @Test
    void hiddenStatesAreJoinedAboveOneChunk() {
        Manifest manifest = manifest("fused", "float32");
        assertThat(MemoryNeed.of(manifest, 1, 2, 1024, 0, true, false).direct()).isZero();
        assertThat(MemoryNeed.of(manifest, 1, 2, 1025, 0, true, false).direct())
                .isEqualTo(2L * 2 * (1025 + 64) * 1536 * 4);
    }

    /** As for four edits of 1024 x 1024 pixels: 57,344 bytes for each token of each row. */
    @Test
    void thePromptsKeysAndValuesAreStackedRowByRow() {
        Manifest manifest = manifest("fused", "float32");
        long without = MemoryNeed.of(manifest, 4, 8, 4096, 0, true, false).direct();
        assertThat(MemoryNeed.of(manifest, 4, 8, 4096, 4200, true, false).direct() - without)
                .isEqualTo(8 * 4200 * 57_344L);
        Manifest half = manifest("fused", "float16");
        assertThat(MemoryNeed.of(half, 1, 2, 1024, 100, true, false).direct()).isEqualTo(2 * 100 * 57_344L / 2);
    }

    @Test
    void withoutTheDecoderOnlyTheImagesCount() {
        Manifest whole = manifest("portable", "float32");
        Manifest without = new Manifest(
                1,
                whole.name(),
                whole.producer(),
                whole.sizes(),
                whole.diffusion(),
                whole.tokens(),
                whole.prompts(),
                whole.defaults(),
                Map.of(),
                Map.of());
        assertThat(MemoryNeed.of(without, 2, 4, 4096, 0, true, false))
                .isEqualTo(new MemoryNeed(0, 0, 0, 2L * 3 * 1024 * 1024));
    }

    @Test
    void theMachinesMemoryIsThereWithSwapAndJavasUpToItsLimit() {
        assumeThat(ManagementFactory.getRuntimeMXBean().getInputArguments())
                .noneMatch(argument -> argument.startsWith("-XX:MaxDirectMemorySize"));
        Available here = Available.here();
        assertThat(here.direct()).isEqualTo(Runtime.getRuntime().maxMemory());
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        assertThat(here.machine()).isEqualTo(system.getTotalMemorySize() + system.getTotalSwapSpaceSize());
    }
}
