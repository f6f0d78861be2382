package io.github.unipic.testing;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

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
        return run(folder, input, System.getProperty("java.class.path"), file.toString(), List.of(args));
    }

    /**
     * Runs programs one after the other in one process, compiled together. Each must end well.
     *
     * @param folder where they run
     * @param programs the name and the arguments of each
     * @return what each printed
     */
    public static List<String> runInTurn(Path folder, List<List<String>> programs)
            throws IOException, InterruptedException {
        Path classes = folder.resolve("classes");
        List<String> compiler = new ArrayList<>(List.of("-proc:none", "-d", classes.toString()));
        programs.forEach(program -> compiler.add(of(program.get(0)).file().toString()));
        if (ToolProvider.getSystemJavaCompiler().run(null, null, null, compiler.toArray(String[]::new)) != 0) {
            throw new AssertionError("the programs do not compile");
        }
        List<String> args = new ArrayList<>();
        for (List<String> program : programs) {
            args.addAll(program);
            args.add(InTurn.END);
        }
        String classPath = classes + File.pathSeparator + System.getProperty("java.class.path");
        Run run = run(folder, "", classPath, InTurn.class.getName(), args);
        if (run.exitCode() != 0) {
            throw new AssertionError(run.err());
        }
        return List.of(run.out().split(InTurn.END));
    }

    /** The main class that runs programs in turn. */
    static final class InTurn {
        /** Ends a program's arguments and its output. */
        private static final String END = "--end-of-program";

        private InTurn() {}

        public static void main(String[] args) throws ReflectiveOperationException {
            List<String> program = new ArrayList<>();
            for (String arg : args) {
                if (arg.equals(END)) {
                    Class.forName(program.remove(0))
                            .getMethod("main", String[].class)
                            .invoke(null, (Object) program.toArray(String[]::new));
                    System.out.print(END);
                    program.clear();
                } else {
                    program.add(arg);
                }
            }
        }
    }

    /** @param program a main class, or a source file */
    private static Run run(Path folder, String input, String classPath, String program, List<String> args)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ChildJvm.QUICK_START);
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", classPath, program));
        command.addAll(args);
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
                throw new AssertionError(program + " does not end: " + Files.readString(err));
            }
        } finally {
            process.destroyForcibly();
        }
        return new Run(process.exitValue(), Files.readString(out), Files.readString(err));
    }
}
