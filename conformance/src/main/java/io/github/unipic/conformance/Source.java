package io.github.unipic.conformance;

import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.Precisions;
import java.nio.file.Path;
import java.util.Optional;

/** The model to test, and its reference. */
public sealed interface Source {

    /**
     * The built-in small checkpoint, exported in this run, against PyTorch's tensors.
     *
     * @param precisions of the export
     * @param flavor of the export
     * @param kept folder that keeps what is exported for later runs, for who repeats single cases; only for the same
     *     build of this kit, precisions and flavor. Created if it is missing, made again if a file was changed since;
     *     if it cannot be written, nothing is kept. Empty to export in each run.
     */
    record Embedded(Precisions precisions, Flavor flavor, Optional<Path> kept) implements Source {
        /**
         * Exported in each run.
         *
         * @param precisions of the export
         * @param flavor of the export
         */
        public Embedded(Precisions precisions, Flavor flavor) {
            this(precisions, flavor, Optional.empty());
        }

        /**
         * In the portable flavor, exported in each run.
         *
         * @param precision of the export
         */
        public Embedded(Precision precision) {
            this(Precisions.of(precision), Flavor.PORTABLE);
        }
    }

    /**
     * A checkpoint, exported in float32 in this run, against a folder of PyTorch's tensors for it.
     *
     * @param checkpoint folder in the published layout, of any sizes
     * @param golden folder of {@code *.safetensors}, with names and keys as in docs/golden-files.md
     */
    record Goldens(Path checkpoint, Path golden) implements Source {}

    /**
     * A model folder, against a reference file.
     *
     * @param model folder as written by the exporter
     * @param reference as written by {@link Recording} or conformance/pytorch; empty to record one in this run, with
     *     the CPU provider
     */
    record Model(Path model, Optional<Path> reference) implements Source {}
}
