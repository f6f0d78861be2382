package io.github.unipic.export;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What an export made.
 *
 * @param folder the model folder
 * @param bytes of all its files
 * @param unusedTensors of the checkpoint that no graph needed, sorted
 */
public record ExportReport(Path folder, long bytes, List<String> unusedTensors, Duration duration) {}
