package io.github.unipic.conformance;

import static io.github.unipic.testing.GraphSurgery.attribute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.UniPic;
import io.github.unipic.UniPicException;
import io.github.unipic.conformance.cases.Case;
import io.github.unipic.conformance.checks.RequestChecks;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.CaseName;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.model.GraphName;
import io.github.unipic.runtime.Engine;
import io.github.unipic.testing.GraphSurgery;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every kind of check can fail, and a failure is reported and does not end the run. */
class FailingRunTest {
    private static final String SMOKE_ANSWER =
            "understanding/understand/siglip2/ids (logit margin where the answers diverge)";

    private static final Predicate<Case> ALL = one -> true;
    private static final Predicate<Case> LOOPS = one -> one.area() == Area.LOOP;
    private static final Predicate<Case> ANSWERS = one -> one.area() == Area.UNDERSTANDING;
    private static final Path REFERENCE = SmallCheckpoint.recording();

    private static Engine healthy;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() {
        healthy = SmokeRun.open(SmallModel.folder());
    }

    @AfterAll
    static void close() {
        healthy.close();
    }

    // ---- a reference that is not the truth

    @Test
    void aLoopFails() throws IOException {
        Results results = against(
                AlteredTensors.of(REFERENCE)
                        .floats("loop/small/latents", latents -> latents[3] += 1000)
                        .floats("loop/small/pixels", pixels -> pixels[5] += 0.1f),
                LOOPS);
        assertFailures(
                results,
                "loop/t2i/small/latents (relative L2)",
                "loop/t2i/small/pixels (relative L2)",
                "loop/t2i/small/image (largest difference)");
    }

    /** The altered reference even says that its word was chosen by a hair: this machine knows better. */
    @Test
    void anAnswerFails() throws IOException {
        Results results = against(
                AlteredTensors.of(REFERENCE)
                        .longs("answer/siglip2/ids", ids -> ids[2] = (ids[2] + 1) % 400)
                        .floats("answer/siglip2/margins", margins -> margins[2] = 0),
                ANSWERS);
        assertFailures(results, SMOKE_ANSWER);
        assertThat(failures(results).get(0).note()).contains("the answers diverge at token 2");
    }

    @Test
    void anAnswerWithAnIdThatTheModelDoesNotHaveFails() throws IOException {
        Results results = against(
                AlteredTensors.of(REFERENCE)
                        .longs("answer/siglip2/ids", ids -> ids[0] = -1)
                        .floats("answer/siglip2/margins", margins -> margins[0] = 0),
                ANSWERS);
        assertFailures(results, SMOKE_ANSWER);
    }

    @Test
    void anAnswerThatGoesOnFails() throws IOException {
        AlteredTensors longer = AlteredTensors.of(REFERENCE);
        long[][] ids = new long[1][];
        longer.longs("answer/siglip2/ids", values -> ids[0] = Arrays.copyOf(values, values.length + 1));
        assertFailures(
                against(longer.put("answer/siglip2/ids", ids[0]), ANSWERS),
                "understanding/understand/siglip2/ids (in the reference)");
        assertFailures(
                against(longer.put("answer/siglip2/ids"), ANSWERS),
                "understanding/understand/siglip2/ids (in the reference)");
    }

    @Test
    void whatTheReferenceLacksFails() throws IOException {
        Results results = against(
                AlteredTensors.of(REFERENCE)
                        .without("stage/decoder_step/past_3_quiet/hidden")
                        .without("loop/small/pixels")
                        .without("answer/siglip2/margins"),
                ALL);
        assertFailures(
                results,
                "stage/decoder_step/past_3_quiet/hidden (in the reference)",
                "loop/t2i/small/pixels (in the reference)",
                "loop/t2i/small/image (in the reference)",
                "understanding/understand/siglip2/ids (in the reference)");
        assertThat(failures(results).get(0).note())
                .contains("the reference has no stage/decoder_step/past_3_quiet/hidden; record it again");
    }

    @Test
    void notANumberInTheReferenceFails() throws IOException {
        Results results = against(
                AlteredTensors.of(REFERENCE).floats("stage/text_head/one/logits", logits -> logits[7] = Float.NaN),
                of(GraphName.TEXT_HEAD));
        assertFailures(results, "stage/text_head/one/logits (relative L2)");
    }

    @Test
    void preprocessingFails() throws IOException {
        Path task = AlteredTensors.of(SmallCheckpoint.golden().resolve("t2i_unguided.safetensors"))
                .longs("input_ids", ids -> ids[1]++)
                .writeTo(folder.resolve("t2i_unguided.safetensors"));
        AlteredTensors photos = AlteredTensors.of(SmallCheckpoint.golden().resolve("preprocess.safetensors"));
        List<String> keys = photos.keys();
        String key = keys.stream()
                .filter(name -> name.startsWith("chelsea.png/pad"))
                .findFirst()
                .orElseThrow();
        Path preprocess = photos.longs(key, levels -> levels[0]++).writeTo(folder.resolve("preprocess.safetensors"));
        assertThat(failures(SmokeRun.replay(healthy, List.of(task, preprocess))))
                .filteredOn(check -> check.area() == Area.PREPROCESSING)
                .extracting(Check::name)
                .containsExactlyInAnyOrder(
                        "preprocessing/t2i/t2i_unguided/input_ids (differing values)",
                        "preprocessing/preprocess/preprocess/" + key + " (differing values)");
    }

    @Test
    void aWrongBetaCapFails() throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("model"));
        copy.maxBeta(0.999);
        assertThat(failures(SmokeRun.compare(copy.finish(), REFERENCE)))
                .extracting(Check::name)
                .contains(
                        "stage/token_sampler/schedule/max_beta (difference)",
                        "stage/token_sampler/guided_10/tokens (relative L2)",
                        "loop/t2i/small/latents (relative L2)");
    }

    // ---- a machine that is not right

    /** Each run loses other values, as with a kernel that reads memory which is not its own. */
    @Test
    void determinismAndConcurrencyFail() throws IOException {
        Path model = broken(GraphName.PIXEL_DECODER, graph -> {
            String healthy = graph.takeOver("pixels");
            graph.append("half", "Squeeze", List.of(graph.floats(0.5f)));
            graph.append("one", "Squeeze", List.of(graph.longs(1)));
            graph.append("training", "Cast", List.of("one"), attribute("to", DataType.BOOL_VALUE));
            graph.append("pixels", "Dropout", List.of(healthy, "half", "training"));
        });
        Predicate<Case> concerned = of(GraphName.PIXEL_DECODER).or(of(GraphName.DECODER_STEP));
        assertThat(failures(SmokeRun.compare(model, REFERENCE, concerned)))
                .extracting(Check::name)
                .contains("determinism/pixel_decoder/smaller/pixels (differing values)")
                .noneMatch(name -> name.startsWith("determinism/decoder_step"));
        Results results = new Results();
        try (UniPic unipic = UniPic.builder(model).threads(1).load()) {
            new RequestChecks(unipic, 16, results, new Cancellation()).run(3);
        }
        assertThat(failures(results))
                .extracting(Check::name)
                .contains(
                        "determinism/requests/same_seed_twice/image (differing values)",
                        "concurrency/requests/3_at_once/request_0 (differing values)");
    }

    @Test
    void aGraphThatDoesNotRunFailsWhereItIsNeeded() throws IOException {
        ConformanceReport report = run(
                new Source.Model(
                        broken(
                                GraphName.PIXEL_DECODER,
                                graph -> graph.source("pixels").setOpType("NoSuch")),
                        Optional.of(REFERENCE)),
                new ArrayList<>());
        assertThat(report.failures())
                .extracting(Check::name)
                .containsExactlyInAnyOrder(
                        "stage/pixel_decoder/smaller/run (completed)",
                        "stage/pixel_decoder/smaller_quiet/run (completed)",
                        "loop/t2i/small/run (completed)",
                        "placement/pixel_decoder/smaller/run (completed)",
                        "determinism/requests/same_seed_twice/run (completed)",
                        "concurrency/requests/3_at_once/run (completed)");
        assertThat(report.failures())
                .allSatisfy(check -> assertThat(check.note()).get().asString().contains("pixel_decoder"));
    }

    @Test
    void aGraphThatDoesNotRunFailsItsGoldenFilesAndNoOthers() throws IOException {
        Path model =
                broken(GraphName.PIXEL_DECODER, graph -> graph.source("pixels").setOpType("NoSuch"));
        Results results;
        try (Engine engine = SmokeRun.open(model)) {
            results = SmokeRun.replay(
                    engine,
                    List.of(
                            SmallCheckpoint.golden().resolve("pixel_decoder.safetensors"),
                            SmallCheckpoint.golden().resolve("t2i_native.safetensors"),
                            SmallCheckpoint.golden().resolve("text.safetensors")));
        }
        assertThat(failures(results))
                .extracting(Check::name)
                .containsExactly(
                        "stage/pixel_decoder/pixel_decoder/run (completed)", "loop/t2i/t2i_native/run (completed)");
        assertThat(results.checks()).filteredOn(Check::passed).hasSizeGreaterThan(10);
    }

    @Test
    void anotherShapeOfAsManyValuesFails() throws IOException {
        Path model = broken(GraphName.TEXT_HEAD, graph -> {
            String healthy = graph.takeOver("logits");
            graph.append("logits", "Squeeze", List.of(healthy));
        });
        Results results = SmokeRun.compare(model, REFERENCE, of(GraphName.TEXT_HEAD));
        assertFailures(results, "stage/text_head/one/logits (shape)");
        assertThat(failures(results).get(0).note()).get().asString().contains("[448]", "[1, 448]");
    }

    /** The new places alone, which are right, and nothing before them. */
    @Test
    void aCacheThatIsTooShortFails() throws IOException {
        Path model = broken(GraphName.DECODER_STEP, graph -> {
            String healthy = graph.takeOver("present_value.1");
            graph.append("past", "Shape", List.of("past_value.1"), attribute("start", 2), attribute("end", 3));
            graph.append(
                    "present_value.1", "Slice", List.of(healthy, "past", graph.longs(Long.MAX_VALUE), graph.longs(2)));
        });
        assertThat(failures(SmokeRun.compare(model, REFERENCE, of(GraphName.DECODER_STEP))))
                .extracting(Check::name)
                .contains(
                        "stage/decoder_step/past_17_two_rows_padded/present_value.1 (shape)",
                        "stage/decoder_step/past_17_two_rows_padded/present_value.1 of the past (shape)");
    }

    @Test
    void logitsThatAreNoNumbersFailTheAnswerAndMakeNoReference() throws IOException {
        Path model = broken(GraphName.TEXT_HEAD, graph -> {
            String healthy = graph.takeOver("logits");
            graph.append("logits", "Mul", List.of(healthy, graph.floats(Float.NaN)));
        });
        // Also where the first id happens to be the one that is chosen of nothing.
        Results results = SmokeRun.compare(
                model,
                AlteredTensors.of(REFERENCE)
                        .longs("answer/siglip2/ids", ids -> Arrays.fill(ids, 0))
                        .writeTo(folder.resolve("zeros.safetensors")),
                ANSWERS);
        assertThat(failures(results))
                .filteredOn(check -> check.area() == Area.UNDERSTANDING)
                .singleElement()
                .satisfies(check -> assertThat(check.note()).get().asString().contains("finite"));
        Path file = folder.resolve("new.safetensors");
        assertThatExceptionOfType(ConformanceException.class)
                .isThrownBy(() -> record(model, file))
                .withMessageContainingAll("NaN", "stage/text_head/one/logits");
        assertThat(file).doesNotExist();
    }

    @Test
    void beingInterruptedEndsTheRun() {
        Results results = new Results();
        try (UniPic unipic = SmallModel.builder().load()) {
            Thread.currentThread().interrupt();
            assertThatExceptionOfType(CancelledException.class)
                    .isThrownBy(() -> new RequestChecks(unipic, 16, results, new Cancellation()).run(3))
                    .withMessageContaining("interrupted");
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    // ---- a run that does not finish

    @Test
    void anErrorIsInTheLastReport() throws IOException {
        Path golden = Files.createDirectory(folder.resolve("golden"));
        AlteredTensors.of(SmallCheckpoint.golden().resolve("text.safetensors"))
                .without("logits")
                .writeTo(golden.resolve("text.safetensors"));
        List<ConformanceReport> interims = new ArrayList<>();
        assertThatExceptionOfType(UniPicException.class)
                .isThrownBy(() -> run(new Source.Goldens(SmallCheckpoint.folder(), golden), interims));
        assertThat(interims).hasSize(2).noneMatch(ConformanceReport::passed);
        assertThat(interims.get(1).failures().get(0).note())
                .get()
                .asString()
                .contains("did not finish", "text.safetensors");
    }

    /** A damaged file is noticed before anything runs, so that an earlier report stays. */
    @Test
    void aDamagedFileIsNoticedFirst() throws IOException {
        Path golden = Files.createDirectory(folder.resolve("golden"));
        Files.write(golden.resolve("text.safetensors"), new byte[] {1, 2, 3});
        List<String> phases = new ArrayList<>();
        ConformanceRun run = SmokeRun.of(
                new Source.Goldens(SmallCheckpoint.folder(), golden),
                new Cancellation(),
                new ConformanceRun.Listener() {
                    @Override
                    public void onPhase(String phase) {
                        phases.add(phase);
                    }
                });
        assertThatExceptionOfType(UniPicException.class).isThrownBy(run::run).withMessageContaining("text.safetensors");
        assertThat(phases).as("not even an export").isEmpty();
    }

    @Test
    void aLackOfMemoryFailsItsCaseOnly() {
        Results results = new Results();
        CaseName hungry = new CaseName(Area.LOOP, "t2i", "large");
        results.attempt(hungry, () -> {
            throw new OutOfMemoryError("Java heap space");
        });
        assertThat(results.checks()).singleElement().satisfies(check -> {
            assertThat(check.name()).isEqualTo("loop/t2i/large/run (completed)");
            assertThat(check.note().orElseThrow()).contains("heap is used up");
        });
        assertThat(results.ended()).containsExactly(hungry);
    }

    private static Predicate<Case> of(GraphName graph) {
        return one -> one.subject().equals(graph.label());
    }

    /** @param cases those that may notice it, or all */
    private Results against(AlteredTensors altered, Predicate<Case> cases) throws IOException {
        Path file = altered.writeTo(folder.resolve("altered.safetensors"));
        return SmokeRun.compare(healthy, file, Suite.SMOKE, cases);
    }

    private static List<Check> failures(Results results) {
        return results.checks().stream().filter(check -> !check.passed()).toList();
    }

    private static void assertFailures(Results results, String... names) {
        assertThat(failures(results))
                .extracting(Check::name)
                .contains(names)
                .allMatch(name -> Stream.of(names).anyMatch(one -> scenario(one).equals(scenario(name))));
    }

    /** All but the last part of a check's name. */
    private static String scenario(String name) {
        return name.substring(0, name.lastIndexOf('/'));
    }

    private Path broken(GraphName graph, Consumer<GraphSurgery> damage) throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("broken"));
        copy.edit(graph, damage);
        return copy.finish();
    }

    private static void record(Path model, Path file) {
        new Recording(model, Suite.SMOKE, OptionalLong.empty(), new Cancellation(), (done, all) -> {}).writeTo(file);
    }

    /** @param interims takes the reports before the last */
    private static ConformanceReport run(Source source, List<ConformanceReport> interims) {
        return SmokeRun.of(source, new Cancellation(), new ConformanceRun.Listener() {
                    @Override
                    public void onInterim(ConformanceReport report) {
                        interims.add(report);
                    }
                })
                .run();
    }
}
