package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.conformance.Protocol.Done;
import io.github.unipic.conformance.Protocol.Message;
import io.github.unipic.conformance.Protocol.Setup;
import io.github.unipic.conformance.Protocol.Started;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChildProcessTest {
    private static final Duration LIMIT = Duration.ofSeconds(4);

    @TempDir
    private Path folder;

    /** Has started, and answers a request after a moment. */
    static final class Worker {
        public static void main(String[] args) throws IOException, InterruptedException {
            try (OutputStream messages = Files.newOutputStream(Path.of(args[0]))) {
                messages.write(Protocol.line(new Started()));
                System.in.read();
                Thread.sleep(300);
                messages.write(Protocol.line(new Done()));
            }
        }
    }

    /** As while the parent hashes a model's files, or another process records the reference. */
    @Test
    void theTimeThatItHasNothingToDoCountsForNoLimit() throws InterruptedException {
        Isolation isolation = new Isolation(LIMIT, Long.MAX_VALUE, Optional.empty(), Map.of(), List.of());
        try (ChildProcess child = new ChildProcess(isolation, Worker.class, folder, "worker")) {
            assertThat(next(child)).containsInstanceOf(Started.class);
            Thread.sleep(LIMIT.toMillis() + 100);
            child.send(new Setup(ExecutionProvider.CPU, Optional.empty(), Map.of()));
            assertThat(next(child)).containsInstanceOf(Done.class);
            assertThat(next(child)).isEmpty();
            assertThat(child.ending().isNormal()).isTrue();
        }
    }

    private static Optional<Message> next(ChildProcess child) throws InterruptedException {
        return child.next(new Cancellation(), line -> {});
    }
}
