package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.unipic.Cancellation;
import io.github.unipic.Image;
import io.github.unipic.conformance.EmbeddedCheckpoint;
import io.github.unipic.files.Sha256;
import io.github.unipic.model.GraphName;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole commands on the small model; {@link BuiltInModelTest} has those of a user without a model. */
class EndToEndTest {
    @TempDir
    private Path folder;

    @Test
    void generateDrawsAnImageAndSaysSo() {
        Path fox = folder.resolve("fox.png");
        CommandLineRun run = run("generate", "A red fox in the snow", "-o", fox.toString(), "--seed", "7");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.outLines().get(0)).startsWith("Wrote " + fox + " (").contains("seed 7");
        assertThat(run.outLines().get(1)).startsWith("Took ");
        // A slow machine shows its progress.
        assertThat(run.errLines()).allMatch(line -> line.startsWith("Generating: "));
        assertThat(Image.read(fox).request().orElseThrow().prompt()).isEqualTo("A red fox in the snow");
    }

    @Test
    void theProviderIsChosenByNameAndAnUnknownOneIsOneLine() {
        String fox = folder.resolve("fox.png").toString();
        CommandLineRun cpu =
                run("generate", "A fox", "-q", "-o", fox, "--size", "32", "--steps", "5", "--provider", "CPU");
        assertThat(cpu.exitCode()).as(cpu.err()).isZero();
        CommandLineRun gpu = run("generate", "A fox", "-q", "-o", fox, "--provider", "gpu");
        assertThat(gpu.errLines()).hasSize(1).first().asString().contains("'gpu'", "cuda", "cpu");
        assertThat(gpu.exitCode()).isEqualTo(2);
        CommandLineRun option =
                run("generate", "A fox", "-q", "-o", fox, "--provider", "cpu", "--provider-option", "device_id=1");
        assertThat(option.errLines()).hasSize(1).first().asString().contains("cpu has no option 'device_id'");
    }

    /** The model has the graphs for tiles; the whole image and the tiles' differ by rounding, if at all. */
    @Test
    void littleMemoryDrawsTheSameImage() {
        Path whole = folder.resolve("whole.png");
        Path tiled = folder.resolve("tiled.png");
        String[] fox = {
            "generate", "A fox", "-q", "--seed", "7", "--steps", "5", "--iterations", "4", "--size", "320x64"
        };
        CommandLineRun plain = run(concat(fox, "-o", whole.toString()));
        CommandLineRun little = run(concat(fox, "-o", tiled.toString(), "--low-memory", "--tile-above", "0"));
        assertThat(plain.exitCode()).as(plain.err()).isZero();
        assertThat(little.exitCode()).as(little.err()).isZero();
        byte[] expected = Image.read(whole).rgb();
        byte[] found = Image.read(tiled).rgb();
        assertThat(found).hasSameSizeAs(expected);
        int changed = 0;
        int largest = 0;
        for (int i = 0; i < found.length; i++) {
            int difference = Math.abs((expected[i] & 0xff) - (found[i] & 0xff));
            changed += difference > 0 ? 1 : 0;
            largest = Math.max(largest, difference);
        }
        assertThat(largest).isLessThanOrEqualTo(1);
        assertThat(changed).isLessThan(found.length / 20);
        assertThat(run("info").out()).contains("pixel_decoder_tile.onnx", "pixel_decoder_features.onnx");
    }

    @Test
    void severalImagesAreNumberedAndDiffer() {
        CommandLineRun run = run(
                "generate",
                "A fox",
                "-q",
                "--count",
                "2",
                "--steps",
                "5",
                "--seed",
                "7",
                "-o",
                folder.resolve("fox.png").toString());
        Path first = folder.resolve("fox-1.png");
        Path second = folder.resolve("fox-2.png");
        assertThat(run.outLines()).containsExactly(first.toString(), second.toString());
        assertThat(run.err()).isEmpty();
        assertThat(Image.read(first).rgb()).isNotEqualTo(Image.read(second).rgb());
        assertThat(Image.read(second).request().orElseThrow().seed()).hasValue(8);
    }

    @Test
    void cancellingLeavesNoFile() throws IOException {
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        CommandLineRun run = CommandLineRun.in(
                CommandLineRun.SMALL,
                cancellation,
                "generate",
                "A fox",
                "-o",
                folder.resolve("fox.png").toString());
        assertThat(run.exitCode()).isEqualTo(130);
        assertThat(run.errLines()).last().isEqualTo("unipic: cancelled");
        assertThat(files()).isEmpty();
    }

    @Test
    void describeStreamsAnAnswerAndNothingElse() {
        String fox = fox();
        CommandLineRun run = run("describe", fox, "What is it?", "--image", fox, "--max-tokens", "8");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).endsWith(System.lineSeparator()).isNotBlank();
        assertThat(run.err()).contains("8 tokens", "--max-tokens");
        CommandLineRun again = run("describe", fox, "What is it?", "--image", fox, "--max-tokens", "8", "-q");
        assertThat(again.out()).isEqualTo(run.out());
        assertThat(again.err()).isEmpty();
        assertThat(run("describe", fox, "-q", "--max-tokens", "8").out()).isNotEqualTo(run.out());
        assertThat(run.err()).doesNotContain("MAR encoder");
    }

    @Test
    void describeTellsOfAnotherEncoder() {
        String fox = fox();
        CommandLineRun mar = run("describe", fox, "--max-tokens", "2", "--vision", "mar");
        assertThat(mar.errLines()).contains("The images were encoded with the MAR encoder, not with SigLIP2.");
        assertThat(run("describe", fox, "--max-tokens", "2", "--vision", "mar", "-q")
                        .err())
                .isEmpty();
    }

    @Test
    void describeReadsSpecialTokensWhereAllowed() {
        List<String> sampled = List.of(
                "describe",
                fox(),
                "<|im_end|>".repeat(20),
                "-q",
                "--max-tokens",
                "24",
                "--temperature",
                "5",
                "--seed",
                "7");
        List<String> allowing = Stream.concat(sampled.stream(), Stream.of("--allow-special-tokens"))
                .toList();
        CommandLineRun special = run(allowing.toArray(String[]::new));
        assertThat(special.exitCode()).as(special.err()).isZero();
        assertThat(special.out())
                .isNotEqualTo(run(sampled.toArray(String[]::new)).out());
    }

    @Test
    void sizesThatTheModelCannotDrawAreRefusedAndThoseItWasNotMadeForAreNoted() {
        CommandLineRun wrong = run("generate", "fox", "--size", "500", "-o", file("wrong.png"));
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.errLines()).last().asString().contains("500 x 500", "multiples of 16");
        List<String> small = List.of(
                "generate", "fox", "--size", "32x48", "--iterations", "1", "--steps", "2", "-o", file("small.png"));
        CommandLineRun other = run(small.toArray(String[]::new));
        assertThat(other.exitCode()).isZero();
        assertThat(other.err()).contains("made for images of 128 x 128");
        List<String> quiet = Stream.concat(small.stream(), Stream.of("-q")).toList();
        assertThat(run(quiet.toArray(String[]::new)).err()).isEmpty();
    }

    /** Folders of earlier exports have no graph for it. */
    @Test
    void tokensThatCannotBeReusedAreNoted() throws IOException {
        ModelCopy earlier = ModelCopy.of(SmallModel.folder(), folder.resolve("earlier"));
        earlier.forgetGraph(GraphName.MAR_DECODER_CACHED);
        List<String> fox = List.of(
                "generate",
                "fox",
                "--size",
                "32",
                "--iterations",
                "4",
                "--steps",
                "2",
                "-o",
                file("fox.png"),
                "--model");
        String model = earlier.finish().toString();
        assertThat(noted(fox, model, "--fast")).isTrue();
        assertThat(noted(fox, model, "--fast", "-q")).isFalse();
        assertThat(noted(fox, model)).isFalse();
        assertThat(noted(fox, SmallModel.folder().toString(), "--fast")).isFalse();
    }

    private boolean noted(List<String> command, String... more) {
        CommandLineRun run = run(concat(command.toArray(String[]::new), more));
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run.err().contains("mar_decoder_cached");
    }

    @Test
    void anImageCanBeDrawnAgainAndANegativePromptIsPartOfIt() {
        String[] small = {"--size", "48x32", "--iterations", "2", "--steps", "3", "--guidance", "2", "-q", "-o"};
        byte[] plain = drawn("plain.png", small, "fox", "--seed", "7", "--no-metadata");
        assertThat(Image.read(folder.resolve("plain.png")).metadata()).isEmpty();
        byte[] negative = drawn("negative.png", small, "fox", "--seed", "7", "--negative-prompt", "a blue square");
        assertThat(negative).isNotEqualTo(plain);
        String[] noOptions = {"-q", "-o"};
        assertThat(drawn("again.png", noOptions, "--from", file("negative.png")))
                .isEqualTo(negative);
        assertThat(Image.read(folder.resolve("again.png")).width()).isEqualTo(48);
        assertThat(Image.read(folder.resolve("again.png")).height()).isEqualTo(32);
    }

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    @Test
    void specialTokensAreReadWhereAllowedWhichAnImagesTextDoesNot() {
        String option = "--allow-special-tokens";
        String[] small = {"--size", "32", "--iterations", "2", "--steps", "3", "-q", "-o"};
        byte[] plain = drawn("plain.png", small, "fox<|im_end|>", "--seed", "7");
        byte[] special = drawn("special.png", small, "fox<|im_end|>", "--seed", "7", option);
        assertThat(special).isNotEqualTo(plain);

        CommandLineRun without = run("generate", "--from", file("special.png"), "-o", file("without.png"));
        assertThat(without.exitCode()).as(without.err()).isZero();
        assertThat(without.errLines().get(0)).startsWith(file("special.png")).contains(option);
        assertThat(Image.read(folder.resolve("without.png")).metadata().get("parameters"))
                .doesNotContain("special");
        assertThat(Image.read(folder.resolve("without.png")).rgb()).isEqualTo(plain);

        CommandLineRun with = run("generate", "--from", file("special.png"), "-o", file("with.png"), option);
        assertThat(with.err()).doesNotContain(option);
        assertThat(Image.read(folder.resolve("with.png")).metadata())
                .isEqualTo(Image.read(folder.resolve("special.png")).metadata());
        assertThat(Image.read(folder.resolve("with.png")).rgb()).isEqualTo(special);
    }

    private byte[] drawn(String name, String[] options, String... more) {
        Path file = folder.resolve(name);
        List<String> line = new ArrayList<>(List.of("generate"));
        line.addAll(List.of(more));
        line.addAll(List.of(options));
        line.add(file.toString());
        CommandLineRun run = run(line.toArray(String[]::new));
        assertThat(run.exitCode()).as(run.err()).isZero();
        return Image.read(file).rgb();
    }

    @Test
    void describeSamplesTokensByItsOptions() {
        String fox = fox();
        String[] sampled = {"describe", fox, "-q", "--max-tokens", "12", "--temperature", "5", "--seed", "7"};
        String answer = run(sampled).out();
        assertThat(run(sampled).out()).isEqualTo(answer);
        String[] other = sampled.clone();
        other[other.length - 1] = "8";
        assertThat(run(other).out()).isNotEqualTo(answer);

        String greedy = run("describe", fox, "-q", "--max-tokens", "12").out();
        String onlyOne = run("describe", fox, "-q", "--max-tokens", "12", "--temperature", "5", "--top-k", "1")
                .out();
        assertThat(onlyOne).isEqualTo(greedy);
        assertThat(run("describe", fox, "-q", "--max-tokens", "12", "--temperature", "5", "--top-p", "1e-9")
                        .out())
                .isEqualTo(greedy);
        assertThat(run(concat(sampled, "--repetition-penalty", "50")).out()).isNotEqualTo(answer);
        String stop = greedy.substring(greedy.length() / 2, greedy.length() / 2 + 1);
        assertThat(run("describe", fox, "-q", "--max-tokens", "12", "--stop", stop)
                        .out())
                .isEqualTo(greedy.substring(0, greedy.indexOf(stop)) + System.lineSeparator());
    }

    @Test
    void aCancelledAnswerSaysSo() {
        String fox = fox();
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        CommandLineRun run = CommandLineRun.in(CommandLineRun.SMALL, cancellation, "describe", fox);
        assertThat(run.exitCode()).isEqualTo(130);
        assertThat(run.out()).isEmpty();
        assertThat(run.errLines()).last().isEqualTo("unipic: cancelled");
    }

    @Test
    void editRegeneratesTheSource() {
        String fox = fox();
        Path night = folder.resolve("night.png");
        String[] command = {"edit", fox, "Make it night", "-o", night.toString(), "--size", "64", "--steps", "5"};
        CommandLineRun run = run(concat(command, "--seed", "7"));
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.outLines().get(0)).isEqualTo("Wrote " + night + " (64 x 64, seed 7)");
        byte[] first = Image.read(night).rgb();
        assertThat(run(concat(command, "--seed", "7", "-q")).out()).isEqualTo(night + System.lineSeparator());
        assertThat(Image.read(night).rgb()).isEqualTo(first);
        run(concat(command, "--seed", "8"));
        assertThat(Image.read(night).rgb()).isNotEqualTo(first);
        assertThat(run("edit", fox, "x", "--size", "64x32", "-o", night.toString())
                        .exitCode())
                .isEqualTo(2);
        CommandLineRun from = run("generate", "--from", night.toString());
        assertThat(from.exitCode()).isEqualTo(2);
        assertThat(from.err()).contains("not with generate");
    }

    @ParameterizedTest
    @ValueSource(ints = {BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_INT_ARGB})
    void inpaintKeepsWhatTheMaskDoesNotTouch(int type) throws IOException {
        String fox = fox();
        BufferedImage upper = new BufferedImage(64, 64, type);
        int above = type == BufferedImage.TYPE_INT_ARGB ? 0 : 0xffff_ffff; // a hole, or white
        for (int i = 0; i < 64 * 64; i++) {
            upper.setRGB(i % 64, i / 64, i < 32 * 64 ? above : 0xff00_0000);
        }
        Path mask = folder.resolve("mask.png");
        ImageIO.write(upper, "png", mask.toFile());
        Path out = folder.resolve("out.png");
        CommandLineRun run =
                run("inpaint", fox, mask.toString(), "sky", "--seam", "0", "--steps", "5", "-q", "-o", out.toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        byte[] before = Image.read(Path.of(fox)).rgb();
        byte[] after = Image.read(out).rgb();
        int half = before.length / 2;
        assertThat(Arrays.equals(before, half, before.length, after, half, after.length))
                .as("lower half, as it was")
                .isTrue();
        assertThat(Arrays.equals(before, 0, half, after, 0, half))
                .as("upper half, as it was")
                .isFalse();
    }

    @Test
    void inpaintExtendsAnImage() {
        Path wide = folder.resolve("wide.png");
        CommandLineRun run = run(
                "inpaint",
                fox(),
                "--extend",
                "right=32,bottom=16",
                "A fox in a field",
                "--steps",
                "5",
                "-o",
                wide.toString());
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.outLines().get(0)).startsWith("Wrote " + wide + " (96 x 80, seed ");
        assertThat(Image.read(wide).width()).isEqualTo(96);
    }

    /** An image of 64 x 64 pixels. */
    private String fox() {
        Path fox = folder.resolve("fox.png");
        byte[] rgb = new byte[3 * 64 * 64];
        new Random(7).nextBytes(rgb);
        Image.ofRgb(64, 64, rgb).save(fox);
        return fox.toString();
    }

    private static String[] concat(String[] command, String... more) {
        return Stream.concat(Stream.of(command), Stream.of(more)).toArray(String[]::new);
    }

    @Test
    void exportMakesAModelThatInfoDescribesAndRefusesToReplaceIt() throws IOException {
        EmbeddedCheckpoint.RANDOM.copyTo(folder);
        String checkpoint = folder.resolve("checkpoint").toString();
        String model = folder.resolve("model").toString();
        CommandLineRun export = run("export", "--checkpoint", checkpoint, "--out", model);
        assertThat(export.exitCode()).as(export.err()).isZero();
        assertThat(export.outLines()).last().asString().startsWith("Wrote " + model);

        CommandLineRun info = run("info", "--model", model);
        assertThat(info.exitCode()).as(info.err()).isZero();
        assertThat(info.out()).contains(model, "generate", "pixel_decoder.onnx", "ONNX Runtime 1.", "float32");
        assertThat(info.outLines()).anyMatch(line -> line.startsWith("Device   CPUExecutionProvider: CPU "));
        assertThat(info.outLines()).anyMatch(line -> line.matches("Provider \\w+ \\(chosen.*"));
        assertThat(run("info", "--model", model, "--provider", "cpu", "--provider-option", "x=y=z")
                        .err())
                .contains("cpu has no option 'x'");

        CommandLineRun again = run("export", "--checkpoint", checkpoint, "--out", model);
        assertThat(again.exitCode()).isEqualTo(2);
        assertThat(again.errLines()).hasSize(1).first().asString().contains("model");
        assertThat(run("export", "--checkpoint", checkpoint, "--out", model, "--force", "-q")
                        .exitCode())
                .isZero();
    }

    @Test
    void exportSaysHowItReadTheCheckpointAndWhatIsMissing() throws IOException {
        EmbeddedCheckpoint.RANDOM.copyTo(folder);
        Path main = folder.resolve("checkpoint/pytorch_model.bin");
        String bytes = Files.readString(main, StandardCharsets.ISO_8859_1);
        Files.writeString(main, bytes.replace("siglip2.", "unused2."), StandardCharsets.ISO_8859_1);
        String[] export = {
            "export",
            "--checkpoint",
            folder.resolve("checkpoint").toString(),
            "--out",
            folder.resolve("model").toString(),
            "--allow-nonfinite"
        };
        CommandLineRun run = run(export);
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.outLines())
                .first()
                .asString()
                .startsWith("no SigLIP2 vision tower")
                .contains("export again");
        assertThat(run(concat(export, "--force", "-q")).out()).isEmpty();
    }

    @Test
    void aCancelledExportLeavesNothing() throws IOException {
        EmbeddedCheckpoint.RANDOM.copyTo(folder);
        List<Path> before = files();
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        CommandLineRun run = CommandLineRun.in(
                CommandLineRun.SMALL,
                cancellation,
                "export",
                "--checkpoint",
                folder.resolve("checkpoint").toString(),
                "--out",
                folder.resolve("model").toString());
        assertThat(run.exitCode()).isEqualTo(130);
        assertThat(files()).isEqualTo(before);
    }

    /** As most run it; the other tests compute in this process, which is quicker. */
    @Test
    void conformancePassesHereAndWritesItsReport() throws IOException {
        EmbeddedCheckpoint.RANDOM.copyTo(folder);
        Path report = folder.resolve("report");
        Path some = Files.createDirectory(folder.resolve("some"));
        for (String name : List.of("text.safetensors", "vision_encoder.safetensors", "token_sampler_10.safetensors")) {
            Files.copy(folder.resolve("golden").resolve(name), some.resolve(name));
        }
        CommandLineRun run = run(
                "conformance",
                "run",
                "--checkpoint",
                folder.resolve("checkpoint").toString(),
                "--golden",
                some.toString(),
                "--out",
                report.toString());
        assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
        assertThat(run.outLines()).first().asString().startsWith("PASSED  7 checks");
        JsonNode json = json(report);
        assertThat(json.path("passed").asBoolean()).isTrue();
        assertThat(json.path("checks")).hasSize(7);
        assertThat(json.at("/subject/reference").asText()).isEqualTo("PyTorch (golden files)");
        assertThat(json.at("/processes/count").asInt()).isEqualTo(1);
    }

    @Test
    void aRecordedModelPassesItsOwnReference() throws IOException {
        String model = SmallModel.folder().toString();
        String reference = folder.resolve("own.safetensors").toString();
        Path report = folder.resolve("report");
        assertThat(run("conformance", "record", "--model", model, "--suite", "smoke", "--out", reference, "--seed", "5")
                        .exitCode())
                .isZero();
        CommandLineRun passed = compare(model, reference, report);
        assertThat(passed.exitCode()).as(passed.out() + passed.err()).isZero();
        assertThat(passed.outLines()).first().asString().startsWith("PASSED");
        assertThat(json(report).at("/subject/reference_digest").asText())
                .isEqualTo(Sha256.of(Files.readAllBytes(Path.of(reference))));
        assertThat(report).isDirectoryContaining("glob:**/report.html");
        assertThat(report).isDirectoryContaining("glob:**/report.xml");

        // A run that cannot be made leaves the report of the one before as it is.
        String before = Files.readString(report.resolve("report.json"));
        CommandLineRun none = compare(model, "none.safetensors", report);
        assertThat(none.exitCode()).isEqualTo(2);
        assertThat(report.resolve("report.json")).hasContent(before);
        assertThat(report).isDirectoryContaining("glob:**/report.html");
    }

    private CommandLineRun compare(String model, String reference, Path report) {
        return run(
                "conformance",
                "run",
                "--no-isolation",
                "--model",
                model,
                "--reference",
                reference,
                "--out",
                report.toString());
    }

    @Test
    void conformanceFailsWhereTheNumbersAreOthers() throws IOException {
        EmbeddedCheckpoint.RANDOM.copyTo(folder);
        Path golden = Files.createDirectory(folder.resolve("other"));
        byte[] tensors = Files.readAllBytes(folder.resolve("golden/vision_encoder.safetensors"));
        Arrays.fill(tensors, tensors.length - 4000, tensors.length, (byte) 0);
        Files.write(golden.resolve("vision_encoder.safetensors"), tensors);
        Path report = folder.resolve("report");
        CommandLineRun failed = run(
                "conformance",
                "run",
                "--no-isolation",
                "-q",
                "--checkpoint",
                folder.resolve("checkpoint").toString(),
                "--golden",
                golden.toString(),
                "--out",
                report.toString());
        assertThat(failed.exitCode()).isEqualTo(UniPicCommand.FAILED);
        assertThat(failed.outLines()).containsExactly("FAIL");
        assertThat(failed.err()).isEmpty();
        assertThat(json(report).path("passed").asBoolean()).isFalse();
        assertThat(json(report).has("processes")).as("without isolation").isFalse();
    }

    /** A vendor's loop: what fails is dumped, one case is run again, and two reports are compared. */
    @Test
    void oneGraphIsCheckedDumpedAndComparedWithAnEarlierReport() throws IOException {
        String right = folder.resolve("right").toString();
        String wrong = folder.resolve("wrong").toString();
        Path dump = folder.resolve("dump");
        CommandLineRun passed = run("conformance", "run", "--no-isolation", "--only", "text_head", "--out", right);
        assertThat(passed.exitCode()).as(passed.out() + passed.err()).isZero();
        assertThat(passed.outLines().get(1)).contains("full suite (only some cases)");
        assertThat(json(folder.resolve("right")).at("/subject/only/0").asText()).isEqualTo("text_head");

        String[] coarse = {
            "conformance", "run", "--no-isolation", "--precision", "int8", "--tolerance", "fp32", "--out", wrong
        };
        CommandLineRun failed =
                run(Stream.concat(Stream.of(coarse), Stream.of("--only", "text_head", "--dump", dump.toString()))
                        .toArray(String[]::new));
        assertThat(failed.exitCode()).isEqualTo(UniPicCommand.FAILED);
        assertThat(failed.outLines()).last().isEqualTo("Dump: " + dump.resolve("README.md"));
        assertThat(dump.resolve("cases/text_head/one/inputs/hidden.npy")).isNotEmptyFile();
        assertThat(dump.resolve("graphs/text_head.onnx")).isNotEmptyFile();

        CommandLineRun worse = run("conformance", "diff", right, wrong + "/report.json");
        assertThat(worse.exitCode()).isEqualTo(UniPicCommand.FAILED);
        assertThat(worse.out()).startsWith("WORSE  ").contains("stage/text_head/one/logits (relative L2)");
        CommandLineRun better = run("conformance", "diff", wrong, right, "--slower", "1000");
        assertThat(better.exitCode()).isZero();
        assertThat(better.out()).startsWith("NOTHING WORSE  ").contains(" newly passing");

        CommandLineRun unknown = run("conformance", "run", "--no-isolation", "--only", "text_heat", "--out", right);
        assertThat(unknown.exitCode()).isEqualTo(UniPicCommand.WRONG_INPUT);
        assertThat(unknown.errLines())
                .last()
                .asString()
                .startsWith("unipic: There is no case text_heat; the closest come first: text_head, text");
    }

    @Test
    void conformanceThatComparesNothingIsNoSuccess() throws IOException {
        EmbeddedCheckpoint.RANDOM.copyTo(folder);
        Path golden = Files.createDirectory(folder.resolve("empty"));
        String[] args = {
            "conformance",
            "run",
            "--no-isolation",
            "-q",
            "--checkpoint",
            folder.resolve("checkpoint").toString(),
            "--golden",
            golden.toString(),
            "--out",
            folder.resolve("report").toString()
        };
        CommandLineRun none = run(args);
        assertThat(none.exitCode()).isEqualTo(2);
        assertThat(none.errLines()).singleElement().asString().contains("nothing to compare");
        Files.copy(folder.resolve("golden/text.safetensors"), golden.resolve("something_else.safetensors"));
        CommandLineRun unknown = run(args);
        assertThat(unknown.exitCode()).isEqualTo(2);
        assertThat(unknown.errLines()).singleElement().asString().contains("nothing was compared");
    }

    private static JsonNode json(Path report) throws IOException {
        return new ObjectMapper().readTree(report.resolve("report.json").toFile());
    }

    private CommandLineRun run(String... args) {
        return CommandLineRun.in(CommandLineRun.SMALL, args);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.sorted().toList();
        }
    }
}
