package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.ModelFormatException;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.RunListener;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.text.PromptText;
import io.github.unipic.text.PromptTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sequence of the language model, in a context of 1200 tokens. */
class LanguageContextTest {
    private static final int CONTEXT = 1200;
    private static final String FULL = "The model's context of 1200 tokens is full: ";

    private static final String USER = "<|im_start|>user\n";
    private static final String FOX = "a fox<|im_end|>\n<|im_start|>assistant\n";
    private static final String END = "<|im_end|>\n";

    /** Graph runs of the language model. */
    private static final AtomicInteger RUNS = new AtomicInteger();

    @TempDir
    private static Path folder;

    private static Engine engine;
    private static Execution execution;
    private static PromptTokenizer tokenizer;

    @BeforeAll
    static void load() throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("model"));
        copy.context(CONTEXT);
        RunListener counting = new RunListener() {
            @Override
            public void onRun(GraphName graph, long nanos) {
                if (graph == GraphName.DECODER_STEP) {
                    RUNS.incrementAndGet();
                }
            }
        };
        engine = Engine.open(ModelFolder.open(copy.finish(), false), SmallModel.options(Memory.DEFAULTS), counting);
        execution = TestExecution.of(engine);
        tokenizer = engine.tokenizer();
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static PromptText typed(String text) {
        return PromptText.typed(text, false);
    }

    private static long[] ids(int count) {
        return LongStream.range(0, count).map(i -> i * 37 % 420).toArray();
    }

    private static Tensor embeds(int count) {
        int width = execution.manifest().sizes().hidden();
        Random random = new Random(count);
        float[] values = new float[count * width];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.floats(values, 1, count, width);
    }

    /** What was appended is, token for token, this text. */
    private static void assertIs(LanguageContext context, String text) {
        long[] ids = tokenizer.encode(text);
        assertThat(context.tokens()).isEqualTo(ids.length);
        try (LanguageContext expected = LanguageContext.empty(execution)) {
            expected.tokens(ids);
            assertThat(context.logits()).usingComparatorWithPrecision(1e-4f).containsExactly(expected.logits());
        }
    }

    private static void assertRefused(Runnable message, String says) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(message::run)
                .withMessageContaining(says);
    }

    private static void with(Consumer<LanguageContext> test) {
        long open = Tensor.open();
        try (LanguageContext context = LanguageContext.empty(execution)) {
            test.accept(context);
        }
        assertThat(Tensor.open()).isEqualTo(open);
    }

    @Test
    void anEmptySequenceHasAllRoomAndNoLogits() {
        with(context -> {
            assertThat(context.tokens()).isZero();
            assertThat(context.room()).isEqualTo(CONTEXT);
            assertThatIllegalStateException().isThrownBy(context::logits);
            context.requireAnswered();
        });
    }

    @Test
    void messagesTakeTurns() {
        with(context -> {
            assertRefused(() -> context.appendAnswer(typed("yes")), "must come before");
            context.appendSystem(typed("be brief"));
            String system = "<|im_start|>system\nbe brief<|im_end|>\n";
            assertIs(context, system);
            assertRefused(() -> context.appendSystem(typed("x")), "only begin a conversation");
            assertRefused(() -> context.appendAnswer(typed("yes")), "must come before");
            context.requireAnswered();

            context.append(context.turn(typed("a fox")), List.of());
            assertIs(context, system + USER + FOX);
            assertRefused(context::requireAnswered, "has no answer");
            assertRefused(() -> context.appendSystem(typed("x")), "only begin a conversation");

            context.appendAnswer(typed("yes"));
            assertIs(context, system + USER + FOX + "yes");
            context.requireAnswered();
            assertRefused(() -> context.appendAnswer(typed("yes")), "must come before");

            context.append(context.turn(typed("a fox")), List.of());
            assertIs(context, system + USER + FOX + "yes" + END + USER + FOX);
        });
    }

    @Test
    void anAnswerThatWasGeneratedEndsAsOne() {
        with(context -> {
            context.append(context.turn(typed("a fox")), List.of());
            context.tokens(tokenizer.encode("no"));
            context.endAnswer();
            context.requireAnswered();
            context.append(context.turn(typed("a fox")), List.of());
            assertIs(context, USER + FOX + "no" + END + USER + FOX);
        });
    }

    /** A question without an answer is ended as well. */
    @Test
    void aQuestionAfterAQuestion() {
        with(context -> {
            context.append(context.turn(typed("a fox")), List.of());
            context.append(context.turn(typed("a fox")), List.of());
            assertIs(context, USER + FOX + END + USER + FOX);
        });
    }

    @Test
    void imagesStandBetweenTheTexts() {
        with(context -> {
            try (Tensor one = embeds(5);
                    Tensor other = embeds(5);
                    LanguageContext expected = LanguageContext.empty(execution)) {
                Turn turn = context.turn(2, 5, typed("a fox"));
                context.append(turn, List.of(one, other));
                expected.tokens(tokenizer.encode(USER));
                expected.embeds(one);
                expected.tokens(tokenizer.encode("\n"));
                expected.embeds(other);
                expected.tokens(tokenizer.encode("\n" + FOX));
                assertThat(context.tokens()).isEqualTo(expected.tokens());
                assertThat(context.logits()).containsExactly(expected.logits());
                assertThat(context.tokens())
                        .isEqualTo(2 * 5
                                + tokenizer.encode(USER).length
                                + tokenizer.encode("\n").length
                                + tokenizer.encode("\n" + FOX).length);
            }
        });
    }

    @Test
    void anImageHasAsManyEmbeddingsAsTheTurnSays() {
        with(context -> {
            try (Tensor image = embeds(5)) {
                Turn turn = context.turn(1, 6, typed("a fox"));
                assertThatExceptionOfType(ModelFormatException.class)
                        .isThrownBy(() -> context.append(turn, List.of(image)))
                        .withMessage("The model makes 5 embeddings of an image, and its manifest says 6; export the"
                                + " model again.");
                assertThat(context.tokens()).isZero();
            }
        });
    }

    @Test
    void aForkGoesOnAlone() {
        with(context -> {
            context.append(context.turn(typed("a fox")), List.of());
            try (LanguageContext fork = context.fork(execution)) {
                assertThat(fork.tokens()).isEqualTo(context.tokens());
                fork.appendAnswer(typed("yes"));
                assertIs(fork, USER + FOX + "yes");
                assertIs(context, USER + FOX);
                context.appendAnswer(typed("no"));
                assertIs(context, USER + FOX + "no");
                assertIs(fork, USER + FOX + "yes");
            }
            assertIs(context, USER + FOX + "no");
        });
    }

    @Test
    void tokensFillTheContextToTheLast() {
        with(context -> {
            assertRefused(() -> context.tokens(ids(CONTEXT + 1)), FULL + "0 are taken, 1201 more are needed.");
            assertThat(context.tokens()).isZero();
            context.tokens(ids(CONTEXT - 1));
            assertThat(context.room()).isEqualTo(1);
            assertRefused(() -> context.tokens(ids(2)), FULL + "1199 are taken, 2 more are needed.");
            context.tokens(ids(1));
            assertThat(context.room()).isZero();
            assertThat(context.tokens()).isEqualTo(CONTEXT);
            assertRefused(() -> context.tokens(ids(1)), FULL + "1200 are taken, 1 more are needed.");
        });
    }

    @Test
    void embeddingsFillTheContextToTheLast() {
        with(context -> {
            try (Tensor most = embeds(CONTEXT);
                    Tensor one = embeds(1);
                    Tensor tooMany = embeds(CONTEXT + 1)) {
                assertRefused(() -> context.embeds(tooMany), FULL + "0 are taken, 1201 more are needed.");
                context.embeds(most);
                assertThat(context.room()).isZero();
                assertRefused(() -> context.embeds(one), FULL + "1200 are taken, 1 more are needed.");
            }
        });
    }

    /** 512 go through the model at once. */
    @Test
    void chunksAreThoseOfASequence() {
        with(context -> {
            context.tokens(ids(514));
            with(single -> {
                for (int[] part : new int[][] {{0, 512}, {512, 513}, {513, 514}}) {
                    single.tokens(java.util.Arrays.copyOfRange(ids(514), part[0], part[1]));
                }
                assertThat(context.tokens()).isEqualTo(514);
                assertThat(context.logits()).usingComparatorWithPrecision(1e-4f).containsExactly(single.logits());
            });
        });
        with(context -> {
            try (Tensor chunk = embeds(512)) {
                context.embeds(chunk);
                context.embeds(chunk); // still its owner's
                assertThat(context.tokens()).isEqualTo(1024);
            }
        });
    }

    @Test
    void noMoreThan512GoThroughTheModelAtOnce() {
        for (int[] expected : new int[][] {{1, 1}, {512, 1}, {513, 2}, {1024, 2}, {1100, 3}}) {
            with(context -> {
                RUNS.set(0);
                context.tokens(ids(expected[0]));
                assertThat(RUNS).hasValue(expected[1]);
            });
            with(context -> {
                try (Tensor embeds = embeds(expected[0])) {
                    RUNS.set(0);
                    context.embeds(embeds);
                    assertThat(RUNS).hasValue(expected[1]);
                }
            });
        }
    }

    @Test
    void theRoomOfATurnCountsWhatIsThere() {
        with(context -> {
            context.tokens(ids(1000));
            Turn turn = new Turn(List.of(new long[20], new long[30]), 100);
            context.requireRoom(turn, 50, "the answer");
            assertRefused(
                    () -> context.requireRoom(turn, 51, "the answer"),
                    "context of 1200 tokens is too short: 1000 are taken by the conversation so far, 50 are needed for"
                            + " the prompt, 100 for the images in it, 51 for the answer, 1201 in all");
        });
    }
}
