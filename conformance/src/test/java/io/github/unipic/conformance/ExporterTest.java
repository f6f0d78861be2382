package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.CALLS_REAL_METHODS;
import static org.mockito.Mockito.mockStatic;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.github.unipic.ModelFormatException;
import io.github.unipic.OutputException;
import io.github.unipic.conformance.reference.ReferenceWriter;
import io.github.unipic.export.ExportException;
import io.github.unipic.export.ExportListener;
import io.github.unipic.export.ExportReport;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.Precisions;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.checkpoint.CheckpointTensor;
import io.github.unipic.files.Disk;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.testing.Folders;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.MockedStatic;

/** Exports of the small checkpoint: the files that are written, and the errors. */
class ExporterTest {
    @TempDir
    private Path folder;

    private ExportReport export(Path checkpoint, Path output, boolean overwrite) {
        return Exporter.export(new ExportRequest(checkpoint, output, Precision.FP32, overwrite), ExportListener.NONE);
    }

    /** A copy of an exported model. */
    private Path exported(Path model) throws IOException {
        return Folders.copy(SmallCheckpoint.model(Precision.FP32), model);
    }

    private List<String> children() throws IOException {
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void exportsThirteenGraphsAndListsWhatItDidNotUse() throws IOException {
        ExportReport report = export(SmallCheckpoint.folder(), folder.resolve("model"), false);
        assertThat(report.notes()).isEmpty();
        assertThat(report.unusedTensors())
                .contains("mar.class_emb.weight")
                .allMatch(name -> name.equals("mar.class_emb.weight")
                        || name.equals("llm.lm_head.weight")
                        || name.startsWith("siglip2.vision_model.head."));
        try (Stream<Path> files = Files.list(folder.resolve("model"))) {
            assertThat(files.filter(file -> file.toString().endsWith(".onnx"))).hasSize(13);
        }
        assertThat(children()).containsExactly("model");
    }

    /** Of all weights, before any of them is written. */
    @Test
    void aDiskWithoutRoomIsToldOfBeforeAnythingIsWritten() throws IOException {
        long needed;
        try (Stream<Path> files = Files.list(SmallCheckpoint.model(Precision.FP32))) {
            needed = files.filter(file -> file.toString().endsWith(".data"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
        ExportRequest request =
                new ExportRequest(SmallCheckpoint.folder(), folder.resolve("model"), Precision.FP32, false);
        List<String> written = new ArrayList<>();
        ExportListener listener = (done, total, file) -> written.add(file);
        try (MockedStatic<Disk> disk = mockStatic(Disk.class, CALLS_REAL_METHODS)) {
            disk.when(() -> Disk.room(any())).thenReturn(needed - 1);
            assertThatExceptionOfType(OutputException.class)
                    .isThrownBy(() -> Exporter.export(request, listener))
                    .withMessageContainingAll("The export needs ", "free some");
            assertThat(written).isEmpty();
            assertThat(children()).isEmpty();
            disk.when(() -> Disk.room(any())).thenReturn(needed);
            Exporter.export(request, listener);
            assertThat(written).isNotEmpty();
        }
    }

    /** CUDA has no kernel for the InstanceNormalization of opset 22 and later: it would run on the CPU. */
    @Test
    void instanceNormalizationIsOfAnOperatorSetThatCudaHas() throws IOException {
        Path model = SmallCheckpoint.model(Precision.FP32);
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
    void onlyTheFusedFlavorLeavesTheStandard() {
        assertThat(graphsOutsideTheStandard(SmallCheckpoint.model(Precision.FP32)))
                .isEmpty();
        Path fused = folder.resolve("model");
        SmallCheckpoint.export(SmallCheckpoint.folder(), fused, Flavor.FUSED);
        assertThat(graphsOutsideTheStandard(fused))
                .containsExactlyInAnyOrder("vision_encoder", "mar_encoder", "mar_decoder", "mar_decoder_cached");
    }

    private static Set<String> graphsOutsideTheStandard(Path model) {
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
                new ExportRequest(SmallCheckpoint.folder(), model, precisions, Flavor.PORTABLE, false),
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
                .withMessage("pixel_decoder_tile shares the weights of pixel_decoder, and so its precision; use"
                        + " pixel_decoder=fp16.");
    }

    @Test
    void theCachedDecoderSharesTheDecodersWeightsAndPrecision() {
        Path model = folder.resolve("model");
        Precisions precisions = new Precisions(Precision.FP32, Map.of("mar_decoder", Precision.INT8));
        Exporter.export(
                new ExportRequest(SmallCheckpoint.folder(), model, precisions, Flavor.PORTABLE, false),
                ExportListener.NONE);
        Map<String, GraphSpec> graphs =
                ModelFolder.open(model, false).manifest().graphs();
        assertThat(graphs.get("mar_decoder_cached").precision()).isEqualTo("int8");
        assertThat(graphs.get("mar_decoder_cached").data())
                .isEqualTo(graphs.get("mar_decoder").data());
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> new Precisions(Precision.FP32, Map.of("mar_decoder_cached", Precision.INT8)))
                .withMessage("mar_decoder_cached shares the weights of mar_decoder, and so its precision; use"
                        + " mar_decoder=int8.");
    }

    @Test
    void progressEndsAtTheTotal() {
        List<long[]> heard = new ArrayList<>();
        Exporter.export(
                new ExportRequest(SmallCheckpoint.folder(), folder.resolve("model"), Precision.FP16, false),
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
                        new ExportRequest(SmallCheckpoint.folder(), folder.resolve("model"), Precision.FP32, false),
                        failing))
                .hasMessage("stop");
        assertThat(children()).isEmpty();
    }

    @Test
    void aModelIsReplacedOnlyOnRequest() throws IOException {
        Path model = exported(folder.resolve("model"));
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> export(SmallCheckpoint.folder(), model, false))
                .withMessageContaining("--force");
        ModelFolder.open(model, true);
        Files.delete(model.resolve("unipic.json")); // Of another version or build, it lists its files all the same.
        Files.writeString(model.resolve("unipic.json"), "{\"format_version\": 0, \"files\": " + filesOf(model) + "}");
        Files.writeString(model.resolve(".DS_Store"), "nobody's");
        export(SmallCheckpoint.folder(), model, true);
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
        Path model = exported(folder.resolve("model"));
        byte[] manifest = Files.readAllBytes(model.resolve("unipic.json"));
        Path notes = Files.createDirectory(model.resolve("notes"));
        refused(model, "also holds notes");
        Files.delete(notes);
        // Meanwhile, too: an export takes minutes.
        Path photo = model.resolve("photo.png");
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> Exporter.export(
                        new ExportRequest(SmallCheckpoint.folder(), model, Precision.FP32, true),
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
                .isThrownBy(() -> export(SmallCheckpoint.folder(), model, true))
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
        Path model = exported(Files.createDirectory(folder.resolve("disk")).resolve("model"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), model);
        export(SmallCheckpoint.folder(), link, true);
        assertThat(link).isSymbolicLink();
        ModelFolder.open(model, true);
        assertThat(children()).containsExactly("disk", "link");
    }

    @Test
    void aModelThatAKilledExportHadMovedAsideIsNamedAndComesBack() throws IOException {
        Path model = exported(folder.resolve("model"));
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
                .isThrownBy(() -> export(SmallCheckpoint.folder(), model, false))
                .withMessageContaining("--force");
    }

    @Test
    void aFolderThatCannotBeMadeIsAnErrorOfTheOutput() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "mine");
        assertThatExceptionOfType(OutputException.class)
                .isThrownBy(() -> export(SmallCheckpoint.folder(), file.resolve("model"), false))
                .withMessageContaining("nothing was left there")
                .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
        assertThat(file).hasContent("mine");
    }

    @Test
    void aFolderOfSomethingElseIsNeverReplaced() throws IOException {
        Path other = Files.createDirectory(folder.resolve("photos"));
        Files.writeString(other.resolve("holiday.jpg"), "mine");
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> export(SmallCheckpoint.folder(), other, true))
                .withMessageContaining("not an exported model");
        assertThat(other.resolve("holiday.jpg")).exists();
    }

    @Test
    void missingCheckpointsAndPartsAreNamed() throws IOException {
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> export(folder.resolve("none"), folder.resolve("model"), false))
                .withMessageContaining("none");
        Path checkpoint = Folders.copy(SmallCheckpoint.folder(), folder.resolve("checkpoint"));
        Files.delete(checkpoint.resolve("kl16.ckpt"));
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> export(checkpoint, folder.resolve("model"), false))
                .withMessageContaining("kl16")
                .withMessageNotContaining("\n");
        assertThat(children()).containsExactly("checkpoint");
    }

    @Test
    void headsThatNothingTellsAreAskedFor() throws IOException {
        Path checkpoint = Folders.copy(SmallCheckpoint.folder(), folder.resolve("checkpoint"));
        Files.writeString(checkpoint.resolve("unipic_config.json"), "{\"vae\": {\"norm_groups\": 4}}");
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> export(checkpoint, folder.resolve("model"), false))
                .withMessageContaining("num_heads")
                .withMessageContaining("unipic_config.json");
    }

    /** A copy of the checkpoint with one of its JSON files changed. */
    private void refused(String file, String from, String to, String... messages) throws IOException {
        Path checkpoint = Folders.copy(SmallCheckpoint.folder(), folder.resolve("checkpoint-" + UUID.randomUUID()));
        Path changed = checkpoint.resolve(file);
        String before = Files.exists(changed) ? Files.readString(changed) : "";
        assertThat(before).contains(from);
        Files.writeString(changed, before.replace(from, to));
        assertThatExceptionOfType(ExportException.class)
                .as(to)
                .isThrownBy(() -> export(checkpoint, folder.resolve("model"), false))
                .satisfies(e -> assertThat(e.getMessage()).contains(messages).doesNotContain("\n"));
        assertThat(folder.resolve("model")).doesNotExist();
    }

    @Test
    void settingsThatCannotBeAreRefusedByName() throws IOException {
        String config = "Qwen2.5-1.5B-Instruct/config.json";
        refused(config, "\"num_attention_heads\": 4", "\"num_attention_heads\": null", "lacks num_attention_heads");
        refused(config, "\"num_attention_heads\": 4", "\"num_attention_heads\": -4", "num_attention_heads is -4");
        refused(config, "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 0", "num_key_value_heads is 0");
        refused(config, "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 8", "num_key_value_heads is 8");
        refused(config, "32768", "4294999999", "max_position_embeddings is 4294999999");
        refused(config, "1000000.0", "\"large\"", "rope_theta is \"large\"");
        refused("unipic_config.json", "\"num_heads\": 4", "\"num_heads\": 0", "mar.num_heads is 0");
        refused("unipic_config.json", "0.2325", "-1", "vae.scale is -1");
        refused(
                "siglip2-so400m-patch16-512/config.json",
                "\"vision_config\": {",
                "\"vision_config\": 3, \"x\": {",
                "vision_config is 3");
        refused("Qwen2.5-1.5B-Instruct/generation_config.json", "424", "448", "eos_token_id is 448", "from 0 to 447");
    }

    @Test
    void theTokenizerMustWorkAndFitTheVocabulary() throws IOException {
        String tokenizer = "Qwen2.5-1.5B-Instruct/tokenizer.json";
        String id =
                Files.readString(SmallCheckpoint.folder().resolve(tokenizer)).contains("\"id\": 426")
                        ? "\"id\": 426"
                        : "\"id\":426";
        // The vocabulary has 448 rows, and the first free id is that of the image.
        refused(tokenizer, id, "\"id\": 447", "ids up to 447", "<image>", "448 rows");
        refused(tokenizer, id, "\"id\": 99999999999", "not a whole number");
        refused(tokenizer, id, "\"id\": null", "not a whole number");
        refused(tokenizer, "\"ByteLevel\"", "\"ByteLevels\"", "tokenizer does not work");
        refused(tokenizer, "{", "[", "tokenizer.json");
        StringBuilder many = new StringBuilder("\"vocab\": {");
        for (int i = 0; i < 448; i++) {
            many.append("\"many").append(i).append("\": 1, ");
        }
        String json = Files.readString(SmallCheckpoint.folder().resolve(tokenizer));
        String vocabulary = json.contains("\"vocab\": {") ? "\"vocab\": {" : "\"vocab\":{";
        refused(tokenizer, vocabulary, many.toString(), "more tokens than the model's vocabulary of 448");
    }

    @Test
    void weightsThatAreNotFiniteAreRefusedByNameUnlessAllowed() throws IOException {
        Path checkpoint = Folders.copy(SmallCheckpoint.folder(), folder.resolve("checkpoint"));
        try (RandomAccessFile file =
                new RandomAccessFile(checkpoint.resolve("kl16.ckpt").toFile(), "rw")) {
            file.seek(file.length() / 2 / 64 * 64); // records are aligned, so that is a value of some weight
            file.writeInt(Integer.reverseBytes(Float.floatToRawIntBits(Float.NaN)));
        }
        String finding = "tensor 'vae\\.[\\w.]+' in kl16.ckpt holds 1 of \\d+ values that are NaN, infinite or beyond"
                + " float32, the first at index \\[[\\d, ]+]";
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> export(checkpoint, folder.resolve("model"), false))
                .satisfies(
                        e -> assertThat(e.getMessage()).containsPattern(finding).contains("--allow-nonfinite"));
        assertThat(children()).containsExactly("checkpoint");
        ExportReport report = Exporter.export(
                new ExportRequest(
                        checkpoint,
                        folder.resolve("model"),
                        Precisions.of(Precision.FP32),
                        Flavor.PORTABLE,
                        false,
                        true),
                ExportListener.NONE);
        assertThat(report.notes()).singleElement().asString().matches(finding);
    }

    @Test
    void aConversionToSafetensorsExportsTheSameModelAndIsNamed() throws IOException {
        Path conversion = Folders.copy(SmallCheckpoint.folder(), folder.resolve("checkpoint"));
        Files.delete(conversion.resolve("pytorch_model.bin"));
        Files.delete(conversion.resolve("kl16.ckpt"));
        try (Checkpoint original = Checkpoint.open(SmallCheckpoint.folder());
                ReferenceWriter main = new ReferenceWriter(conversion.resolve("model.safetensors"));
                ReferenceWriter autoencoder = new ReferenceWriter(conversion.resolve("kl16.safetensors"))) {
            for (String name : original.names()) {
                CheckpointTensor tensor = original.require(name);
                float[] values = new float[(int) tensor.elementCount()];
                tensor.read(0, values, 0, values.length);
                if (name.startsWith("vae.")) {
                    autoencoder.floats("model." + name.substring("vae.".length()), values, tensor.shape());
                } else {
                    main.floats("module." + name, values, tensor.shape());
                }
            }
            main.finish(Map.of());
            autoencoder.finish(Map.of());
        }
        ExportReport report = export(conversion, folder.resolve("model"), false);
        assertThat(report.notes())
                .containsExactly(
                        "weights read from model.safetensors, in place of pytorch_model.bin",
                        "model.safetensors: tensor names read without 'module.'",
                        "weights read from kl16.safetensors, in place of kl16.ckpt",
                        "kl16.safetensors: tensor names read without 'model.'");
        assertThat(ModelFolder.open(folder.resolve("model"), false).manifest().files())
                .isEqualTo(ModelFolder.open(SmallCheckpoint.model(Precision.FP32), false)
                        .manifest()
                        .files());
    }

    @Test
    void aMissingVisionTowerIsInTheReport() throws IOException {
        Path checkpoint = Folders.copy(SmallCheckpoint.folder(), folder.resolve("checkpoint"));
        Path main = checkpoint.resolve("pytorch_model.bin");
        // Names of the same length, which no graph asks for.
        Files.writeString(
                main,
                Files.readString(main, StandardCharsets.ISO_8859_1).replace("siglip2.", "unused2."),
                StandardCharsets.ISO_8859_1);
        ExportReport report = export(checkpoint, folder.resolve("model"), false);
        assertThat(report.notes())
                .singleElement()
                .asString()
                .contains("no SigLIP2 vision tower", "without vision_encoder", "export again");
        assertThat(folder.resolve("model/vision_encoder.onnx")).doesNotExist();
        assertThat(report.unusedTensors()).contains("siglip2_proj.0.weight");
    }

    @Test
    void exportsAreReproducible() throws IOException {
        export(SmallCheckpoint.folder(), folder.resolve("again"), false);
        try (Stream<Path> files = Files.list(SmallCheckpoint.model(Precision.FP32))) {
            for (Path file : files.toList()) {
                assertThat(folder.resolve("again").resolve(file.getFileName())).hasSameBinaryContentAs(file);
            }
        }
    }
}
