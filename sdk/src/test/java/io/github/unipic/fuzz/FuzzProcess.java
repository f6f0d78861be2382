package io.github.unipic.fuzz;

import io.github.unipic.testing.ChildJvm;
import io.github.unipic.testing.Folders;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Runs a {@link FuzzChild}, and starts another one when an input has crashed it. */
final class FuzzProcess implements AutoCloseable {
    /** The memory in which every input must be done with. */
    private static final String HEAP = "-Xmx512m";

    private static final int MAX_DEATHS = 5;

    private final Class<? extends FuzzRegression> test;
    private final Path folder;
    private final Path log;
    private final long seed;
    private Process process;
    private BufferedReader answers;

    FuzzProcess(Class<? extends FuzzRegression> test, Path folder, long seed) throws IOException {
        this.test = test;
        this.folder = folder;
        this.seed = seed;
        log = folder.resolve("child.log");
        start();
    }

    /** What became of the inputs. */
    record Summary(int corpus, int mutations, int results, int refused, int faults) {
        @Override
        public String toString() {
            return corpus + " corpus inputs and " + mutations + " mutations: " + results + " results, " + refused
                    + " refused, " + faults + " faults";
        }
    }

    Summary run(FuzzTarget target) throws IOException, InterruptedException {
        Inputs inputs = new Inputs(target, seed);
        int deaths = 0;
        for (int next = 0; ; ) {
            int[] counts = order(target, next);
            if (counts.length > 0) {
                return new Summary(inputs.corpusSize(), target.mutations(), counts[0], counts[1], counts[2] + deaths);
            }
            int number = ByteBuffer.wrap(Files.readAllBytes(folder.resolve(FuzzChild.JOURNAL)))
                    .getInt();
            int code = process.waitFor();
            String how = code == FuzzChild.HANGS
                    ? ""
                    : "The process ended with exit code " + code + " while it tried the input. Its last output:\n";
            Fault.write(folder, target.name(), number, how + lastLines(), inputs.get(number));
            start();
            next = number + 1;
            if (++deaths == MAX_DEATHS || next == inputs.count()) {
                return new Summary(inputs.corpusSize(), target.mutations(), 0, 0, deaths);
            }
        }
    }

    /** Results, refusals and faults; nothing if the process ended. */
    private int[] order(FuzzTarget target, int first) throws IOException {
        process.outputWriter().write(target.name() + " " + first + "\n");
        process.outputWriter().flush();
        for (String line = answers.readLine(); line != null; line = answers.readLine()) {
            if (line.startsWith(FuzzChild.LINE)) {
                String[] counts = line.substring(FuzzChild.LINE.length()).split(" ");
                return Arrays.stream(counts).mapToInt(Integer::parseInt).toArray();
            }
        }
        return new int[0];
    }

    private void start() throws IOException {
        process = new ProcessBuilder(ChildJvm.command(
                        FuzzChild.class,
                        List.of(
                                HEAP,
                                "-XX:-CreateCoredumpOnCrash",
                                "-XX:ErrorFile=" + folder.resolve("crash.log"),
                                "-Djava.awt.headless=true"),
                        List.of(test.getName(), folder.toString(), Long.toString(seed))))
                .directory(Folders.fresh(folder.resolve("current")).toFile())
                .redirectError(log.toFile())
                .start();
        answers = process.inputReader();
    }

    private String lastLines() throws IOException {
        List<String> lines = Files.readAllLines(log, StandardCharsets.ISO_8859_1);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
    }

    @Override
    public void close() {
        process.destroy();
    }
}
