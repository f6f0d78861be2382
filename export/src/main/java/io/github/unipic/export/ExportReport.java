package io.github.unipic.export;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The result of an export.
 *
 * @param folder the model folder
 * @param bytes size of all its files except the manifest
 * @param unusedTensors names of the checkpoint's tensors that no graph uses, of any type, sorted
 * @param notes for the user, one line each: how files were read that are not as published, a missing part of the
 *     published model and what to do, weights that are not finite
 * @param duration of the export
 */
public record ExportReport(
        Path folder, long bytes, List<String> unusedTensors, List<String> notes, Duration duration) {}
