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
        Files.createFile(repository.resolve("snapshots").resolve(".DS_Store"));
        assertThat(HubCacheLayout.checkpoint(repository))
                .as("the only one")
                .isEqualTo(repository.resolve("snapshots").resolve(NEW));
    }

    @Test
    void anyOtherFolderStandsForItself() throws IOException {
        assertThat(HubCacheLayout.checkpoint(cache)).isEqualTo(cache);
        assertThat(HubCacheLayout.checkpoint(cache.resolve("none"))).isEqualTo(cache.resolve("none"));
        Path other = cache.resolve("mine");
        Files.createDirectories(other.resolve("snapshots").resolve(OLD));
        assertThat(HubCacheLayout.checkpoint(other)).isEqualTo(other);
    }

    @Test
    void aFileIsTheBlobOrWhereThereAreNoLinksInTheSnapshot() throws IOException {
        assertThat(HubCacheLayout.file(cache, NAME, NEW, "a/config.json", "abc"))
                .isEmpty();
        Path inSnapshot = repository.resolve("snapshots").resolve(NEW).resolve("a/config.json");
        Files.createDirectories(inSnapshot.getParent());
        Files.createFile(inSnapshot);
        assertThat(HubCacheLayout.file(cache, NAME, NEW, "a/config.json", "abc"))
                .contains(inSnapshot);
        assertThat(HubCacheLayout.file(cache, NAME, NEW, "a", "abc")).isEmpty();
        Path blob = repository.resolve("blobs").resolve("abc");
        Files.createDirectories(blob.getParent());
        Files.createFile(blob);
        assertThat(HubCacheLayout.file(cache, NAME, NEW, "a/config.json", "abc"))
                .contains(blob);
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
