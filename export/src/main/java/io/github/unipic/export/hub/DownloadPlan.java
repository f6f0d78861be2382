package io.github.unipic.export.hub;

import java.nio.file.Path;
import java.util.List;

/**
 * What a download will fetch.
 *
 * @param sources the repositories, each once; first the one that was asked for
 * @param folder where the files go
 * @param files how many there are
 * @param bytes of all of them
 * @param missing how many of the bytes are not in the folder or in Hugging Face's cache, by the files' sizes
 */
public record DownloadPlan(List<Source> sources, Path folder, int files, long bytes, long missing) {
    public DownloadPlan {
        sources = List.copyOf(sources);
    }

    /**
     * A repository.
     *
     * @param repository such as {@code Skywork/Skywork-UniPic-1.5B}
     * @param license as the hub states it, such as {@code mit}, or {@code not stated}
     * @param link where to read it
     */
    public record Source(String repository, String license, String link) {}
}
