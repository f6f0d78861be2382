package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The small model of the conformance kit, which single cases keep in the user's cache folder. */
@DisabledOnOs(OS.MAC) // where no environment variable moves the cache folder
class KeptModelTest {
    private static final String EXPORTING = "Exporting the checkpoint";

    @TempDir
    private Path folder;

    private List<Path> kept() throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("cache"))) {
            return files.filter(file -> file.endsWith("small/model/unipic.json"))
                    .toList();
        }
    }

    private CommandLineRun run(String... options) {
        String cache = folder.resolve("cache").toString();
        CommandLineRun run = CommandLineRun.in(
                Map.of("XDG_CACHE_HOME", cache, "LOCALAPPDATA", cache),
                Stream.concat(
                                Stream.of("conformance", "run", "--no-isolation", "--out", folder + "/report"),
                                Stream.of(options))
                        .toArray(String[]::new));
        assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
        return run;
    }

    @Test
    void singleCasesExportItOnce() throws IOException {
        assertThat(run("--only", "text_head").err()).contains(EXPORTING);
        assertThat(run("--only", "text_head").err()).doesNotContain(EXPORTING);
        assertThat(run("--only", "text_embedding").err()).doesNotContain(EXPORTING);
        assertThat(kept()).hasSize(1);

        // Another precision is another model, and one of a build of two days ago goes.
        Path stale = Files.createDirectory(root().resolveSibling("conformance-int8-portable-0123"));
        Files.setLastModifiedTime(stale, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
        assertThat(run("--only", "text_head", "--precision", "int8").err()).contains(EXPORTING);
        assertThat(kept()).hasSize(2);
        assertThat(stale).doesNotExist();
    }

    private Path root() throws IOException {
        return kept().get(0).getParent().getParent().getParent();
    }

    @Test
    void aWholeRunDependsOnNothingThatWasKept() throws IOException {
        Files.createDirectory(folder.resolve("cache"));
        assertThat(run("--suite", "smoke").err()).contains(EXPORTING);
        assertThat(kept()).isEmpty();
    }
}
