package io.github.unipic.export.hub;

/**
 * A file in a repository.
 *
 * @param path in the repository
 * @param size in bytes
 */
record RemoteFile(String path, long size, ContentHash hash) {}
