package io.github.unipic.cli;

import io.github.unipic.Cancellation;
import io.github.unipic.DataFolder;
import io.github.unipic.testing.SmallModel;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One run of the command line within the test: its output and its exit code. */
record CommandLineRun(int exitCode, String out, String err) {
    /** A cache folder for the built-in model and native libraries, so that the tests export and unpack them once. */
    static final Path CACHE = Path.of("target", "test-cache").toAbsolutePath();

    /** For the built-in model: every operating system's variable but the Mac's, where the cache folder has none. */
    static final Map<String, String> BUILT_IN =
            Map.of("XDG_CACHE_HOME", CACHE.toString(), "LOCALAPPDATA", CACHE.toString());

    /** For the small model. */
    static final Map<String, String> SMALL =
            Map.of("UNIPIC_MODEL", SmallModel.folder().toString());

    /** No test meets the models that the user has downloaded, or the user's cache folder. */
    private static final Map<String, String> USUAL = Map.of(
            DataFolder.VARIABLE,
            Path.of("no-data-for-this-test").toAbsolutePath().toString(),
            "XDG_CACHE_HOME",
            CACHE.toString(),
            "LOCALAPPDATA",
            CACHE.toString());

    /**
     * The commands that run a model. They get one thread: more of them spin while they wait for each other, which takes
     * three times the processor's time on models this small.
     */
    private static final Set<String> RUNS_A_MODEL =
            Set.of("generate", "edit", "inpaint", "describe", "chat", "batch", "benchmark", "info");

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
        int exitCode = UniPicCommand.run(session(input, out, err, environment, cancellation), onOneThread(args));
        return new CommandLineRun(exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** The command as it is, but on one thread unless it names a number itself. */
    static String[] onOneThread(String... args) {
        List<String> command = new ArrayList<>(Arrays.asList(args));
        if (!command.isEmpty() && RUNS_A_MODEL.contains(command.get(0)) && !command.contains("--threads")) {
            command.addAll(1, List.of("--threads", "1"));
        }
        return command.toArray(String[]::new);
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
