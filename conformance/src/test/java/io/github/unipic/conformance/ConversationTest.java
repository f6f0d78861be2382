package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.unipic.Answer;
import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.Conversation;
import io.github.unipic.DescribeRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Conversations: what was said counts, branches are independent, failed turns leave no trace. */
class ConversationTest {
    private static UniPic unipic;
    private static final Image PHOTO = TestImages.gradient(64, 64);

    @BeforeAll
    static void load() {
        unipic = UniPic.load(TinyModel.model());
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
        try (Conversation talk = unipic.conversation();
                Conversation other = unipic.conversation()) {
            talk.ask(askAbout("What is in the image?"));
            other.ask(ask("The quick brown fox?"));
            assertThat(talk.ask(ask("Describe the image.")))
                    .usingRecursiveComparison()
                    .ignoringFields("prefill", "total")
                    .isNotEqualTo(other.ask(ask("Describe the image.")));
        }
    }

    @Test
    void theFirstTurnIsADescribe() {
        try (Conversation talk = unipic.conversation()) {
            assertThat(talk.ask(askAbout("What?")))
                    .usingRecursiveComparison()
                    .ignoringFields("prefill", "total")
                    .isEqualTo(unipic.describe(askAbout("What?")));
        }
    }

    @Test
    void theCacheGrowsByEachTurn() {
        try (Conversation talk = unipic.conversation()) {
            assertThat(talk.tokens()).isZero();
            talk.ask(askAbout("What?"));
            int first = talk.tokens();
            talk.ask(ask("And?"));
            assertThat(talk.tokens()).isGreaterThan(first).isLessThan(talk.capacity());
        }
    }

    @Test
    void branchesAreIndependent() {
        try (Conversation talk = unipic.conversation()) {
            talk.ask(askAbout("What?"));
            try (Conversation branch = talk.fork()) {
                assertThat(branch.tokens()).isEqualTo(talk.tokens());
                Answer there = branch.ask(ask("Red or blue?"));
                int tokens = talk.tokens();
                assertThat(talk.ask(ask("Red or blue?")))
                        .usingRecursiveComparison()
                        .ignoringFields("prefill", "total")
                        .isEqualTo(there);
                branch.ask(ask("More?"));
                assertThat(talk.tokens()).isGreaterThan(tokens);
            }
            talk.ask(ask("Still there?"));
        }
    }

    @Test
    void aBranchOutlivesItsOrigin() {
        Conversation talk = unipic.conversation();
        talk.ask(askAbout("What?"));
        Conversation branch = talk.fork();
        talk.close();
        assertThat(branch.ask(ask("And?")).tokens()).isNotEmpty();
        branch.close();
    }

    @Test
    void imagesAreDrawnFromTheTalk() {
        byte[] alone = unipic.generate(draw()).get(0).rgb();
        try (Conversation talk = unipic.conversation();
                Conversation silent = unipic.conversation()) {
            talk.ask(askAbout("What?"));
            int tokens = talk.tokens();
            byte[] told = talk.generate(draw()).get(0).rgb();
            assertThat(told).isNotEqualTo(alone);
            assertThat(talk.tokens()).isGreaterThan(tokens);
            assertClose(silent.generate(draw()).get(0).rgb(), alone);
            assertThat(talk.edit(Requests.edit(PHOTO, draw())).get(0).rgb())
                    .isNotEqualTo(
                            unipic.edit(Requests.edit(PHOTO, draw())).get(0).rgb());
            assertThat(talk.ask(ask("And now?")).tokens()).isNotEmpty();
        }
    }

    @Test
    void aFailedTurnLeavesTheTalkAsItWas() {
        try (Conversation talk = unipic.conversation()) {
            talk.ask(askAbout("What?"));
            int tokens = talk.tokens();
            Cancellation cancelled = new Cancellation();
            cancelled.cancel();
            DescribeRequest stopped =
                    DescribeRequest.builder("And?").cancellation(cancelled).build();
            assertThatExceptionOfType(CancelledException.class).isThrownBy(() -> talk.ask(stopped));
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> talk.ask(ask("龘".repeat(33_000))))
                    .withMessageContaining("context of 32768 tokens is too short");
            assertThat(talk.tokens()).isEqualTo(tokens);
            try (Conversation twin = talk.fork()) {
                assertThat(talk.ask(ask("And?")))
                        .usingRecursiveComparison()
                        .ignoringFields("prefill", "total")
                        .isEqualTo(twin.ask(ask("And?")));
            }
        }
    }

    @Test
    void closedTalksSaySo() {
        Conversation talk = unipic.conversation();
        talk.close();
        talk.close();
        assertThatIllegalStateException().isThrownBy(() -> talk.ask(ask("And?")));
        UniPic other = UniPic.load(TinyModel.model());
        Conversation orphan = other.conversation();
        orphan.ask(ask("And?"));
        other.close();
        assertThatIllegalStateException().isThrownBy(() -> orphan.ask(ask("And?")));
        orphan.close();
    }

    /** One cache padded beside another may round differently from two in one batch. */
    private static void assertClose(byte[] actual, byte[] expected) {
        for (int i = 0; i < expected.length; i++) {
            assertThat(Math.abs((actual[i] & 0xff) - (expected[i] & 0xff))).isLessThanOrEqualTo(1);
        }
    }
}
