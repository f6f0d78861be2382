package io.github.unipic.conformance.compare;

/**
 * A tensor's values, copied out of where it lay.
 *
 * @param values row-major
 * @param shape the lengths of its axes
 */
public record Floats(float[] values, long... shape) {}
