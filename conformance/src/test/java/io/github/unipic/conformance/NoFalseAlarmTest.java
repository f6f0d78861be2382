package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.conformance.report.ConformanceReport;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * A healthy model passes whatever the numbers: float16 against float32, since the CPU against itself proves nothing.
 */
class NoFalseAlarmTest {
    static final long[] SEEDS = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 0x7fff_ffffL, 0xffff_ffffL
    };

    @TempDir
    private Path folder;

    @ParameterizedTest
    @FieldSource("SEEDS")
    void float16PassesAgainstFloat32(long seed) {
        Path reference = folder.resolve("reference.safetensors");
        new Recording(TinyModel.model(), Suite.SMOKE, OptionalLong.of(seed), new Cancellation(), (done, all) -> {})
                .writeTo(reference);
        ConformanceReport report = new ConformanceRun(
                        new Source.Model(TinyModel.halfModel(), Optional.of(reference)),
                        ExecutionProvider.CPU,
                        Suite.SMOKE,
                        false,
                        Optional.empty(),
                        Map.of(),
                        new Cancellation(),
                        new ConformanceRun.Listener() {})
                .run();
        assertThat(report.failures()).isEmpty();
        assertThat(report.checks()).anyMatch(check -> check.value() > 0);
    }
}
