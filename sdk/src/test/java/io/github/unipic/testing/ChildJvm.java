package io.github.unipic.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A Java process with this one's class path, for tests of settings of a whole process. */
public final class ChildJvm {
    /**
     * Options of a Java that lives for seconds: the optimizing compiler, the concurrent collector and the verification
     * of classes do not pay, and what runs a few hundred times is not compiled.
     */
    public static final List<String> QUICK_START = List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:CompileThresholdScaling=3",
            "-XX:+UseSerialGC",
            "-XX:+UnlockDiagnosticVMOptions",
            "-XX:-BytecodeVerificationRemote");

    private ChildJvm() {}

    /** The words that start one. */
    public static List<String> command(Class<?> main, List<String> options, List<String> arguments) {
        return command(main, options, List.of(), arguments);
    }

    private static List<String> command(
            Class<?> main, List<String> options, List<String> before, List<String> arguments) {
        String classPath = String.join(
                File.pathSeparator,
                Stream.concat(before.stream(), Stream.of(System.getProperty("java.class.path")))
                        .toList());
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(QUICK_START);
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, main.getName()));
        command.addAll(arguments);
        return command;
    }

    /**
     * Runs a main class to its end, which must be a good one.
     *
     * @param folder for its output
     * @param environment added to this process's, from which ONNX Runtime's and XDG's variables are taken away
     * @return what it printed
     */
    public static String run(
            Path folder, Class<?> main, List<String> options, List<String> arguments, Map<String, String> environment)
            throws IOException, InterruptedException {
        return run(folder, main, options, List.of(), arguments, environment);
    }

    /** @param before what comes before this process's class path */
    public static String run(
            Path folder,
            Class<?> main,
            List<String> options,
            List<String> before,
            List<String> arguments,
            Map<String, String> environment)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command(main, options, before, arguments));
        builder.environment().keySet().removeIf(name -> name.startsWith("ORT_") || name.startsWith("XDG_"));
        builder.environment().putAll(environment);
        Path output = folder.resolve("output");
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(180, TimeUnit.SECONDS))
                    .as("ends in time")
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).as(Files.readString(output)).isZero();
        return Files.readString(output);
    }
}
