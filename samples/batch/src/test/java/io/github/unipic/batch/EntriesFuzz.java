package io.github.unipic.batch;

import io.github.unipic.DescribeRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.fuzz.JsonMutator;
import io.github.unipic.fuzz.Mutator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A file of entries, as one machine may get it from another. */
final class EntriesFuzz implements FuzzTarget {
    private static final String FILE = "entries.jsonl";

    @Override
    public String name() {
        return "entries";
    }

    @Override
    public int mutations() {
        return 300;
    }

    @Override
    public Mutator mutator() {
        return new JsonMutator("index", "file", "origin", "a/../../b.png", "/b.png", "fox.json", "50..5", "0");
    }

    /** As entries are written today, and what went wrong once. */
    @Override
    public List<byte[]> corpus() throws IOException {
        GenerateRequest fox =
                GenerateRequest.builder("a fox").fast().size(64, 32).seed(7).build();
        List<Path> photos = List.of(Path.of("/photos/fox.png"));
        DescribeRequest what =
                DescribeRequest.builder("What?").temperature(0.5).maxTokens(3).build();
        String lines = Stream.of(
                        new BatchEntry(5, Optional.of("fox"), "a/b.png", "x line 3", new BatchTask.Generate(fox)),
                        BatchEntry.of(2, Optional.empty(), "x line 1", new BatchTask.Describe(photos, what)))
                .map(BatchEntry::toJson)
                .collect(Collectors.joining("\n"));
        List<byte[]> corpus = new ArrayList<>(FuzzTarget.super.corpus());
        corpus.add(lines.getBytes(StandardCharsets.UTF_8));
        return corpus;
    }

    @Override
    public void prepare(byte[] input, Path folder) throws IOException {
        Files.write(folder.resolve(FILE), input);
    }

    @Override
    public void read(byte[] input, Path folder) {
        for (BatchEntry entry : EntriesFile.read(folder.resolve(FILE))) {
            if (!folder.resolve(entry.file()).normalize().startsWith(folder)) {
                throw new AssertionError(entry.file() + " is not in the folder");
            }
            String json = entry.toJson();
            if (!BatchEntry.fromJson(json).toJson().equals(json)) {
                throw new AssertionError(json + " is another entry");
            }
        }
    }
}
