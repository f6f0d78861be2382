package io.github.unipic.conformance.dump;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.conformance.ConformanceException;
import io.github.unipic.conformance.report.CaseName;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.files.FileTree;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The dump of one case, which fills while the case runs, and stays if it fails or loses the process. */
public final class CaseDump {
    /** The file that describes the case. */
    static final String DESCRIPTION = "case.json";

    private final Path folder;
    private final Path graphs;
    private final ObjectNode description = DumpFolder.JSON.createObjectNode();
    private final ObjectNode inputs = DumpFolder.JSON.createObjectNode();
    private final Set<String> outputs = new TreeSet<>();

    /** @param folder empty */
    CaseDump(CaseName one, Path folder, Path graphs) {
        this.folder = folder;
        this.graphs = graphs;
        description.put("case", one.toString());
        write(() -> describe(List.of()));
    }

    /**
     * Adds the only graph that the case runs, with its weights.
     *
     * @param limit of the relative L2 error of its outputs
     */
    public void graph(ModelFolder model, GraphName graph, double limit) {
        GraphSpec spec = model.spec(graph);
        List<String> files = new ArrayList<>(spec.data());
        files.add(spec.file());
        write(() -> {
            Files.createDirectories(graphs);
            for (String file : files) {
                linkOrCopy(model.path().resolve(file), graphs.resolve(file));
            }
        });
        description.put("graph", "../../../" + graphs.getFileName() + "/" + spec.file());
        description.put("relative_l2_limit", limit);
        description.set("inputs", inputs);
        write(() -> describe(List.of()));
    }

    /** Weights may have gigabytes, so they are linked if the file system can. */
    private static void linkOrCopy(Path source, Path target) throws IOException {
        if (Files.exists(target)) {
            return; // of another case
        }
        try {
            Files.createLink(target, source);
        } catch (IOException | UnsupportedOperationException e) {
            Files.copy(source, target);
        }
    }

    /** Adds an input of the graph. */
    public void input(String name, Tensor tensor) {
        if (!inputs.has(name)) {
            inputs.put(name, put("inputs", name, file -> NpyFile.write(file, tensor)));
            write(() -> describe(List.of()));
        }
    }

    /** Adds an expected output. */
    public void expected(String name, float[] values, long... shape) {
        outputs.add(name);
        put("expected", name, file -> NpyFile.write(file, values, shape));
    }

    /** Adds an expected output. */
    public void expected(String name, long[] values, long... shape) {
        outputs.add(name);
        put("expected", name, file -> NpyFile.write(file, values, shape));
    }

    /** Adds an output, or replaces it by a later one. */
    public void actual(String name, float[] values, long... shape) {
        outputs.add(name);
        put("actual", name, file -> NpyFile.write(file, values, shape));
    }

    /** Adds an output, or replaces it by a later one. */
    public void actual(String name, long[] values, long... shape) {
        outputs.add(name);
        put("actual", name, file -> NpyFile.write(file, values, shape));
    }

    /** Ends the dump: if all checks of the case passed, it is deleted. */
    public void end(List<Check> checks) {
        if (checks.stream().allMatch(Check::passed)) {
            discard();
        } else {
            write(() -> describe(checks));
        }
    }

    /** Deletes it. */
    public void discard() {
        write(() -> FileTree.delete(folder));
    }

    private void describe(List<Check> checks) throws IOException {
        ArrayNode names = description.putArray("outputs");
        outputs.forEach(names::add);
        ArrayNode list = description.putArray("checks");
        for (Check check : checks) {
            ObjectNode one = list.addObject()
                    .put("name", check.name())
                    .put("metric", check.metric())
                    .put("value", check.value())
                    .put("limit", check.limit())
                    .put("passed", check.passed());
            check.errors()
                    .ifPresent(errors -> one.put("cosine", errors.cosine())
                            .put("largest_difference", errors.largest())
                            .put("nans", errors.nans())
                            .put("infinities", errors.infinities()));
            check.note().ifPresent(note -> one.put("note", note));
        }
        DumpFolder.JSON
                .writerWithDefaultPrettyPrinter()
                .writeValue(folder.resolve(DESCRIPTION).toFile(), description);
    }

    private interface Writer {
        void write(Path file) throws IOException;
    }

    /** @return the file, relative to the case's folder */
    private String put(String kind, String name, Writer writer) {
        Path file = folder.resolve(kind).resolve(DumpFolder.fileName(name) + ".npy");
        write(() -> {
            Files.createDirectories(file.getParent());
            writer.write(file);
        });
        return kind + "/" + file.getFileName();
    }

    private interface Work {
        void run() throws IOException;
    }

    private void write(Work work) {
        try {
            work.run();
        } catch (IOException e) {
            throw new ConformanceException(
                    "The dump in " + folder + " cannot be written: " + e
                            + "; make room there or choose another folder.",
                    e);
        }
    }
}
