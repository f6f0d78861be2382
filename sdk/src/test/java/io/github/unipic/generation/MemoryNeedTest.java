package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.github.unipic.InferenceException;
import io.github.unipic.generation.MemoryNeed.Available;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.Manifest.TensorSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** At the published model's sizes. */
class MemoryNeedTest {
    private static final Available SMALL_MACHINE = new Available(24_000_000_000L, 512 << 20, 512 << 20);
    private static final int LARGEST = 180 * 180;

    private static Manifest manifest(String flavor, String type) {
        List<TensorSpec> inputs = List.of(new TensorSpec("llm_hidden", type, List.of("B", "V+64", "1536")));
        return new Manifest(
                1,
                "published",
                "a test",
                new Manifest.Sizes(1536, 28, 2, 128, 151936, 32768, 64, 1280, 16, 16, 32, 512),
                new Manifest.Diffusion(0.2),
                new Manifest.Tokens(151665, List.of(151645)),
                new Manifest.Prompts("{}", "", "{}", "", "", ""),
                new Manifest.Defaults(1024, 1024, 32, 3, "constant", 1, 100),
                Map.of("mar_decoder", new GraphSpec("a", List.of(), "float32", 0, flavor, inputs, List.of())),
                Map.of());
    }

    @Test
    void theLargestImageInTwoHalves() {
        MemoryNeed need = MemoryNeed.of(manifest("portable", "float32"), 1, 2, LARGEST, true);
        long positions = LARGEST + 64;
        assertThat(need.attention()).isEqualTo(2 * 10 * positions * positions * 4);
        assertThat(need.direct()).isEqualTo(2 * 2 * positions * 1536 * 4);
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> need.require(SMALL_MACHINE))
                .withMessageContainingAll("84.3 GB", "24.0 GB", "--flavor fused", "smaller image");
    }

    @Test
    void theFusedFlavorAndOtherDevicesHoldNoScores() {
        assertThat(MemoryNeed.of(manifest("fused", "float32"), 1, 2, LARGEST, true)
                        .attention())
                .isZero();
        assertThat(MemoryNeed.of(manifest("portable", "float32"), 1, 2, LARGEST, false)
                        .attention())
                .isZero();
    }

    @Test
    void javasOwnLimitIsNamed() {
        MemoryNeed need = MemoryNeed.of(manifest("fused", "float32"), 1, 2, LARGEST, true);
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> need.require(SMALL_MACHINE))
                .withMessageContainingAll("0.7 GB", "0.5 GB", "-Xmx", "-XX:MaxDirectMemorySize");
        MemoryNeed half = MemoryNeed.of(manifest("fused", "float16"), 1, 2, LARGEST, true);
        assertThat(half.direct()).isEqualTo(need.direct() / 2);
        assertThatNoException().isThrownBy(() -> half.require(SMALL_MACHINE));
    }

    /** Images of 1024 x 1024 pixels, 3 bytes each: 170 of them fit into 512 MiB, and 171 do not. */
    @Test
    void allImagesFitIntoTheHeap() {
        MemoryNeed need = MemoryNeed.of(manifest("fused", "float16"), 170, 1, 64 * 64, true);
        assertThat(need.heap()).isEqualTo(170L * 1024 * 1024 * 3);
        assertThatNoException().isThrownBy(() -> need.require(SMALL_MACHINE));
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> MemoryNeed.of(manifest("fused", "float16"), 171, 1, 64 * 64, true)
                        .require(SMALL_MACHINE))
                .withMessageContainingAll("0.5 GB", "heap", "-Xmx", "fewer at once");
    }

    @Test
    void theDefaultSizeFits() {
        assertThatNoException()
                .isThrownBy(() -> MemoryNeed.of(manifest("portable", "float32"), 1, 2, 64 * 64, true)
                        .require(SMALL_MACHINE));
    }

    @Test
    void hereThereIsSomeOfEach() {
        assertThat(Available.here().machine()).isPositive();
        assertThat(Available.here().direct()).isPositive();
        assertThat(Available.here().heap()).isEqualTo(Runtime.getRuntime().maxMemory());
    }
}
