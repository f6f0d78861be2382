package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.unipic.runtime.Tensor;
import io.github.unipic.testing.Requests;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Conversations: earlier turns count, branches are independent, failed turns leave no trace. */
class ConversationTest {
    private static UniPic unipic;
    private static final Image PHOTO = TestImages.gradient(64, 64);

    @BeforeAll
    static void load() {
        unipic = SmallModel.builder().load();
    }

    @AfterAll
    static void close() {
        unipic.close();
    }

    private static DescribeRequest ask(String question) {
        return DescribeRequest.builder(question).maxTokens(12).build();
    }

    private static DescribeRequest askAbout(String question) {
        return DescribeRequest.builder(question).image(PHOTO).maxTokens(12).build();
    }

    private static GenerateRequest draw() {
        return GenerateRequest.builder("now draw it at night")
                .size(64, 64)
                .iterations(3)
                .diffusionSteps(5)
                .seed(1)
                .build();
    }

    @Test
    void whatWasSaidCounts() {
        try (Conversation conversation = unipic.conversation();
                Conversation other = unipic.conversation()) {
            conversation.ask(askAbout("What is in the image?"));
            other.ask(ask("The quick brown fox?"));
            assertThat(conversation.ask(ask("Describe the image.")))
                    .usingRecursiveComparison()
                    .ignoringFields("prefill", "total")
                    .isNotEqualTo(other.ask(ask("Describe the image.")));
        }
    }

    @Test
    void theFirstTurnIsADescribe() {
        try (Conversation conversation = unipic.conversation()) {
            assertThat(conversation.ask(askAbout("What?")))
                    .usingRecursiveComparison()
                    .ignoringFields("prefill", "total")
                    .isEqualTo(unipic.describe(askAbout("What?")));
        }
    }

    @Test
    void theCacheGrowsByEachTurn() {
        try (Conversation conversation = unipic.conversation()) {
            assertThat(conversation.tokens()).isZero();
            conversation.ask(askAbout("What?"));
            int first = conversation.tokens();
            conversation.ask(ask("And?"));
            assertThat(conversation.tokens()).isGreaterThan(first).isLessThan(conversation.capacity());
        }
    }

    @Test
    void branchesAreIndependent() {
        try (Conversation conversation = unipic.conversation()) {
            conversation.ask(askAbout("What?"));
            try (Conversation branch = conversation.fork()) {
                assertThat(branch.tokens()).isEqualTo(conversation.tokens());
                Answer there = branch.ask(ask("Red or blue?"));
                int tokens = conversation.tokens();
                assertThat(conversation.ask(ask("Red or blue?")))
                        .usingRecursiveComparison()
                        .ignoringFields("prefill", "total")
                        .isEqualTo(there);
                branch.ask(ask("More?"));
                assertThat(conversation.tokens()).isGreaterThan(tokens);
            }
            conversation.ask(ask("Still there?"));
        }
    }

    @Test
    void aBranchOutlivesItsOrigin() {
        Conversation conversation = unipic.conversation();
        conversation.ask(askAbout("What?"));
        Conversation branch = conversation.fork();
        conversation.close();
        assertThat(branch.ask(ask("And?")).tokens()).isNotEmpty();
        branch.close();
    }

    @Test
    void imagesAreDrawnFromTheTalk() {
        byte[] alone = unipic.generate(draw()).get(0).rgb();
        try (Conversation conversation = unipic.conversation();
                Conversation silent = unipic.conversation()) {
            conversation.ask(askAbout("What?"));
            int tokens = conversation.tokens();
            byte[] told = conversation.generate(draw()).get(0).rgb();
            assertThat(told).isNotEqualTo(alone);
            assertThat(conversation.tokens()).isGreaterThan(tokens);
            assertClose(silent.generate(draw()).get(0).rgb(), alone);
            assertThat(conversation.edit(Requests.edit(PHOTO, draw())).get(0).rgb())
                    .isNotEqualTo(
                            unipic.edit(Requests.edit(PHOTO, draw())).get(0).rgb());
            assertThat(conversation.ask(ask("And now?")).tokens()).isNotEmpty();
        }
    }

    @Test
    void aFailedTurnLeavesTheTalkAsItWas() {
        try (Conversation conversation = unipic.conversation()) {
            conversation.ask(askAbout("What?"));
            int tokens = conversation.tokens();
            Cancellation cancelled = new Cancellation();
            cancelled.cancel();
            DescribeRequest stopped =
                    DescribeRequest.builder("And?").cancellation(cancelled).build();
            assertThatExceptionOfType(CancelledException.class).isThrownBy(() -> conversation.ask(stopped));
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> conversation.ask(ask("龘".repeat(33_000))))
                    .withMessageContaining("context of 32768 tokens is too short");
            assertThat(conversation.tokens()).isEqualTo(tokens);
            try (Conversation twin = conversation.fork()) {
                assertThat(conversation.ask(ask("And?")))
                        .usingRecursiveComparison()
                        .ignoringFields("prefill", "total")
                        .isEqualTo(twin.ask(ask("And?")));
            }
        }
    }

    @Test
    void closedTalksSaySo() {
        Conversation conversation = unipic.conversation();
        conversation.close();
        conversation.close();
        assertThatIllegalStateException().isThrownBy(() -> conversation.ask(ask("And?")));
        UniPic other = SmallModel.builder().load();
        Conversation orphan = other.conversation();
        orphan.ask(ask("And?"));
        other.close();
        assertThatIllegalStateException().isThrownBy(() -> orphan.ask(ask("And?")));
        orphan.close();
    }

    @Test
    void aListenerMayCloseItsOwn() {
        long open = Tensor.open();
        Conversation conversation = unipic.conversation();
        Answer answer = conversation.ask(DescribeRequest.builder("What?")
                .maxTokens(3)
                .listener(text -> conversation.close())
                .build());
        assertThat(answer.tokens()).isNotEmpty();
        assertThat(Tensor.open()).isEqualTo(open);
        assertThatIllegalStateException().isThrownBy(() -> conversation.ask(ask("And?")));
    }

    /** One cache padded beside another may round differently from two in one batch. */
    private static void assertClose(byte[] actual, byte[] expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(Math.abs((actual[i] & 0xff) - (expected[i] & 0xff))).isLessThanOrEqualTo(1);
        }
    }
}
