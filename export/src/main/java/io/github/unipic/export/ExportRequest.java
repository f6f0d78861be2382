package io.github.unipic.export;

import java.nio.file.Path;
import java.util.Objects;

/**
 * What to export.
 *
 * @param checkpoint folder in the published layout; also a repository's folder in Hugging Face's cache
 * @param output the model folder to make; its parent is made where it is missing
 * @param overwrite replace {@code output} if it exists and is an exported model
 * @param allowNonFinite export weights that are NaN or infinite as they are, and name them in the report; they are
 *     refused otherwise, and always in matrices that are quantized
 */
public record ExportRequest(
        Path checkpoint, Path output, Precisions precisions, Flavor flavor, boolean overwrite, boolean allowNonFinite) {
    public ExportRequest {
        Objects.requireNonNull(checkpoint, "checkpoint");
        Objects.requireNonNull(output, "output");
        Objects.requireNonNull(precisions, "precisions");
        Objects.requireNonNull(flavor, "flavor");
    }

    /** Refuses weights that are not finite. */
    public ExportRequest(Path checkpoint, Path output, Precisions precisions, Flavor flavor, boolean overwrite) {
        this(checkpoint, output, precisions, flavor, overwrite, false);
    }

    /** A portable folder of one precision, as far as that suits each graph. */
    public ExportRequest(Path checkpoint, Path output, Precision precision, boolean overwrite) {
        this(checkpoint, output, Precisions.of(precision), Flavor.PORTABLE, overwrite);
    }
}
