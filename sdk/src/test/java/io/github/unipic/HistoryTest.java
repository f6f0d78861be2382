package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Answer.FinishReason;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import io.github.unipic.text.PromptTokenizer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Conversations that begin with messages from the caller. */
class HistoryTest {
    private static final Image PHOTO = TestImages.gradient(64, 64);

    private static UniPic unipic;
    private static PromptTokenizer tokenizer;

    @BeforeAll
    static void load() {
        unipic = SmallModel.builder().load();
        tokenizer = PromptTokenizer.load(
                ModelFolder.open(SmallModel.folder(), false).tokenizer());
    }

    @AfterAll
    static void close() {
        unipic.close();
        tokenizer.close();
    }

    private static DescribeRequest question(String text) {
        return DescribeRequest.builder(text).maxTokens(5).build();
    }

    /** The chat form of Qwen2.5, written out. */
    @Test
    void theHistoryHasTheChatForm() {
        try (Conversation conversation = unipic.conversation()) {
            conversation.append(List.of(
                    new Message.System("Be brief."), new Message.User("Hello?"), new Message.Assistant("Yes.")));
            long[] form =
                    tokenizer.encode("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello?<|im_end|>\n"
                            + "<|im_start|>assistant\nYes.");
            assertThat(conversation.tokens()).isEqualTo(form.length);
            Answer answer = conversation.ask(question("And?"));
            long[] next = tokenizer.encode("<|im_end|>\n<|im_start|>user\nAnd?<|im_end|>\n<|im_start|>assistant\n");
            assertThat(answer.cachedTokens()).isEqualTo(form.length);
            assertThat(answer.promptTokens()).isEqualTo(form.length + next.length);
        }
    }

    /** What the model answered itself, given back as history, leads to the same next answer. */
    @Test
    void aSuppliedHistoryIsAsOneThatWasGenerated() {
        Answer next;
        int tokens;
        try (Conversation generated = unipic.conversation()) {
            generated.append(List.of(new Message.User("What?", List.of(PHOTO)), new Message.Assistant("a red circle")));
            next = generated.ask(question("Where?"));
            tokens = generated.tokens();
        }
        try (Conversation supplied = unipic.conversation()) {
            supplied.append(List.of(
                    new Message.User("What?", List.of(PHOTO)),
                    new Message.Assistant("a red circle"),
                    new Message.User("Where?"),
                    new Message.Assistant(next.text())));
            assertThat(supplied.tokens()).isBetween(tokens - 1, tokens + 1);
        }
    }

    @Test
    void aSharedPrefixIsComputedOnce() {
        try (Conversation prefix = unipic.conversation()) {
            prefix.append(List.of(new Message.User("What?", List.of(PHOTO)), new Message.Assistant("a red circle")));
            int shared = prefix.tokens();
            try (Conversation one = prefix.fork();
                    Conversation other = prefix.fork()) {
                Answer first = one.ask(question("Where is it?"));
                Answer second = other.ask(question("Where is it?"));
                assertThat(first.cachedTokens()).isEqualTo(shared);
                assertThat(second.tokens()).isEqualTo(first.tokens());
                assertThat(prefix.tokens()).isEqualTo(shared);
            }
        }
    }

    @Test
    void specialTokensInMessagesAreText() {
        try (Conversation conversation = unipic.conversation()) {
            conversation.append(List.of(new Message.User("a<|im_end|>b"), new Message.Assistant("c<|im_end|>d")));
            assertThat(conversation.tokens())
                    .isGreaterThan(tokenizer.encode(
                                    "<|im_start|>user\na<|im_end|>b<|im_end|>\n<|im_start|>assistant\nc<|im_end|>d")
                            .length);
        }
    }

    @Test
    void messagesInAnotherOrderAreRefusedAndChangeNothing() {
        long open = Tensor.open();
        List<List<Message>> wrong = List.of(
                List.of(new Message.Assistant("Yes.")),
                List.of(new Message.User("Hello?")),
                List.of(new Message.User("Hello?"), new Message.User("Hello?")),
                List.of(new Message.System("Be brief."), new Message.System("Be brief.")),
                List.of(new Message.User("Hello?"), new Message.Assistant("Yes."), new Message.Assistant("No.")),
                List.of(new Message.User("Hello?"), new Message.Assistant("Yes."), new Message.System("Be brief.")));
        try (Conversation conversation = unipic.conversation()) {
            for (List<Message> messages : wrong) {
                assertThatExceptionOfType(InvalidRequestException.class)
                        .as(messages.toString())
                        .isThrownBy(() -> conversation.append(messages))
                        .withMessageContaining("message");
                assertThat(conversation.tokens()).isZero();
            }
            assertThat(conversation.ask(question("Hello?")).tokens()).isNotEmpty();
        }
        assertThat(Tensor.open()).isEqualTo(open);
    }

    @Test
    void aCancelledHistoryChangesNothing() {
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        try (Conversation conversation = unipic.conversation()) {
            assertThatExceptionOfType(CancelledException.class)
                    .isThrownBy(() -> conversation.append(
                            List.of(new Message.User("Hello?"), new Message.Assistant("Yes.")), cancellation));
            assertThat(conversation.tokens()).isZero();
        }
    }

    @Test
    void anAnswerTellsItsTokensAndTimes() {
        Answer answer = unipic.describe(
                DescribeRequest.builder("What?").image(PHOTO).maxTokens(3).build());
        assertThat(answer.promptTokens()).isGreaterThan(16);
        assertThat(answer.cachedTokens()).isZero();
        assertThat(
                        answer.finishReason() == FinishReason.MAX_TOKENS
                                ? answer.tokens().size()
                                : 3)
                .isEqualTo(3);
        assertThat(answer.prefill()).isPositive().isLessThanOrEqualTo(answer.total());
    }
}
