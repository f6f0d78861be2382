package io.github.unipic.conformance.meaning;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.UniPic;
import io.github.unipic.conformance.EmbeddedCheckpoint;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.export.ExportListener;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.Precisions;
import io.github.unipic.testing.SmallModel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A few of the cases. ConformanceRunTest has all: the trained model generates, describes and edits correctly. */
class MeaningChecksTest {
    private static final int FEW = 4;

    @Test
    void aModelThatKnowsNothingFailsByName() {
        List<Check> checks = checks(SmallModel.folder());
        assertThat(checks).hasSize(FEW + FEW + 4).noneMatch(Check::passed);
        assertThat(checks.get(0).name())
                .isEqualTo("meaning/generate/a small green cross at the bottom, on a brown background/image"
                        + " (wrong attributes)");
        assertThat(checks.get(0).note().orElseThrow()).contains("not small bottom", "bottom is nothing, not green");
    }

    @Test
    void theFusedFlavorKnowsToo(@TempDir Path folder) {
        EmbeddedCheckpoint.TRAINED.copyTo(folder);
        Path model = folder.resolve("model");
        Precisions float32 = Precisions.of(Precision.FP32);
        Exporter.export(
                new ExportRequest(folder.resolve("checkpoint"), model, float32, Flavor.FUSED, false),
                ExportListener.NONE);
        assertThat(checks(model)).allMatch(Check::passed);
    }

    private static List<Check> checks(Path model) {
        World all = World.load();
        World few = new World(
                all.imageSize(),
                all.colors(),
                all.shapes(),
                all.places(),
                all.radius(),
                all.settings(),
                all.cases().subList(0, FEW),
                all.captions().subList(0, FEW),
                all.edits().subList(0, FEW));
        Results results = new Results();
        try (UniPic unipic = UniPic.load(model)) {
            new MeaningChecks(unipic, few, results, new Cancellation()).run();
        }
        MeaningChecks.conclude(results);
        return results.checks();
    }
}
