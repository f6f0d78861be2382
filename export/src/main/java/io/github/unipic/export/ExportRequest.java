package io.github.unipic.export;

import java.nio.file.Path;
import java.util.Objects;

/**
 * What to export.
 *
 * @param checkpoint folder in the published layout
 * @param output the model folder to make; its parent is made where it is missing
 * @param overwrite replace {@code output} if it is there
 */
public record ExportRequest(Path checkpoint, Path output, Precisions precisions, Flavor flavor, boolean overwrite) {
    public ExportRequest {
        Objects.requireNonNull(checkpoint, "checkpoint");
        Objects.requireNonNull(output, "output");
        Objects.requireNonNull(precisions, "precisions");
        Objects.requireNonNull(flavor, "flavor");
    }

    /** A portable folder of one precision, in so far as that suits each graph. */
    public ExportRequest(Path checkpoint, Path output, Precision precision, boolean overwrite) {
        this(checkpoint, output, Precisions.of(precision), Flavor.PORTABLE, overwrite);
    }
}
