package io.github.unipic.export.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubCacheLayoutTest {
    private static final String OLD = "1".repeat(40);
    private static final String NEW = "2".repeat(40);
    private static final String NAME = "Skywork/Skywork-UniPic-1.5B";

    @TempDir
    private Path cache;

    private Path repository;

    @BeforeEach
    void make() throws IOException {
        repository = cache.resolve("models--Skywork--Skywork-UniPic-1.5B");
        Files.createDirectories(repository.resolve("snapshots").resolve(OLD));
        Files.createDirectories(repository.resolve("snapshots").resolve(NEW));
        Files.createDirectories(repository.resolve("refs"));
        Files.writeString(repository.resolve("refs/main"), NEW);
    }

    @Test
    void aRepositorysFolderStandsForTheSnapshotOfItsMainBranch() throws IOException {
        assertThat(HubCacheLayout.checkpoint(repository))
                .isEqualTo(repository.resolve("snapshots").resolve(NEW));
        Files.delete(repository.resolve("refs/main"));
        assertThat(HubCacheLayout.checkpoint(repository)).as("two, and no ref").isEqualTo(repository);
        Files.delete(repository.resolve("snapshots").resolve(OLD));
        assertThat(HubCacheLayout.checkpoint(repository))
                .as("the only one")
                .isEqualTo(repository.resolve("snapshots").resolve(NEW));
    }

    @Test
    void anyOtherFolderStandsForItself() {
        assertThat(HubCacheLayout.checkpoint(cache)).isEqualTo(cache);
        assertThat(HubCacheLayout.checkpoint(cache.resolve("none"))).isEqualTo(cache.resolve("none"));
    }

    @Test
    void aSnapshotIsFoundByBranchOrCommitOnly() throws IOException {
        Path snapshots = repository.resolve("snapshots");
        assertThat(HubCacheLayout.snapshot(cache, NAME, "main")).contains(snapshots.resolve(NEW));
        assertThat(HubCacheLayout.snapshot(cache, NAME, OLD)).contains(snapshots.resolve(OLD));
        assertThat(HubCacheLayout.snapshot(cache, NAME, "3".repeat(40))).isEmpty();
        assertThat(HubCacheLayout.snapshot(cache, NAME, "../../refs")).isEmpty();
        assertThat(HubCacheLayout.snapshot(cache, "a/b", "main")).isEmpty();
        Files.writeString(repository.resolve("refs/main"), "../../..");
        assertThat(HubCacheLayout.snapshot(cache, NAME, "main")).isEmpty();
    }

    @Test
    void aSnapshotIsCalledLikeItsRepository() {
        assertThat(HubCacheLayout.name(repository.resolve("snapshots").resolve(NEW)))
                .isEqualTo("Skywork-UniPic-1.5B");
        assertThat(HubCacheLayout.name(repository)).isEqualTo("Skywork-UniPic-1.5B");
        assertThat(HubCacheLayout.name(Path.of("/data/UniPic-1.5B"))).isEqualTo("UniPic-1.5B");
        assertThat(HubCacheLayout.name(Path.of("/models--a--b/mine"))).isEqualTo("mine");
        assertThat(HubCacheLayout.name(Path.of("UniPic-1.5B/"))).isEqualTo("UniPic-1.5B");
    }
}
