package io.github.unipic.runtime;

import java.util.OptionalInt;

/**
 * How graphs run.
 *
 * @param threads that work on one operator; absent: as many as ONNX Runtime chooses, one per physical core
 */
public record RuntimeOptions(OptionalInt threads) {}
