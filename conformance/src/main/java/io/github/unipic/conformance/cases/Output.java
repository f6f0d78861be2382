package io.github.unipic.conformance.cases;

import io.github.unipic.conformance.report.Area;

/**
 * What a case gives.
 *
 * @param area what it says something about
 * @param subject the graph or the task that it says something about
 * @param value with the metric that judges it
 */
public record Output(Area area, String subject, String name, Value value) {}
