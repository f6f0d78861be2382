package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.conformance.FaultyChild.Fault;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A dump is all that its reader needs: ONNX Runtime alone repeats a case that failed. */
@Timeout(300)
class DumpTest {
    private static final Pattern HEADER =
            Pattern.compile("\\{'descr': '([<|])(\\w\\d)', 'fortran_order': False, 'shape': \\(([^)]*)\\), \\} *\n");

    @TempDir
    private Path folder;

    private Path dump;

    @BeforeEach
    void setUp() {
        dump = folder.resolve("dump");
    }

    @Test
    void aFailedCaseCanBeRepeated() throws Exception {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("model"));
        Sabotage.SOFTMAX_IN_THE_HEAD.applyTo(copy);
        ConformanceReport report = run(copy.finish(), "text_head");
        Check failed = report.failures().get(0);
        assertThat(failed.name()).isEqualTo(Sabotage.SOFTMAX_IN_THE_HEAD.caughtBy());

        Path one = dump.resolve("cases/text_head/one");
        JsonNode description = description(one);
        assertThat(description.get("case").textValue()).isEqualTo("stage/text_head/one");
        assertThat(description.get("relative_l2_limit").doubleValue()).isEqualTo(failed.limit());
        assertThat(description.get("outputs").toString()).isEqualTo("[\"logits\"]");
        JsonNode check = description.get("checks").get(0);
        assertThat(check.get("name").textValue()).isEqualTo(failed.name());
        assertThat(check.get("value").doubleValue()).isEqualTo(failed.value());
        assertThat(check.get("passed").booleanValue()).isFalse();

        float[] expected = floats(one.resolve("expected/logits.npy"));
        float[] actual = floats(one.resolve("actual/logits.npy"));
        assertThat(relativeL2(actual, expected)).isCloseTo(failed.value(), within(1e-9));
        assertThat(relativeL2(repeat(one, "logits"), actual)).isLessThan(1e-6);
    }

    /** As a driver that crashes: the inputs are written before the graph runs. The provider here is right after all. */
    @Test
    void aCaseThatLostItsProcessCanBeRepeated() throws Exception {
        String before = "stage/decoder_step/prompt_7_two_rows";
        String name = "decoder_step/past_17_two_rows_padded";
        Isolation faulty = new Isolation(
                Duration.ofSeconds(100),
                Isolation.usualMemoryLimit(),
                Optional.empty(),
                Map.of(),
                List.of(FaultyChild.option(Map.of("stage/" + name + "/hidden (relative L2)", Fault.CRASH))));
        ConformanceReport report =
                run(SmallModel.folder(), new Selection(List.of(before, "stage/" + name)), Optional.of(faulty));
        assertThat(report.failures()).extracting(Check::name).containsExactly("stage/" + name + "/run (completed)");
        assertThat(report.checks()).filteredOn(Check::passed).isNotEmpty();

        assertThat(dumped()).containsExactly(name);
        Path one = dump.resolve("cases").resolve(name);
        assertThat(description(one).get("checks")).isEmpty();
        float[] expected = floats(one.resolve("expected/hidden.npy"));
        assertThat(relativeL2(repeat(one, "hidden"), expected)).isLessThan(1e-5);
        assertThat(npy(one.resolve("expected/present_key.0.npy")).shape()[2]).isEqualTo(1);
    }

    /** Scalars, booleans and empty tensors are among the inputs. */
    @Test
    void everyGraphsInputsCanBeRead() throws Exception {
        AlteredTensors wrong = AlteredTensors.of(SmallCheckpoint.recording());
        List<String> keys =
                wrong.keys().stream().filter(key -> key.startsWith("stage/")).toList();
        keys.forEach(key -> wrong.floats(key, values -> values[0] += 100));
        Path reference = wrong.writeTo(folder.resolve("wrong.safetensors"));
        run(SmallModel.folder(), reference, new Selection(List.of("stage")), Optional.empty());
        assertThat(dumped())
                .containsExactlyInAnyOrderElementsOf(keys.stream()
                        .map(key -> key.substring("stage/".length(), key.lastIndexOf('/')))
                        .distinct()
                        .toList());
        for (String one : dumped()) {
            Path path = dump.resolve("cases").resolve(one);
            List<String> outputs = names(description(path).get("outputs")).stream()
                    .filter(output -> !output.startsWith("present_"))
                    .toList();
            List<float[]> repeated = repeat(path, outputs);
            for (int i = 0; i < outputs.size(); i++) {
                float[] actual = floats(path.resolve("actual/" + outputs.get(i) + ".npy"));
                assertThat(relativeL2(repeated.get(i), actual)).as(one).isLessThan(1e-5);
            }
        }
    }

    @Test
    void casesOfManyGraphsHaveTheirOutputs() throws Exception {
        Path reference = AlteredTensors.of(SmallCheckpoint.recording())
                .floats("loop/small/latents", latents -> latents[3] += 1)
                .longs("answer/siglip2/ids", ids -> ids[2] = (ids[2] + 1) % 400)
                .writeTo(folder.resolve("wrong.safetensors"));
        run(SmallModel.folder(), reference, new Selection(List.of("loop")), Optional.empty());
        assertThat(dumped()).containsExactly("t2i/small");
        Path loop = dump.resolve("cases/t2i/small");
        assertThat(description(loop).has("graph")).isFalse();
        assertThat(npy(loop.resolve("actual/latents.npy")).shape())
                .isEqualTo(npy(loop.resolve("expected/latents.npy")).shape())
                .hasSize(4);
        run(SmallModel.folder(), reference, new Selection(List.of("understanding")), Optional.empty());
        assertThat(dumped()).as("the earlier one is replaced").containsExactly("understand/siglip2");
        assertThat(npy(dump.resolve("cases/understand/siglip2/expected/ids.npy"))
                        .type())
                .isEqualTo("i8");
    }

    @Test
    void passingCasesLeaveNothing() throws IOException {
        run(SmallModel.folder(), "text_head");
        try (Stream<Path> content = Files.list(dump)) {
            assertThat(content.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("dump.json", "README.md", "run.py");
        }
    }

    @Test
    void onlyAnEarlierDumpIsReplaced() throws IOException {
        Path own = Files.createDirectories(dump).resolve("thesis.txt");
        Files.writeString(own, "mine");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> run(SmallModel.folder(), "text_head"))
                .withMessageContainingAll("dump exists and is no earlier dump", "another folder");
        Files.delete(own);
        run(SmallModel.folder(), "text_head");
        Path notes = Files.createDirectories(dump.resolve("cases/text_head")).resolve("notes.txt");
        Files.writeString(notes, "mine");
        Files.writeString(notes.resolveSibling("old.npy"), "of the dump");
        run(SmallModel.folder(), "text_head");
        assertThat(notes).hasContent("mine");
        assertThat(notes.resolveSibling("old.npy")).doesNotExist();
    }

    private ConformanceReport run(Path model, String only) {
        return run(model, new Selection(List.of(only)), Optional.empty());
    }

    private ConformanceReport run(Path model, Selection selection, Optional<Isolation> isolation) {
        return run(model, SmallCheckpoint.recording(), selection, isolation);
    }

    private ConformanceReport run(Path model, Path reference, Selection selection, Optional<Isolation> isolation) {
        return new ConformanceRun(
                        new Source.Model(model, Optional.of(reference)),
                        ExecutionProvider.CPU,
                        Suite.SMOKE,
                        selection,
                        false,
                        Optional.empty(),
                        Map.of(),
                        Optional.of(dump),
                        isolation,
                        new Cancellation(),
                        new ConformanceRun.Listener() {})
                .run(FaultyChild.class);
    }

    /** The cases' folders, as SUBJECT/SCENARIO. */
    private List<String> dumped() throws IOException {
        Path cases = dump.resolve("cases");
        try (Stream<Path> files = Files.walk(cases)) {
            return files.filter(file -> file.endsWith("case.json"))
                    .map(file -> cases.relativize(file.getParent()).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
        }
    }

    private static JsonNode description(Path one) throws IOException {
        return new JsonMapper().readTree(one.resolve("case.json").toFile());
    }

    private static List<String> names(JsonNode array) {
        return array.valueStream().map(JsonNode::textValue).toList();
    }

    /** Runs the dumped graph on the dumped inputs with ONNX Runtime's own API. */
    private static float[] repeat(Path one, String output) throws OrtException, IOException {
        return repeat(one, List.of(output)).get(0);
    }

    private static List<float[]> repeat(Path one, List<String> outputs) throws OrtException, IOException {
        JsonNode description = description(one);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
        try (OrtSession session = environment.createSession(
                one.resolve(description.get("graph").textValue()).toString())) {
            for (Map.Entry<String, JsonNode> input : description.get("inputs").properties()) {
                inputs.put(
                        input.getKey(),
                        npy(one.resolve(input.getValue().textValue())).tensor(environment));
            }
            List<float[]> values = new ArrayList<>();
            try (OrtSession.Result result = session.run(inputs, new LinkedHashSet<>(outputs))) {
                for (String output : outputs) {
                    FloatBuffer buffer = ((OnnxTensor) result.get(output).orElseThrow()).getFloatBuffer();
                    float[] floats = new float[buffer.remaining()];
                    buffer.get(floats);
                    values.add(floats);
                }
            }
            return values;
        } finally {
            inputs.values().forEach(OnnxTensor::close);
        }
    }

    /** A .npy file, read as NumPy's documentation says. */
    private record Npy(String type, long[] shape, ByteBuffer elements) {
        OnnxTensor tensor(OrtEnvironment environment) throws OrtException {
            return switch (type) {
                case "f4" -> OnnxTensor.createTensor(environment, elements.asFloatBuffer(), shape);
                case "i8" -> OnnxTensor.createTensor(environment, elements.asLongBuffer(), shape);
                case "b1" -> OnnxTensor.createTensor(environment, elements, shape, ai.onnxruntime.OnnxJavaType.BOOL);
                default -> throw new AssertionError(type);
            };
        }
    }

    private static Npy npy(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = new byte[8];
        bytes.get(magic);
        assertThat(magic).isEqualTo("\u0093NUMPY\1\0".getBytes(StandardCharsets.ISO_8859_1));
        byte[] header = new byte[bytes.getShort()];
        bytes.get(header);
        assertThat(bytes.position() % 64).isZero();
        Matcher matcher = HEADER.matcher(new String(header, StandardCharsets.US_ASCII));
        assertThat(matcher.matches()).isTrue();
        long[] shape = Arrays.stream(matcher.group(3).split(",\\s*"))
                .filter(axis -> !axis.isBlank())
                .mapToLong(Long::parseLong)
                .toArray();
        int size = matcher.group(2).charAt(1) - '0';
        assertThat((long) bytes.remaining())
                .isEqualTo(size * Arrays.stream(shape).reduce(1, Math::multiplyExact));
        ByteBuffer elements = ByteBuffer.allocateDirect(bytes.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        return new Npy(matcher.group(2), shape, elements.put(bytes).flip());
    }

    private static float[] floats(Path file) throws IOException {
        Npy npy = npy(file);
        assertThat(npy.type()).isEqualTo("f4");
        FloatBuffer values = npy.elements().asFloatBuffer();
        float[] floats = new float[values.remaining()];
        values.get(floats);
        return floats;
    }

    private static double relativeL2(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            double delta = (double) actual[i] - expected[i];
            difference += delta * delta;
            norm += (double) expected[i] * expected[i];
        }
        return Math.sqrt(difference / norm);
    }
}
