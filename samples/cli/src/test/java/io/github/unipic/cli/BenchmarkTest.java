package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.Image;
import io.github.unipic.UniPic;
import io.github.unipic.batch.BatchEntry;
import io.github.unipic.batch.BatchFiles;
import io.github.unipic.batch.EntriesFile;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code unipic benchmark} on the small model. The benchmark module tests each layout. */
class BenchmarkTest {
    @TempDir
    private Path folder;

    @Test
    void generatesWhatItsCheckMisses() throws IOException {
        Path prompts = folder.resolve("metadata.jsonl");
        Files.writeString(prompts, "{\"tag\": \"colors\", \"include\": [], \"prompt\": \"a red fox\"}\n");
        Path out = folder.resolve("out");
        CommandLineRun empty = run("geneval", prompts, out, "--check");
        assertThat(empty.exitCode()).isEqualTo(1);
        assertThat(empty.outLines().get(0))
                .isEqualTo(out.resolve("images")
                        + " is not complete: of 5 files, 5 are missing and 0 damaged; 0 others are there.");
        assertThat(empty.outLines()).hasSize(6).contains("missing: images/00000/samples/00003.png");
        assertThat(out).doesNotExist();
        CommandLineRun half = run("geneval", prompts, out, "--shard", "1/2");
        assertThat(half.exitCode()).as(half.err()).isZero();
        assertThat(half.out()).contains("Wrote 2 of 2 images", "of 5 files, 2 are missing");
        CommandLineRun whole = run("geneval", prompts, out);
        assertThat(whole.exitCode()).as(whole.err()).isZero();
        assertThat(whole.outLines()).first().asString().startsWith("Wrote 2 of 4 images to ");
        assertThat(whole.outLines()).last().isEqualTo(out.resolve("images") + " is complete: 5 files.");
        assertThat(run("geneval", prompts, out, "--check").exitCode()).isZero();
        Image second = Image.read(out.resolve("images/00000/samples/00001.png"));
        assertThat(second.request().orElseThrow().seed()).hasValue(43);
        assertThat(second.request().orElseThrow().guidance()).hasValue(3);
        assertThat(out.resolve("manifest.jsonl")).content().hasLineCount(4);
    }

    @Test
    void earlierPromptsMetadataIsNamedBeforeARestartDeletesTheirImages() throws IOException {
        Path prompts = folder.resolve("metadata.jsonl");
        Files.writeString(prompts, "{\"tag\": \"colors\", \"include\": [], \"prompt\": \"a red fox\"}\n");
        Path out = folder.resolve("out");
        assertThat(run("geneval", prompts, out, "--shard", "1/4", "-q").exitCode())
                .isZero();
        byte[] image = Files.readAllBytes(out.resolve("images/00000/samples/00000.png"));
        Files.writeString(prompts, Files.readString(prompts).replace("red", "blue"));
        CommandLineRun restart = run("geneval", prompts, out, "--restart");
        assertThat(restart.exitCode()).isEqualTo(2);
        assertThat(restart.errLines())
                .containsExactly("unipic: " + out.resolve("images/00000/metadata.jsonl")
                        + " is not of these prompts; move it away, or choose another folder");
        assertThat(out.resolve("images/00000/samples/00000.png")).hasBinaryContent(image);
    }

    @Test
    void editsKeepTheirShapeIfAsked() throws IOException {
        TestImages.gradient(96, 64).save(folder.resolve("cup.png"));
        Path prompts = folder.resolve("basic_edit.json");
        Files.writeString(
                prompts, "{\"22\": {\"id\": \"cup.png\", \"prompt\": \"Make it red\", \"edit_type\": \"adjust\"}}");
        Path out = folder.resolve("out");
        CommandLineRun run = run("IMGEDIT", prompts, out, "--pad", "-q");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).isEmpty();
        Image edited = Image.read(out.resolve("images/22.png"));
        assertThat(List.of(edited.width(), edited.height())).containsExactly(64, 43);
    }

    @Test
    void writesItsEntriesForAClusterAndCompletesWhatThatGenerates() throws IOException {
        Path prompts = folder.resolve("metadata.jsonl");
        Files.writeString(prompts, "{\"tag\": \"colors\", \"include\": [], \"prompt\": \"a red fox\"}\n");
        Path file = folder.resolve("entries.jsonl");
        CommandLineRun write = command("geneval", prompts, "--entries", file.toString());
        assertThat(write.exitCode()).as(write.err()).isZero();
        assertThat(write.out()).isEqualTo("Wrote 4 entries to " + file + "." + System.lineSeparator());
        List<BatchEntry> entries = EntriesFile.read(file);
        assertThat(entries)
                .extracting(BatchEntry::file)
                .startsWith("images/00000/samples/00000.png", "images/00000/samples/00001.png");
        Path out = folder.resolve("out");
        try (UniPic unipic = SmallModel.builder().load()) {
            BatchFiles cluster = new BatchFiles(out, unipic.info().name());
            for (BatchEntry entry : entries) {
                cluster.run(unipic, entry, new Cancellation(), progress -> {});
            }
        }
        CommandLineRun complete = run("geneval", prompts, out);
        assertThat(complete.exitCode()).as(complete.err()).isZero();
        assertThat(complete.outLines()).first().asString().contains("Wrote 0 of 4 images");
        assertThat(complete.outLines()).last().isEqualTo(out.resolve("images") + " is complete: 5 files.");
        assertThat(out.resolve("images/00000/metadata.jsonl")).exists();
    }

    @Test
    void itsEntriesDoNotReplaceThePrompts() throws IOException {
        String prompt = "{\"tag\": \"colors\", \"include\": [], \"prompt\": \"a red fox\"}\n";
        Path prompts = Files.writeString(folder.resolve("metadata.jsonl"), prompt);
        Path detour = Files.createDirectory(folder.resolve("sub")).resolve(Path.of("..", "metadata.jsonl"));
        for (Path entries : List.of(prompts, detour)) {
            refusedEntries("geneval", prompts, entries);
        }
        assertThat(prompts).hasContent(prompt);
        Path texts = Files.createDirectory(folder.resolve("prompts"));
        Files.writeString(texts.resolve("fox.txt"), "a red fox");
        refusedEntries("dpg", texts, texts.resolve("fox.txt"));
        refusedEntries("dpg", texts, texts.resolve("new.txt"));
        assertThat(texts.resolve("fox.txt")).hasContent("a red fox");
        assertThat(texts.resolve("new.txt")).doesNotExist();
    }

    private static void refusedEntries(String name, Path prompts, Path entries) {
        CommandLineRun run = command(name, prompts, "--entries", entries.toString());
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errLines())
                .hasSize(1)
                .first()
                .asString()
                .contains("--entries is " + entries + ", which is --prompts");
    }

    @Test
    void mistakesAreOneLine() {
        Path missing = folder.resolve("none");
        mistake("there is no file " + missing, "geneval", missing);
        mistake("is not a folder", "dpg", missing);
        CommandLineRun wide = CommandLineRun.of(
                "benchmark", "gedit", "--prompts", missing.toString(), "-o", "out", "--size", "64x32");
        assertThat(wide.errLines()).hasSize(1).first().asString().contains("needs a seed and a square size");
        mistake("leave --restart and --shard out", "gedit", missing, "--check", "--shard", "1/2");
        mistake("geneval edits no images; leave --images and --pad out", "geneval", missing, "--pad");
        mistake("dpg edits no images; leave --images", "dpg", missing, "--images", folder.toString());
        CommandLineRun neither = command("gedit", missing);
        assertThat(neither.exitCode()).isEqualTo(2);
        assertThat(neither.errLines()).hasSize(1).first().asString().contains("-o=DIR", "--entries=FILE");
        CommandLineRun both = command("gedit", missing, "--entries", "x", "--shard", "1/2");
        assertThat(both.errLines()).hasSize(1).first().asString().contains("leave --check, --restart and --shard out");
        mistake("mutually exclusive", "gedit", missing, "--entries", "x");
        mistake("expected one of [GENEVAL, DPG, GEDIT, IMGEDIT]", "mmlu", missing);
    }

    private void mistake(String message, String name, Path prompts, String... options) {
        CommandLineRun run = run(name, prompts, folder.resolve("out"), options);
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errLines()).hasSize(1).first().asString().contains(message);
    }

    private static CommandLineRun run(String name, Path prompts, Path out, String... options) {
        List<String> all = new ArrayList<>(List.of("-o", out.toString()));
        all.addAll(List.of(options));
        return command(name, prompts, all.toArray(String[]::new));
    }

    private static CommandLineRun command(String name, Path prompts, String... options) {
        List<String> command = new ArrayList<>(List.of("benchmark", name, "--prompts", prompts.toString()));
        command.addAll(List.of("--size", "64", "--iterations", "2", "--steps", "2"));
        command.addAll(List.of(options));
        return CommandLineRun.in(CommandLineRun.SMALL, command.toArray(String[]::new));
    }
}
