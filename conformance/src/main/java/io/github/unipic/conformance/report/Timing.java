package io.github.unipic.conformance.report;

/**
 * The time of one graph run.
 *
 * @param graph label
 * @param scenario the case, which determines the sizes
 * @param milliseconds of the second run
 */
public record Timing(String graph, String scenario, double milliseconds) {}
