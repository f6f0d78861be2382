/**
 * The cases, and how their outputs are compared. A {@link io.github.unipic.conformance.cases.Case} runs part of a model
 * and gives named outputs. A {@link io.github.unipic.conformance.cases.Value} has the metric that judges it. An
 * {@link io.github.unipic.conformance.cases.Expected}, a golden file or a reference file, has the expected values.
 * {@link io.github.unipic.conformance.cases.CaseChecks} compares. A reference is recorded by running the same cases and
 * writing their outputs.
 */
package io.github.unipic.conformance.cases;
