package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.unipic.Image;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In a locale with its own digits, output for programs is the same as in any other. */
class LocaleTest {
    @TempDir
    private Path folder;

    /** The command line without what {@link UniPicCommand#main} does about the locale, as the SDK is used elsewhere. */
    static final class Main {
        public static void main(String[] args) {
            if (!String.format(Locale.getDefault(), "%d", 7).equals("\u0667")) {
                throw new IllegalStateException("this Java has no such locale");
            }
            CommandLineProcess.InTurn.main(args);
        }
    }

    @Test
    void theBuiltInModelIsExportedAndABatchIsDrawn() throws Exception {
        Path prompts =
                Files.writeString(folder.resolve("prompts.jsonl"), "\"a fox\"\n{\"prompt\": \"x\", \"id\": 7}\n");
        Path images = folder.resolve("images");
        Path fox = folder.resolve("fox.png");
        String[] batch = {"batch", prompts.toString(), "-o", images.toString(), "-q"};
        String[] generate = {"generate", "a fox", "-o", fox.toString(), "--seed", "7"};
        List<String> few = List.of("--size", "32", "--steps", "2", "--iterations", "2");
        CommandLineRun run = new CommandLineProcess(folder)
                .environment("XDG_CACHE_HOME", folder.toString())
                .java(Main.class, "-Duser.language=ar", "-Duser.country=EG")
                .run(CommandLineProcess.InTurn.arguments(List.of(
                        Stream.concat(Stream.of(batch), few.stream()).toArray(String[]::new),
                        Stream.concat(Stream.of(generate), few.stream()).toArray(String[]::new))));
        assertThat(run.errLines()).startsWith("exit code 0").endsWith("exit code 0");
        assertThat(images).isDirectoryContaining("glob:**/00000.png").isDirectoryContaining("glob:**/00001-7.png");
        assertThat(new ObjectMapper()
                        .readTree(Files.readAllLines(images.resolve("manifest.jsonl"))
                                .get(1))
                        .path("index")
                        .intValue())
                .isEqualTo(1);

        assertThat(run.outLines().get(0)).isEqualTo("Wrote " + fox + " (32 x 32, seed 7)");
        assertThat(run.outLines().get(1)).matches("Took [0-9.]+ s");
        assertThat(Image.read(fox).request().orElseThrow().seed()).hasValue(7);
    }
}
