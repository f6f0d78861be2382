/**
 * Checks that a machine computes the reference's results ({@link io.github.unipic.conformance.ConformanceRun}), and
 * measures speed and memory ({@link io.github.unipic.conformance.BenchmarkRun}).
 */
package io.github.unipic.conformance;
