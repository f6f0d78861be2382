package io.github.unipic.export.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.testing.ChildJvm;
import io.github.unipic.testing.SmallHub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A download in a process that is killed at random moments goes on where it was, and ends right. */
@Timeout(300)
class KilledDownloadTest {
    private static final int KILLS = 4;
    private static final byte[] AUTOENCODER = HubDownloadTest.random(1_000_000);

    @TempDir
    private Path folder;

    /** Downloads, in a process of its own. */
    public static final class Child {
        public static void main(String[] args) {
            HubDownload.run(request(args[0], Path.of(args[1])), (there, total) -> {});
        }
    }

    private static DownloadRequest request(String endpoint, Path folder) {
        return new DownloadRequest(
                DownloadRequest.REPOSITORY,
                "main",
                folder.resolve("checkpoint"),
                4,
                Map.of("HF_ENDPOINT", endpoint, "HF_HOME", folder.toString())::get,
                folder);
    }

    @Test
    void goesOnAfterEachKillAndEndsRight() throws IOException, InterruptedException {
        try (SmallHub hub = SmallHub.start()) {
            HubDownloadTest.fill(hub);
            hub.add(HubDownloadTest.UNIPIC, "kl16.ckpt", AUTOENCODER, true);
            hub.pause(5);
            Random moments = new Random(20);
            int killed = 0;
            while (killed < KILLS) {
                killed += killSomewhere(hub, moments) ? 1 : 0;
                if (Files.exists(folder.resolve("checkpoint/kl16.ckpt"))) {
                    assertThat(folder.resolve("checkpoint/kl16.ckpt")).hasBinaryContent(AUTOENCODER);
                    io.github.unipic.files.FileTree.delete(folder.resolve("checkpoint"));
                }
            }
            assertThat(hub.requests())
                    .as("continues")
                    .anyMatch(request -> request.isFor(SmallHub.sha256(AUTOENCODER)) && request.offset() > 0);
            hub.pause(0);
            HubDownload.run(request(hub.endpoint(), folder), (there, total) -> {});
        }
        Path checkpoint = folder.resolve("checkpoint");
        assertThat(checkpoint.resolve("kl16.ckpt")).hasBinaryContent(AUTOENCODER);
        try (Stream<Path> files = Files.list(checkpoint.resolve(".unipic-download"))) {
            assertThat(files.map(file -> file.getFileName().toString()).sorted())
                    .containsExactly("lock", "source", "verified");
        }
        try (Stream<Path> files = Files.list(checkpoint)) {
            assertThat(files.map(file -> file.getFileName().toString()).sorted())
                    .containsExactly(
                            ".unipic-download",
                            "Qwen2.5-1.5B-Instruct",
                            "kl16.ckpt",
                            "model.safetensors",
                            "siglip2-so400m-patch16-512");
        }
    }

    /** Kills it after a number of bytes that it was sent, or after its end. */
    private boolean killSomewhere(SmallHub hub, Random moments) throws IOException, InterruptedException {
        long until = hub.sent() + moments.nextInt(350_000);
        Process child = new ProcessBuilder(
                        ChildJvm.command(Child.class, List.of(), List.of(hub.endpoint(), folder.toString())))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
        try {
            while (child.isAlive() && hub.sent() < until) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            boolean alive = child.isAlive();
            if (!alive) {
                assertThat(child.exitValue())
                        .as(Files.readString(folder.resolve("output")))
                        .isZero();
            }
            return alive;
        } finally {
            child.destroyForcibly().waitFor();
        }
    }
}
