package io.github.unipic.batch;

import io.github.unipic.UniPicException;
import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.fuzz.JsonMutator;
import io.github.unipic.fuzz.Mutator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** The manifest in a batch's folder, which may belong to another program. A refused one is not changed. */
final class BatchManifestFuzz implements FuzzTarget {
    private static final String PROMPTS = "prompts.jsonl";
    private static final String OUTPUT = "out";

    @Override
    public String name() {
        return "batch-manifest";
    }

    @Override
    public int mutations() {
        return 400;
    }

    @Override
    public Mutator mutator() {
        return new JsonMutator("index", "file", "prompt", "requested", "model", "../secret.png", "00000.png", "A fox");
    }

    @Override
    public void prepare(byte[] input, Path folder) throws IOException {
        Files.writeString(
                folder.resolve(PROMPTS), "\"A fox\"\n{\"prompt\": \"A bear\", \"id\": \"bear\", \"seed\": 5}\n");
        Path output = Files.createDirectories(folder.resolve(OUTPUT));
        Files.write(output.resolve(BatchManifest.NAME), input);
        for (String image : List.of("00000.png", "00001-bear.png")) {
            Files.write(output.resolve(image), new byte[0]);
        }
    }

    @Override
    public Set<String> written() {
        return Set.of(OUTPUT);
    }

    @Override
    public void read(byte[] input, Path folder) throws IOException {
        Path output = folder.resolve(OUTPUT);
        List<BatchEntry> entries = PromptsFile.read(folder.resolve(PROMPTS)).entries();
        try (BatchFolder batch = BatchFolder.open(output, "tiny", entries)) {
            batch.missing();
            for (ManifestLine line : BatchFolder.lines(output)) {
                line.id();
                line.seed();
                line.parameters();
                line.model();
                line.time();
            }
        } catch (UniPicException e) {
            if (!Arrays.equals(input, Files.readAllBytes(output.resolve(BatchManifest.NAME)))) {
                throw new AssertionError("The manifest was refused, and changed", e);
            }
            throw e;
        }
    }
}
