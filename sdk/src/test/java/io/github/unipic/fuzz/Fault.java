package io.github.unipic.fuzz;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An input that broke the invariant: a file with the input, and one with the failure. */
record Fault(Path input) {
    private static final String INPUT = ".bin";
    private static final String STORY = ".txt";
    private static final int MAX_LINES = 10;
    private static final int MAX_LINE = 200;

    static void write(Path folder, String target, int number, String story, byte[] input) throws IOException {
        String name = target + "-" + number;
        Files.write(folder.resolve(name + INPUT), input);
        Files.writeString(folder.resolve(name + STORY), story);
    }

    static void write(Path folder, String target, int number, Throwable e, byte[] input) throws IOException {
        StringWriter trace = new StringWriter();
        e.printStackTrace(new PrintWriter(trace, true));
        write(folder, target, number, trace.toString(), input);
    }

    /** The same for the same exception from the same place, of which one is enough. */
    static String kind(Throwable e) {
        Throwable cause = e instanceof AssertionError && e.getCause() != null ? e.getCause() : e;
        return e.getClass() + " " + cause.getClass() + " "
                + Arrays.stream(cause.getStackTrace()).limit(3).toList();
    }

    /** The faults of a target. */
    static List<Fault> of(Path folder, String target) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches(target + "-\\d+\\" + INPUT))
                    .sorted()
                    .map(Fault::new)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path story() {
        String name = input.getFileName().toString();
        return input.resolveSibling(name.substring(0, name.length() - INPUT.length()) + STORY);
    }

    void delete() throws IOException {
        Files.delete(input);
        Files.delete(story());
    }

    /** The file and how its story begins. */
    @Override
    public String toString() {
        try {
            return Files.readAllLines(story()).stream()
                    .limit(MAX_LINES)
                    .map(line -> line.substring(0, Math.min(line.length(), MAX_LINE)))
                    .collect(Collectors.joining("\n", input + ": ", "\n"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
