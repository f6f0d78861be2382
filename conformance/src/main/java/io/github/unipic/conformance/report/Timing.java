package io.github.unipic.conformance.report;

/**
 * How long one graph took.
 *
 * @param graph label
 * @param scenario the case, which says the sizes
 * @param milliseconds of the second run
 */
public record Timing(String graph, String scenario, double milliseconds) {}
