package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.runtime.Tensor;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whole conversations, asked again and again. */
class ConversationCacheTest {
    private static final Image PHOTO = TestImages.gradient(64, 64);
    private static final Message.User WHAT = new Message.User("What is it?", List.of(PHOTO));

    private static UniPic unipic;
    private long tensors;

    @BeforeAll
    static void load() {
        unipic = UniPic.load(SmallModel.folder());
    }

    @AfterAll
    static void close() {
        unipic.close();
    }

    @BeforeEach
    void count() {
        tensors = Tensor.open();
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(Tensor.open()).isEqualTo(tensors);
    }

    private static DescribeRequest.Builder request(Message... messages) {
        return DescribeRequest.builder(List.of(messages)).maxTokens(4);
    }

    /** The tokens of the question behind an answer: the same as those of a conversation without a cache. */
    @Test
    void aSecondTurnGoesOnFromTheFirst() {
        try (ConversationCache cache = new ConversationCache(2, 10_000)) {
            Answer first = cache.ask(unipic, request(WHAT).build());
            assertThat(first.cachedTokens()).isZero();
            DescribeRequest next = request(WHAT, new Message.Assistant(first.text()), new Message.User("Where?"))
                    .build();
            Answer second = cache.ask(unipic, next);
            assertThat(second.cachedTokens())
                    .isEqualTo(first.promptTokens() + first.tokens().size());
            assertThat(cache.ask(unipic, next).text()).as("asked once more").isEqualTo(second.text());
            try (Conversation plain = unipic.conversation()) {
                plain.ask(request(WHAT).build());
                assertThat(plain.ask(request(new Message.User("Where?")).build())
                                .text())
                        .isEqualTo(second.text());
            }
        }
    }

    @Test
    void whatDiffersAnywhereIsAnotherConversation() {
        try (ConversationCache cache = new ConversationCache(20, 10_000);
                UniPic other = UniPic.load(SmallModel.folder())) {
            Message said = new Message.Assistant(
                    cache.ask(unipic, request(WHAT).build()).text());
            Message where = new Message.User("Where?");
            DescribeRequest next = request(WHAT, said, where).build();
            assertThat(cache.ask(other, next).cachedTokens()).as("model").isZero();
            for (Message.User user : List.of(
                    new Message.User("What is it!", List.of(PHOTO)),
                    new Message.User("What is it?", List.of(PHOTO, PHOTO)),
                    new Message.User("What is it?", List.of(TestImages.gradient(64, 48))),
                    new Message.User("What is it?", List.of(Image.ofRgb(64, 64, new byte[64 * 64 * 3]))),
                    new Message.User("What is it?", List.of(Image.ofRgb(128, 32, PHOTO.rgb()))))) {
                assertThat(cache.ask(unipic, request(user, said, where).build()).cachedTokens())
                        .as(user.toString())
                        .isZero();
            }
            Message brief = new Message.System("Be brief.");
            Message quick = new Message.System("Be quick.");
            assertThat(cache.ask(unipic, request(brief, WHAT, said, where).build())
                            .cachedTokens())
                    .isZero();
            Message saidBriefly = new Message.Assistant(
                    cache.ask(unipic, request(brief, WHAT).build()).text());
            assertThat(cache.ask(
                                    unipic,
                                    request(quick, WHAT, saidBriefly, where).build())
                            .cachedTokens())
                    .isZero();
            assertThat(cache.ask(
                                    unipic,
                                    request(WHAT, new Message.Assistant("No."), where)
                                            .build())
                            .cachedTokens())
                    .isZero();
            assertThat(cache.ask(unipic, next).cachedTokens()).isPositive();
        }
    }

    /** The model stopped somewhere else than the text that the caller got. */
    @Test
    void whatMessagesCannotTellIsNotKept() {
        try (ConversationCache cache = new ConversationCache(9, 10_000)) {
            String text = cache.ask(unipic, request(WHAT).maxTokens(8).build()).text();
            String stop = text.substring(2, 4);
            Answer stopped = cache.ask(
                    unipic,
                    DescribeRequest.builder("Why?")
                            .image(PHOTO)
                            .maxTokens(8)
                            .allowSpecialTokens(true)
                            .build());
            assertThat(cache.size()).isEqualTo(1);
            assertThat(stopped.text()).isNotEmpty();
            Answer cut = cache.ask(
                    unipic, request(WHAT).maxTokens(8).stopSequence(stop).build());
            assertThat(cut.finishReason()).isEqualTo(Answer.FinishReason.STOP_SEQUENCE);
            assertThat(cache.size()).isEqualTo(1);
        }
    }

    /** Any byte can be a token, 0 too, and nearly all tokens are as likely at this temperature. */
    @Test
    void anAnswerThatNoMessageCanHoldIsGivenAndNotKept() {
        DescribeRequest request = LongStream.range(0, 100)
                .mapToObj(seed ->
                        request(WHAT).temperature(100).seed(seed).maxTokens(300).build())
                .filter(each -> text(each).indexOf('\0') >= 0)
                .findFirst()
                .orElseThrow();
        try (ConversationCache cache = new ConversationCache(2, 10_000)) {
            assertThat(cache.ask(unipic, request).text()).isEqualTo(text(request));
            assertThat(cache.size()).isZero();
        }
    }

    private static String text(DescribeRequest request) {
        try (Conversation conversation = unipic.conversation()) {
            return conversation.ask(request).text();
        }
    }

    @Test
    void theLeastRecentlyUsedGoFirst() {
        try (ConversationCache cache = new ConversationCache(2, 10_000)) {
            Message a = new Message.Assistant(
                    cache.ask(unipic, request(new Message.User("A?")).build()).text());
            Message b = new Message.Assistant(
                    cache.ask(unipic, request(new Message.User("B?")).build()).text());
            Message more = new Message.User("More?");
            assertThat(cache.ask(
                                    unipic,
                                    request(new Message.User("A?"), a, more).build())
                            .cachedTokens())
                    .isPositive();
            assertThat(cache.size()).isEqualTo(2);
            assertThat(cache.ask(
                                    unipic,
                                    request(new Message.User("B?"), b, more).build())
                            .cachedTokens())
                    .isZero();
        }
    }

    /** For two conversations of n tokens each. */
    @Test
    void tokensAreBounded() {
        DescribeRequest a = request(new Message.User("A?")).build();
        DescribeRequest b = request(new Message.User("B?")).build();
        int tokens;
        try (Conversation conversation = unipic.conversation()) {
            conversation.ask(a);
            tokens = conversation.tokens();
        }
        for (int conversations = 0; conversations <= 2; conversations++) {
            for (int fewer = 0; fewer <= 1; fewer++) {
                try (ConversationCache cache = new ConversationCache(9, Math.max(0, conversations * tokens - fewer))) {
                    cache.ask(unipic, a);
                    cache.ask(unipic, b);
                    assertThat(cache.size()).isEqualTo(Math.max(0, conversations - fewer));
                }
            }
        }
        try (ConversationCache none = new ConversationCache(0, 10_000)) {
            none.ask(unipic, a);
            assertThat(none.size()).isZero();
        }
    }

    @Test
    void aFailedQuestionKeepsNothing() {
        Cancellation cancelled = new Cancellation();
        cancelled.cancel();
        ConversationCache cache = new ConversationCache(2, 10_000);
        assertThatExceptionOfType(CancelledException.class)
                .isThrownBy(() ->
                        cache.ask(unipic, request(WHAT).cancellation(cancelled).build()));
        assertThat(cache.size()).isZero();
        cache.ask(unipic, request(WHAT).build());
        cache.close();
        assertThat(cache.ask(unipic, request(WHAT).build()).text()).isNotEmpty();
        assertThat(cache.size()).as("closed").isZero();
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> new ConversationCache(2, -1))
                .withMessageContaining("-1");
    }
}
