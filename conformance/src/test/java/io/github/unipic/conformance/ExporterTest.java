package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.github.unipic.ModelFormatException;
import io.github.unipic.OutputException;
import io.github.unipic.export.ExportException;
import io.github.unipic.export.ExportListener;
import io.github.unipic.export.ExportReport;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.Precisions;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.ModelFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Exports of the small checkpoint: what appears on disk, and what does not. */
class ExporterTest {
    @TempDir
    private Path folder;

    private ExportReport export(Path checkpoint, Path output, boolean overwrite) {
        return Exporter.export(new ExportRequest(checkpoint, output, Precision.FP32, overwrite), ExportListener.NONE);
    }

    private List<String> children() throws IOException {
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void exportsTwelveGraphsAndListsWhatItDidNotUse() throws IOException {
        ExportReport report = export(TinyModel.checkpoint(), folder.resolve("model"), false);
        assertThat(report.unusedTensors())
                .contains("mar.class_emb.weight")
                .allMatch(name -> name.equals("mar.class_emb.weight")
                        || name.equals("llm.lm_head.weight")
                        || name.startsWith("siglip2.vision_model.head."));
        try (Stream<Path> files = Files.list(folder.resolve("model"))) {
            assertThat(files.filter(file -> file.toString().endsWith(".onnx"))).hasSize(12);
        }
        assertThat(children()).containsExactly("model");
    }

    /** CUDA has no kernel for the InstanceNormalization of opset 22 and later: it would run on the CPU. */
    @Test
    void instanceNormalizationIsOfAnOperatorSetThatCudaHas() throws IOException {
        Path model = folder.resolve("model");
        export(TinyModel.checkpoint(), model, false);
        Set<String> normalizing = new HashSet<>();
        for (String graph : ModelFolder.open(model, false).manifest().graphs().keySet()) {
            ModelProto proto = ModelProto.parseFrom(Files.readAllBytes(model.resolve(graph + ".onnx")));
            boolean normalizes = proto.getGraph().getNodeList().stream()
                    .anyMatch(node -> node.getOpType().equals("InstanceNormalization"));
            if (normalizes) {
                normalizing.add(graph);
            }
            assertThat(proto.getOpsetImport(0).getVersion()).as(graph).isEqualTo(normalizes ? 21 : 23);
        }
        assertThat(normalizing).containsExactlyInAnyOrder("pixel_encoder", "pixel_decoder", "pixel_decoder_features");
    }

    @Test
    void onlyTheFusedFlavourLeavesTheStandard() {
        assertThat(graphsOutsideTheStandard(Flavor.PORTABLE)).isEmpty();
        assertThat(graphsOutsideTheStandard(Flavor.FUSED))
                .containsExactlyInAnyOrder("vision_encoder", "mar_encoder", "mar_decoder");
    }

    private Set<String> graphsOutsideTheStandard(Flavor flavor) {
        Path model = folder.resolve(flavor.name());
        Exporter.export(
                new ExportRequest(TinyModel.checkpoint(), model, Precisions.of(Precision.FP32), flavor, false),
                ExportListener.NONE);
        Map<String, GraphSpec> graphs =
                ModelFolder.open(model, false).manifest().graphs();
        return graphs.keySet().stream()
                .filter(graph -> !graphs.get(graph).flavor().equals("portable"))
                .collect(Collectors.toSet());
    }

    @Test
    void tilesShareTheDecodersWeightsAndPrecision() {
        Path model = folder.resolve("model");
        Precisions precisions = new Precisions(Precision.FP32, Map.of("pixel_decoder", Precision.FP16));
        Exporter.export(
                new ExportRequest(TinyModel.checkpoint(), model, precisions, Flavor.PORTABLE, false),
                ExportListener.NONE);
        Map<String, GraphSpec> graphs =
                ModelFolder.open(model, false).manifest().graphs();
        for (String part : List.of("pixel_decoder", "pixel_decoder_features", "pixel_decoder_tile")) {
            assertThat(graphs.get(part).precision()).isEqualTo("float16");
            assertThat(graphs.get(part).data()).containsExactly("pixel_decoder.data");
        }
        assertThat(graphs.get("pixel_decoder_features").outputs().get(0).type()).isEqualTo("float16");
        assertThat(graphs.get("pixel_decoder_tile").input("features").type()).isEqualTo("float16");
        assertThat(graphs.get("pixel_decoder_tile").input("statistics").type()).isEqualTo("float32");
        assertThat(graphs.get("pixel_encoder").precision()).isEqualTo("float32");
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> new Precisions(Precision.FP32, Map.of("pixel_decoder_tile", Precision.FP16)))
                .withMessage("pixel_decoder_tile has the weights of pixel_decoder and always its precision; say"
                        + " pixel_decoder=fp16.");
    }

    @Test
    void progressEndsAtTheTotal() {
        List<long[]> heard = new ArrayList<>();
        Exporter.export(
                new ExportRequest(TinyModel.checkpoint(), folder.resolve("model"), Precision.FP16, false),
                (written, total, file) -> heard.add(new long[] {written, total}));
        long[] last = heard.get(heard.size() - 1);
        assertThat(last[0]).isEqualTo(last[1]).isPositive();
        assertThat(heard).extracting(each -> each[0]).isSorted();
    }

    @Test
    void anInterruptedExportLeavesNothing() throws IOException {
        ExportListener failing = (written, total, file) -> {
            if (written > total / 2) {
                throw new IllegalStateException("stop");
            }
        };
        assertThatThrownBy(() -> Exporter.export(
                        new ExportRequest(TinyModel.checkpoint(), folder.resolve("model"), Precision.FP32, false),
                        failing))
                .hasMessage("stop");
        assertThat(children()).isEmpty();
    }

    @Test
    void aModelIsReplacedOnlyOnRequest() throws IOException {
        Path model = folder.resolve("model");
        export(TinyModel.checkpoint(), model, false);
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> export(TinyModel.checkpoint(), model, false))
                .withMessageContaining("--force");
        ModelFolder.open(model, true);
        Files.delete(model.resolve("unipic.json")); // Of another version or build, it lists its files all the same.
        Files.writeString(model.resolve("unipic.json"), "{\"format_version\": 0, \"files\": " + filesOf(model) + "}");
        Files.writeString(model.resolve(".DS_Store"), "nobody's");
        export(TinyModel.checkpoint(), model, true);
        ModelFolder.open(model, true);
        assertThat(children()).containsExactly("model");
    }

    private static String filesOf(Path model) throws IOException {
        try (Stream<Path> files = Files.list(model)) {
            return files.map(file -> "\"" + file.getFileName() + "\": {}").collect(Collectors.joining(",", "{", "}"));
        }
    }

    @Test
    void aModelIsNotReplacedWithSomebodysFilesInIt() throws IOException {
        Path model = folder.resolve("model");
        export(TinyModel.checkpoint(), model, false);
        byte[] manifest = Files.readAllBytes(model.resolve("unipic.json"));
        Path notes = Files.createDirectory(model.resolve("notes"));
        refused(model, "also holds notes");
        Files.delete(notes);
        // Meanwhile, too: an export takes minutes.
        Path photo = model.resolve("photo.png");
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> Exporter.export(
                        new ExportRequest(TinyModel.checkpoint(), model, Precision.FP32, true),
                        (written, total, file) -> write(photo)))
                .withMessageContaining("also holds photo.png");
        assertThat(photo).hasContent("mine");
        Files.delete(photo);
        for (String foreign : List.of("[\"mine\"]", "{\"name\": \"my app\"}", "{\"files\"", "")) {
            Files.writeString(model.resolve("unipic.json"), foreign);
            refused(model, "not an exported model");
            assertThat(model.resolve("unipic.json")).hasContent(foreign);
        }
        Files.write(model.resolve("unipic.json"), manifest);
        ModelFolder.open(model, true);
        assertThat(children()).containsExactly("model");
    }

    private void refused(Path model, String message) {
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> export(TinyModel.checkpoint(), model, true))
                .withMessageContaining(message)
                .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
    }

    private static void write(Path file) {
        try {
            Files.writeString(file, "mine");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aLinkToAModelStaysOne() throws IOException {
        Path model = Files.createDirectory(folder.resolve("disk")).resolve("model");
        export(TinyModel.checkpoint(), model, false);
        Path link = Files.createSymbolicLink(folder.resolve("link"), model);
        export(TinyModel.checkpoint(), link, true);
        assertThat(link).isSymbolicLink();
        ModelFolder.open(model, true);
        assertThat(children()).containsExactly("disk", "link");
    }

    @Test
    void aModelThatAKilledExportHadMovedAsideIsNamedAndComesBack() throws IOException {
        Path model = folder.resolve("model");
        export(TinyModel.checkpoint(), model, false);
        String id = "01234567-89ab-cdef-0123-456789abcdef";
        Path aside = Files.move(model, folder.resolve(".model.old-" + id));
        Files.createFile(folder.resolve(".model.lock-" + id));
        Files.createDirectory(folder.resolve(".model.partial-" + id));
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> ModelFolder.open(model, false))
                .withMessageContaining(aside.toString());
        refusedUnlessForced(model);
        ModelFolder.open(model, true);
        assertThat(children()).containsExactly("model");
    }

    private void refusedUnlessForced(Path model) {
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> export(TinyModel.checkpoint(), model, false))
                .withMessageContaining("--force");
    }

    @Test
    void aFolderThatCannotBeMadeIsAnErrorOfTheOutput() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "mine");
        assertThatExceptionOfType(OutputException.class)
                .isThrownBy(() -> export(TinyModel.checkpoint(), file.resolve("model"), false))
                .withMessageContaining("nothing was left there")
                .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
        assertThat(file).hasContent("mine");
    }

    @Test
    void aFolderOfSomethingElseIsNeverReplaced() throws IOException {
        Path other = Files.createDirectory(folder.resolve("photos"));
        Files.writeString(other.resolve("holiday.jpg"), "mine");
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> export(TinyModel.checkpoint(), other, true))
                .withMessageContaining("not an exported model");
        assertThat(other.resolve("holiday.jpg")).exists();
    }

    @Test
    void missingCheckpointsAndPartsAreNamed() throws IOException {
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> export(folder.resolve("none"), folder.resolve("model"), false))
                .withMessageContaining("none");
        Path checkpoint = TinyModel.copy(TinyModel.checkpoint(), folder.resolve("checkpoint"));
        Files.delete(checkpoint.resolve("kl16.ckpt"));
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> export(checkpoint, folder.resolve("model"), false))
                .withMessageContaining("kl16")
                .withMessageNotContaining("\n");
        assertThat(children()).containsExactly("checkpoint");
    }

    @Test
    void headsThatNothingTellsAreAskedFor() throws IOException {
        Path checkpoint = TinyModel.copy(TinyModel.checkpoint(), folder.resolve("checkpoint"));
        Files.writeString(checkpoint.resolve("unipic_config.json"), "{\"vae\": {\"norm_groups\": 4}}");
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> export(checkpoint, folder.resolve("model"), false))
                .withMessageContaining("num_heads")
                .withMessageContaining("unipic_config.json");
    }

    @Test
    void exportsAreReproducible() throws IOException {
        export(TinyModel.checkpoint(), folder.resolve("a"), false);
        export(TinyModel.checkpoint(), folder.resolve("b"), false);
        try (Stream<Path> files = Files.list(folder.resolve("a"))) {
            for (Path file : files.toList()) {
                assertThat(folder.resolve("b").resolve(file.getFileName())).hasSameBinaryContentAs(file);
            }
        }
    }
}
