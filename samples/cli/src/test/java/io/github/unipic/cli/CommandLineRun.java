package io.github.unipic.cli;

import io.github.unipic.Cancellation;
import io.github.unipic.DataFolder;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** One run of the command line within the test: its output and its exit code. */
record CommandLineRun(int exitCode, String out, String err) {
    /** No test meets the models that the user has downloaded. */
    private static final Map<String, String> USUAL = Map.of(
            DataFolder.VARIABLE,
            Path.of("no-data-for-this-test").toAbsolutePath().toString());

    /** Where the built-in model would be loaded there is none, so that no test meets the user's cache folder. */
    static CommandLineRun of(String... args) {
        return in(Map.of("UNIPIC_MODEL", "no-model-for-this-test"), args);
    }

    static CommandLineRun in(Map<String, String> environment, String... args) {
        return in(environment, new Cancellation(), args);
    }

    static CommandLineRun in(Map<String, String> environment, Cancellation cancellation, String... args) {
        return typing("", environment, cancellation, args);
    }

    /** With something to read on stdin, as through a pipe. */
    static CommandLineRun typing(
            String input, Map<String, String> environment, Cancellation cancellation, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode = UniPicCommand.run(session(input, out, err, environment, cancellation), args);
        return new CommandLineRun(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    static Session session(
            String input,
            OutputStream out,
            OutputStream err,
            Map<String, String> environment,
            Cancellation cancellation) {
        return new Session(
                new BufferedReader(new StringReader(input)),
                () -> false,
                Output.results(out, StandardCharsets.UTF_8, () -> false),
                Output.messages(err, StandardCharsets.UTF_8, () -> false),
                () -> Terminal.USUAL_COLUMNS,
                name -> environment.getOrDefault(name, USUAL.get(name)),
                cancellation);
    }

    List<String> outLines() {
        return out.lines().toList();
    }

    List<String> errLines() {
        return err.lines().toList();
    }
}
