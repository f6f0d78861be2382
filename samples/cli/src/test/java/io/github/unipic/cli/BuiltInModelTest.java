package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.Image;
import io.github.unipic.conformance.meaning.World;
import io.github.unipic.conformance.meaning.World.PromptCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The first commands of a user without a model. */
class BuiltInModelTest {
    private static final String PROMPT = "a red circle above a blue square on a pink background";

    @TempDir
    private Path folder;

    private CommandLineRun run(String... arguments) {
        return CommandLineRun.in(CommandLineRun.BUILT_IN, arguments);
    }

    private static int[] pixel(Image image, int x, int y) {
        byte[] rgb = image.rgb();
        int at = 3 * (y * image.width() + x);
        return new int[] {rgb[at] & 0xff, rgb[at + 1] & 0xff, rgb[at + 2] & 0xff};
    }

    @Test
    void itDrawsSeesAndEditsWhatItIsToldTo() {
        String drawn = folder.resolve("drawn.png").toString();
        CommandLineRun run = run("generate", PROMPT, "-o", drawn, "--seed", "1");
        assertThat(run.exitCode()).as(run.err()).isZero();
        // A slow machine shows its progress.
        assertThat(run.errLines()).allMatch(line -> line.startsWith("Generating: "));
        Image image = Image.read(Path.of(drawn));
        assertThat(image.width()).isEqualTo(64);
        int[] circle = pixel(image, 32, 16);
        int[] square = pixel(image, 32, 48);
        int[] background = pixel(image, 3, 32);
        assertThat(circle[0] - circle[2]).as("red above").isGreaterThan(100);
        assertThat(square[2] - square[0]).as("blue below").isGreaterThan(100);
        assertThat(background[0]).as("pink around").isGreaterThan(220);
        assertThat(background[1]).isBetween(150, 220);

        CommandLineRun described = run("describe", drawn);
        assertThat(described.out().strip()).isEqualTo(PROMPT);
        assertThat(described.err()).contains("built-in model");
        assertThat(run("describe", drawn, "-q", "--max-tokens", "1").err()).isEmpty();

        String edited = folder.resolve("edited.png").toString();
        run("edit", drawn, "Make the background cyan.", "-q", "-o", edited, "--seed", "1");
        int[] cyan = pixel(Image.read(Path.of(edited)), 3, 32);
        assertThat(cyan[2] - cyan[0]).as("cyan around").isGreaterThan(50);
    }

    @Test
    void withoutAPromptItTakesAnExampleAndSaysSo() {
        String drawn = folder.resolve("drawn.png").toString();
        CommandLineRun run = run("generate", "-o", drawn, "--iterations", "2", "--steps", "5");
        assertThat(run.exitCode()).as(run.err()).isZero();
        String prompt = Image.read(Path.of(drawn)).request().orElseThrow().prompt();
        assertThat(World.load().cases()).extracting(PromptCase::prompt).contains(prompt);
        assertThat(run.outLines().get(0)).isEqualTo("No prompt given, so here is an example: \"" + prompt + "\"");
        CommandLineRun quiet = run("generate", "-q", "-o", drawn, "--iterations", "2", "--steps", "5");
        assertThat(quiet.outLines()).containsExactly(drawn);
    }

    @Test
    void aPromptOutsideItsWorldGetsOneLine() {
        String drawn = folder.resolve("drawn.png").toString();
        String[] fox = {"generate", "A red fox", "-o", drawn, "--iterations", "2", "--steps", "5"};
        CommandLineRun run = run(fox);
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.errLines()).hasSize(1).first().asString().contains("colored shapes", "generate --examples");
        CommandLineRun quiet = run("generate", "A red fox", "-q", "-o", drawn, "--iterations", "2", "--steps", "5");
        assertThat(quiet.err()).isEmpty();
    }

    @Test
    void chatsAndBatchesSayWhichModelTheyUse() throws IOException {
        CommandLineRun chat = CommandLineRun.typing("/quit\n", CommandLineRun.BUILT_IN, new Cancellation(), "chat");
        assertThat(chat.err()).contains("built-in model");

        Path prompts = Files.writeString(folder.resolve("prompts.jsonl"), "\"a red circle\"\n");
        Path images = folder.resolve("images");
        String[] batch = {"batch", prompts.toString(), "-o", images.toString(), "--iterations", "2", "--steps", "2"};
        assertThat(run(batch).err()).contains("built-in model");
        assertThat(images.resolve("manifest.jsonl")).content().contains("\"model\":\"colored-shapes\"");
    }

    @Test
    @DisabledOnOs(OS.MAC) // where no environment variable moves the cache folder
    void aCacheFolderThatCannotBeWrittenIsOneLine() throws IOException {
        String cache = Files.createFile(folder.resolve("file")).resolve("cache").toString();
        CommandLineRun run = CommandLineRun.in(
                Map.of("XDG_CACHE_HOME", cache, "LOCALAPPDATA", cache),
                "generate",
                "x",
                "-q",
                "-o",
                folder.resolve("x.png").toString());
        assertThat(run.errLines())
                .last()
                .asString()
                .startsWith("unipic: ")
                .contains("cache folder " + folder.resolve("file"))
                .doesNotContain("unexpected");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @Test
    void itsExamplesCanBeListed() {
        CommandLineRun run = run("generate", "--examples");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .contains(
                        "triangle",
                        "purple",
                        "an orange circle above a green triangle on a pink background",
                        "Make the");
        World world = World.load();
        assertThat(run.outLines())
                .filteredOn(line -> line.startsWith("  a"))
                .hasSize(8)
                .allMatch(world::knows);
    }

    @Test
    void itKnowsItsOwnWords() {
        World world = World.load();
        assertThat(world.cases()).allMatch(one -> world.knows(one.prompt()));
        assertThat(world.captions()).allMatch(one -> world.knows(one.caption()));
        assertThat(world.knows("A SMALL red Circle.")).isTrue();
        assertThat(world.knows("a red background")).as("no shape").isFalse();
        assertThat(world.knows("a red circle and a dog")).isFalse();
        assertThat(world.knows("")).isFalse();
    }
}
