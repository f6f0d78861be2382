/**
 * What is compared, and how. A {@link io.github.unipic.conformance.cases.Case} runs part of a model and gives named
 * outputs; a {@link io.github.unipic.conformance.cases.Value} knows the metric that judges it; an
 * {@link io.github.unipic.conformance.cases.Expected}, a golden file or a reference file, has the right values, and
 * {@link io.github.unipic.conformance.cases.CaseChecks} brings them together. Recording a reference is running the same
 * cases and writing what they give.
 */
package io.github.unipic.conformance.cases;
