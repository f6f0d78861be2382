package io.github.unipic.conformance.compare;

/**
 * A copy of a tensor's values.
 *
 * @param values row-major
 * @param shape the lengths of its axes
 */
public record Floats(float[] values, long... shape) {}
