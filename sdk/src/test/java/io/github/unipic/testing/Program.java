package io.github.unipic.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A program of one file, run by Java from its source, as a new user runs it. */
public record Program(Path file) {
    /** The programs of this module. */
    public static List<Path> all() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("").toAbsolutePath())) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .sorted()
                    .toList();
        }
    }

    public static Program of(String name) {
        return new Program(Path.of(name + ".java").toAbsolutePath());
    }

    /** What a program did. */
    public record Run(int exitCode, String out, String err) {}

    /**
     * Runs it to its end.
     *
     * @param folder where it runs; also for what it prints
     * @param input what is typed
     */
    public Run run(Path folder, String input, String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                // What a short run needs.
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                file.toString()));
        command.addAll(List.of(args));
        Path out = folder.resolve("stdout.txt");
        Path err = folder.resolve("stderr.txt");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        try {
            try (OutputStream typed = process.getOutputStream()) {
                typed.write(input.getBytes(StandardCharsets.US_ASCII));
            }
            if (!process.waitFor(120, TimeUnit.SECONDS)) {
                throw new AssertionError(file + " does not end: " + Files.readString(err));
            }
        } finally {
            process.destroyForcibly();
        }
        return new Run(process.exitValue(), Files.readString(out), Files.readString(err));
    }
}
