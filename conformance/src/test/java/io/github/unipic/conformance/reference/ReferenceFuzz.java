package io.github.unipic.conformance.reference;

import io.github.unipic.conformance.Suite;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.fuzz.Mutator;
import io.github.unipic.fuzz.SafetensorsMutator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** A reference file. */
public final class ReferenceFuzz implements FuzzTarget {
    private static final String FILE = "reference.safetensors";

    @Override
    public String name() {
        return "reference";
    }

    @Override
    public int mutations() {
        return 300;
    }

    @Override
    public Mutator mutator() {
        return new SafetensorsMutator("full", "smoke", "4294967296", "1e999", "F32", "I64", "U8");
    }

    @Override
    public void prepare(byte[] input, Path folder) throws IOException {
        Files.write(folder.resolve(FILE), input);
    }

    @Override
    public void read(byte[] input, Path folder) {
        try (ReferenceFile reference = ReferenceFile.open(folder.resolve(FILE))) {
            reference.producer();
            reference.maxBeta();
            reference.seed();
            reference.digest();
            reference.floats("a");
            reference.integers("b");
            Cases.of(Suite.FULL, OptionalLong.of(reference.seed()));
        }
    }
}
