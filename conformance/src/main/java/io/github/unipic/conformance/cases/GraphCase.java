package io.github.unipic.conformance.cases;

import static java.util.Objects.requireNonNullElse;

import io.github.unipic.conformance.cases.Case.Output;
import io.github.unipic.conformance.cases.Value.Values;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.model.GraphName;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Outputs;
import io.github.unipic.runtime.Tensor;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One run of one graph at certain sizes, which uses only the graph contract: named tensors in, named tensors out.
 * docs/conformance-cases.md describes the parameters; those that are 0 or null get their defaults.
 *
 * @param seed of the inputs
 * @param last the number of steps taken, which are the last ones: with all steps the first ones would hide the others
 * @param reused rows of the MAR decoder's cache
 * @param scale of all floating-point inputs except those of a schedule; a small scale shows a norm's epsilon
 */
record GraphCase(
        long seed,
        GraphName graph,
        String name,
        int batch,
        int rows,
        int tokens,
        int past,
        boolean padded,
        GridSize grid,
        KnownCount known,
        PredictedSet predict,
        String canvas,
        ReusedRows reused,
        TileArea tile,
        boolean ownStatistics,
        int timestep,
        int steps,
        int last,
        double guidance,
        double temperature,
        float scale) {

    /** Sets the defaults. */
    public GraphCase {
        batch = Math.max(1, batch);
        rows = rows == 0 ? batch : rows;
        tokens = Math.max(1, tokens);
        grid = requireNonNullElse(grid, GridSize.NATIVE);
        known = requireNonNullElse(known, KnownCount.NONE);
        predict = requireNonNullElse(predict, PredictedSet.REST);
        canvas = requireNonNullElse(canvas, "");
        reused = requireNonNullElse(reused, ReusedRows.NO_CACHE);
        tile = requireNonNullElse(tile, TileArea.WHOLE);
        steps = Math.max(1, steps);
        last = last == 0 ? steps : last;
        guidance = guidance == 0 ? 1 : guidance;
        temperature = temperature == 0 ? 1 : temperature;
        scale = scale == 0 ? 1 : scale;
    }

    Case asCase() {
        String prefix = "stage/" + graph.label() + "/" + name + "/";
        return new Case(Area.GRAPH, graph.label(), name, prefix, Set.of(graph), true, this::run);
    }

    /** The values of an input. */
    SeededValues values(String input) {
        return new SeededValues(seed, graph.label() + "/" + name + "/" + input);
    }

    void run(Execution execution, Consumer<Output> outputs) {
        try (GraphInputs inputs = new GraphInputs(this, execution)) {
            inputs.tensors().forEach((input, tensor) -> outputs.accept(output(input, new Value.Input(tensor))));
            long start = System.nanoTime();
            try (Outputs results = execution.run(graph, inputs.tensors(), inputs.wanted())) {
                outputs.accept(output("time", new Value.Time(System.nanoTime() - start)));
                for (String output : inputs.wanted()) {
                    try (Tensor tensor = results.take(output)) {
                        Values values = Values.of(tensor);
                        if (graph == GraphName.DECODER_STEP && output.startsWith("present_")) {
                            present(output, values.floats(), inputs, outputs);
                        } else {
                            outputs.accept(output(output, values));
                        }
                    }
                }
            }
        }
    }

    /** New positions are compared with the expected ones; old positions must equal the past. */
    private void present(String output, Floats present, GraphInputs inputs, Consumer<Output> outputs) {
        String nameOfPast = output + " of the past";
        Floats past = inputs.past(output);
        int heads = Math.toIntExact(past.shape()[0] * past.shape()[1]);
        int width = Math.toIntExact(past.shape()[3]);
        int pastLength = Math.toIntExact(past.shape()[2]);
        long[] shape = {past.shape()[0], past.shape()[1], pastLength + tokens, width};
        if (!Arrays.equals(present.shape(), shape)) {
            // The new positions are unknown, so both checks only report the expected shape.
            Values wrong = new Values(present, Optional.of(new Floats(new float[0], shape)));
            outputs.accept(output(output, wrong));
            outputs.accept(output(nameOfPast, wrong));
            return;
        }
        Floats kept = new Floats(new float[heads * pastLength * width], past.shape());
        Floats added = new Floats(new float[heads * tokens * width], shape[0], shape[1], tokens, width);
        for (int head = 0; head < heads; head++) {
            int from = head * (pastLength + tokens) * width;
            System.arraycopy(present.values(), from, kept.values(), head * pastLength * width, pastLength * width);
            System.arraycopy(
                    present.values(), from + pastLength * width, added.values(), head * tokens * width, tokens * width);
        }
        outputs.accept(output(output, new Values(added, Optional.empty())));
        outputs.accept(output(nameOfPast, new Values(kept, Optional.of(past))));
    }

    private Output output(String output, Value value) {
        return new Output(Area.GRAPH, graph.label(), output, value);
    }
}
