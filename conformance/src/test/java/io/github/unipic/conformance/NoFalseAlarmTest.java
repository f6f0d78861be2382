package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.checks.Findings;
import io.github.unipic.conformance.checks.StageChecks;
import io.github.unipic.conformance.checks.TaskChecks;
import io.github.unipic.conformance.compare.ModelTolerances;
import io.github.unipic.conformance.reference.ReferenceFile;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.TestExecution;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
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

    private static ModelFolder model;
    private static Engine engine;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() {
        model = ModelFolder.open(TinyModel.halfModel(), false);
        engine = Engine.open(model, RuntimeOptions.DEFAULTS);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @ParameterizedTest
    @FieldSource("SEEDS")
    void float16PassesAgainstFloat32(long seed) {
        Cancellation never = new Cancellation();
        Path file = folder.resolve("reference.safetensors");
        new Recording(TinyModel.model(), Suite.SMOKE, OptionalLong.of(seed), never, (done, all) -> {}).writeTo(file);
        Cases cases = Cases.of(Suite.SMOKE).withSeed(seed);
        ModelTolerances tolerances = new ModelTolerances(model.manifest(), Optional.empty());
        Findings findings = new Findings(check -> {}, (done, all) -> {});
        try (ReferenceFile reference = ReferenceFile.open(file)) {
            assertThat(reference.seed()).isEqualTo(seed);
            new StageChecks(engine.graphs(), seed, reference, tolerances, findings, never).run(cases);
            new TaskChecks(TestExecution.of(engine), seed, reference, tolerances.tasks(), findings).run(cases);
        }
        assertThat(findings.skipped()).isEmpty();
        assertThat(findings.checks()).allMatch(Check::passed).anyMatch(check -> check.value() > 0);
    }
}
