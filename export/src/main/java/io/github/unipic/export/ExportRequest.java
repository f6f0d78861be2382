package io.github.unipic.export;

import java.nio.file.Path;
import java.util.Objects;

/**
 * What to export.
 *
 * @param checkpoint folder in the published layout, or a repository's folder in Hugging Face's cache
 * @param output the model folder to create; its parent is created if it is missing
 * @param precisions of the graphs
 * @param flavor of all graphs
 * @param overwrite whether to replace {@code output} if it exists and is an exported model
 * @param allowNonFinite whether to export weights that are NaN or infinite, and name them in the report; otherwise they
 *     are refused, and in quantized matrices always
 */
public record ExportRequest(
        Path checkpoint, Path output, Precisions precisions, Flavor flavor, boolean overwrite, boolean allowNonFinite) {
    /**
     * Checks that nothing is null.
     *
     * @param checkpoint folder in the published layout, or a repository's folder in Hugging Face's cache
     * @param output the model folder to create
     * @param precisions of the graphs
     * @param flavor of all graphs
     * @param overwrite whether to replace an exported model
     * @param allowNonFinite whether to export weights that are NaN or infinite
     */
    public ExportRequest {
        Objects.requireNonNull(checkpoint, "checkpoint");
        Objects.requireNonNull(output, "output");
        Objects.requireNonNull(precisions, "precisions");
        Objects.requireNonNull(flavor, "flavor");
    }

    /**
     * Refuses weights that are not finite.
     *
     * @param checkpoint folder in the published layout, or a repository's folder in Hugging Face's cache
     * @param output the model folder to create
     * @param precisions of the graphs
     * @param flavor of all graphs
     * @param overwrite whether to replace an exported model
     */
    public ExportRequest(Path checkpoint, Path output, Precisions precisions, Flavor flavor, boolean overwrite) {
        this(checkpoint, output, precisions, flavor, overwrite, false);
    }

    /**
     * A portable folder of one precision, as {@link Precisions#of(Precision)}, that refuses weights that are not
     * finite.
     *
     * @param checkpoint folder in the published layout, or a repository's folder in Hugging Face's cache
     * @param output the model folder to create
     * @param precision of the folder
     * @param overwrite whether to replace an exported model
     */
    public ExportRequest(Path checkpoint, Path output, Precision precision, boolean overwrite) {
        this(checkpoint, output, Precisions.of(precision), Flavor.PORTABLE, overwrite);
    }
}
