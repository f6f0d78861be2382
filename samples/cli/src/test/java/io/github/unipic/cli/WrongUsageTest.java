package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.Image;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** A user's mistake gives one line on stderr, exit code 2, and no stack trace. None of these commands loads a model. */
class WrongUsageTest {
    private static final String NOT_EXPORTED = "--precision and --flavor are of the small checkpoint's export; leave";

    @TempDir
    private Path folder;

    @Test
    void aReferenceByTheRuntimeUnderTestIsWarnedOf() {
        String warning = "proves only that results repeat";
        String[] run = {"conformance", "run", "--model", "no-such-model", "--ort-native", "no-such-folder"};
        assertThat(CommandLineRun.of(run).errLines()).first().asString().contains("--reference", warning);
        String[] independent = Stream.concat(Stream.of(run), Stream.of("--reference", "reference.safetensors"))
                .toArray(String[]::new);
        assertThat(CommandLineRun.of(independent).err()).doesNotContain(warning);
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                mistake("unipic generate \"A red fox", "generate"),
                mistake("put the prompt in quotes", "generate", "a", "red", "fox"),
                mistake("did you mean --size", "generate", "x", "--siz=64"),
                mistake("a prompt that begins with a dash comes last, after --", "generate", "-5 degrees"),
                mistake("a prompt that begins with a dash comes last, after --", "generate", "-5\u00b0"),
                mistake("a prompt that begins with a dash comes last, after --", "generate", "-old car"),
                mistake("comes last, after --", "generate", "--", "-5 degrees", "-o", "fox.png"),
                mistake("an instruction that begins with a dash", "edit", "fox.png", "-2 stops darker"),
                mistake("a question that begins with a dash", "describe", "fox.png", "- what is it?"),
                mistake("'a\uFFFD[2J.gif'", "generate", "x", "-o", "a\u001b[2J.gif"),
                mistake("no-such model", "info", "--model", "no-such\nmodel"),
                mistake("is not a file name", "info", "--model", "\0"),
                mistake("'big' is not a size; write 1024 or 1280x768", "generate", "x", "--size", "big"),
                mistake("'64x' is not a size", "generate", "x", "--size", "64x"),
                mistake("the size must be above 0", "generate", "x", "--size", "0"),
                mistake("diffusion steps", "generate", "x", "--steps", "0"),
                mistake("'--tokens-every': every must be 1 to 100000, not 0", "generate", "x", "--tokens-every", "0"),
                mistake("'--guidance-every'", "generate", "x", "--guidance-every", "100001"),
                mistake("whole number from 1 to 100000, not 'x'", "generate", "x", "--tokens-every", "x"),
                mistake("teration", "generate", "x", "--iterations", "0"),
                mistake("ount", "generate", "x", "--count", "65"),
                mistake("uidance", "generate", "x", "--guidance", "-1"),
                mistake("emperature", "generate", "x", "--temperature", "NaN"),
                mistake("'--seed'", "generate", "x", "--seed", "seven"),
                mistake("'--guidance-schedule'", "generate", "x", "--guidance-schedule", "cubic"),
                mistake("prompt", "generate", " "),
                mistake("LC_ALL=C.UTF-8", "generate", "caf\uFFFD"),
                mistake("something.png", "generate", "x", "-o", "fox.gif"),
                mistake("something.png", "generate", "x", "-o", ".png"),
                mistake("does not exist", "generate", "x", "-o", "no/such/folder/fox.png"),
                mistake("--threads", "generate", "x", "--threads", "0"),
                mistake("--tile-above is -1, but must be 0 or more", "generate", "x", "--tile-above", "-1"),
                mistake("no-such-model", "generate", "x", "--model", "no-such-model"),
                mistake("name is blank", "generate", "x", "--provider", " "),
                mistake("'--provider-option' (KEY=VALUE)", "generate", "x", "--provider-option", "device_id"),
                mistake("no-such-plugin.so", "generate", "x", "--provider-library", "toy=no-such-plugin.so"),
                mistake("no-such.png", "generate", "--from", "no-such.png"),
                mistake("Missing required parameters: 'IMAGE', 'INSTRUCTION'", "edit"),
                mistake("'INSTRUCTION'", "edit", "fox.png"),
                mistake("put the instruction in quotes", "edit", "fox.png", "make", "it", "night"),
                mistake("no-such.png", "edit", "no-such.png", "x"),
                mistake("LC_ALL=C.UTF-8", "edit", "no-such.png", "caf\uFFFD"),
                mistake("--extend", "inpaint", "fox.png", "a prompt without a mask"),
                mistake("put the prompt in quotes", "inpaint", "fox.png", "mask.png", "a", "fox"),
                mistake("leave one of them out", "inpaint", "fox.png", "mask.png", "x", "--extend", "left=16"),
                mistake(
                        "leave --mask-channel out",
                        "inpaint",
                        "fox.png",
                        "x",
                        "--extend",
                        "left=16",
                        "--mask-channel",
                        "gray"),
                mistake("'--mask-channel'", "inpaint", "fox.png", "mask.png", "x", "--mask-channel", "red"),
                mistake("write left=64", "inpaint", "fox.png", "x", "--extend", "64"),
                mistake("no-such.png", "inpaint", "no-such.png", "no-such-mask.png", "x"),
                mistake("--size", "inpaint", "fox.png", "mask.png", "x", "--size", "64"),
                mistake("'IMAGE'", "describe"),
                mistake("put the question in quotes", "describe", "fox.png", "what", "is", "it"),
                mistake("no-such.png", "describe", "no-such.png"),
                mistake("'--vision'", "describe", "fox.png", "--vision", "eyes"),
                mistake("maxTokens", "describe", "no-such.png", "--max-tokens", "0"),
                mistake("topP", "describe", "no-such.png", "--top-p", "1.5"),
                mistake("topK", "describe", "no-such.png", "--top-k", "-1"),
                mistake("temperature", "describe", "no-such.png", "--temperature", "-1"),
                mistake("repetitionPenalty", "describe", "no-such.png", "--repetition-penalty", "0"),
                mistake("stop", "describe", "no-such.png", "--stop", ""),
                mistake("LC_ALL=C.UTF-8", "describe", "no-such.png", "--stop", "caf\uFFFD"),
                mistake("no-such-model", "chat", "--model", "no-such-model"),
                mistake("'--output=DIR'", "batch", "prompts.json"),
                mistake("no-such.json", "batch", "no-such.json", "-o", "target/no-batch"),
                mistake("diffusion steps", "batch", "no-such.json", "-o", "target/no-batch", "--steps", "0"),
                mistake("is a folder", "batch", "target", "-o", "target/no-batch"),
                mistake("no-such-model", "info", "--model", "no-such-model"),
                mistake("'--checkpoint=DIR', '--out=DIR'", "export"),
                mistake("'--precision'", "export", "--checkpoint", "c", "--out", "o", "--precision", "int3"),
                mistake("'--int4-block'", "export", "--checkpoint", "c", "--out", "o", "--int4-block", "many"),
                mistake(
                        "give 32, 64 or 128",
                        "export",
                        "--checkpoint",
                        "c",
                        "--out",
                        "o",
                        "--precision",
                        "int4",
                        "--int4-block",
                        "48"),
                mistake("no graph is in int4", "export", "--checkpoint", "c", "--out", "o", "--int4-block", "64"),
                mistake("no-such-checkpoint", "export", "--checkpoint", "no-such-checkpoint", "--out", "target/none"),
                mistake("--golden", "conformance", "run", "--checkpoint", "c"),
                mistake("no-such-", "conformance", "run", "--checkpoint", "no-such-c", "--golden", "no-such-g"),
                mistake("--model", "conformance", "run", "--checkpoint", "c", "--golden", "g", "--model", "m"),
                mistake(NOT_EXPORTED, "conformance", "run", "--model", "no-such-model", "--precision", "int8"),
                mistake(NOT_EXPORTED, "conformance", "run", "--model", "no-such-model", "--flavor", "fused"),
                mistake(
                        NOT_EXPORTED,
                        "conformance",
                        "run",
                        "--checkpoint",
                        "c",
                        "--golden",
                        "g",
                        "--precision",
                        "fp16"),
                mistake("leave --precision out", "bench", "--model", "no-such-model", "--precision", "int8"),
                mistake("give the precision with --export", "download", "--force"),
                mistake("its folder does not exist", "bench", "--model", "m", "--json", "no/such/folder/report.json"),
                mistake("which is a folder", "bench", "--model", "m", "--json", "target"),
                mistake("--model", "conformance", "run", "--reference", "reference.safetensors"),
                mistake("no-such-model", "conformance", "run", "--model", "no-such-model"),
                mistake("fp32", "conformance", "run", "--tolerance", "fp7"),
                mistake("256", "conformance", "run", "--label", "x".repeat(257) + "=y"),
                mistake("300", "conformance", "run", "--only", "x".repeat(301)),
                mistake("is no earlier dump", "conformance", "run", "--dump", "."),
                mistake("AFTER", "conformance", "diff", "before"),
                mistake("no-such-report", "conformance", "diff", "no-such-report", "no-such-report"),
                mistake("more than 1", "conformance", "diff", "a", "b", "--slower", "1"),
                mistake("--seed", "conformance", "record", "--model", "m", "--seed", "-1"),
                mistake("--model", "conformance", "record"),
                mistake("'frobnicate'", "frobnicate"));
    }

    private static Arguments mistake(String expected, String... args) {
        return Arguments.of(expected, args);
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void isOneLineAndExitCodeTwo(String expected, String[] args) {
        CommandLineRun run = CommandLineRun.of(args);
        assertThat(run.errLines())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("unipic: ")
                .contains(expected);
        assertThat(run.out()).isEmpty();
        assertThat(run.exitCode()).isEqualTo(2);
    }

    /** Each option and argument that is a path, of every command. */
    static Stream<Arguments> paths() {
        Session session = CommandLineRun.session(
                "", new ByteArrayOutputStream(), new ByteArrayOutputStream(), Map.of(), new Cancellation());
        return paths(UniPicCommand.commandLine(session), List.of()).stream();
    }

    private static List<Arguments> paths(CommandLine command, List<String> words) {
        List<Arguments> paths = new ArrayList<>();
        for (ArgSpec arg : command.getCommandSpec().args()) {
            if (Stream.concat(Stream.of(arg.type()), Stream.of(arg.auxiliaryTypes()))
                    .anyMatch(Path.class::equals)) {
                List<String> run = new ArrayList<>(words);
                String empty = arg.isMultiValue() && arg.paramLabel().contains("=") ? "name=" : "";
                if (arg instanceof OptionSpec option) {
                    run.add(option.longestName());
                }
                if (arg instanceof PositionalParamSpec argument) {
                    run.addAll(Collections.nCopies(argument.index().min(), "x"));
                }
                run.add(empty);
                paths.add(mistake(
                        "is empty",
                        arg instanceof OptionSpec option ? option.longestName() : arg.paramLabel(),
                        run.toArray(String[]::new)));
            }
        }
        command.getSubcommands().forEach((name, subcommand) -> {
            List<String> longer = new ArrayList<>(words);
            longer.add(name);
            paths.addAll(paths(subcommand, longer));
        });
        return paths;
    }

    private static Arguments mistake(String expected, String name, String[] args) {
        return Arguments.of(expected, name, args);
    }

    /** As {@code -o "$FOLDER"} is where no such variable is set; to Java that is the current folder. */
    @ParameterizedTest
    @MethodSource("paths")
    void anEmptyPathIsRefused(String expected, String name, String[] args) {
        CommandLineRun run = CommandLineRun.of(args);
        assertThat(run.errLines()).hasSize(1).first().asString().contains(name, expected);
        assertThat(run.out()).isEmpty();
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void everyCommandsPathsAreFound() {
        assertThat(paths()).hasSizeGreaterThan(20);
    }

    @Test
    void anEmptyMaskIsRefused() {
        Path image = folder.resolve("image.png");
        Image.ofRgb(32, 32, new byte[3 * 32 * 32]).save(image);
        CommandLineRun run = CommandLineRun.of("inpaint", image.toString(), "", "x");
        assertThat(run.errLines()).hasSize(1).first().asString().contains("mask", "is empty");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    /** Output files are checked before the model is loaded, so that no image is generated in vain. */
    @ParameterizedTest
    @ValueSource(strings = {"generate", "edit", "inpaint"})
    void filesThatCannotBeWrittenAreRefusedBeforeTheModelIsLoaded(String command) throws IOException {
        Path image = folder.resolve("image.png");
        Image.ofRgb(32, 32, new byte[3 * 32 * 32]).save(image);
        List<String> words = new ArrayList<>(
                switch (command) {
                    case "edit" -> List.of(command, image.toString(), "x");
                    case "inpaint" -> List.of(command, image.toString(), image.toString(), "x");
                    default -> List.of(command, "x");
                });
        Path file = Files.createFile(folder.resolve("file"));
        String longName = "x".repeat(300) + ".png";
        Map<Path, String> impossible = new LinkedHashMap<>(Map.of(
                folder.resolve(longName),
                longName,
                file.resolve("fox.png"),
                "is a file",
                folder.resolve("missing").resolve("fox.png"),
                "does not exist"));
        if (Files.isDirectory(Path.of("/proc/self"))) {
            impossible.put(Path.of("/proc/fox.png"), "/proc"); // nobody can write there, root neither
        }
        impossible.forEach((output, expected) -> {
            List<String> args = new ArrayList<>(words);
            args.addAll(List.of("-o", output.toString(), "--count", "1"));
            CommandLineRun run = CommandLineRun.of(args.toArray(String[]::new));
            assertThat(run.errLines())
                    .hasSize(1)
                    .first()
                    .asString()
                    .contains(expected)
                    .doesNotContain("no-model-for-this-test");
            assertThat(run.exitCode()).isEqualTo(2);
        });
    }

    @Test
    void aReportsFileThatCannotBeWrittenIsRefusedFirst() {
        String file = folder.resolve("x".repeat(300)).toString();
        CommandLineRun run = CommandLineRun.of("bench", "--model", "no-such-model", "--json", file);
        assertThat(run.errLines()).hasSize(1).first().asString().contains("--json is " + file, "cannot be written");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void anImageThatUniPicDidNotWriteHoldsNoRequest() throws IOException {
        Path file = folder.resolve("other.png");
        javax.imageio.ImageIO.write(
                new java.awt.image.BufferedImage(16, 16, java.awt.image.BufferedImage.TYPE_INT_RGB),
                "png",
                file.toFile());
        CommandLineRun run = CommandLineRun.of("generate", "--from", file.toString());
        assertThat(run.err()).contains("other.png", "unipic did not write");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void anImageIsNoQuestion() throws IOException {
        Path file = Files.createFile(folder.resolve("after.png"));
        CommandLineRun run = CommandLineRun.of("describe", "before.png", file.toString());
        assertThat(run.errLines()).hasSize(1).first().asString().contains("after.png", "--image");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void aMaskHasTheSizeOfItsImage() {
        Path image = folder.resolve("image.png");
        Path mask = folder.resolve("mask.png");
        Image.ofRgb(32, 32, new byte[3 * 32 * 32]).save(image);
        Image.ofRgb(32, 16, new byte[3 * 32 * 16]).save(mask);
        CommandLineRun run = CommandLineRun.of("inpaint", image.toString(), mask.toString(), "x");
        assertThat(run.errLines()).hasSize(1).first().asString().contains("32 x 16", "32 x 32");
        assertThat(run.exitCode()).isEqualTo(2);
        run = CommandLineRun.of("inpaint", image.toString(), "x", "--extend", "left=0");
        assertThat(run.errLines()).hasSize(1).first().asString().contains("at least one side");
        run = CommandLineRun.of("inpaint", image.toString(), image.toString(), "x", "--seam", "-2");
        assertThat(run.errLines()).hasSize(1).first().asString().contains("seam", "-2");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void aMaskOfTwoMindsIsRefusedWithTheWaysOut() throws IOException {
        Path image = folder.resolve("image.png");
        Image.ofRgb(32, 32, new byte[3 * 32 * 32]).save(image);
        BufferedImage strokes = new BufferedImage(32, 32, BufferedImage.TYPE_INT_ARGB);
        strokes.setRGB(5, 5, 0xffff_ffff); // on a transparent layer
        Path mask = folder.resolve("mask.png");
        ImageIO.write(strokes, "png", mask.toFile());
        CommandLineRun run = CommandLineRun.of("inpaint", image.toString(), mask.toString(), "x");
        assertThat(run.errLines())
                .hasSize(1)
                .first()
                .asString()
                .contains(mask.toString(), "save it without alpha", "in one color", "--mask-channel");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void aFolderIsNoImage() throws IOException {
        Files.createDirectory(folder.resolve("fox.png"));
        CommandLineRun run = CommandLineRun.of(
                "generate", "x", "-o", folder.resolve("fox.png").toString());
        assertThat(run.err()).contains("is a folder");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void noCommandShowsTheHelp() {
        CommandLineRun run = CommandLineRun.of();
        assertThat(run.err()).contains("Usage: unipic", "generate", "export", "info", "conformance");
        assertThat(run.exitCode()).isEqualTo(2);
        CommandLineRun kit = CommandLineRun.of("conformance");
        assertThat(kit.err()).contains("Usage: unipic conformance", "run", "record");
        assertThat(kit.exitCode()).isEqualTo(2);
    }

    @Test
    void theStackTraceIsShownOnRequest() {
        assertThat(CommandLineRun.of("--stacktrace", "generate", "x", "--model", "no-such-model")
                        .err())
                .contains("\tat ");
        assertThat(CommandLineRun.of("generate", "--stacktrace", "x", "--model", "no-such-model")
                        .err())
                .contains("\tat ");
        assertThat(CommandLineRun.in(Map.of("UNIPIC_STACKTRACE", "1"), "generate", "x", "--size", "big")
                        .err())
                .contains("\tat ");
        assertThat(CommandLineRun.in(Map.of("UNIPIC_STACKTRACE", "0"), "generate", "x", "--size", "big")
                        .err())
                .doesNotContain("\tat ");
    }

    @Test
    void theModelCanComeFromTheEnvironment() {
        CommandLineRun run = CommandLineRun.in(Map.of("UNIPIC_MODEL", "from-the-environment"), "generate", "x");
        assertThat(run.err()).contains("from-the-environment").doesNotContain("built-in");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void anUnexpectedExceptionSaysHowToSeeMore() {
        CommandLineRun run = CommandLineRun.of("generate", "x", "--model", "\0");
        assertThat(run.exitCode()).isIn(1, 2);
        assertThat(run.errLines()).hasSize(1);
    }
}
