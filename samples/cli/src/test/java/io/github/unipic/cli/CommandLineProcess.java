package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.testing.ChildJvm;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The command line in a process of its own, to test the effects of its streams and its environment. */
final class CommandLineProcess {
    private final Path folder;
    private final List<String> command = new ArrayList<>();
    private final ProcessBuilder builder = new ProcessBuilder();
    private byte[] input = {};
    private Optional<File> output = Optional.empty();
    private boolean readerGone;

    /** @param folder for what the process prints, and for its data */
    CommandLineProcess(Path folder) {
        this.folder = folder;
        builder.environment().keySet().removeIf(name -> name.startsWith("UNIPIC_") || name.startsWith("LC_"));
        builder.environment()
                .putAll(Map.of(
                        "XDG_CACHE_HOME",
                        CommandLineRun.CACHE.toString(),
                        "UNIPIC_DATA",
                        folder.resolve("data").toString(),
                        "LC_ALL",
                        "C.UTF-8"));
    }

    CommandLineProcess environment(String name, String value) {
        builder.environment().put(name, value);
        return this;
    }

    /** A Java that starts quickly. */
    static List<String> java() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ChildJvm.QUICK_START);
        return command;
    }

    /** Java's own options, then a main class. */
    CommandLineProcess java(Class<?> main, String... options) {
        command.addAll(java());
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        return this;
    }

    /** In place of Java: another program. */
    CommandLineProcess program(String... words) {
        command.addAll(List.of(words));
        return this;
    }

    CommandLineProcess in(Path workingFolder) {
        builder.directory(workingFolder.toFile());
        return this;
    }

    CommandLineProcess typing(byte[] bytes) {
        input = bytes;
        return this;
    }

    CommandLineProcess writingTo(String file) {
        output = Optional.of(new File(file));
        return this;
    }

    /** Its standard output is a pipe that nobody reads from. */
    CommandLineProcess intoClosedPipe() {
        readerGone = true;
        return this;
    }

    /** Runs it to its end. */
    CommandLineRun run(String... args) throws IOException, InterruptedException {
        if (command.isEmpty()) {
            java(UniPicCommand.class);
        }
        command.addAll(List.of(args));
        Path out = folder.resolve("stdout.txt");
        Path err = folder.resolve("stderr.txt");
        Files.deleteIfExists(out);
        builder.command(command)
                .redirectOutput(readerGone ? Redirect.PIPE : Redirect.to(output.orElse(out.toFile())))
                .redirectError(err.toFile());
        Process process = builder.start();
        try {
            if (readerGone) {
                process.getInputStream().close();
            }
            try (OutputStream stdin = process.getOutputStream()) {
                stdin.write(input);
            } catch (IOException e) {
                // It does not read what is typed.
            }
            assertThat(process.waitFor(120, TimeUnit.SECONDS))
                    .as("ends in time")
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new CommandLineRun(process.exitValue(), Files.exists(out) ? text(out) : "", text(err));
    }

    /**
     * Runs several commands one after the other in one process, so that Java starts once. Each has its own standard
     * error and exit code, and no output.
     */
    List<CommandLineRun> runInTurn(List<String[]> commands) throws IOException, InterruptedException {
        CommandLineRun all = java(InTurn.class).run(InTurn.arguments(commands));
        List<CommandLineRun> runs = new ArrayList<>();
        StringBuilder err = new StringBuilder();
        for (String line : all.errLines()) {
            if (line.startsWith(InTurn.END)) {
                runs.add(new CommandLineRun(Integer.parseInt(line.substring(InTurn.END.length())), "", err.toString()));
                err.setLength(0);
            } else {
                err.append(line).append(System.lineSeparator());
            }
        }
        assertThat(runs).as(all.err()).hasSameSizeAs(commands);
        return runs;
    }

    /** The main class for commands in turn. */
    static final class InTurn {
        /** Begins the line on standard error after each command. */
        static final String END = "exit code ";

        private static final String NEXT = "--next-command";

        static String[] arguments(List<String[]> commands) {
            return commands.stream()
                    .flatMap(command -> Stream.concat(Stream.of(command), Stream.of(NEXT)))
                    .toArray(String[]::new);
        }

        public static void main(String[] args) {
            List<String> command = new ArrayList<>();
            for (String arg : args) {
                if (arg.equals(NEXT)) {
                    Session session = Session.system();
                    int exitCode = UniPicCommand.run(session, command.toArray(String[]::new));
                    session.err().println(END + exitCode);
                    command.clear();
                } else {
                    command.add(arg);
                }
            }
        }
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}
