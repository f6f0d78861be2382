package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.runtime.Tensor;
import io.github.unipic.testing.ChildJvm;
import io.github.unipic.testing.Requests;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Java's memory outside its heap runs out at any point of a request. */
class LackOfMemoryTest {
    private static final int BLOCK = 4 << 10;
    private static final int MOST_BLOCKS = 400;
    private static final Image PHOTO = TestImages.gradient(64, 64);

    /** The processes under test: take all such memory, and give it back block by block until a request succeeds. */
    static final class Main {
        public static void main(String[] args) {
            try (UniPic unipic = UniPic.builder(Path.of(args[0])).threads(1).load();
                    Conversation conversation = unipic.conversation()) {
                Runnable task = switch (args[1]) {
                    case "generate" -> () -> unipic.generate(request());
                    case "edit" -> () -> conversation.edit(Requests.edit(PHOTO, request()));
                    default ->
                        () -> conversation.ask(DescribeRequest.builder("What?")
                                .image(PHOTO)
                                .maxTokens(2)
                                .build());
                };
                task.run();
                squeeze(task, Tensor.open());
            }
            System.out.println("left " + Tensor.open());
        }

        private static void squeeze(Runnable task, long open) {
            List<ByteBuffer> blocks = fill();
            int failures = 0;
            // More memory each time, twice as much as the time before.
            for (int free = 0; blocks.size() > free; free += 1 + free) {
                blocks.subList(0, 1 + free).clear();
                try {
                    task.run();
                    System.out.println("failures " + failures);
                    return;
                } catch (InferenceException e) {
                    failures++;
                    if (!e.getMessage().contains("-XX:MaxDirectMemorySize")
                            || e.getMessage().contains("\n")) {
                        System.out.println("says " + e.getMessage());
                    }
                }
                if (Tensor.open() != open) {
                    System.out.println("tensors " + (Tensor.open() - open) + " after " + free + " blocks");
                }
            }
            System.out.println("never succeeded");
        }

        private static List<ByteBuffer> fill() {
            System.gc();
            List<ByteBuffer> blocks = new ArrayList<>();
            try {
                while (blocks.size() < MOST_BLOCKS * 10) {
                    blocks.add(ByteBuffer.allocateDirect(BLOCK));
                }
            } catch (OutOfMemoryError e) {
                return blocks;
            }
            throw new AssertionError("there is more memory than this test is for");
        }

        private static GenerateRequest request() {
            return GenerateRequest.builder("a red circle")
                    .size(64, 64)
                    .iterations(2)
                    .diffusionSteps(2)
                    .seed(7)
                    .build();
        }
    }

    /** At once, as Java waits half a second each time before it says that there is no more such memory. */
    @Test
    void isAnExceptionThatLeavesNothingOpen(@TempDir Path folder) {
        List<CompletableFuture<String>> outputs = Stream.of("generate", "edit", "ask")
                .map(task -> CompletableFuture.supplyAsync(() -> output(task, folder)))
                .toList();
        for (CompletableFuture<String> each : outputs) {
            String output = each.join();
            assertThat(output.lines().filter(line -> line.matches("(says|tensors|never|left) .*")))
                    .containsExactly("left 0");
            assertThat(output.lines().filter(line -> line.matches("failures ([3-9]|\\d\\d)")))
                    .as(output)
                    .hasSize(1);
        }
    }

    private static String output(String task, Path folder) {
        try {
            return ChildJvm.run(
                    Files.createDirectory(folder.resolve(task)),
                    Main.class,
                    List.of("-XX:MaxDirectMemorySize=" + MOST_BLOCKS * BLOCK, "-XX:+UseSerialGC"),
                    List.of(SmallModel.folder().toString(), task),
                    Map.of());
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
