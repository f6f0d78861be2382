package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Answer.FinishReason;
import io.github.unipic.DescribeRequest;
import io.github.unipic.generation.TextGenerator.Generated;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers in a context of 40 tokens, by the model's own greedy tokens. */
class TextGeneratorTest {
    private static final int CONTEXT = 40;
    private static final int PROMPT = 20;

    @TempDir
    private static Path folder;

    private static Engine engine;
    private static Execution execution;

    /** The first 20 greedy tokens after the prompt, and their text. */
    private static List<Integer> greedy;

    @BeforeAll
    static void load() throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("model"));
        copy.context(CONTEXT);
        engine = Engine.open(ModelFolder.open(copy.finish(), false), SmallModel.options(Memory.DEFAULTS));
        execution = TestExecution.of(engine);
        greedy = new ArrayList<>();
        try (LanguageContext context = prompt()) {
            while (greedy.size() < CONTEXT - PROMPT) {
                int token = largest(context.logits());
                greedy.add(token);
                context.tokens(new long[] {token});
            }
        }
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static LanguageContext prompt() {
        LanguageContext context = LanguageContext.empty(execution);
        context.tokens(LongStream.range(0, PROMPT).map(i -> 40 + 7 * i).toArray());
        return context;
    }

    private static int largest(float[] logits) {
        return IntStream.range(0, logits.length)
                .reduce((a, b) -> logits[b] > logits[a] ? b : a)
                .orElseThrow();
    }

    private static String text(int tokens) {
        return engine.tokenizer()
                .decode(greedy.subList(0, tokens).stream()
                        .mapToLong(Integer::longValue)
                        .toArray());
    }

    private static DescribeRequest.Builder request(int maxTokens) {
        return DescribeRequest.builder("").maxTokens(maxTokens);
    }

    private static Generated generate(LanguageContext context, DescribeRequest.Builder request, Integer... stops) {
        return new TextGenerator(engine.tokenizer(), List.of(stops)).generate(context, request.build());
    }

    @Test
    void anAnswerHasAtMostTheTokensThatWereAskedFor() {
        for (int most : new int[] {1, 5}) {
            try (LanguageContext context = prompt()) {
                Generated answer = generate(context, request(most));
                assertThat(answer.tokens()).isEqualTo(greedy.subList(0, most));
                assertThat(answer.text()).isEqualTo(text(most));
                assertThat(answer.finishReason()).isEqualTo(FinishReason.MAX_TOKENS);
                assertThat(context.tokens()).isEqualTo(PROMPT + most);
            }
        }
    }

    @Test
    void aFullContextEndsIt() {
        try (LanguageContext context = prompt()) {
            Generated answer = generate(context, request(1000));
            assertThat(answer.tokens()).isEqualTo(greedy);
            assertThat(answer.finishReason()).isEqualTo(FinishReason.CONTEXT_FULL);
            assertThat(context.room()).isZero();
            Generated nothing = generate(context, request(1000));
            assertThat(nothing.tokens()).isEmpty();
            assertThat(nothing.text()).isEmpty();
            assertThat(nothing.finishReason()).isEqualTo(FinishReason.CONTEXT_FULL);
        }
    }

    @Test
    void exactlyAsManyTokensAsFitAreTheMost() {
        try (LanguageContext context = prompt()) {
            assertThat(generate(context, request(CONTEXT - PROMPT)).finishReason())
                    .isEqualTo(FinishReason.MAX_TOKENS);
        }
    }

    @Test
    void aStopTokenEndsItAndIsNotAppended() {
        int last = firstOccurrence();
        for (int most : new int[] {1000, last + 1}) {
            try (LanguageContext context = prompt()) {
                Generated answer = generate(context, request(most), 447, greedy.get(last));
                assertThat(answer.tokens()).isEqualTo(greedy.subList(0, last + 1));
                assertThat(answer.text()).isEqualTo(text(last));
                assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP_TOKEN);
                assertThat(context.tokens()).isEqualTo(PROMPT + last);
            }
        }
    }

    /** The index of a token, not the first, that did not occur before. */
    private static int firstOccurrence() {
        return IntStream.range(2, greedy.size())
                .filter(i -> greedy.indexOf(greedy.get(i)) == i && greedy.get(i) != 447)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aStopSequenceEndsItAndIsCutOff() {
        String whole = text(CONTEXT - PROMPT);
        String stop = whole.substring(whole.length() / 2, whole.length() / 2 + 2);
        int at = whole.indexOf(stop);
        int count = IntStream.rangeClosed(1, greedy.size())
                .filter(tokens -> text(tokens).contains(stop))
                .findFirst()
                .orElseThrow();
        List<String> chunks = new ArrayList<>();
        try (LanguageContext context = prompt()) {
            Generated answer =
                    generate(context, request(1000).stopSequence(stop).listener(chunks::add));
            assertThat(answer.text()).isEqualTo(whole.substring(0, at));
            assertThat(String.join("", chunks)).isEqualTo(answer.text());
            assertThat(answer.finishReason()).isEqualTo(FinishReason.STOP_SEQUENCE);
            assertThat(answer.tokens()).isEqualTo(greedy.subList(0, count));
            assertThat(context.tokens()).isEqualTo(PROMPT + count);
        }
    }

    @Test
    void theListenerIsNotifiedOfTheWholeText() {
        List<String> chunks = new ArrayList<>();
        try (LanguageContext context = prompt()) {
            Generated answer = generate(context, request(12).listener(chunks::add));
            assertThat(String.join("", chunks)).isEqualTo(answer.text()).isEqualTo(text(12));
        }
    }

    @Test
    void theObserverIsNotifiedOfTheLogitsOfEachToken() {
        List<Integer> largest = new ArrayList<>();
        try (LanguageContext context = prompt()) {
            new TextGenerator(engine.tokenizer(), List.of())
                    .generate(context, request(6).build(), logits -> largest.add(largest(logits)));
        }
        assertThat(largest).isEqualTo(greedy.subList(0, 6));
    }

    /** A penalty that no logit stands lets no token come twice. */
    @Test
    void whatWasGeneratedIsPenalized() {
        try (LanguageContext context = prompt()) {
            assertThat(generate(context, request(20).repetitionPenalty(100)).tokens())
                    .doesNotHaveDuplicates()
                    .hasSize(20);
        }
    }
}
