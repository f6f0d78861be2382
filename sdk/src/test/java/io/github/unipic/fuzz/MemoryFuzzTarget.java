package io.github.unipic.fuzz;

import java.io.IOException;
import java.nio.file.Path;

/** Code that reads input from memory and uses no files. */
public interface MemoryFuzzTarget extends FuzzTarget {
    /** Lets the code read the input, and use all that came of it. */
    void read(byte[] input) throws IOException;

    @Override
    default void prepare(byte[] input, Path folder) {}

    @Override
    default void read(byte[] input, Path folder) throws IOException {
        read(input);
    }
}
