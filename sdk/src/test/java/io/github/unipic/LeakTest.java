package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.runtime.Tensor;
import io.github.unipic.testing.ChildJvm;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.Requests;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Calls that fail halfway release their memory. Native memory is measured as the process's resident memory on Linux.
 */
@EnabledOnOs(OS.LINUX)
class LeakTest {
    private static final int CALLS = 200;

    /** After which the allocators have what they keep. */
    private static final int WARM_UP = 40;

    /** What the allocators keep for later varies by some megabytes; the count of open tensors is exact. */
    static final long SLACK_BYTES = 40 << 20;

    private static final Image PHOTO = TestImages.gradient(64, 64);

    /** The process under test, whose Java heap is fixed and touched, so that only native memory can grow. */
    static final class Main {
        public static void main(String[] args) throws IOException {
            try (UniPic unipic = UniPic.builder(Path.of(args[0])).threads(1).load();
                    Conversation conversation = unipic.conversation()) {
                conversation.ask(
                        DescribeRequest.builder("Say something.").maxTokens(3).build());
                fail(unipic, conversation, WARM_UP);
                long open = Tensor.open();
                long before = residentBytes();
                fail(unipic, conversation, CALLS);
                System.out.println("growth " + (residentBytes() - before) + ", tensors " + (Tensor.open() - open));
            }
        }
    }

    /** The model of {@link Main}: with a short context, as reading text that exceeds it takes the longest. */
    static Path model(Path folder) throws IOException {
        ModelCopy model = ModelCopy.of(SmallModel.folder(), folder.resolve("model"));
        model.context(2048);
        return model.finish();
    }

    @Test
    void twoHundredFailingCallsLeaveMemoryFlat(@TempDir Path folder) throws IOException, InterruptedException {
        String output = ChildJvm.run(
                folder,
                Main.class,
                List.of("-Xms128m", "-Xmx128m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC"),
                List.of(model(folder).toString()),
                Map.of("MALLOC_ARENA_MAX", "1"));
        Matcher growth = Pattern.compile("growth (-?\\d+)").matcher(output);
        assertThat(growth.find()).as(output).isTrue();
        assertThat(Long.parseLong(growth.group(1))).isLessThan(SLACK_BYTES);
        assertThat(output).contains("tensors 0");
    }

    /**
     * Each round fails in the middle of a drawing, a first and a later edit, an answer, and before a question that is
     * too long; the later edits at any moment, as another thread cancels them.
     */
    private static void fail(UniPic unipic, Conversation conversation, int calls) {
        String endless = "龘".repeat(1000);
        for (int i = 0; i < calls / 4; i++) {
            GenerateRequest stopping = stopping(64, 1 + i % 5);
            assertThatExceptionOfType(UniPicException.class).isThrownBy(() -> unipic.generate(stopping));
            assertThatExceptionOfType(UniPicException.class)
                    .isThrownBy(() -> unipic.edit(Requests.edit(PHOTO, stopping)));
            Cancellation cancellation = new Cancellation();
            DescribeRequest question = DescribeRequest.builder("What?")
                    .image(PHOTO)
                    .cancellation(cancellation)
                    .listener(piece -> cancellation.cancel())
                    .build();
            assertThatExceptionOfType(UniPicException.class).isThrownBy(() -> conversation.ask(question));
            cancelSomewhere(conversation, i);
            DescribeRequest tooLong =
                    DescribeRequest.builder(endless).image(PHOTO).build();
            assertThatExceptionOfType(UniPicException.class).isThrownBy(() -> conversation.ask(tooLong));
        }
    }

    private static void cancelSomewhere(Conversation conversation, int round) {
        Cancellation cancellation = new Cancellation();
        GenerateRequest edit = GenerateRequest.builder("Make it night")
                .size(64, 64)
                .iterations(64)
                .fast()
                .diffusionSteps(200)
                .cancellation(cancellation)
                .build();
        Thread canceller = new Thread(() -> {
            try {
                Thread.sleep(round % 25);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            cancellation.cancel();
        });
        canceller.start();
        try (Conversation branch = conversation.fork()) {
            assertThatExceptionOfType(UniPicException.class).isThrownBy(() -> branch.edit(Requests.edit(PHOTO, edit)));
        } finally {
            cancellation.cancel();
        }
    }

    private static GenerateRequest stopping(int side, int iteration) {
        Cancellation cancellation = new Cancellation();
        return GenerateRequest.builder("a red circle")
                .size(side, side)
                .iterations(6)
                .fast()
                .diffusionSteps(10)
                .cancellation(cancellation)
                .listener(progress -> {
                    if (progress.iteration() == iteration) {
                        cancellation.cancel();
                    }
                })
                .build();
    }

    private static long residentBytes() throws IOException {
        System.gc();
        String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
        return Long.parseLong(pages) * 4096;
    }
}
