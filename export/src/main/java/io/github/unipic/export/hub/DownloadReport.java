package io.github.unipic.export.hub;

import java.nio.file.Path;

/**
 * The result of a download.
 *
 * @param folder the checkpoint, for the exporter: the one that was asked for or, offline, maybe Hugging Face's cache
 * @param commit of the repository, 40 hexadecimal digits; empty when offline
 * @param bytes of all the files
 * @param received how many of them came over the network
 */
public record DownloadReport(Path folder, String commit, long bytes, long received) {}
