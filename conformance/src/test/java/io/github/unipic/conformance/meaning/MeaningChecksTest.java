package io.github.unipic.conformance.meaning;

import static io.github.unipic.testing.GraphSurgery.attribute;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.UniPic;
import io.github.unipic.conformance.ConformanceRun;
import io.github.unipic.conformance.EmbeddedCheckpoint;
import io.github.unipic.conformance.Selection;
import io.github.unipic.conformance.Source;
import io.github.unipic.conformance.Suite;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.conformance.report.MeaningResult;
import io.github.unipic.conformance.testing.TrainedModel;
import io.github.unipic.export.ExportListener;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.Precisions;
import io.github.unipic.model.GraphName;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A few of the cases. ConformanceRunTest has more: the trained model generates, describes and edits correctly. */
class MeaningChecksTest {
    private static final int FEW = 3;

    @Test
    void aModelThatKnowsNothingFailsByName() {
        List<Check> checks = checks(SmallModel.folder());
        assertThat(checks).hasSize(FEW + FEW + 4).noneMatch(Check::passed);
        assertThat(checks.get(0).name())
                .isEqualTo("meaning/generate/a small green cross at the bottom, on a brown background/image"
                        + " (wrong attributes)");
        assertThat(checks.get(0).note().orElseThrow()).contains("not small bottom", "bottom is nothing, not green");
    }

    /**
     * A provider whose errors its own reference has too passes every tolerance. Here it takes red for blue when it
     * decodes pixels.
     */
    @Test
    void aModelThatPassesEveryToleranceAndGeneratesWrongImagesFailsByName(@TempDir Path folder) throws IOException {
        ModelCopy copy = ModelCopy.of(TrainedModel.folder(), folder.resolve("model"));
        copy.edit(GraphName.PIXEL_DECODER, graph -> {
            String healthy = graph.takeOver("pixels");
            graph.append("pixels", "Gather", List.of(healthy, graph.longs(2, 1, 0)), attribute("axis", 1));
        });
        Path model = copy.finish();
        ConformanceReport tolerances = new ConformanceRun(
                        new Source.Model(model, Optional.empty()),
                        ExecutionProvider.CPU,
                        Suite.SMOKE,
                        new Selection(List.of("stage", "loop", "understanding")),
                        false,
                        Optional.empty(),
                        Map.of(),
                        Optional.empty(),
                        Optional.empty(),
                        new Cancellation(),
                        new ConformanceRun.Listener() {})
                .run();
        assertThat(tolerances.checks()).extracting(Check::area).contains(Area.GRAPH, Area.LOOP);
        assertThat(tolerances.failures()).isEmpty();

        Results results = results(model);
        assertThat(results.checks())
                .filteredOn(check -> !check.passed())
                .extracting(Check::name)
                .contains(
                        "meaning/generate/a purple circle above a blue cross on a cyan background/image"
                                + " (wrong attributes)",
                        "meaning/edit/0: Make the background cyan/image (wrong attributes)",
                        "meaning/generate/prompts/attributes (share wrong)",
                        "meaning/edit/instructions/attributes (share wrong)")
                .as("captions are right")
                .noneMatch(name -> name.contains("describe"));
        assertThat(results.meaning())
                .filteredOn(result -> !result.isRight())
                .isNotEmpty()
                .allSatisfy(result -> {
                    assertThat(result.made()).isPresent();
                    assertThat(result.found()).isNotEqualTo(result.wanted());
                });
        assertThat(results.meaning()).filteredOn(MeaningResult::isRight).hasSizeGreaterThanOrEqualTo(2 * FEW);
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
        return results(model).checks();
    }

    private static Results results(Path model) {
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
        try (UniPic unipic = UniPic.builder(model).threads(1).load()) {
            new MeaningChecks(unipic, few, results, new Cancellation()).run();
        }
        MeaningChecks.conclude(results);
        return results;
    }
}
