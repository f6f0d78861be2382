package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Conversation;
import io.github.unipic.DescribeRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.InferenceException;
import io.github.unipic.UniPic;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.testing.ChildJvm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where Java's memory outside its heap ends in the middle of a request, at any place of it. */
class LackOfMemoryTest {
    private static final int BLOCK = 4 << 10;
    private static final int MOST_BLOCKS = 400;
    private static final Image PHOTO = TestImages.gradient(64, 64);

    /** The process under test: takes all such memory, and gives it back block by block until a request succeeds. */
    static final class Main {
        public static void main(String[] args) {
            try (UniPic unipic = UniPic.builder(Path.of(args[0])).threads(1).load();
                    Conversation conversation = unipic.conversation()) {
                Runnable generate = () -> unipic.generate(request());
                Runnable edit = () -> conversation.edit(Requests.edit(PHOTO, request()));
                Runnable ask = () -> conversation.ask(DescribeRequest.builder("What?")
                        .image(PHOTO)
                        .maxTokens(2)
                        .build());
                for (Runnable task : List.of(generate, edit, ask)) {
                    task.run();
                }
                for (Runnable task : List.of(generate, edit, ask)) {
                    squeeze(task, Tensor.open());
                }
            }
            System.out.println("left " + Tensor.open());
        }

        private static void squeeze(Runnable task, long open) {
            List<ByteBuffer> blocks = fill();
            int failures = 0;
            // More memory each time, a quarter more than the time before.
            for (int free = 0; blocks.size() > free; free += 1 + free / 4) {
                blocks.subList(0, 1 + free / 4).clear();
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

    @Test
    void isAnExceptionThatLeavesNothingOpen(@TempDir Path folder) throws IOException, InterruptedException {
        String output = ChildJvm.run(
                folder,
                Main.class,
                List.of("-XX:MaxDirectMemorySize=" + MOST_BLOCKS * BLOCK, "-XX:+UseSerialGC"),
                List.of(TinyModel.model().toString()),
                Map.of());
        assertThat(output.lines().filter(line -> line.matches("(says|tensors|never|left) .*")))
                .containsExactly("left 0");
        assertThat(output.lines().filter(line -> line.matches("failures ([3-9]|\\d\\d)")))
                .as(output)
                .hasSize(3);
    }
}
