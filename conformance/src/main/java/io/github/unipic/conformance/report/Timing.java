package io.github.unipic.conformance.report;

/**
 * How long one graph took.
 *
 * @param graph label
 * @param scenario the case, which says the sizes
 * @param milliseconds of a run after the first, the fastest of a few
 */
public record Timing(String graph, String scenario, double milliseconds) {}
