package io.github.unipic.conformance.golden;

import static io.github.unipic.model.GraphName.PIXEL_ENCODER;
import static io.github.unipic.model.GraphName.VISION_ENCODER;

import io.github.unipic.conformance.cases.Case;
import io.github.unipic.conformance.cases.Output;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.model.GraphName;
import io.github.unipic.runtime.Execution;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** A case that has its inputs from a golden file. */
record GoldenCase(
        GoldenFile golden, Area area, String subject, Set<GraphName> graphs, BiConsumer<Execution, GoldenOutputs> work)
        implements Case {

    /**
     * The cases of a file, by its name; none where the name is not known.
     *
     * @param checkpoint that the graphs were exported from
     */
    static List<GoldenCase> of(GoldenFile golden, Path checkpoint) {
        String name = golden.name();
        if (name.startsWith("t2i_")) {
            return List.of(task(golden, Area.LOOP, Set.of(), GoldenTasks::textToImage));
        }
        if (name.startsWith("edit_")) {
            return List.of(task(golden, Area.LOOP, Set.of(PIXEL_ENCODER), GoldenTasks::edit));
        }
        if (name.startsWith("understand_")) {
            return List.of(
                    task(golden, Area.UNDERSTANDING, Set.of(PIXEL_ENCODER), GoldenTasks::understandByMar),
                    task(golden, Area.UNDERSTANDING, Set.of(VISION_ENCODER), GoldenTasks::understandBySiglip));
        }
        if (name.startsWith("token_sampler")) {
            return List.of(graph(golden, Set.of(), GoldenGraphs::tokenSampler));
        }
        if (name.startsWith("generation_step")) {
            return List.of(graph(golden, Set.of(), graphs -> graphs.generationStep(checkpoint)));
        }
        return switch (name) {
            case "pixel_encoder" -> List.of(graph(golden, Set.of(PIXEL_ENCODER), GoldenGraphs::pixelEncoder));
            case "pixel_decoder" -> List.of(graph(golden, Set.of(), GoldenGraphs::pixelDecoder));
            case "vision_encoder" -> List.of(graph(golden, Set.of(VISION_ENCODER), GoldenGraphs::visionEncoder));
            case "text" -> List.of(graph(golden, Set.of(), GoldenGraphs::text));
            case "preprocess" -> List.of(graph(golden, Set.of(), GoldenGraphs::preprocess));
            default -> List.of();
        };
    }

    private static GoldenCase task(GoldenFile golden, Area area, Set<GraphName> graphs, Consumer<GoldenTasks> work) {
        return new GoldenCase(
                golden,
                area,
                GoldenOutputs.task(golden),
                graphs,
                (execution, outputs) -> work.accept(new GoldenTasks(execution, outputs)));
    }

    private static GoldenCase graph(GoldenFile golden, Set<GraphName> graphs, Consumer<GoldenGraphs> work) {
        return new GoldenCase(
                golden,
                Area.GRAPH,
                golden.name(),
                graphs,
                (execution, outputs) -> work.accept(new GoldenGraphs(execution, outputs)));
    }

    @Override
    public String name() {
        return golden.name();
    }

    @Override
    public String key(String output) {
        return output;
    }

    @Override
    public void run(Execution execution, Consumer<Output> outputs) {
        work.accept(execution, new GoldenOutputs(golden, outputs));
    }
}
