package io.github.unipic.export;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What an export made.
 *
 * @param folder the model folder
 * @param bytes of all its files
 * @param unusedTensors of the checkpoint that no graph needed, of whatever type, sorted
 * @param notes what the caller should know, a line each: how the checkpoint's files were read where they are not as
 *     published, a part of the published model that is missing and what to do, weights that are not finite
 */
public record ExportReport(
        Path folder, long bytes, List<String> unusedTensors, List<String> notes, Duration duration) {}
