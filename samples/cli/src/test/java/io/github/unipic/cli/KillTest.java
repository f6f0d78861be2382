package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import io.github.unipic.UniPic;
import io.github.unipic.conformance.EmbeddedCheckpoint;
import io.github.unipic.files.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills commands at random moments: nothing is lost, and the next run cleans up and completes the work. Only a few
 * moments are tried; other tests try each one between two moves.
 */
class KillTest {
    private static final int ROUNDS = 1;
    private static final int IMAGES = 6;

    /** For what is not under test: the checkpoint, temporary files, what the process prints. */
    @TempDir
    private static Path around;

    @TempDir
    private Path folder;

    @BeforeAll
    static void makeCheckpoint() {
        EmbeddedCheckpoint.RANDOM.copyTo(around);
    }

    @Test
    void anExportIsWholeOrNotThere() throws Exception {
        Path model = folder.resolve("model");
        String[] command = export(model);
        Random moments = new Random(1);
        for (int i = 0; i < ROUNDS; i++) {
            killSomewhere(moments, folder, command);
            if (Files.exists(model)) {
                UniPic.load(model).close();
                assertThat(run(concat(command, "--force")).exitCode()).isZero();
            } else {
                assertThat(run(command).exitCode()).isZero();
            }
            assertThat(names()).containsExactly("model");
            delete(model);
        }
    }

    @Test
    void aModelThatIsReplacedIsThereOldOrNew() throws Exception {
        Path model = folder.resolve("model");
        String[] command = concat(export(model), "--force");
        assertThat(run(command).exitCode()).isZero();
        Random moments = new Random(2);
        for (int i = 0; i < ROUNDS; i++) {
            killSomewhere(moments, folder, command);
            assertThat(run(command).exitCode()).isZero();
            assertThat(names()).containsExactly("model");
            UniPic.load(model).close();
        }
    }

    @Test
    void aBatchKeepsWhatItHasDrawn() throws Exception {
        Path prompts = folder.resolve("prompts.jsonl");
        Files.writeString(
                prompts,
                IntStream.range(0, IMAGES)
                        .mapToObj(i -> "\"image " + i + "\"\n")
                        .collect(Collectors.joining()));
        Path images = folder.resolve("images");
        String[] command = {
            "batch", prompts.toString(), "-o", images.toString(), "--seed", "7", "--steps", "2", "--iterations", "2"
        };
        Random moments = new Random(3);
        for (int i = 0; i < ROUNDS; i++) {
            killSomewhere(moments, images, command);
            Map<String, byte[]> generated = generated(images);
            assertThat(run(command).exitCode()).isZero();
            Map<String, byte[]> all = generated(images);
            assertThat(all).hasSize(IMAGES);
            generated.forEach(
                    (name, bytes) -> assertThat(all.get(name)).as(name).isEqualTo(bytes));
            assertThat(Files.readAllLines(images.resolve("manifest.jsonl"))).hasSize(IMAGES);
            try (Stream<Path> files = Files.list(images)) {
                assertThat(files).hasSize(IMAGES + 1);
            }
            delete(images);
        }
    }

    private static Map<String, byte[]> generated(Path images) throws IOException {
        Map<String, byte[]> generated = new TreeMap<>();
        if (Files.exists(images)) {
            try (Stream<Path> files = Files.list(images)) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".png")).toList()) {
                    Image.read(file);
                    generated.put(file.getFileName().toString(), Files.readAllBytes(file));
                }
            }
        }
        return generated;
    }

    private static String[] export(Path model) {
        return new String[] {
            "export", "--checkpoint", around.resolve("checkpoint").toString(), "--out", model.toString()
        };
    }

    private static CommandLineRun run(String... command) {
        return CommandLineRun.in(CommandLineRun.SMALL, command);
    }

    /** Waits until the command has begun to write, and then for a moment that is part of what the writing takes. */
    private void killSomewhere(Random moments, Path written, String... command) throws Exception {
        List<String> java = new ArrayList<>(CommandLineProcess.java());
        java.addAll(List.of(
                "-Djava.io.tmpdir=" + around,
                "-cp",
                System.getProperty("java.class.path"),
                UniPicCommand.class.getName()));
        java.addAll(List.of(CommandLineRun.onOneThread(command)));
        ProcessBuilder builder = new ProcessBuilder(java)
                .redirectErrorStream(true)
                .redirectOutput(around.resolve("output").toFile());
        builder.environment().putAll(CommandLineRun.BUILT_IN);
        builder.environment().putAll(CommandLineRun.SMALL);
        builder.environment().put("UNIPIC_DATA", around.resolve("data").toString());
        List<String> before = list(written);
        Process process = builder.start();
        try {
            while (process.isAlive() && list(written).equals(before)) {
                Thread.sleep(1);
            }
            process.waitFor(moments.nextInt(300), TimeUnit.MILLISECONDS);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private List<String> names() throws IOException {
        return list(folder);
    }

    private static List<String> list(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static void delete(Path tree) throws IOException {
        FileTree.delete(tree);
    }

    private static String[] concat(String[] command, String... more) {
        return Stream.concat(Stream.of(command), Stream.of(more)).toArray(String[]::new);
    }
}
