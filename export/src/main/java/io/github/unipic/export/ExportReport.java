package io.github.unipic.export;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The result of an export.
 *
 * @param folder the model folder
 * @param bytes of all its files but the manifest
 * @param unusedTensors names of the checkpoint's tensors that no graph needed, of any type, sorted
 * @param notes for the user, one line each: how the checkpoint's files were read where they are not as published, a
 *     part of the published model that is missing and what to do, weights that are not finite
 */
public record ExportReport(
        Path folder, long bytes, List<String> unusedTensors, List<String> notes, Duration duration) {}
