package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.export.Precision;
import io.github.unipic.runtime.Engine;
import io.github.unipic.testing.SmallModel;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * A healthy model passes whatever the seed. It compares float16 with float32, since comparing the CPU with itself would
 * prove nothing.
 */
class NoFalseAlarmTest {
    static final long[] SEEDS = {0, 1, 2, 3, 4, 0x7fff_ffffL, 0xffff_ffffL};

    private static Engine full;
    private static Engine half;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() {
        full = SmokeRun.open(SmallModel.folder());
        half = SmokeRun.open(SmallCheckpoint.model(Precision.FP16));
    }

    @AfterAll
    static void close() {
        full.close();
        half.close();
    }

    @ParameterizedTest
    @FieldSource("SEEDS")
    void float16PassesAgainstFloat32(long seed) {
        Cancellation never = new Cancellation();
        Path file = folder.resolve("reference.safetensors");
        new Recording(SmallModel.folder(), Suite.SMOKE, OptionalLong.of(seed), never, (done, all) -> {})
                .writeTo(file, full);
        Results results = SmokeRun.compare(half, file, Suite.SMOKE, one -> true);
        assertThat(results.skipped()).isEmpty();
        assertThat(results.checks()).allMatch(Check::passed).anyMatch(check -> check.value() > 0);
    }
}
