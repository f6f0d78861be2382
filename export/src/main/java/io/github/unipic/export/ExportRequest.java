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
public record ExportRequest(Path checkpoint, Path output, Precision precision, Flavor flavor, boolean overwrite) {
    public ExportRequest {
        Objects.requireNonNull(checkpoint, "checkpoint");
        Objects.requireNonNull(output, "output");
        Objects.requireNonNull(precision, "precision");
        Objects.requireNonNull(flavor, "flavor");
    }

    /** In the portable flavour. */
    public ExportRequest(Path checkpoint, Path output, Precision precision, boolean overwrite) {
        this(checkpoint, output, precision, Flavor.PORTABLE, overwrite);
    }
}
