package io.github.unipic.conformance.golden;

import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.fuzz.Mutator;
import io.github.unipic.fuzz.SafetensorsMutator;
import io.github.unipic.runtime.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A golden file. */
public final class GoldenFuzz implements FuzzTarget {
    private static final String FILE = "text.safetensors";

    @Override
    public String name() {
        return "golden";
    }

    @Override
    public int mutations() {
        return 300;
    }

    @Override
    public Mutator mutator() {
        return new SafetensorsMutator("[1,2]", "{", "\"text\"", "F16", "I64", "U8", "BOOL");
    }

    @Override
    public void prepare(byte[] input, Path folder) throws IOException {
        Files.write(folder.resolve(FILE), input);
    }

    @Override
    public void read(byte[] input, Path folder) {
        try (GoldenFile golden = new GoldenFile(GoldenReplay.files(folder).get(0))) {
            golden.keys();
            golden.rows("ids");
            golden.image("image");
            try (Tensor embeds = golden.tensor("embeds")) {
                embeds.toString();
            }
            golden.parameter("prompt");
        }
    }
}
