package io.github.unipic.benchmark;

import io.github.unipic.batch.BatchEntry;
import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.fuzz.JsonMutator;
import io.github.unipic.fuzz.Mutator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** A benchmark's prompts file. What it names stays in the folder that the scorer reads. */
record BenchmarkFuzz(Benchmark benchmark) implements FuzzTarget {
    private static final String FILE = "prompts.json";
    private static final String OUTPUT = "out";

    @Override
    public String name() {
        return benchmark.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public int mutations() {
        return 200;
    }

    @Override
    public Mutator mutator() {
        return new JsonMutator(
                "prompt",
                "id",
                "key",
                "instruction",
                "instruction_language",
                "task_type",
                "en",
                "22",
                "../22",
                "a.png");
    }

    @Override
    public Set<String> written() {
        return Set.of(OUTPUT);
    }

    @Override
    public void prepare(byte[] input, Path folder) throws IOException {
        Files.write(folder.resolve(FILE), input);
        for (String image : new String[] {"a.png", "22_SRCIMG.png"}) {
            Files.write(folder.resolve(image), new byte[] {1, 2, 3});
        }
    }

    @Override
    public void read(byte[] input, Path folder) {
        BenchmarkLayout layout = benchmark.read(folder.resolve(FILE), Optional.empty(), Benchmark.PAPER, true);
        Path output = folder.resolve(OUTPUT);
        for (BatchEntry entry : layout.entries()) {
            if (!output.resolve(entry.file()).normalize().startsWith(layout.scored(output))) {
                throw new AssertionError(entry.file() + " is not in the scorer's folder");
            }
        }
        layout.complete(output);
        if (layout.check(output).isComplete()) {
            throw new AssertionError("There is no image, but all is complete");
        }
    }
}
