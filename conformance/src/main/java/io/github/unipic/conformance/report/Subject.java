package io.github.unipic.conformance.report;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What was tested.
 *
 * @param model name and folder of the model
 * @param modelDigest SHA-256 of its manifest, which holds the digest of every other file
 * @param precision whose tolerances applied, for example {@code fp32}
 * @param provider short name of the execution provider, for example {@code cuda}
 * @param providerOptions given to it
 * @param suite {@code smoke} or {@code full}
 * @param only the names of the cases that ran; empty if all of the suite did
 * @param strict whether computing on the CPU instead of the provider is a failure
 * @param reference where the reference tensors come from, and the type that they were computed in
 * @param referenceDigest SHA-256 of the reference file; empty if only golden files were compared
 * @param seed of the inputs, from the reference file; empty if only golden files were compared
 */
public record Subject(
        String model,
        String modelDigest,
        String precision,
        String provider,
        Map<String, String> providerOptions,
        String suite,
        List<String> only,
        boolean strict,
        String reference,
        Optional<String> referenceDigest,
        OptionalLong seed) {

    /** Copies the list. */
    public Subject {
        only = List.copyOf(only);
    }
}
