package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.Manifest.TensorSpec;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/graphs.md lists every tensor that the exporter writes, with its type and axes. */
class GraphDocumentTest {
    private static final Pattern HEADING = Pattern.compile("### (\\w+)");
    private static final Pattern ROW = Pattern.compile("\\| (in|out) (.+?) \\| (\\w+) \\| \\[(.*?)] \\|.*");

    /** Sizes of the published model, where the document has them, and of the small one. */
    private static final Map<String, String> SIZES = Map.of(
            "1536", "64", "151936", "448", "512", "64", "1024", "16", "1280", "48", "2", "2", "128", "16", "64", "8");

    /** The same of the autoencoder's group norms, 7 of them with 32 groups. */
    private static final Map<String, String> NORMS = Map.of("7", "5", "32", "4");

    private record Row(String direction, String name, String type, List<String> shape) {}

    @Test
    void describesEveryGraphAsExported() throws IOException {
        Map<String, List<Row>> documented = document();
        Map<String, GraphSpec> graphs =
                ModelFolder.open(SmallModel.folder(), false).manifest().graphs();
        assertThat(documented.keySet()).containsExactlyInAnyOrderElementsOf(graphs.keySet());
        graphs.forEach((name, graph) -> {
            List<Row> exported = new ArrayList<>();
            graph.inputs().forEach(tensor -> add(exported, "in", tensor));
            graph.outputs().forEach(tensor -> add(exported, "out", tensor));
            assertThat(documented.get(name)).as(name).containsExactlyElementsOf(exported);
        });
    }

    /** One row for all layers of the cache. */
    private static void add(List<Row> rows, String direction, TensorSpec tensor) {
        if (!tensor.name().matches(".*\\.[1-9]\\d*")) {
            rows.add(new Row(direction, tensor.name().replace(".0", ".L"), tensor.type(), tensor.shape()));
        }
    }

    private static Map<String, List<Row>> document() throws IOException {
        Map<String, List<Row>> graphs = new LinkedHashMap<>();
        List<Row> rows = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("..", "docs", "graphs.md"))) {
            Matcher heading = HEADING.matcher(line);
            Matcher row = ROW.matcher(line);
            if (heading.matches()) {
                rows = new ArrayList<>();
                graphs.put(heading.group(1), rows);
            } else if (row.matches()) {
                for (String name : row.group(2).split(", ")) {
                    List<String> axes = row.group(4).isEmpty()
                            ? List.of()
                            : List.of(row.group(4).split(","));
                    rows.add(new Row(
                            row.group(1),
                            name.replace("`", ""),
                            row.group(3).replace("T", "float32"),
                            axes.stream().map(axis -> small(axis, name)).toList()));
                }
            }
        }
        return graphs;
    }

    private static String small(String axis, String tensor) {
        if (tensor.contains("statistics")) {
            return NORMS.getOrDefault(axis, axis);
        }
        Matcher number = Pattern.compile("\\d+").matcher(axis);
        boolean added = axis.contains("+") && !axis.startsWith("T");
        if (axis.matches("\\d+") || added) {
            return number.replaceAll(found -> SIZES.getOrDefault(found.group(), found.group()));
        }
        return axis;
    }
}
