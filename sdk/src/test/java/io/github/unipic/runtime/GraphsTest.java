package io.github.unipic.runtime;

import static io.github.unipic.model.GraphName.DECODER_STEP;
import static io.github.unipic.model.GraphName.TEXT_EMBEDDING;
import static io.github.unipic.model.GraphName.TEXT_HEAD;
import static io.github.unipic.model.GraphName.TOKEN_SAMPLER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InferenceException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.ModelFormatException;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The two graphs of text: the rows of a table, and the products with them. */
@Timeout(300)
class GraphsTest {
    private static final int HIDDEN = 64;
    private static final int VOCABULARY = 448;

    private final ModelFolder folder = ModelFolder.open(SmallModel.folder(), false);
    private final List<GraphName> opened = Collections.synchronizedList(new ArrayList<>());
    private final List<GraphName> ran = new ArrayList<>();
    private final RunListener listener = new RunListener() {
        @Override
        public void onOpen(GraphName graph, long nanos) {
            assertThat(nanos).isBetween(1L, 120_000_000_000L);
            opened.add(graph);
        }

        @Override
        public void onRun(GraphName graph, long nanos) {
            assertThat(nanos).isBetween(1L, 120_000_000_000L);
            ran.add(graph);
        }
    };
    private long sessions;
    private long tensors;

    @BeforeEach
    void count() {
        sessions = Graphs.openSessions();
        tensors = Tensor.open();
    }

    @AfterEach
    void nothingIsLeftOpen() {
        assertThat(Graphs.openSessions()).isEqualTo(sessions);
        assertThat(Tensor.open()).isEqualTo(tensors);
    }

    private Graphs graphs(Memory memory) {
        return new Graphs(folder, SmallModel.options(memory), listener);
    }

    private Graphs graphs(boolean keepLoaded) {
        return graphs(Memory.DEFAULTS.withKeepLoaded(keepLoaded));
    }

    private static float[] embeddings(Graphs graphs, long... ids) {
        return embeddings(graphs, new Cancellation(), ids);
    }

    private static float[] embeddings(Graphs graphs, Cancellation cancellation, long... ids) {
        try (Tensor input = Tensor.longs(new long[][] {ids});
                Outputs outputs =
                        graphs.run(TEXT_EMBEDDING, Map.of("ids", input), Set.of("embeds"), false, cancellation);
                Tensor embeds = outputs.take("embeds")) {
            assertThat(embeds.shape()).containsExactly(1, ids.length, HIDDEN);
            return embeds.toFloats();
        }
    }

    /** The table as it is in its file. */
    private static float[][] table() throws IOException {
        FloatBuffer values = ByteBuffer.wrap(
                        Files.readAllBytes(SmallModel.folder().resolve("text_embedding.data")))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        float[][] table = new float[VOCABULARY][HIDDEN];
        for (float[] row : table) {
            values.get(row);
        }
        return table;
    }

    @Test
    void anEmbeddingIsARowOfTheTable() throws IOException {
        float[][] table = table();
        for (Memory memory :
                List.of(Memory.DEFAULTS, Memory.DEFAULTS.withMapped(false), Memory.DEFAULTS.withPrepack(true))) {
            try (Graphs graphs = graphs(memory)) {
                float[] rows = embeddings(graphs, VOCABULARY - 1, 0);
                assertThat(rows).startsWith(table[VOCABULARY - 1]).endsWith(table[0]);
            }
        }
        assertThat(opened).containsExactly(TEXT_EMBEDDING, TEXT_EMBEDDING, TEXT_EMBEDDING);
        assertThat(ran).isEqualTo(opened);
    }

    /** A file that is mapped changes what the graph computes. Once the graph is closed its weights are freed. */
    @Test
    void whatWasReadIntoMemoryStaysAsItWasWhileItsGraphIsOpen(@TempDir Path temporary) throws IOException {
        byte[] weights = Files.readAllBytes(SmallModel.folder().resolve("text_embedding.data"));
        ModelFolder model = changed(temporary, "text_embedding.data", weights);
        Memory memory = Memory.DEFAULTS.withMapped(false).withKeepLoaded(false);
        try (Graphs graphs = new Graphs(model, SmallModel.options(memory))) {
            float[] row = graphs.withOpen(Set.of(TEXT_EMBEDDING), new Cancellation(), () -> {
                overwrite(model.path().resolve("text_embedding.data"), new byte[weights.length]);
                return embeddings(graphs, 5);
            });
            assertThat(row).isEqualTo(table()[5]);
            assertThat(embeddings(graphs, 5)).isEqualTo(new float[HIDDEN]);
        }
    }

    private static void overwrite(Path file, byte[] content) {
        try {
            Files.write(file, content, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aProviderThatIsNotThereIsRefusedBeforeAnythingIsOpened() {
        RuntimeOptions options = new RuntimeOptions(
                OptionalInt.empty(), ExecutionProvider.of("abacus"), Optional.empty(), Memory.DEFAULTS);
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> new Graphs(folder, options))
                .withMessageContaining("'abacus'");
    }

    @Test
    void logitsAreProductsWithTheTable() throws IOException {
        float[][] table = table();
        try (Graphs graphs = graphs(Memory.DEFAULTS.withMapped(false));
                Tensor hidden = graphs.tensor(TEXT_HEAD, "hidden", table[7], 1, HIDDEN);
                Outputs outputs =
                        graphs.run(TEXT_HEAD, Map.of("hidden", hidden), Set.of("logits"), false, new Cancellation());
                Tensor logits = outputs.take("logits")) {
            float[] found = logits.toFloats();
            assertThat(found).hasSize(VOCABULARY);
            for (int token = 0; token < VOCABULARY; token++) {
                double expected = 0;
                for (int i = 0; i < HIDDEN; i++) {
                    expected += (double) table[7][i] * table[token][i];
                }
                assertThat(found[token]).isCloseTo((float) expected, within(1e-4f));
            }
        }
    }

    @Test
    void aGraphThatIsNotKeptIsClosedAfterItsRun() {
        try (Graphs graphs = graphs(false)) {
            embeddings(graphs, 1);
            assertThat(graphs.loaded()).isEmpty();
            embeddings(graphs, 1);
            assertThat(opened).hasSize(2);
        }
        try (Graphs graphs = graphs(true)) {
            embeddings(graphs, 1);
            assertThat(graphs.loaded()).containsExactly(TEXT_EMBEDDING);
            embeddings(graphs, 1);
            assertThat(opened).hasSize(3);
        }
    }

    @Test
    void aGraphStaysOpenUntilItsLastUserReleasesIt() {
        try (Graphs graphs = graphs(false)) {
            graphs.withOpen(Set.of(TEXT_EMBEDDING, TEXT_HEAD), new Cancellation(), () -> {
                assertThat(graphs.loaded()).containsExactlyInAnyOrder(TEXT_EMBEDDING, TEXT_HEAD);
                embeddings(graphs, 1);
                graphs.withOpen(Set.of(TEXT_EMBEDDING), new Cancellation(), () -> "inner");
                assertThat(graphs.loaded()).containsExactlyInAnyOrder(TEXT_EMBEDDING, TEXT_HEAD);
                return "outer";
            });
            assertThat(graphs.loaded()).isEmpty();
            assertThat(opened).containsExactlyInAnyOrder(TEXT_EMBEDDING, TEXT_HEAD);
        }
    }

    @Test
    void workThatFailsReleasesItsGraphs() {
        try (Graphs graphs = graphs(false)) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> graphs.withOpen(Set.of(TEXT_EMBEDDING), new Cancellation(), () -> {
                        throw new IllegalStateException("work");
                    }))
                    .withMessage("work");
            assertThat(graphs.loaded()).isEmpty();
        }
    }

    @Test
    void aRunThatFailsSaysWhichGraphAndReleasesIt() {
        try (Graphs graphs = graphs(false)) {
            assertThatExceptionOfType(InferenceException.class)
                    .isThrownBy(() -> embeddings(graphs, VOCABULARY))
                    .withMessageStartingWith("Graph text_embedding failed: ")
                    .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
            assertThat(graphs.loaded()).isEmpty();
            assertThat(ran).isEmpty();
        }
    }

    @Test
    void aCancelledRunOpensNothing() {
        Cancellation cancelled = new Cancellation();
        cancelled.cancel();
        try (Graphs graphs = graphs(true)) {
            assertThatExceptionOfType(CancelledException.class)
                    .isThrownBy(() -> embeddings(graphs, cancelled, 1))
                    .withMessage("The request was cancelled.");
            assertThat(opened).isEmpty();
        }
    }

    /** Cancelled after the last look at the switch: ONNX Runtime ends the run before its first node. */
    @Test
    void cancellingEndsTheRunItself() {
        Cancellation cancellation = new Cancellation();
        RunListener cancelling = new RunListener() {
            @Override
            public void onOpen(GraphName graph, long nanos) {
                cancellation.cancel();
            }
        };
        try (Graphs graphs = new Graphs(folder, SmallModel.options(Memory.DEFAULTS), cancelling)) {
            assertThatExceptionOfType(CancelledException.class)
                    .isThrownBy(() -> embeddings(graphs, cancellation, 1))
                    .withCauseInstanceOf(OrtException.class);
            assertThat(embeddings(graphs, 1)).hasSize(HIDDEN);
        }
    }

    /** When its run options are freed, a cancellation must not touch them. */
    @Test
    void cancellingAfterTheRunDoesNothing() {
        Cancellation cancellation = new Cancellation();
        try (Graphs graphs = graphs(true)) {
            embeddings(graphs, cancellation, 1);
            cancellation.cancel();
        }
    }

    @Test
    void onlyTheOutputsThatWereAskedForAreGiven() {
        try (Graphs graphs = graphs(true);
                Tensor ids = Tensor.longs(new long[][] {{1}});
                Outputs none =
                        graphs.run(TEXT_EMBEDDING, Map.of("ids", ids), Set.of("embeds"), false, new Cancellation())) {
            assertThat(none.take("hidden")).isNull();
        }
    }

    @Test
    void floatTypesAreThoseOfTheManifest() throws IOException {
        try (Graphs graphs = graphs(true)) {
            assertThat(graphs.inputType(TEXT_HEAD, "hidden")).isEqualTo(OnnxJavaType.FLOAT);
            assertThatExceptionOfType(ModelFormatException.class)
                    .isThrownBy(() -> graphs.inputType(TEXT_EMBEDDING, "ids"))
                    .withMessageContainingAll("the input ids of graph text_embedding as int64", "export");
            assertThat(graphs.folder()).isSameAs(folder);
            assertThat(graphs.options()).isEqualTo(SmallModel.options(Memory.DEFAULTS));
            assertThat(graphs.tensorsStayOnDevice()).isFalse();
        }
    }

    @Test
    void closedItOpensNothing() {
        Graphs graphs = graphs(true);
        embeddings(graphs, 1);
        assertThat(Graphs.openSessions()).isEqualTo(sessions + 1);
        graphs.close();
        assertThat(graphs.loaded()).isEmpty();
        assertThatIllegalStateException()
                .isThrownBy(() -> embeddings(graphs, 1))
                .withMessage("This UniPic is closed.");
        assertThatIllegalStateException().isThrownBy(graphs::endProfiling).withMessage("This UniPic is closed.");
    }

    @Test
    void onTheCpuACacheIsSharedAndNotCopied() {
        try (Graphs graphs = graphs(true);
                KvCache cache = KvCache.empty(1, 1, () -> Tensor.empty(OnnxJavaType.FLOAT, 1, 1, 0, 1))) {
            try (KvCache shared = graphs.onDevice(cache)) {
                assertThat(shared).isSameAs(cache);
            }
            assertThat(Tensor.open()).isEqualTo(tensors + 2);
        }
    }

    @Test
    void aSmallModelHasOneThreadUnlessMoreAreAskedFor() {
        assertThat(Graphs.threads(OptionalInt.empty(), Graphs.SMALL_MODEL - 1)).hasValue(1);
        assertThat(Graphs.threads(OptionalInt.empty(), Graphs.SMALL_MODEL)).isEmpty();
        assertThat(Graphs.threads(OptionalInt.of(2), 1)).hasValue(2);
        assertThat(Graphs.threads(OptionalInt.of(2), Graphs.SMALL_MODEL)).hasValue(2);
        assertThat(folder.bytes()).isLessThan(Graphs.SMALL_MODEL);
    }

    /** Only the large matrices of images stay as they are in their file; see MULTIPLIED_IN_PLACE. */
    @Test
    void matricesStayInTheirFileUnlessPrepackingIsAskedFor() {
        Map<String, String> prepacked = Map.of("session.force_spinning_stop", "1");
        Map<String, String> inPlace = Map.of("session.force_spinning_stop", "1", "session.disable_prepacking", "1");
        try (Graphs graphs = graphs(Memory.DEFAULTS);
                Graphs prepacking = graphs(Memory.DEFAULTS.withPrepack(true))) {
            assertThat(graphs.configuration(DECODER_STEP)).isEqualTo(inPlace);
            assertThat(graphs.configuration(TOKEN_SAMPLER)).isEqualTo(prepacked);
            assertThat(prepacking.configuration(DECODER_STEP)).isEqualTo(prepacked);
        }
    }

    private Graphs traced(Path traces, boolean keepLoaded) {
        return new Graphs(
                folder,
                new RuntimeOptions(
                        OptionalInt.empty(),
                        ExecutionProvider.CPU,
                        Optional.of(traces),
                        Memory.DEFAULTS.withKeepLoaded(keepLoaded)));
    }

    @Test
    void tracesAreThoseOfTheGraphsThatRan(@TempDir Path traces) throws IOException {
        try (Graphs graphs = traced(traces, false)) {
            embeddings(graphs, 1);
            assertThat(graphs.loaded()).containsExactly(TEXT_EMBEDDING);
            Map<GraphName, Path> files = graphs.endProfiling();
            assertThat(files).containsOnlyKeys(TEXT_EMBEDDING);
            Path file = files.get(TEXT_EMBEDDING);
            assertThat(file).hasParent(traces);
            assertThat(file.getFileName().toString()).startsWith("text_embedding");
            assertThat(Files.readString(file)).contains("Gather");
            assertThat(graphs.endProfiling()).isEqualTo(files);
        }
    }

    /** From classes in a folder, so those for Java 22 are not used; DeviceTensorsTest uses them. */
    @Test
    void assignmentsAreEmptyWhereTheyCannotBeRead() {
        Graphs graphs = graphs(true);
        try (graphs) {
            assertThat(graphs.assignments(TEXT_EMBEDDING)).isEmpty();
        }
        assertThatIllegalStateException()
                .isThrownBy(() -> graphs.assignments(TEXT_EMBEDDING))
                .withMessage("This UniPic is closed.");
    }

    @Test
    void withoutAFolderThereAreNoTraces() {
        try (Graphs graphs = graphs(true)) {
            assertThatIllegalStateException()
                    .isThrownBy(graphs::endProfiling)
                    .withMessageContaining("No profile was requested");
        }
    }

    private static ModelFolder changed(Path temporary, String file, byte[] content) throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), temporary.resolve("model"));
        copy.replace(file, content);
        return ModelFolder.open(copy.finish(), false);
    }

    /** It is closed again, or a user who tries on would fill the memory. */
    @Test
    void aGraphThatIsNotTheManifestsIsRefused(@TempDir Path temporary) throws IOException {
        byte[] other = Files.readAllBytes(SmallModel.folder().resolve("text_head.onnx"));
        ModelFolder model = changed(temporary, "text_embedding.onnx", other);
        for (boolean mapped : new boolean[] {true, false}) {
            try (Graphs graphs = new Graphs(model, SmallModel.options(Memory.DEFAULTS.withMapped(mapped)))) {
                assertThatExceptionOfType(ModelFormatException.class)
                        .isThrownBy(() -> embeddings(graphs, 1))
                        .withMessageContaining("The manifest and the graph text_embedding.onnx differ");
                assertThat(Graphs.openSessions()).isEqualTo(sessions);
            }
        }
    }

    @Test
    void aGraphThatIsNoneIsRefused(@TempDir Path temporary) throws IOException {
        ModelFolder model = changed(temporary, "text_embedding.onnx", new byte[] {0x3a, 0x02, 0x0a, 0x00});
        for (boolean mapped : new boolean[] {true, false}) {
            try (Graphs graphs = new Graphs(model, SmallModel.options(Memory.DEFAULTS.withMapped(mapped)))) {
                assertThatExceptionOfType(ModelFormatException.class)
                        .isThrownBy(() -> embeddings(graphs, 1))
                        .withMessageStartingWith("ONNX Runtime cannot load ")
                        .withMessageEndingWith("; export the model again.")
                        .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
            }
        }
    }

    @Test
    void aFolderThatWasReplacedIsRefusedWhateverWentWrong(@TempDir Path temporary) throws IOException {
        byte[] graph = Files.readAllBytes(SmallModel.folder().resolve("text_embedding.onnx"));
        ModelFolder model = changed(temporary, "text_embedding.onnx", graph);
        Files.writeString(model.path().resolve("unipic.json"), "\n", StandardOpenOption.APPEND);
        try (Graphs graphs = new Graphs(model, SmallModel.options(Memory.DEFAULTS))) {
            assertThatExceptionOfType(ModelFormatException.class)
                    .isThrownBy(() -> embeddings(graphs, 1))
                    .satisfies(e -> assertThat(e.getSuppressed()).isEmpty());
            assertThat(Graphs.openSessions()).isEqualTo(sessions);
            Files.write(model.path().resolve("text_embedding.onnx"), new byte[100]);
            assertThatExceptionOfType(ModelFormatException.class)
                    .isThrownBy(() -> embeddings(graphs, 1))
                    .satisfies(e -> assertThat(e.getSuppressed())
                            .singleElement()
                            .satisfies(cause -> assertThat(cause).hasMessageStartingWith("ONNX Runtime cannot load ")));
        }
    }

    @Test
    void anExecutionRunsAndOwnsNothing() {
        try (Graphs unused = graphs(true);
                Engine engine = Engine.open(folder, SmallModel.options(Memory.DEFAULTS), listener)) {
            assertThat(unused.loaded()).isEmpty();
            float[] row = engine.execute(execution -> {
                try (Tensor ids = Tensor.longs(new long[][] {{3}});
                        Tensor empty = execution.empty(DECODER_STEP, "past_key.0", 1, 2, 0, 16);
                        Tensor embeds = execution.run(TEXT_EMBEDDING, Map.of("ids", ids), "embeds");
                        KvCache cache = KvCache.empty(1, 1, () -> Tensor.empty(OnnxJavaType.FLOAT, 1, 1, 0, 1));
                        KvCache shared = execution.onDevice(cache)) {
                    assertThat(empty.shape()).containsExactly(1, 2, 0, 16);
                    assertThat(empty.value().getInfo().type).isEqualTo(OnnxJavaType.FLOAT);
                    assertThat(shared).isSameAs(cache);
                    return embeds.toFloats();
                }
            });
            assertThat(row).isEqualTo(embeddings(engine.graphs(), 3));
            assertThat(opened).containsExactly(TEXT_EMBEDDING);
        }
    }
}
