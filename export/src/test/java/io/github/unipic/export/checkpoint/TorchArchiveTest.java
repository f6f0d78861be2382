package io.github.unipic.export.checkpoint;

import static io.github.unipic.export.checkpoint.CheckpointFolder.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.github.unipic.export.ExportException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.zip.UnrecognizedExtraField;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipShort;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchArchiveTest {
    @TempDir
    Path folder;

    @BeforeEach
    void createFolder() throws IOException {
        CheckpointFolder.create(folder);
    }

    private Path file() {
        return folder.resolve("pytorch_model.bin");
    }

    private void with(TorchFile file, Consumer<Checkpoint> check) throws IOException {
        file.tensor("llm.x", DType.FLOAT32, new long[] {1}, 1).write(file());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            check.accept(checkpoint);
        }
    }

    private void refused(TorchFile file, String... messages) throws IOException {
        file.write(file());
        refused(messages);
    }

    private void refused(String... messages) {
        assertThatThrownBy(() -> Checkpoint.open(folder).close())
                .isInstanceOf(ExportException.class)
                .hasMessageContaining(String.valueOf(file().getFileName()))
                .satisfies(e -> assertThat(messages).allMatch(e.getMessage()::contains))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"FLOAT64", "FLOAT32", "FLOAT16", "BFLOAT16"})
    void floatingPointTypesRead(DType dtype) throws IOException {
        TorchFile file = new TorchFile().tensor("mar.a", dtype, new long[] {2, 3}, 0, -1.5, 2, 0.125, 96, -0.0);
        with(file, checkpoint -> {
            CheckpointTensor tensor = checkpoint.require("mar.a", 2, 3);
            assertThat(tensor.dtype()).isEqualTo(dtype);
            assertThat(tensor.elementCount()).isEqualTo(6);
            assertThat(read(tensor)).containsExactly(0f, -1.5f, 2f, 0.125f, 96f, -0.0f);
            float[] some = {9, 9, 9, 9};
            tensor.read(2, some, 1, 2);
            assertThat(some).containsExactly(9f, 2f, 0.125f, 9f);
            assertThatThrownBy(() -> tensor.read(5, some, 0, 2)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> tensor.read(0, some, 3, 2)).isInstanceOf(IndexOutOfBoundsException.class);
        });
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"FLOAT64", "FLOAT32", "FLOAT16", "BFLOAT16"})
    void otherTypesAreIndexedButNotUsed(DType dtype) throws IOException {
        with(new TorchFile().tensor("mar.a", dtype, new long[] {2}, 1, 0), checkpoint -> {
            assertThat(checkpoint.has("mar.a")).isTrue();
            assertThat(checkpoint.unused()).contains("mar.a");
            assertThatThrownBy(() -> checkpoint.require("mar.a", 2))
                    .isInstanceOf(ExportException.class)
                    .hasMessageContainingAll("'mar.a'", "of type " + dtype.label(), "save it as float32");
        });
    }

    @Test
    void viewsOfASharedStorageReadInLogicalOrder() throws IOException {
        TorchFile file = new TorchFile();
        TorchFile.Storage storage = file.storage(DType.BFLOAT16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
        file.tensor("mar.whole", storage, 3, 4)
                .view("mar.offset", storage, 5, new long[] {3}, new long[] {1})
                .view("mar.transposed", storage, 0, new long[] {4, 3}, new long[] {1, 4})
                .view("mar.corner", storage, 6, new long[] {2, 2}, new long[] {4, 1})
                .view("mar.expanded", storage, 4, new long[] {2, 3}, new long[] {0, 1})
                .view("mar.repeated", storage, 7, new long[] {3}, new long[] {0})
                .view("mar.permuted", storage, 0, new long[] {2, 3, 2}, new long[] {1, 4, 2})
                .view("mar.one", storage, 11, new long[] {1, 1}, new long[] {Long.MAX_VALUE, 999})
                .view("mar.column", storage, 1, new long[] {2, 1}, new long[] {3, Long.MAX_VALUE})
                .view("mar.scalar", storage, 9, new long[] {}, new long[] {})
                .view("mar.empty", storage, 12, new long[] {0, 3}, new long[] {3, 1})
                .parameter("mar.parameter", storage, 2, 2);
        with(file, checkpoint -> {
            Map<String, float[]> expected = Map.of(
                    "whole", new float[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11},
                    "offset", new float[] {5, 6, 7},
                    "transposed", new float[] {0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11},
                    "corner", new float[] {6, 7, 10, 11},
                    "expanded", new float[] {4, 5, 6, 4, 5, 6},
                    "repeated", new float[] {7, 7, 7},
                    "one", new float[] {11},
                    "scalar", new float[] {9},
                    "empty", new float[] {},
                    "parameter", new float[] {0, 1, 2, 3});
            assertThat(read(checkpoint.require("mar.column", 2, 1))).containsExactly(1, 4);
            expected.forEach((name, values) ->
                    assertThat(read(checkpoint.require("mar." + name))).as(name).containsExactly(values));
            assertThat(checkpoint.require("mar.offset").bytes()).isEqualTo(TorchFile.encode(DType.BFLOAT16, 5, 6, 7));
            assertThatThrownBy(() -> checkpoint.require("mar.transposed").bytes())
                    .isInstanceOf(ExportException.class)
                    .hasMessageContaining("'mar.transposed' in pytorch_model.bin");
            assertThat(checkpoint.require("mar.corner")).hasToString("mar.corner BFLOAT16[2, 2]");
            CheckpointTensor permuted = checkpoint.require("mar.permuted", 2, 3, 2);
            float[] values = {0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11};
            assertThat(read(permuted)).containsExactly(values);
            for (int first = 0; first < values.length; first++) {
                float[] rest = new float[values.length - first];
                permuted.read(first, rest, 0, rest.length);
                assertThat(rest).containsExactly(Arrays.copyOfRange(values, first, values.length));
            }
        });
    }

    @Test
    void tensorsReachAcrossWindows() throws IOException {
        long rows = 3;
        long columns = MappedFile.WINDOW / 4 / 2 + 1; // one and a half windows in all
        TorchFile file = new TorchFile();
        TorchFile.Storage storage = file.storage(DType.FLOAT32, rows * columns, out -> {
            byte[] row = new byte[Math.toIntExact(columns * 4)];
            for (int i = 0; i < rows; i++) {
                Arrays.fill(row, (byte) (i + 1));
                out.write(row);
            }
        });
        file.tensor("mar.a", storage, rows, columns)
                .view("mar.t", storage, 0, new long[] {columns, rows}, new long[] {1, columns});
        with(file, checkpoint -> {
            float[] ofRow = new float[(int) rows];
            for (int i = 0; i < rows; i++) {
                ofRow[i] = Float.intBitsToFloat((i + 1) * 0x01010101);
            }
            int wrong = 0;
            int some = 30_000;
            float[] plain = new float[some];
            float[] transposed = new float[some];
            // The first window ends near the end of the second row.
            for (long first : new long[] {0, MappedFile.WINDOW / 4 - some / 2, rows * columns - some}) {
                checkpoint.require("mar.a").read(first, plain, 0, some);
                checkpoint.require("mar.t").read(first, transposed, 0, some);
                for (int i = 0; i < some; i++) {
                    wrong += plain[i] == ofRow[(int) ((first + i) / columns)] ? 0 : 1;
                    wrong += transposed[i] == ofRow[(int) ((first + i) % rows)] ? 0 : 1;
                }
            }
            assertThat(wrong).isZero();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"model", "module", "state_dict"})
    void wrappersAreOpened(String key) throws IOException {
        with(
                new TorchFile().wrappedIn(key).asStateDict(),
                checkpoint -> assertThat(checkpoint.has("llm.x")).isTrue());
    }

    @Test
    void readsWhatTorchWrote() throws IOException {
        copyResource("views.bin", file());
        new SafetensorsWriter()
                .tensor("x", DType.FLOAT32, new long[] {1}, 1)
                .write(folder.resolve("language/model.safetensors"));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require("mar.base", 3, 4)))
                    .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
            assertThat(read(checkpoint.require("mar.transposed", 4, 3)))
                    .containsExactly(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11);
            assertThat(read(checkpoint.require("mar.corner", 2, 2))).containsExactly(6, 7, 10, 11);
            assertThat(read(checkpoint.require("mar.expanded", 2, 4))).containsExactly(0, 1, 2, 3, 0, 1, 2, 3);
            assertThat(read(checkpoint.require("mar.parameter", 4))).containsExactly(8, 9, 10, 11);
            assertThat(read(checkpoint.require("mar.half", 3, 4))[11]).isEqualTo(11f / 8);
            assertThat(read(checkpoint.require("mar.bfloat", 4, 3))[1]).isEqualTo(0.5f);
            assertThat(read(checkpoint.require("mar.scalar", new long[0]))).containsExactly(2.5f);
            assertThat(checkpoint.require("mar.empty", 0, 3).elementCount()).isZero();
            assertThatThrownBy(() -> checkpoint.require("mar.steps")).hasMessageContaining("int64");
            assertThatThrownBy(() -> checkpoint.require("mar.u16")).hasMessageContaining("uint16");
        }
    }

    @Test
    void readsAStateDictThatTorchWroteInProtocol4() throws IOException {
        copyResource("state_dict_protocol4.bin", folder.resolve("kl16.ckpt"));
        with(new TorchFile(), checkpoint -> {
            assertThat(read(checkpoint.require("vae.0.weight", 2, 2))).containsExactly(1, 2, 3, 4);
            assertThat(read(checkpoint.require("vae.0.bias", 2))).containsExactly(5, 6);
            assertThat(checkpoint.unused()).contains("vae.1.num_batches_tracked");
        });
    }

    /** Made by torch 2.13; its {@code torch.load(weights_only=True)} takes the file. */
    @Test
    void whateverTorchTakesIsTakenAndWhatCannotBeWeightsIsNamedWhenUsed() throws IOException {
        copyResource("weights_only.bin", file());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require("mar.attributes"))).containsExactly(1, 2, 3);
            assertThat(read(checkpoint.require("mar.parameter_with_state"))).containsExactly(4, 5);
            assertThat(read(checkpoint.require("mar.parameter"))).containsExactly(8);
            Map<String, String> odd = Map.ofEntries(
                    Map.entry("mar.float8", "of type float8_e4m3fn; save it as float32"),
                    Map.entry("mar.float4", "of type float4_e2m1fn_x2"),
                    Map.entry("mar.complex", "of type ComplexFloatStorage"),
                    Map.entry("mar.conjugated", "resolve_conj()"),
                    Map.entry("mar.negated", "resolve_neg()"),
                    Map.entry("mar.quantized", "quantized; save its dequantize()"),
                    Map.entry("mar.channels", "quantized"),
                    Map.entry("mar.sparse", "sparse; save its to_dense()"),
                    Map.entry("mar.csr", "sparse"),
                    Map.entry("mar.meta", "meta device"),
                    Map.entry("mar.nested", "nested"),
                    Map.entry("mar.axes", "of 9 axes"),
                    Map.entry("mar.bool", "of type bool"));
            assertThat(checkpoint.unused()).containsAll(odd.keySet());
            odd.forEach((name, message) -> assertThatThrownBy(() -> checkpoint.require(name))
                    .isInstanceOf(ExportException.class)
                    .hasMessageContainingAll("'" + name + "' in pytorch_model.bin", message)
                    .hasMessageNotContaining("trust"));
            assertThat(checkpoint.notes())
                    .contains("pytorch_model.bin: weights found under 'state_dict' (beside it, not used: 'big',"
                            + " 'bytearray', 'bytes', 'complex', 'counter')");
        }
    }

    private static void copyResource(String name, Path to) throws IOException {
        try (InputStream in = TorchArchiveTest.class.getResourceAsStream(name)) {
            Files.write(to, in.readAllBytes());
        }
    }

    // ---- hostile pickles

    private static PickleWriter entry() {
        return new PickleWriter().dictionary().text("mar.a");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "os.system",
                "posix.system",
                "builtins.eval",
                "builtins.getattr",
                "collections.defaultdict",
                "numpy.core.multiarray.scalar",
                "datetime.datetime",
                "decimal.Decimal",
                "operator.attrgetter",
                "copy_reg._reconstructor",
                "torch.load",
                "torch.jit.load",
                "torch._utils._import_dotted_name",
                "torch.FloatStorage.from_file"
            })
    void anyOtherGlobalIsRefusedByName(String global) throws IOException {
        String module = global.substring(0, global.lastIndexOf('.'));
        String name = global.substring(global.lastIndexOf('.') + 1);
        String[] messages = {"'" + global + "'", "nothing was executed"};
        PickleWriter byGlobal = entry().global(module, name).mark().text("true").tuple();
        refused(new TorchFile().pickle(byGlobal.op('R', 's').stop()), messages);
        PickleWriter byStackGlobal =
                entry().text(module).text(name).op(0x93).mark().text("true");
        refused(new TorchFile().pickle(byStackGlobal.tuple().op('R', 's').stop()), messages);
        PickleWriter byInst = entry().mark().text("true").op('i').line(module).line(name);
        refused(new TorchFile().pickle(byInst.op('s').stop()), messages);
        PickleWriter byObj = entry().mark().global(module, name).text("true");
        refused(new TorchFile().pickle(byObj.op('o', 's').stop()), messages);
    }

    @Test
    void otherWaysToBuildObjectsAreRefused() throws IOException {
        for (int opcode : new int[] {0x92, 'o', 0x82, 0x83, 0x84, 'P', 0x90, 0x91, 0x97, 'I', 'S', 'V', 0x8b}) {
            PickleWriter pickle =
                    entry().mark().global("collections", "OrderedDict").op(')');
            pickle.op(opcode, 1, 0, 0, 0, 's');
            refused(new TorchFile().pickle(pickle.stop()), "0x" + Integer.toHexString(opcode), "nothing was executed");
        }
    }

    @Test
    void attributesAreForOrderedDictionariesOnly() throws IOException {
        refused(
                new TorchFile()
                        .pickle(new PickleWriter()
                                .dictionary()
                                .dictionary()
                                .op('b')
                                .stop()),
                "attributes");
        refused(new TorchFile()
                .pickle(entry().global("torch", "FloatStorage")
                        .dictionary()
                        .op('b', 's')
                        .stop()));
    }

    @Test
    void aDictionaryMayBeMadeOfPairsAsPython2Did() throws IOException {
        TorchFile file = new TorchFile();
        file.storage(DType.FLOAT32, 5, 6);
        PickleWriter pickle = new PickleWriter().global("collections", "OrderedDict");
        pickle.op(']', '(', ']', '(').text("llm.x");
        pickle.rebuildTensor().storage("torch.FloatStorage", "0", 2).tensorOf(0, new long[] {2}, new long[] {1});
        file.pickle(pickle.op('e', 'e', 0x85, 'R').stop()).write(file());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require("llm.x"))).containsExactly(5, 6);
        }
    }

    @Test
    void attributesOfATensorAreNoWayToChangeIt() throws IOException {
        PickleWriter pickle = entry().rebuildTensor()
                .storage("torch.FloatStorage", "0", 1)
                .tensorOf(0, new long[] {1}, new long[] {1});
        refused(new TorchFile().pickle(pickle.op(')', 'b', 's').stop()), "changes a tensor after making it");
    }

    @Test
    void aNewObjectIsOneOfAClass() throws IOException {
        PickleWriter function = entry().global("torch._utils", "_rebuild_meta_tensor_no_storage");
        refused(new TorchFile().pickle(function.op(')', 0x81, 's').stop()), "no class");
        PickleWriter type = entry().global("torch", "float32");
        refused(new TorchFile().pickle(type.op(')', 0x81, 's').stop()), "no class");
    }

    /** A file whose {@code mar.a} is what is written here, beside {@code llm.x}: 1, 2, 3, 4, 5, 6. */
    private void write(Consumer<PickleWriter> value) throws IOException {
        TorchFile file = new TorchFile();
        file.storage(DType.FLOAT32, 1, 2, 3, 4, 5, 6);
        PickleWriter pickle = new PickleWriter().dictionary().mark().text("mar.a");
        value.accept(pickle);
        sixNumbers(pickle.text("llm.x"));
        file.pickle(pickle.setItems().stop()).write(file());
    }

    private static PickleWriter sixNumbers(PickleWriter pickle) {
        return pickle.rebuildTensor().storage("torch.FloatStorage", "0", 6).tensorOf(0, new long[] {6}, new long[] {1});
    }

    @Test
    void aDictionaryMayBeANewObject() throws IOException {
        TorchFile file = new TorchFile();
        file.storage(DType.FLOAT32, 1, 2, 3, 4, 5, 6);
        PickleWriter pickle = new PickleWriter().global("collections", "OrderedDict");
        sixNumbers(pickle.op(')', 0x81).mark().text("llm.x"));
        file.pickle(pickle.setItems().stop()).write(file());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require("llm.x"))).containsExactly(1, 2, 3, 4, 5, 6);
        }
    }

    @Test
    void aSetIsNoTensor() throws IOException {
        write(pickle -> pickle.op(0x8f));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(checkpoint.has("mar.a")).isFalse();
            assertThat(read(checkpoint.require("llm.x"))).containsExactly(1, 2, 3, 4, 5, 6);
        }
    }

    @Test
    void aShapeMayBeTorchsOwn() throws IOException {
        write(pickle -> pickle.rebuildTensor()
                .storage("torch.FloatStorage", "0", 6)
                .integer(0)
                .global("torch", "Size")
                .integers(2, 3)
                .op(0x85, 'R')
                .integers(3, 1)
                .op(0x89)
                .orderedDictionary()
                .tuple()
                .op('R'));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require("mar.a", 2, 3))).containsExactly(1, 2, 3, 4, 5, 6);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"torch.FloatTensor", "torch.cuda.HalfTensor", "torch.cuda.sparse.DoubleTensor"})
    void tensorsOfOldClassesAreNamedWhenUsed(String type) throws IOException {
        int dot = type.lastIndexOf('.');
        write(pickle ->
                pickle.global(type.substring(0, dot), type.substring(dot + 1)).op(')', 'R'));
        assertNotRead("of a form older than torch 0.4; load it with torch and save it again");
    }

    @Test
    void aTensorFromAnotherDeviceIsReadUnlessItsTypeWasAnother() throws IOException {
        write(pickle -> fromDevice(pickle, "float32"));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require("mar.a"))).containsExactly(1, 2, 3, 4, 5, 6);
        }
        write(pickle -> fromDevice(pickle, "bfloat16"));
        assertNotRead("of type bfloat16, saved as float32");
    }

    private static void fromDevice(PickleWriter pickle, String type) {
        sixNumbers(pickle.global("torch._utils", "_rebuild_device_tensor_from_cpu_tensor")
                .mark());
        pickle.global("torch", type).text("xla:0").op(0x89).tuple().op('R');
    }

    private void assertNotRead(String message) {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThatThrownBy(() -> checkpoint.require("mar.a"))
                    .isInstanceOf(ExportException.class)
                    .hasMessageContainingAll("'mar.a'", message);
        }
    }

    @Test
    void moreInstructionsThanAnyCheckpointNeedsAreRefused() throws IOException {
        byte[] dictionaries = new byte[4_000_000];
        Arrays.fill(dictionaries, (byte) '}');
        refused(new TorchFile().pickle(dictionaries), "more than 3000000 pickle instructions", "state_dict alone");
        // Pairs that stand in the memo once, and a dictionary made of them time and again.
        PickleWriter pickle = new PickleWriter().op(']', '(');
        for (int i = 0; i < 2000; i++) {
            pickle.op('K', 1, 'K', 1, 0x86);
        }
        pickle.op('e', 0x85, 'q', 1, '0').global("collections", "OrderedDict").op('q', 2);
        for (int i = 0; i < 2000; i++) {
            pickle.op('h', 2, 'h', 1, 'R', '0');
        }
        refused(new TorchFile().pickle(pickle.stop()), "more than 3000000 pickle instructions");
    }

    @Test
    void longListsAndDeepStacksAreNotCopiedTimeAndAgain() {
        assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
            PickleWriter list = new PickleWriter().op(']', 'q', 1);
            PickleWriter stack = new PickleWriter().dictionary().mark();
            for (int i = 0; i < 500_000; i++) {
                list.op('(', 'h', 1, 'h', 1, 'e');
                stack.op('N', '(', '1');
            }
            refused(new TorchFile().pickle(list.stop()), "does not hold a dictionary");
            refused(new TorchFile().pickle(stack.op('1').stop()), "no tensors");
        });
    }

    @Test
    void whatIsSharedIsNeverExpanded() throws IOException {
        PickleWriter laughs = entry().op(')');
        for (int i = 0; i < 200; i++) {
            laughs.op('q', 1, 'h', 1, 0x86); // a pair of the pair before, twice
        }
        // As a value, as a shape, as arguments within arguments.
        refused(new TorchFile().pickle(laughs.op('s').stop()), "no tensors");
        PickleWriter shape =
                entry().rebuildTensor().storage("torch.FloatStorage", "0", 1).integer(0);
        shape.mark();
        for (int i = 0; i < 200; i++) {
            shape.integer(1);
        }
        shape.tuple().op('q', 1, 'h', 1, 0x89).orderedDictionary().tuple().op('R', 's');
        refused(new TorchFile().pickle(shape.stop()), "no language model weights");
        PickleWriter nested = new PickleWriter().global("torch._tensor", "_rebuild_from_type_v2");
        nested.op('q', 1, ')');
        for (int i = 0; i < 100_000; i++) {
            nested.op('q', 2, '0', 'h', 1, 'N', 'h', 2, 0x87); // the function to call, its type, its arguments
        }
        refused(new TorchFile().pickle(nested.op('R').stop()), "not the pickle of a plain dictionary");
    }

    @Test
    void moreTensorsThanAnyModelHasAreRefused() throws IOException {
        refused(withTensors(100_001), "more than 100000");
    }

    @Test
    void allFilesTogetherHaveNoMoreTensorsEither() throws IOException {
        withTensors(50_000).write(file());
        withTensors(50_001).write(folder.resolve("kl16.ckpt"));
        refusedFor("kl16.ckpt brings the tensors to more than 100000");
        Files.copy(file(), folder.resolve("kl16.ckpt"), StandardCopyOption.REPLACE_EXISTING);
        refusedFor("no language model weights");
    }

    private void refusedFor(String message) {
        assertThatThrownBy(() -> Checkpoint.open(folder))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining(message);
    }

    private static TorchFile withTensors(int count) {
        TorchFile file = new TorchFile();
        file.storage(DType.FLOAT32, 1);
        PickleWriter pickle = new PickleWriter().rebuildTensor().storage("torch.FloatStorage", "0", 1);
        pickle.tensorOf(0, new long[] {1}, new long[] {1})
                .op('q', 1, '0')
                .dictionary()
                .mark();
        for (int i = 0; i < count; i++) {
            pickle.integer(i).op('h', 1);
        }
        return file.pickle(pickle.setItems().stop());
    }

    @Test
    void aDirectoryBombIsRefusedBeforeItIsRead() throws IOException {
        UnrecognizedExtraField large = new UnrecognizedExtraField();
        large.setHeaderId(new ZipShort(0x7777));
        large.setLocalFileDataData(new byte[0]);
        large.setCentralDirectoryData(new byte[60_000]);
        try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(file())) {
            for (int i = 0; i < 250; i++) {
                ZipArchiveEntry entry = new ZipArchiveEntry("archive/data/" + i);
                entry.addExtraField(large);
                zip.putArchiveEntry(entry);
                zip.closeArchiveEntry();
            }
        }
        refused("the directory of ", "more than 12582912 bytes");
    }

    @Test
    void encryptedRecordsAreRefused() throws IOException {
        new TorchFile().tensor("llm.x", DType.FLOAT32, new long[] {1}, 1).write(file());
        byte[] bytes = Files.readAllBytes(file());
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        for (int at = text.indexOf("PK\u0001\u0002"); at >= 0; at = text.indexOf("PK\u0001\u0002", at + 1)) {
            bytes[at + 8] |= 1;
        }
        Files.write(file(), bytes);
        refused("encrypted");
    }

    @Test
    void whereElseTensorsAreIsSaid() throws IOException {
        refused(
                new TorchFile().wrappedIn("student").tensor("llm.x", DType.FLOAT32, new long[] {1}, 1),
                "under 'student'",
                "state_dict alone");
        refused(
                new TorchFile()
                        .tensor("llm.x", DType.FLOAT32, new long[] {1}, 1)
                        .record("constants.pkl", new byte[1]),
                "TorchScript");
    }

    @Test
    void aStorageCannotBeCalled() throws IOException {
        PickleWriter pickle = entry().global("torch", "FloatStorage").integers(1000);
        refused(new TorchFile().pickle(pickle.op('R', 's').stop()), "storage");
    }

    @Test
    void aGlobalsNameDoesNotBreakTheMessage() throws IOException {
        refused(new TorchFile()
                .pickle(entry().text("a\nb\u0007" + "x".repeat(5000))
                        .text("c")
                        .op(0x93)
                        .stop()));
    }

    @Test
    void malformedPicklesAreRefused() throws IOException {
        byte[][] pickles = {
            {},
            {'.'},
            new PickleWriter().stop(),
            new PickleWriter().integer(5).stop(),
            new PickleWriter().dictionary().op(0x80, 99).stop(),
            new PickleWriter().op('t').stop(), // no mark
            new PickleWriter().op('h', 7).stop(), // no such memo
            new PickleWriter().op('}').stop(), // no data behind it, but no tensors either
            new PickleWriter().op('X', 0xff, 0xff, 0xff, 0x7f).stop(), // announces 2 GB of text
            new PickleWriter().op('X', 0xff, 0xff, 0xff, 0xff).stop(), // and a negative length
            new PickleWriter().dictionary().mark().text("a").setItems().stop(), // a key without value
            new PickleWriter().rebuildTensor().stop(),
            new PickleWriter().rebuildTensor().tuple().op('R').stop(),
            new PickleWriter()
                    .rebuildTensor()
                    .op('N', 'N', 'N', 'N')
                    .tuple()
                    .op('R')
                    .stop(),
            new PickleWriter().op('N', 'Q').stop(),
            Arrays.copyOf(
                    entry().rebuildTensor()
                            .storage("torch.FloatStorage", "0", 1)
                            .stop(),
                    30)
        };
        for (byte[] pickle : pickles) {
            refused(new TorchFile().pickle(pickle));
        }
    }

    /** Without it the library would allocate 2 GB first, and the file be refused only where they do not fit. */
    @ParameterizedTest
    @ValueSource(chars = {'X', 'B'})
    void anAnnouncedLengthIsCheckedBeforeMemoryIsAllocated(char opcode) throws IOException {
        PickleWriter pickle = new PickleWriter().op(opcode, 0xff, 0xff, 0xff, 0x7f);
        refused(new TorchFile().pickle(pickle.stop()), "not the pickle of a plain dictionary");
    }

    @Test
    void keysThatTakeForeverToHashAreRefused() throws IOException {
        PickleWriter pickle = new PickleWriter().dictionary().op(']');
        refused(new TorchFile().pickle(pickle.op('N', 's').stop()), "not the pickle of a plain dictionary");
    }

    @Test
    void nestingAndSelfReferenceAreHarmless() throws IOException {
        ByteArrayOutputStream deep = new ByteArrayOutputStream();
        deep.writeBytes(new byte[] {(byte) 0x80, 2, '}', 'X', 1, 0, 0, 0, 'a', 'N'});
        byte[] tuples = new byte[2_000_000];
        Arrays.fill(tuples, (byte) 0x85);
        deep.writeBytes(tuples);
        deep.writeBytes(new byte[] {'s', '.'});
        refused(new TorchFile().pickle(deep.toByteArray()), "no tensors");
        // d = {}; d["model"] = d
        PickleWriter cycle = new PickleWriter().dictionary().op('q', 1).text("model");
        refused(new TorchFile().pickle(cycle.op('h', 1, 's').stop()), "no tensors");
    }

    // ---- tensors that are not what the archive holds

    private TorchFile tensor(String key, long elements, long offset, long[] shape, long[] strides) {
        TorchFile file = new TorchFile();
        file.storage(DType.FLOAT32, 1, 2, 3, 4, 5, 6);
        return file.pickle(entry().rebuildTensor()
                .storage("torch.FloatStorage", key, elements)
                .tensorOf(offset, shape, strides)
                .op('s')
                .stop());
    }

    @Test
    void viewsOutsideTheirStorageAreRefused() throws IOException {
        long huge = Long.MAX_VALUE;
        refused(tensor("0", 6, 0, new long[] {7}, new long[] {1}), "'mar.a'", "28 of a storage of 24");
        refused(tensor("0", 6, 1, new long[] {6}, new long[] {1}), "'mar.a'");
        refused(tensor("0", 6, 7, new long[] {0}, new long[] {1}), "'mar.a'");
        refused(tensor("0", 6, 0, new long[] {2, 2}, new long[] {5, 1}), "'mar.a'");
        refused(tensor("0", 4, 0, new long[] {6}, new long[] {1}), "'mar.a'");
        refused(tensor("0", 7, 0, new long[] {6}, new long[] {1}), "'mar.a'");
        refused(tensor("0", huge, 0, new long[] {6}, new long[] {1}), "'mar.a'");
        refused(tensor("0", -1, 0, new long[] {6}, new long[] {1}), "'mar.a'");
        refused(tensor("0", 6, -1, new long[] {2}, new long[] {1}), "'mar.a'", "negative");
        refused(tensor("0", 6, 5, new long[] {2}, new long[] {-1}), "'mar.a'", "negative");
        refused(tensor("0", 6, 0, new long[] {-2}, new long[] {1}), "'mar.a'", "negative");
        refused(tensor("0", 6, 0, new long[] {huge, huge}, new long[] {0, 0}), "'mar.a'", "impossible");
        refused(tensor("0", 6, 0, new long[] {3}, new long[] {huge}), "'mar.a'", "impossible");
        refused(tensor("0", 6, huge, new long[] {2}, new long[] {1}), "'mar.a'", "impossible");
        refused(tensor("0", 6, 0, new long[] {2, 3}, new long[] {1}), "'mar.a'");
        refused(tensor("1", 6, 0, new long[] {6}, new long[] {1}), "lacks the data of tensor 'mar.a'");
        refused(tensor("../data.pkl", 6, 0, new long[] {6}, new long[] {1}), "lacks the data of tensor 'mar.a'");
    }

    // ---- archives

    @Test
    void truncatedArchivesAreRefused() throws IOException {
        new TorchFile()
                .tensor("llm.x", DType.FLOAT32, new long[] {4}, 1, 2, 3, 4)
                .write(file());
        byte[] whole = Files.readAllBytes(file());
        for (int length = 0; length < whole.length; length += 7) {
            Files.write(file(), Arrays.copyOf(whole, length));
            refused();
        }
    }

    @Test
    void aDamagedByteNeverBreaksMoreThanTheCheckpoint() throws IOException {
        new TorchFile()
                .tensor("llm.x", DType.FLOAT32, new long[] {4}, 1, 2, 3, 4)
                .write(file());
        byte[] whole = Files.readAllBytes(file());
        for (int i = 0; i < whole.length; i++) {
            byte[] damaged = whole.clone();
            damaged[i] ^= (byte) (i % 2 == 0 ? 0x01 : 0xff);
            Files.write(file(), damaged);
            try (Checkpoint checkpoint = Checkpoint.open(folder)) {
                checkpoint.names().stream()
                        .map(checkpoint::require)
                        .filter(tensor -> tensor.dtype().isFloatingPoint())
                        .forEach(CheckpointFolder::read);
            } catch (ExportException e) {
                assertThat(e.getMessage()).doesNotContain("\n");
            }
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX) // Windows does not let anyone shorten a mapped file
    void aFileCutShortWhileItIsReadIsAnError() throws IOException {
        TorchFile file = new TorchFile();
        int elements = 1 << 16;
        file.tensor("mar.a", file.storage(DType.FLOAT32, elements, out -> out.write(new byte[4 * elements])), elements);
        with(file, checkpoint -> {
            CheckpointTensor tensor = checkpoint.require("mar.a");
            assertThat(read(tensor)).containsOnly(0); // now it is mapped
            try (var channel = FileChannel.open(file(), StandardOpenOption.WRITE)) {
                channel.truncate(8192);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            assertThatThrownBy(() -> read(tensor))
                    .isInstanceOf(ExportException.class)
                    .hasMessageContainingAll("pytorch_model.bin", "cut short");
        });
    }

    @Test
    void otherFormatsAreRefusedWithAdvice() throws IOException {
        Files.write(
                file(), new byte[] {(byte) 0x80, 2, (byte) 0x8a, 10, 'l', (byte) 0xfc, (byte) 0x9c, 'F', (byte) 0xf9});
        refused("legacy", "torch 1.6", "weights_only=True");
        Files.writeString(file(), "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
        refused("Git LFS");
        Files.writeString(file(), "<html>not found</html>");
        refused("not a file written by torch.save");
        Files.write(file(), new byte[0]);
        refused("not a file written by torch.save");
        refused(
                new TorchFile()
                        .tensor("llm.x", DType.FLOAT32, new long[] {1}, 1)
                        .byteOrder("big"),
                "big-endian");
        refused(
                new TorchFile()
                        .tensor("llm.x", DType.FLOAT32, new long[] {1}, 1)
                        .compressed(),
                "compressed",
                "zip -0 -r");
        refused(
                new TorchFile()
                        .tensor("llm.x", DType.FLOAT32, new long[] {1}, 1)
                        .record("sub/data.pkl", new byte[3])
                        .record("data.pkl", new byte[3]),
                "twice");
    }

    @Test
    void tensorsWithUnprintableNamesAreRefused() throws IOException {
        refused(new TorchFile().tensor("mar.a\nb", DType.FLOAT32, new long[] {1}, 1), "unusual name");
        refused(new TorchFile().tensor("mar.a\u001b[2J", DType.FLOAT32, new long[] {1}, 1), "'mar.a<U+001B>[2J'");
        refused(new TorchFile().tensor("x".repeat(513), DType.FLOAT32, new long[] {1}, 1), "unusual name");
        String longest = "x".repeat(512);
        with(
                new TorchFile().tensor(longest, DType.FLOAT32, new long[] {1}, 1),
                checkpoint -> assertThat(checkpoint.has(longest)).isTrue());
    }

    @Test
    void nothingIsReadAfterClosing() throws IOException {
        new TorchFile().tensor("llm.x", DType.FLOAT32, new long[] {1}, 1).write(file());
        Checkpoint checkpoint = Checkpoint.open(folder);
        CheckpointTensor tensor = checkpoint.require("llm.x");
        assertThat(read(tensor)).containsExactly(1);
        checkpoint.close();
        checkpoint.close();
        assertThatThrownBy(() -> read(tensor))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("closed");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void refusedFilesAreClosed() throws IOException {
        refused(new TorchFile().pickle(new PickleWriter().integer(5).stop()));
        Files.write(file(), "PK\u0003\u0004 and then nothing".getBytes(StandardCharsets.US_ASCII));
        refused();
        write(pickle -> pickle.integer(1));
        Checkpoint.lacking(folder);
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            assertThat(open.map(TorchArchiveTest::target)).doesNotContain(file(), folder.resolve("kl16.ckpt"));
        }
    }

    private static Path target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor);
        } catch (IOException e) {
            return descriptor; // closed meanwhile
        }
    }
}
