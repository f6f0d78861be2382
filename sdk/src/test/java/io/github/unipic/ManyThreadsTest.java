package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.testing.Requests;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** Ten threads run all kinds of tasks at once, some of them cancelled: each gets the same result as alone. */
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
class ManyThreadsTest {
    private static final int THREADS = 10;
    private static final int REQUESTS = 42;
    private static final Image PHOTO = TestImages.gradient(64, 64);

    private static List<String> expected;

    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();

    @AfterEach
    void stop() {
        threads.shutdownNow();
        clock.shutdownNow();
    }

    /** What can be asked for. */
    private enum Kind {
        GENERATE {
            @Override
            String run(UniPic unipic, Cancellation cancellation) {
                return text(unipic.generate(drawing("a red circle", cancellation)));
            }
        },
        TWO_AT_ONCE {
            @Override
            String run(UniPic unipic, Cancellation cancellation) {
                GenerateRequest two = drawing("a blue square", cancellation).toBuilder()
                        .count(2)
                        .guidance(1)
                        .build();
                return text(unipic.generate(two));
            }
        },
        EDIT {
            @Override
            String run(UniPic unipic, Cancellation cancellation) {
                return text(unipic.edit(Requests.edit(PHOTO, drawing("make it night", cancellation))));
            }
        },
        INPAINT {
            @Override
            String run(UniPic unipic, Cancellation cancellation) {
                return text(unipic.inpaint(Requests.like(
                                InpaintRequest.extending(PHOTO, 16, 0, 0, 0, "a wide field"),
                                drawing("a wide field", cancellation))
                        .build()));
            }
        },
        DESCRIBE {
            @Override
            String run(UniPic unipic, Cancellation cancellation) {
                return unipic.describe(question("What is it?", cancellation)).text();
            }
        },
        CONVERSATION {
            @Override
            String run(UniPic unipic, Cancellation cancellation) {
                try (Conversation conversation = unipic.conversation()) {
                    String first = conversation
                            .ask(question("What is it?", cancellation))
                            .text();
                    try (Conversation branch = conversation.fork()) {
                        String drawn = text(branch.generate(drawing("the same at night", cancellation)));
                        return first
                                + drawn
                                + conversation
                                        .ask(question("And where?", cancellation))
                                        .text();
                    }
                }
            }
        };

        /** What comes of it, to compare. */
        abstract String run(UniPic unipic, Cancellation cancellation);

        static Kind of(int request) {
            return values()[request % values().length];
        }
    }

    private static GenerateRequest drawing(String prompt, Cancellation cancellation) {
        return GenerateRequest.builder(prompt)
                .size(64, 64)
                .iterations(3)
                .diffusionSteps(4)
                .seed(7)
                .cancellation(cancellation)
                .build();
    }

    private static DescribeRequest question(String question, Cancellation cancellation) {
        return DescribeRequest.builder(question)
                .image(PHOTO)
                .maxTokens(4)
                .cancellation(cancellation)
                .build();
    }

    private static String text(List<Image> images) {
        return images.stream()
                .map(image -> HexFormat.of().formatHex(image.rgb()))
                .reduce("", String::concat);
    }

    @BeforeAll
    static void runAlone() {
        try (UniPic unipic = SmallModel.builder().load()) {
            expected = IntStream.range(0, Kind.values().length)
                    .mapToObj(kind -> Kind.of(kind).run(unipic, new Cancellation()))
                    .toList();
        }
    }

    @Test
    void getWhatEachWouldGetAlone() throws InterruptedException, ExecutionException {
        long tensors = Tensor.open();
        long sessions = Graphs.openSessions();
        int cancelled = 0;
        Random random = new Random(1);
        try (UniPic kept = SmallModel.builder().load();
                UniPic freed = SmallModel.builder().keepLoaded(false).load()) {
            List<Callable<String>> requests = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                Kind kind = Kind.of(i);
                UniPic unipic = i % 7 == 0 ? freed : kept;
                long after = random.nextInt(4) == 0 ? random.nextInt(300) : -1;
                requests.add(() -> {
                    Cancellation cancellation = new Cancellation();
                    if (after >= 0) {
                        clock.schedule(cancellation::cancel, after, TimeUnit.MILLISECONDS);
                    }
                    try {
                        return kind.run(unipic, cancellation);
                    } catch (CancelledException e) {
                        assertThat(after).isNotNegative();
                        return "";
                    }
                });
            }
            List<Future<String>> results = threads.invokeAll(requests);
            for (int i = 0; i < REQUESTS; i++) {
                String result = results.get(i).get();
                if (result.isEmpty()) {
                    cancelled++;
                } else {
                    assertThat(result).as(Kind.of(i).name()).isEqualTo(expected.get(i % expected.size()));
                }
            }
        }
        assertThat(cancelled).isBetween(1, REQUESTS / 2);
        assertThat(Tensor.open()).isEqualTo(tensors);
        assertThat(Graphs.openSessions()).isEqualTo(sessions);
    }

    /** Those under way end well, those that come later are told so. */
    @Test
    void mayCloseTheModelMeanwhile() throws InterruptedException, ExecutionException {
        long tensors = Tensor.open();
        long sessions = Graphs.openSessions();
        for (int round = 0; round < 2; round++) {
            UniPic unipic = SmallModel.builder().keepLoaded(round != 1).load();
            CountDownLatch begun = new CountDownLatch(THREADS);
            List<Future<String>> results = new ArrayList<>();
            for (int i = 0; i < 2 * THREADS; i++) {
                Kind kind = Kind.of(i);
                results.add(threads.submit(() -> {
                    begun.countDown();
                    return kind == Kind.CONVERSATION ? "" : kind.run(unipic, new Cancellation());
                }));
            }
            begun.await();
            unipic.close();
            unipic.close();
            assertThatIllegalStateException().isThrownBy(unipic::conversation).withMessageContaining("closed");
            for (int i = 0; i < results.size(); i++) {
                try {
                    String result = results.get(i).get();
                    assertThat(result.isEmpty() || result.equals(expected.get(i % expected.size())))
                            .as(Kind.of(i).name())
                            .isTrue();
                } catch (ExecutionException e) {
                    assertThat(e)
                            .hasCauseInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("closed");
                }
            }
            assertThat(Graphs.openSessions()).isEqualTo(sessions);
        }
        assertThat(Tensor.open()).isEqualTo(tensors);
    }
}
