package io.github.unipic.conformance;

import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.Precisions;
import java.nio.file.Path;
import java.util.Optional;

/** What is tested, and where the truth about it comes from. */
public sealed interface Source {

    /**
     * The small checkpoint that comes with the kit, exported on the spot, against PyTorch's tensors.
     *
     * @param precisions of the export
     * @param flavor of the export
     */
    record Embedded(Precisions precisions, Flavor flavor) implements Source {
        /** In the portable flavour. */
        public Embedded(Precision precision) {
            this(Precisions.of(precision), Flavor.PORTABLE);
        }
    }

    /**
     * A checkpoint, exported in float32 on the spot, against a folder of PyTorch's tensors for it.
     *
     * @param checkpoint folder in the published layout, of any sizes
     * @param golden folder of {@code *.safetensors}, named and keyed as docs/golden-files.md says
     */
    record Goldens(Path checkpoint, Path golden) implements Source {}

    /**
     * A model folder, against a reference file.
     *
     * @param model folder as written by the exporter
     * @param reference as written by {@link Recording} or conformance/pytorch; empty to record one on the spot, with
     *     the CPU provider
     */
    record Model(Path model, Optional<Path> reference) implements Source {}
}
