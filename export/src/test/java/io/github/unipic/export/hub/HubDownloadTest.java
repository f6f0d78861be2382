package io.github.unipic.export.hub;

import static io.github.unipic.testing.SmallHub.content;
import static io.github.unipic.testing.SmallHub.safetensors;
import static io.github.unipic.testing.SmallHub.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.unipic.OutputException;
import io.github.unipic.UniPicException;
import io.github.unipic.files.ByteSize;
import io.github.unipic.files.Disk;
import io.github.unipic.files.FileTree;
import io.github.unipic.testing.SmallHub;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a hub of our own on loopback. */
@Timeout(300)
class HubDownloadTest {
    static final String UNIPIC = DownloadRequest.REPOSITORY;
    private static final String FORK = "alice/Skywork-UniPic-1.5B";
    static final String QWEN = "Qwen/Qwen2.5-1.5B-Instruct";
    static final String SIGLIP = "google/siglip2-so400m-patch16-512";
    static final String LANGUAGE = "Qwen2.5-1.5B-Instruct/";
    static final String VISION = "siglip2-so400m-patch16-512/";

    /** What goes wrong in a test is hardly waited for; a busy machine is. */
    static final Patience SHORT = patience(Duration.ofSeconds(60), Duration.ofSeconds(60));

    private static Patience patience(Duration answer, Duration stall) {
        return new Patience(Duration.ofSeconds(60), answer, stall, 3, Duration.ofMillis(5), Duration.ofSeconds(3));
    }

    private static final byte[] MAIN = safetensors("llm.model.norm.weight", "siglip2.a", "siglip2_proj.a");
    private static final byte[] AUTOENCODER = random(100_000);

    @TempDir
    private Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private final List<DownloadPlan> plans = new ArrayList<>();
    private final DownloadListener listener = new DownloadListener() {
        @Override
        public void onPlan(DownloadPlan plan) {
            plans.add(plan);
        }

        @Override
        public void onProgress(long there, long total) {
            assertThat(there).isBetween(0L, total);
        }
    };
    private SmallHub hub;
    private Path out;

    @BeforeEach
    void start() throws IOException {
        hub = SmallHub.start();
        fill(hub);
        out = folder.resolve("checkpoint");
        environment.put("HF_ENDPOINT", hub.endpoint());
        environment.put("HF_HOME", folder.resolve("hf").toString());
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    /** As published: the main repository has its weights, and here only one of the two folders. */
    static void fill(SmallHub hub) {
        hub.add(UNIPIC, "model.safetensors", MAIN, true)
                .add(UNIPIC, "kl16.ckpt", AUTOENCODER, true)
                .add(UNIPIC, "README.md", "Read me")
                .add(UNIPIC, "LICENSE", "MIT")
                .add(UNIPIC, LANGUAGE + "config.json", "{\"model_type\": \"qwen2\"}")
                .add(UNIPIC, LANGUAGE + "tokenizer.json", "{}")
                .add(UNIPIC, LANGUAGE + "merges.txt", "a b")
                .add(UNIPIC, LANGUAGE + "model.safetensors", random(1000), true)
                .add(QWEN, "config.json", "{\"model_type\": \"qwen2\"}")
                .add(QWEN, "tokenizer.json", "{\"other\": 1}")
                .add(QWEN, "generation_config.json", "{}")
                .add(QWEN, "model.safetensors", safetensors("model.norm.weight"), true)
                .add(SIGLIP, "config.json", "{\"model_type\": \"siglip\"}")
                .add(SIGLIP, "preprocessor_config.json", "{}")
                .add(SIGLIP, "model.safetensors", safetensors("vision_model.embeddings.x"), true);
        hub.card(QWEN, "{\"license\": \"apache-2.0\", \"license_link\": \"https://example.org/LICENSE\"}");
        hub.card(SIGLIP, "{\"license\": [\"other\"], \"license_name\": \"gemma\"}");
    }

    static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private DownloadRequest request(String repository, String revision, int parallel) {
        return new DownloadRequest(repository, revision, out, parallel, environment::get, folder);
    }

    private DownloadReport run() {
        return run(request(UNIPIC, "main", 4));
    }

    private DownloadReport run(DownloadRequest request) {
        return run(request, SHORT);
    }

    private DownloadReport run(DownloadRequest request, Patience patience) {
        return HubDownload.run(request, patience, listener);
    }

    private UniPicException failure() {
        return org.assertj.core.api.Assertions.catchThrowableOfType(UniPicException.class, this::run);
    }

    /** Every file but the hidden folder's, by its path. */
    private Map<String, byte[]> files() throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> walk = Files.walk(out)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                String path = out.relativize(file).toString().replace('\\', '/');
                if (!path.startsWith(".unipic-download/")) {
                    files.put(path, Files.readAllBytes(file));
                }
            }
        }
        return files;
    }

    private List<Path> parts() throws IOException {
        try (Stream<Path> children = Files.list(out.resolve(".unipic-download"))) {
            return children.filter(child -> child.toString().endsWith(".part")).toList();
        }
    }

    private Path part(byte[] large) {
        return out.resolve(".unipic-download").resolve("kl16.ckpt." + SmallHub.sha256(large) + ".part");
    }

    private void assertComplete() throws IOException {
        Map<String, byte[]> files = files();
        assertThat(files.keySet())
                .containsExactly(
                        LANGUAGE + "config.json",
                        LANGUAGE + "tokenizer.json",
                        "kl16.ckpt",
                        "model.safetensors",
                        VISION + "config.json");
        assertThat(files.get("kl16.ckpt")).isEqualTo(AUTOENCODER);
        assertThat(files.get("model.safetensors")).isEqualTo(MAIN);
        assertThat(files.get(VISION + "config.json")).asString().contains("siglip");
        assertThat(files.get(LANGUAGE + "tokenizer.json")).asString().isEqualTo("{}");
        assertThat(parts()).isEmpty();
    }

    @Test
    void fetchesWhatTheExportNeedsAndNothingElse() throws IOException {
        DownloadReport report = run();
        assertComplete();
        assertThat(report.folder()).isEqualTo(out);
        assertThat(report.commit()).isEqualTo(hub.commit(UNIPIC));
        assertThat(report.received()).isEqualTo(report.bytes()).isGreaterThan(AUTOENCODER.length);
        assertThat(hub.requests())
                .noneMatch(request -> request.isFor("merges.txt") || request.isFor("README.md"))
                .noneMatch(request -> request.isFor(LANGUAGE + "model.safetensors"))
                .noneMatch(request -> request.isFor("preprocessor_config.json"));
    }

    @Test
    void namesAndLinksTheLicensesBeforeItStarts() {
        run();
        assertThat(plans).hasSize(1);
        assertThat(plans.get(0).sources())
                .containsExactly(
                        new DownloadPlan.Source(
                                UNIPIC,
                                "mit",
                                hub.endpoint() + "/" + UNIPIC + "/blob/" + hub.commit(UNIPIC) + "/LICENSE"),
                        new DownloadPlan.Source(QWEN, "apache-2.0", "https://example.org/LICENSE"),
                        new DownloadPlan.Source(SIGLIP, "gemma", hub.endpoint() + "/" + SIGLIP));
        assertThat(plans.get(0).missing()).isEqualTo(plans.get(0).bytes());
        assertThat(plans.get(0).files()).isEqualTo(5);
    }

    @Test
    void takesTheWeightsOfTheOtherModelsWhereItsOwnFileLacksThem() throws IOException {
        hub.add(UNIPIC, "model.safetensors", safetensors("mar.a", "siglip2_proj.a"), true);
        hub.remove(UNIPIC, LANGUAGE + "model.safetensors");
        run();
        assertThat(files().keySet()).contains(LANGUAGE + "model.safetensors", VISION + "model.safetensors");
        assertThat(files().get(VISION + "model.safetensors")).isEqualTo(safetensors("vision_model.embeddings.x"));
        assertThat(plans).hasSize(2);
        assertThat(run().received()).isZero();
    }

    @Test
    void fetchesShardsThatTheIndexMayName() throws IOException {
        hub.remove(UNIPIC, "model.safetensors");
        hub.add(
                        UNIPIC,
                        "model.safetensors.index.json",
                        "{\"weight_map\": {\"llm.model.norm.weight\": \"model-00001-of-00002.safetensors\"}}")
                .add(UNIPIC, "model-00001-of-00002.safetensors", safetensors("llm.model.norm.weight"), true)
                .add(UNIPIC, "model-00002-of-00002.safetensors", safetensors("mar.a"), true)
                .add(UNIPIC, "model-old.safetensors", safetensors("mar.a"), true);
        run();
        assertThat(files().keySet())
                .contains(
                        "model.safetensors.index.json",
                        "model-00001-of-00002.safetensors",
                        "model-00002-of-00002.safetensors")
                .doesNotContain("model-old.safetensors");
    }

    @Test
    void theTokenGoesToTheHubAndToNobodyElse() {
        environment.put("HF_TOKEN", "hf_secret\n");
        run();
        assertThat(hub.requests())
                .filteredOn(request -> request.host().equals("hub"))
                .isNotEmpty()
                .allSatisfy(request -> assertThat(request.authorization()).contains("Bearer hf_secret"));
        assertThat(hub.requests())
                .filteredOn(request -> request.host().equals("storage"))
                .hasSize(2)
                .allSatisfy(request -> assertThat(request.authorization()).isEmpty());
    }

    @Test
    void theTokenOfTheHubsOwnToolsIsUsedUnlessThatIsSwitchedOff() throws IOException {
        Files.createDirectories(folder.resolve("hf"));
        Files.writeString(folder.resolve("hf/token"), "hf_file\n");
        run();
        assertThat(hub.requests().get(0).authorization()).contains("Bearer hf_file");
        hub.forget();
        environment.put("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
        run();
        assertThat(hub.requests().get(0).authorization()).isEmpty();
    }

    @Test
    void whatIsThereIsNotFetchedAgain() throws IOException {
        run();
        FileTime time = Files.getLastModifiedTime(out.resolve("kl16.ckpt"));
        hub.forget();
        plans.clear();
        DownloadReport report = run();
        assertThat(report.received()).isZero();
        assertThat(plans.get(0).missing()).isZero();
        assertThat(hub.requests()).noneMatch(request -> request.path().contains("/resolve/"));
        assertThat(Files.getLastModifiedTime(out.resolve("kl16.ckpt"))).isEqualTo(time);
    }

    @Test
    void ofAnotherCommitOnlyWhatChangedIsFetched() throws IOException {
        run();
        byte[] newer = random(70_000);
        hub.add(UNIPIC, "kl16.ckpt", newer, true);
        DownloadReport report = run();
        assertThat(report.received()).isEqualTo(newer.length);
        assertThat(files().get("kl16.ckpt")).isEqualTo(newer);
    }

    private void shard(byte[] weights) {
        hub.remove(UNIPIC, "model.safetensors");
        hub.add(
                        UNIPIC,
                        "model.safetensors.index.json",
                        "{\"weight_map\": {\"mar.a\": \"model-00001-of-00001.safetensors\"}}")
                .add(UNIPIC, "model-00001-of-00001.safetensors", weights, true);
    }

    /** Of the names that a file of weights may have the exporter reads the first. */
    @Test
    void whatACommitNoLongerHasIsDeletedBeforeItCouldBeRead() throws IOException {
        hub.remove(UNIPIC, LANGUAGE + "model.safetensors");
        hub.add(UNIPIC, "unipic_config.json", "{}");
        run();
        Files.writeString(out.resolve("notes.txt"), "mine");
        hub.remove(UNIPIC, "unipic_config.json");
        shard(safetensors("mar.a"));
        run();
        assertThat(files().keySet())
                .containsExactly(
                        LANGUAGE + "config.json",
                        LANGUAGE + "model.safetensors",
                        LANGUAGE + "tokenizer.json",
                        "kl16.ckpt",
                        "model-00001-of-00001.safetensors",
                        "model.safetensors.index.json",
                        "notes.txt",
                        VISION + "config.json");
        assertThat(run().received()).isZero();
        hub.add(UNIPIC, "model.safetensors", MAIN, true);
        run();
        assertThat(files().keySet())
                .contains("model.safetensors")
                .doesNotContain("model.safetensors.index.json", LANGUAGE + "model.safetensors");
    }

    @Test
    void ofAnotherRepositoryNothingOfTheFormerIsLeft() throws IOException {
        run();
        hub.add(FORK, "kl16.safetensors", safetensors("encoder.a"), true)
                .add(FORK, "model.safetensors", safetensors("llm.b"), true)
                .add(FORK, "qwen/config.json", "{\"model_type\": \"qwen2\"}")
                .add(FORK, "qwen/tokenizer.json", "{}");
        assertThat(run(request(FORK, "main", 4)).commit()).isEqualTo(hub.commit(FORK));
        assertThat(files().keySet())
                .containsExactly(
                        "kl16.safetensors",
                        "model.safetensors",
                        "qwen/config.json",
                        "qwen/tokenizer.json",
                        VISION + "config.json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pytorch_model.bin", "pytorch_model.bin.index.json", LANGUAGE + "pytorch_model.bin"})
    void aFileOfTheUsersThatWouldBeReadInPlaceOfAFetchedOneIsRefused(String path) throws IOException {
        hub.add(UNIPIC, "model.safetensors", safetensors("mar.a"), true);
        Path mine = out.resolve(path);
        Files.createDirectories(mine.getParent());
        Files.writeString(mine, "mine");
        assertThat(failure())
                .isInstanceOf(DownloadException.class)
                .hasMessageContainingAll(mine.toString(), "is not of " + UNIPIC, "move it away", "--out")
                .message()
                .doesNotContain("\n");
        assertThat(mine).hasContent("mine");
        Files.delete(mine);
        run();
    }

    /** It was there before the first download, and is not fetched again. */
    @Test
    void aFileThatWasFoundIsNeitherDeletedNorReplaced() throws IOException {
        run();
        FileTree.delete(out.resolve(".unipic-download"));
        run();
        shard(MAIN);
        assertThat(failure())
                .hasMessageContainingAll(out.resolve("model.safetensors").toString(), "move it away");
        hub.add(UNIPIC, "model.safetensors", safetensors("llm.b"), true);
        assertThat(failure())
                .hasMessageContainingAll(out.resolve("model.safetensors").toString(), "move it away");
        assertThat(out.resolve("model.safetensors")).hasBinaryContent(MAIN);
    }

    @Test
    void aFetchedFileThatTheUserHasChangedIsNotDeleted() throws IOException {
        hub.add(UNIPIC, "unipic_config.json", "{}");
        run();
        Files.writeString(out.resolve("unipic_config.json"), "{\"mar\": {}}");
        hub.remove(UNIPIC, "unipic_config.json");
        run();
        assertThat(out.resolve("unipic_config.json")).hasContent("{\"mar\": {}}");
    }

    @Test
    void aListThatNamesFilesElsewhereDeletesNothing() throws IOException {
        run();
        Path other = Files.writeString(folder.resolve("other"), "mine");
        Files.setLastModifiedTime(other, FileTime.fromMillis(1000));
        Path list = out.resolve(".unipic-download/verified");
        Files.writeString(list, Files.readString(list) + "1".repeat(40) + " 4 1000 ../other\n");
        run();
        assertThat(other).hasContent("mine");
    }

    @Test
    void whatWasDamagedSinceIsFetchedAgain() throws IOException {
        run();
        byte[] damaged = AUTOENCODER.clone();
        damaged[5]++;
        Files.write(out.resolve("kl16.ckpt"), damaged);
        Files.setLastModifiedTime(out.resolve("kl16.ckpt"), FileTime.fromMillis(1));
        run();
        assertComplete();
    }

    @Test
    void aFolderOfTheHubsOwnToolsIsTakenAsItIs() throws IOException {
        run();
        FileTree.delete(out.resolve(".unipic-download"));
        Path metadata = out.resolve(".cache/huggingface/download/kl16.ckpt.metadata");
        Files.createDirectories(metadata.getParent());
        Files.writeString(metadata, hub.commit(UNIPIC) + "\n" + SmallHub.sha256(AUTOENCODER) + "\n1.0\n");
        assertThat(run().received()).isZero();
        assertThat(metadata).exists();
    }

    @Test
    void aFileOfTheUsersIsNotReplaced() throws IOException {
        Files.createDirectories(out);
        Files.writeString(out.resolve("kl16.ckpt"), "mine");
        assertThat(failure())
                .isInstanceOf(DownloadException.class)
                .hasMessageContainingAll(out.resolve("kl16.ckpt").toString(), "move it away", "--out");
        assertThat(out.resolve("kl16.ckpt")).hasContent("mine");
        Files.delete(out.resolve("kl16.ckpt"));
        run();
        assertComplete();
    }

    /** As huggingface_hub makes it: blobs by hash, a snapshot of links, a ref. */
    private Path makeCache(boolean links) throws IOException {
        Path repository = folder.resolve("hf/hub/models--Skywork--Skywork-UniPic-1.5B");
        Path snapshot = repository.resolve("snapshots").resolve(hub.commit(UNIPIC));
        Files.createDirectories(repository.resolve("blobs"));
        Files.createDirectories(repository.resolve("refs"));
        Files.writeString(repository.resolve("refs/main"), hub.commit(UNIPIC));
        Map<String, byte[]> files = Map.of(
                SmallHub.sha256(MAIN),
                MAIN,
                SmallHub.sha256(AUTOENCODER),
                AUTOENCODER,
                SmallHub.gitHash("{}".getBytes(StandardCharsets.UTF_8)),
                "{}".getBytes(StandardCharsets.UTF_8));
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Files.write(repository.resolve("blobs").resolve(file.getKey()), file.getValue());
        }
        if (links) {
            Files.createDirectories(snapshot.resolve(LANGUAGE));
            Files.createSymbolicLink(
                    snapshot.resolve("model.safetensors"), Path.of("../../blobs", SmallHub.sha256(MAIN)));
            Files.createSymbolicLink(
                    snapshot.resolve(LANGUAGE + "tokenizer.json"),
                    Path.of("../../../blobs", SmallHub.gitHash("{}".getBytes(StandardCharsets.UTF_8))));
        }
        return snapshot;
    }

    @Test
    void whatTheHubsCacheHasIsNotFetched() throws IOException {
        Path snapshot = makeCache(false);
        DownloadReport report = run();
        assertComplete();
        assertThat(plans.get(0).missing()).isLessThan(200);
        assertThat(report.received()).isLessThan(200);
        Path blob = snapshot.getParent().getParent().resolve("blobs").resolve(SmallHub.sha256(AUTOENCODER));
        assertThat(Files.isSameFile(blob, out.resolve("kl16.ckpt")))
                .as("needs no room of its own")
                .isTrue();
        assertThat(blob).hasBinaryContent(AUTOENCODER);
    }

    /** As on Windows, where the snapshot holds the files themselves. */
    @Test
    void aCacheWithoutLinksIsUsedToo() throws IOException {
        Path snapshot = folder.resolve("hf/hub/models--Skywork--Skywork-UniPic-1.5B/snapshots/" + hub.commit(UNIPIC));
        Files.createDirectories(snapshot);
        Files.write(snapshot.resolve("kl16.ckpt"), AUTOENCODER);
        assertThat(run().received()).isLessThan(2000);
        assertComplete();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aCacheOnAnotherDiskIsCopied() throws IOException {
        Path cache = folderOnAnotherDisk();
        try {
            Path blob = cache.resolve("hub/models--Skywork--Skywork-UniPic-1.5B/blobs/" + SmallHub.sha256(AUTOENCODER));
            Files.createDirectories(blob.getParent());
            Files.write(blob, AUTOENCODER);
            environment.put("HF_HOME", cache.toString());
            assertThat(run().received()).isLessThan(2000);
            assertComplete();
        } finally {
            FileTree.delete(cache);
        }
    }

    private Path folderOnAnotherDisk() throws IOException {
        Path disk = Path.of("/dev/shm");
        assumeThat(Files.isWritable(disk) && !Files.getFileStore(disk).equals(Files.getFileStore(folder)))
                .isTrue();
        return Files.createTempDirectory(disk, "unipic");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aCopyNeedsRoomAndALinkDoesNot() throws IOException {
        long size = 2 * Disk.room(folder);
        Path other = folderOnAnotherDisk();
        try (DownloadFolder downloads = DownloadFolder.open(out)) {
            planWithBlob(folder.resolve("hf"), size, downloads);
            assertThat(plans.get(0).missing()).isZero();
            environment.put("HF_HOME", other.toString());
            assertThatThrownBy(() -> planWithBlob(other, size, downloads))
                    .isInstanceOf(OutputException.class)
                    .hasMessageStartingWith("The download needs " + ByteSize.of(size) + ", but the disk of " + out);
            // What is whole in the folder is not copied, wherever it came from.
            sparse(out.resolve("kl16.ckpt"), size);
            planWithBlob(other, size, downloads);
        } finally {
            FileTree.delete(other);
        }
    }

    /** Plans to fetch a file of which the cache has the blob, by its size. */
    private void planWithBlob(Path hfHome, long size, DownloadFolder downloads) throws IOException {
        ContentHash hash = ContentHash.of("1".repeat(64)).orElseThrow();
        sparse(hfHome.resolve("hub/models--Skywork--Skywork-UniPic-1.5B/blobs/" + hash.hex()), size);
        Repository repository = new Repository(UNIPIC, "1".repeat(40), "mit", "", Map.of());
        RemoteFile file = new RemoteFile("kl16.ckpt", size, hash);
        new HubDownload(request(UNIPIC, "main", 1), SHORT, listener)
                .plan(downloads, List.of(new NeededFiles.Wanted("kl16.ckpt", repository, file)), List.of());
    }

    /** A file that takes no room, whatever its size. */
    private static void sparse(Path file, long size) throws IOException {
        Files.createDirectories(file.getParent());
        try (RandomAccessFile content = new RandomAccessFile(file.toFile(), "rw")) {
            content.setLength(size);
        }
    }

    private Transfer transfer(DownloadFolder downloads) {
        HubSettings settings = HubSettings.of(environment::get, folder);
        RemoteFile file = new RemoteFile(
                "kl16.ckpt",
                AUTOENCODER.length,
                ContentHash.of(SmallHub.sha256(AUTOENCODER)).orElseThrow());
        Repository repository = new Repository(UNIPIC, "1".repeat(40), "mit", "", Map.of());
        return new Transfer(
                new HubClient(settings, SHORT),
                SHORT,
                downloads,
                settings.cache(),
                new Meter(),
                new NeededFiles.Wanted("kl16.ckpt", repository, file));
    }

    @Test
    void aCopyFromTheCacheIsHashed() throws Exception {
        Path blob = Files.write(folder.resolve("blob"), AUTOENCODER);
        try (DownloadFolder downloads = DownloadFolder.open(out)) {
            assertThat(transfer(downloads).copy(blob)).isTrue();
            assertThat(part(AUTOENCODER)).hasBinaryContent(AUTOENCODER);
            byte[] damaged = AUTOENCODER.clone();
            damaged[7]++;
            Files.write(blob, damaged);
            assertThat(transfer(downloads).copy(blob)).isFalse();
            assertThat(part(AUTOENCODER)).doesNotExist();
        }
    }

    /** With the lock of its folder it must not outlive the download. */
    @Test
    void aCopyFromTheCacheHeedsTheInterrupt() throws IOException {
        Path blob = Files.write(folder.resolve("blob"), AUTOENCODER);
        try (DownloadFolder downloads = DownloadFolder.open(out)) {
            Transfer transfer = transfer(downloads);
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> transfer.copy(blob))
                    .isInstanceOfAny(InterruptedException.class, ClosedByInterruptException.class);
        } finally {
            Thread.interrupted();
        }
        assertThat(part(AUTOENCODER)).isEmptyFile();
    }

    @Test
    void aDamagedBlobOfTheCacheIsNotUsedAndNotTouched() throws IOException {
        Path snapshot = makeCache(false);
        Path blob = snapshot.getParent().getParent().resolve("blobs").resolve(SmallHub.sha256(AUTOENCODER));
        byte[] damaged = AUTOENCODER.clone();
        damaged[7]++;
        Files.write(blob, damaged);
        Files.createDirectories(out.resolve(".unipic-download"));
        Files.write(part(AUTOENCODER), Arrays.copyOf(AUTOENCODER, 70_000));
        assertThat(run().received()).as("what was there goes on").isLessThan(AUTOENCODER.length - 60_000);
        assertComplete();
        assertThat(blob).hasBinaryContent(damaged);
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void offlineTheCachesSnapshotIsTakenAsItIs() throws IOException {
        Path snapshot = makeCache(true);
        Files.writeString(snapshot.resolve(LANGUAGE + "config.json"), "{\"model_type\": \"qwen2\"}");
        Files.write(snapshot.resolve("kl16.safetensors"), safetensors("encoder.a"));
        environment.put("HF_HUB_OFFLINE", "1");
        assertThat(run().folder()).isEqualTo(snapshot);
        assertThat(hub.requests()).isEmpty();
        assertThat(out).doesNotExist();
    }

    @Test
    void offlineAFolderIsTakenOnlyForWhatItWasDownloadedAs() throws IOException {
        hub.remove(UNIPIC, "kl16.ckpt");
        hub.add(UNIPIC, "kl16.safetensors", safetensors("encoder.a"), true);
        run();
        environment.put("HF_HUB_OFFLINE", "1");
        assertThat(run().folder()).isEqualTo(out);
        assertThat(run(request(UNIPIC, hub.commit(UNIPIC), 4)).folder()).isEqualTo(out);
        for (DownloadRequest other : List.of(request(FORK, "main", 4), request(UNIPIC, "v2", 4))) {
            assertThatThrownBy(() -> run(other))
                    .isInstanceOf(DownloadException.class)
                    .hasMessageContainingAll(out + " holds", "of another repository or revision");
        }

        environment.remove("HF_HUB_OFFLINE");
        hub.add(UNIPIC, "kl16.safetensors", safetensors("encoder.b"), true);
        hub.answer("kl16.safetensors", status(404, "X-Error-Code", "EntryNotFound"));
        assertThat(failure()).isInstanceOf(DownloadException.class);
        environment.put("HF_HUB_OFFLINE", "1");
        assertThat(failure()).hasMessageContaining("holds an unfinished download");
        // Without the record it is the user's.
        FileTree.delete(out.resolve(".unipic-download"));
        assertThat(run().folder()).isEqualTo(out);
    }

    @Test
    void offlineWithoutACheckpointSaysWhatToDo() {
        environment.put("HF_HUB_OFFLINE", "true");
        assertThat(failure())
                .isInstanceOf(DownloadException.class)
                .hasMessageContainingAll("HF_HUB_OFFLINE is set", out.toString(), "unset HF_HUB_OFFLINE");
        assertThat(hub.requests()).isEmpty();
    }

    static Stream<Arguments> refusals() {
        String file = "/resolve/";
        String description = "/api/models/Skywork";
        return Stream.of(
                refusal("private or misspelt", description, status(401), "has no Skywork", "--repo", "HF_TOKEN"),
                refusal("not there", description, status(404), "has no Skywork", "--repo"),
                refusal(
                        "gated",
                        description,
                        status(403, "X-Error-Code", "GatedRepo", "X-Error-Message", "Access is restricted"),
                        "agreed to its terms",
                        "HF_TOKEN"),
                refusal(
                        "forbidden",
                        description,
                        status(403, "X-Error-Message", "No."),
                        "refuses",
                        "(No.)",
                        "HF_TOKEN"),
                refusal("no such revision", description, status(404, "X-Error-Code", "RevisionNotFound"), "--revision"),
                refusal("file gone", file, status(404, "X-Error-Code", "EntryNotFound"), "again"),
                refusal("range", "/blob/", status(416), "416", "try again later"),
                refusal(
                        "too often",
                        file,
                        status(429, "Retry-After", "3600"),
                        "asked too often",
                        "try again in 3600 s",
                        "HF_TOKEN"),
                refusal("too often, later", description, status(429), "429", "try again later"),
                refusal("broken", file, status(500, "X-Error-Message", "Sorry"), "status 500 (Sorry)", "kept"),
                refusal("overloaded", description, status(503), "status 503", "try again later"),
                refusal("odd", description, status(418), "status 418"),
                refusal("expired", "/blob/", status(403), "storage host 127.0.0.1", "again"),
                refusal(
                        "web page",
                        description,
                        content(200, "text/html", "<html>".getBytes(StandardCharsets.UTF_8)),
                        "web page",
                        "HF_ENDPOINT"),
                refusal(
                        "web page for a file",
                        "kl16.ckpt",
                        content(200, "text/html; charset=utf-8", "<html>".getBytes(StandardCharsets.UTF_8)),
                        "web page",
                        "login page"),
                refusal(
                        "no JSON",
                        description,
                        content(200, "application/json", "{\"sha\": ".getBytes(StandardCharsets.UTF_8)),
                        "not JSON",
                        "HF_ENDPOINT"),
                refusal(
                        "other JSON",
                        description,
                        content(200, "application/json", "[1, 2]".getBytes(StandardCharsets.UTF_8)),
                        "lacks the commit"),
                refusal(
                        "deep JSON",
                        description,
                        content(200, "application/json", "[".repeat(100_000).getBytes(StandardCharsets.UTF_8)),
                        "not JSON"),
                refusal(
                        "loop",
                        "kl16.ckpt",
                        exchange -> {
                            exchange.getResponseHeaders()
                                    .add("Location", exchange.getRequestURI().getPath());
                            exchange.sendResponseHeaders(302, -1);
                        },
                        "redirects kl16.ckpt",
                        "more than 10 times"),
                refusal("to nowhere", "kl16.ckpt", status(302), "to nowhere"),
                refusal("to a file", "kl16.ckpt", status(307, "Location", "file:///etc/passwd"), "to nowhere"),
                refusal("with a user", "kl16.ckpt", status(307, "Location", "http://a:b@localhost/x"), "to nowhere"),
                refusal(
                        "too short",
                        "kl16.ckpt",
                        content(200, "application/octet-stream", new byte[7]),
                        "7 bytes where 100000 are announced"),
                refusal(
                        "cut at once",
                        "kl16.ckpt",
                        exchange -> {
                            exchange.sendResponseHeaders(200, 100_000);
                            exchange.getResponseBody().write(1);
                            exchange.getResponseBody().flush();
                        },
                        "broke off",
                        "kept"),
                refusal(
                        "endless",
                        "kl16.ckpt",
                        exchange -> {
                            exchange.sendResponseHeaders(200, 0);
                            while (true) {
                                exchange.getResponseBody().write(new byte[35_000]);
                            }
                        },
                        "sends more than the 100.0 kB"),
                refusal(
                        "other content",
                        "kl16.ckpt",
                        content(200, "application/octet-stream", new byte[100_000]),
                        "another content than the hub states",
                        "deleted",
                        "again"),
                refusal(
                        "gzip",
                        "kl16.ckpt",
                        exchange -> {
                            exchange.getResponseHeaders().add("Content-Encoding", "gzip");
                            exchange.sendResponseHeaders(200, 0);
                        },
                        "in the encoding gzip"));
    }

    private static void sleep(com.sun.net.httpserver.HttpExchange exchange) {
        try {
            Thread.sleep(60_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Arguments refusal(String name, String path, SmallHub.Answer answer, String... message) {
        return Arguments.of(name, path, answer, List.of(message));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusals")
    void whatAHubMayDoIsOneLineAndTheNextRunCompletes(
            String name, String path, SmallHub.Answer answer, List<String> message) throws IOException {
        hub.answer(path, answer);
        UniPicException failure = failure();
        assertThat(failure).isInstanceOf(DownloadException.class);
        assertThat(failure.getMessage()).contains(message).doesNotContain("\n").hasSizeLessThan(500);
        hub.answer(path, hub.usual());
        run();
        assertComplete();
    }

    /** A transfer may fail at any moment, also between two looks at it. */
    @Test
    void noFailureIsOverlooked() {
        CompletableFuture<Void> failing = new CompletableFuture<>() {
            private int looks;

            @Override
            public boolean isDone() {
                return looks++ > 0;
            }
        };
        failing.completeExceptionally(new DownloadException("the hub refuses"));
        HubDownload download = new HubDownload(request(UNIPIC, "main", 4), SHORT, (there, total) -> {});
        assertThatThrownBy(() -> download.awaitAll(List.of(failing)))
                .isInstanceOf(DownloadException.class)
                .hasMessage("the hub refuses");
    }

    @Test
    void aHubThatDoesNotAnswerIsNotWaitedForForEver() throws IOException {
        hub.answer("/api/models/Skywork", HubDownloadTest::sleep);
        Patience patience = patience(Duration.ofMillis(100), Duration.ofSeconds(30));
        assertThatThrownBy(() -> run(request(UNIPIC, "main", 4), patience))
                .isInstanceOf(DownloadException.class)
                .hasMessageContainingAll("does not answer", "try again later");
        hub.answer("/api/models/Skywork", hub.usual());
        run();
        assertComplete();
    }

    @Test
    void aBodyThatStallsIsNotWaitedForForEver() throws IOException {
        hub.answer("kl16.ckpt", exchange -> {
            exchange.sendResponseHeaders(200, 100_000);
            exchange.getResponseBody().write(new byte[1000]);
            exchange.getResponseBody().flush();
            sleep(exchange);
        });
        Patience patience = patience(Duration.ofSeconds(30), Duration.ofMillis(100));
        assertThatThrownBy(() -> run(request(UNIPIC, "main", 4), patience))
                .isInstanceOf(DownloadException.class)
                .hasMessageContainingAll("nothing arrived for", "kept");
        hub.answer("kl16.ckpt", hub.usual());
        run();
        assertComplete();
    }

    @Test
    void aTokenThatIsNotValidIsSaidToBeThatAndNotShown() {
        environment.put("HF_TOKEN", "hf_expired");
        hub.answer("/api/", status(401, "X-Error-Message", "Invalid credentials in Authorization header"));
        assertThat(failure())
                .hasMessageContainingAll("does not accept the token", "set HF_TOKEN", "/settings/tokens")
                .message()
                .doesNotContain("hf_expired");
        environment.put("HF_TOKEN", "hf with spaces");
        assertThat(failure())
                .hasMessageContaining("HF_TOKEN holds characters")
                .message()
                .doesNotContain("spaces");
    }

    @Test
    void whatPassesIsTriedAgainAndContinued() throws IOException {
        hub.answer("/api/models/Skywork", status(503), status(429, "Retry-After", "0"), hub.usual());
        hub.answer("/blob/" + SmallHub.sha256(AUTOENCODER), hub.cutAfter(35_000), hub.cutAfter(25_000), hub.usual());
        run();
        assertComplete();
        assertThat(hub.requests().stream()
                        .filter(request -> request.isFor(SmallHub.sha256(AUTOENCODER)))
                        .map(SmallHub.Request::offset)
                        .toList())
                .as("continues with what has not arrived")
                .hasSize(3)
                .isSorted()
                .doesNotHaveDuplicates();
    }

    /** The longer one is read in several buffers. */
    @ParameterizedTest
    @ValueSource(ints = {100_000, 2_300_000})
    void aPartIsContinued(int length) throws IOException {
        byte[] content = random(length);
        int there = length - 35_000;
        hub.add(UNIPIC, "kl16.ckpt", content, true);
        Files.createDirectories(out.resolve(".unipic-download"));
        Files.write(part(content), Arrays.copyOf(content, there));
        DownloadReport report = run();
        assertThat(out.resolve("kl16.ckpt")).hasBinaryContent(content);
        assertThat(plans.get(0).missing()).isEqualTo(plans.get(0).bytes() - there);
        assertThat(report.received()).isEqualTo(report.bytes() - there);
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 70_000, 100_000, 100_001})
    void aDamagedPartIsFetchedAnew(int length) throws IOException {
        Files.createDirectories(out.resolve(".unipic-download"));
        byte[] damaged = Arrays.copyOf(AUTOENCODER, length);
        damaged[50]++;
        Files.write(part(AUTOENCODER), damaged);
        run();
        assertComplete();
    }

    @Test
    void aWholePartOnlyNeedsToBeMoved() throws IOException {
        Files.createDirectories(out.resolve(".unipic-download"));
        Files.write(part(AUTOENCODER), AUTOENCODER);
        assertThat(run().received()).isLessThan(AUTOENCODER.length);
        assertComplete();
    }

    @Test
    void aHubThatCannotContinueSendsTheWholeFile() throws IOException {
        Files.createDirectories(out.resolve(".unipic-download"));
        Files.write(part(AUTOENCODER), Arrays.copyOf(AUTOENCODER, 70_000));
        hub.answer("/blob/" + SmallHub.sha256(AUTOENCODER), content(200, "application/octet-stream", AUTOENCODER));
        run();
        assertComplete();
    }

    @Test
    void aHubThatRefusesTheRangeIsAskedForAll() throws IOException {
        Files.createDirectories(out.resolve(".unipic-download"));
        Files.write(part(AUTOENCODER), Arrays.copyOf(AUTOENCODER, 70_000));
        hub.answer("/blob/" + SmallHub.sha256(AUTOENCODER), status(416), hub.usual());
        run();
        assertComplete();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFullDiskIsOneLineAndTheNextRunCompletes() throws IOException {
        Files.createDirectories(out.resolve(".unipic-download"));
        Files.createSymbolicLink(part(AUTOENCODER), Path.of("/dev/full"));
        assertThat(failure())
                .isInstanceOf(OutputException.class)
                .hasMessageContainingAll("kl16.ckpt cannot be written (No space left on device)", "make room", "kept")
                .message()
                .doesNotContain("\n");
        Files.delete(part(AUTOENCODER));
        run();
        assertComplete();
    }

    @Test
    void theDiskIsLookedAtBeforeAnythingIsFetched() {
        hub.remove(UNIPIC, "kl16.ckpt");
        hub.list(UNIPIC, entry("kl16.ckpt", "9000000000000", "1".repeat(64)));
        assertThat(failure())
                .isInstanceOf(OutputException.class)
                .hasMessageContainingAll("needs 9.0 TB", "make room there", "--out");
        assertThat(hub.requests()).noneMatch(request -> request.path().contains("/resolve/"));
    }

    private static String entry(String name, String size, String sha256) {
        return ", {\"rfilename\": \"" + name + "\", \"size\": " + size + ", \"lfs\": {\"sha256\": \"" + sha256
                + "\", \"size\": " + size + "}}";
    }

    @ParameterizedTest
    @ValueSource(strings = {"-5", "99999999999999", "\"many\"", "null"})
    void aSizeThatCannotBeIsRefused(String size) {
        hub.remove(UNIPIC, "kl16.ckpt");
        hub.list(UNIPIC, entry("kl16.ckpt", size, "1".repeat(64)));
        assertThat(failure()).isInstanceOf(DownloadException.class).hasMessageContaining("kl16.ckpt");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../etc/passwd", "x/../../y", "\\u0000", ""})
    void aHashThatIsNoneIsRefused(String hash) {
        hub.remove(UNIPIC, "kl16.ckpt");
        hub.list(UNIPIC, entry("kl16.ckpt", "5", hash));
        assertThat(failure()).isInstanceOf(DownloadException.class).hasMessageContaining("size and hash of kl16.ckpt");
    }

    @Test
    void namesThatLeadElsewhereAreNeverUsed() throws IOException {
        String hash = SmallHub.sha256(MAIN);
        hub.remove(UNIPIC, LANGUAGE + "config.json");
        hub.remove(UNIPIC, LANGUAGE + "tokenizer.json");
        hub.list(
                UNIPIC,
                Stream.of(
                                "../evil",
                                "/evil",
                                "../model-00001-of-00001.safetensors",
                                "qwen\\u001b[2J/config.json",
                                "qwen\\\\..\\\\evil/config.json",
                                "qwen../../config.json",
                                "..qwen/config.json",
                                "kl16.ckpt/../../evil")
                        .map(name -> entry(name, Integer.toString(MAIN.length), hash))
                        .reduce("", String::concat));
        run();
        assertThat(files().keySet())
                .containsExactly(
                        LANGUAGE + "config.json",
                        LANGUAGE + "generation_config.json",
                        LANGUAGE + "tokenizer.json",
                        "kl16.ckpt",
                        "model.safetensors",
                        VISION + "config.json");
        try (Stream<Path> children = Files.list(folder)) {
            assertThat(children).containsExactly(out);
        }
    }

    @Test
    void aRepositoryOfAnotherKindIsNamed() {
        assertThatThrownBy(() -> run(request(QWEN, "main", 4)))
                .isInstanceOf(DownloadException.class)
                .hasMessageContainingAll(QWEN, "kl16.ckpt", "no UniPic checkpoint", "--repo");
    }

    /** A mirror may have the one repository only. */
    @Test
    void theOthersRepositoriesAreNotMissedWhereTheFirstHasTheirFolders() throws IOException {
        hub.answer("/api/models/Qwen", status(404));
        hub.answer("/api/models/google", status(404));
        assertThat(failure()).hasMessageContaining("has no " + SIGLIP);
        hub.add(UNIPIC, VISION + "config.json", "{\"model_type\": \"siglip\"}");
        run();
        assertComplete();
        assertThat(plans.get(0).sources().get(1))
                .isEqualTo(new DownloadPlan.Source(QWEN, "not stated", hub.endpoint() + "/" + QWEN));
    }

    @Test
    void aRevisionCanBeACommit() throws IOException {
        run(request(UNIPIC, hub.commit(UNIPIC), 1));
        assertComplete();
        assertThatThrownBy(() -> run(request(UNIPIC, "v9", 1))).hasMessageContainingAll("v9", "--revision");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Skywork", "a/b/c", "../x", "a/..", "a--b/c", "a b/c", "a/b?x", ""})
    void whatIsNoRepositorysNameIsRefused(String name) {
        assertThatThrownBy(() -> request(name, "main", 1)).hasMessageContaining("OWNER/NAME");
    }

    @Test
    void whatIsNoHubsAddressIsRefused() {
        for (String endpoint : List.of("huggingface.co", "ftp://a", "https://", "https://u:p@a", "http://a b")) {
            environment.put("HF_ENDPOINT", endpoint);
            assertThat(failure()).hasMessageContainingAll("HF_ENDPOINT is '", "https://huggingface.co");
        }
    }

    @Test
    void aHubThatIsNotThereIsNamed() {
        hub.close();
        assertThat(failure())
                .isInstanceOf(DownloadException.class)
                .hasMessageContainingAll("localhost cannot be reached", "HTTPS_PROXY", "HF_HUB_OFFLINE=1");
        assertThat(out).doesNotExist();
    }

    @Test
    void fetchesNoMoreAtATimeThanAllowed() throws IOException {
        hub.add(UNIPIC, "kl16.ckpt", random(100_000), true);
        hub.pause(10);
        run(request(UNIPIC, "main", 1));
        assertThat(hub.mostAtATime()).isEqualTo(1);
    }

    @Test
    void twoInOneFolderDoNotMix() throws IOException {
        try (DownloadFolder other = DownloadFolder.open(out)) {
            assertThat(other.file("kl16.ckpt")).doesNotExist();
            assertThat(failure()).hasMessageContainingAll("another download to " + out, "wait for it");
        }
        run();
        assertComplete();
    }

    @Test
    void whatTheListenerThrowsStopsItAndTheNextRunContinues() throws IOException {
        hub.pause(20);
        assertThatThrownBy(() -> HubDownload.run(request(UNIPIC, "main", 4), SHORT, (there, total) -> {
                    if (there > 30_000) {
                        throw new IllegalStateException("enough");
                    }
                }))
                .hasMessage("enough");
        long kept = Files.size(part(AUTOENCODER));
        assertThat(kept).isBetween(1L, 299_999L);
        hub.pause(0);
        DownloadReport report = run();
        assertThat(report.received()).isLessThanOrEqualTo(report.bytes() - kept);
        assertComplete();
    }

    /** The server takes the proxy's part: of a host that does not exist, and with a name and a password. */
    @Test
    void goesThroughTheProxyOfTheEnvironment() throws IOException {
        environment.put("HF_ENDPOINT", "http://hub.invalid");
        environment.put("http_proxy", "http://me:pass@127.0.0.1:" + hub.port());
        environment.put("NO_PROXY", "example.org, 127.0.0.1");
        run();
        assertComplete();
        assertThat(hub.requests())
                .filteredOn(request -> request.host().equals("hub"))
                .isNotEmpty()
                .allSatisfy(request -> assertThat(request.proxy()).contains("Basic bWU6cGFzcw=="));
        assertThat(hub.requests())
                .filteredOn(request -> request.host().equals("storage"))
                .allSatisfy(request -> assertThat(request.proxy()).isEmpty());
    }

    @Test
    void aProxyThatWantsAPasswordIsOneLine() throws IOException {
        try (ServerSocket proxy = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
            Thread thread = new Thread(() -> refuse(proxy));
            thread.setDaemon(true);
            thread.start();
            environment.put("HF_ENDPOINT", "https://hub.invalid");
            environment.put("HTTPS_PROXY", "http://127.0.0.1:" + proxy.getLocalPort());
            assertThat(failure())
                    .isInstanceOf(DownloadException.class)
                    .hasMessageContainingAll("the proxy wants a name and a password", "HTTPS_PROXY");
        }
    }

    private static void refuse(ServerSocket proxy) {
        try {
            while (true) {
                try (Socket client = proxy.accept()) {
                    client.getInputStream().read(new byte[4096]);
                    client.getOutputStream()
                            .write(("HTTP/1.1 407 Proxy Authentication Required\r\n"
                                            + "Proxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
                }
            }
        } catch (IOException e) {
            // The test has ended.
        }
    }
}
