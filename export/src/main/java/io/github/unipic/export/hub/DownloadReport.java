package io.github.unipic.export.hub;

import java.nio.file.Path;
import java.time.Instant;

/**
 * The result of a download.
 *
 * @param folder the checkpoint, for the exporter: the one that was asked for or, offline, maybe Hugging Face's cache
 * @param commit of the repository, 40 hexadecimal digits; empty when offline
 * @param bytes of all the files; 0 when offline
 * @param received how many of them came over the network
 * @param changed when a file last came to the folder; the epoch if no download ever put one there
 */
public record DownloadReport(Path folder, String commit, long bytes, long received, Instant changed) {}
