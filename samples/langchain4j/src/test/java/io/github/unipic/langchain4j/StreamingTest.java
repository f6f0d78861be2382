package io.github.unipic.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoMoreInteractions;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import io.github.unipic.conformance.testing.Models;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What handlers see of an answer. */
@Timeout(300)
class StreamingTest {
    private static final ChatMessage DESCRIBE =
            UserMessage.from(TextContent.from("Describe the image in detail."), Scenes.RED.content());

    private final ChatModelListener listener = mock(ChatModelListener.class);

    /** What happens, in order. */
    private static class Handler implements StreamingChatResponseHandler {
        final List<String> parts = new ArrayList<>();
        final List<Throwable> errors = new ArrayList<>();
        Optional<ChatResponse> response = Optional.empty();

        @Override
        public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
            parts.add(part.text());
        }

        @Override
        public void onCompleteResponse(ChatResponse complete) {
            response = Optional.of(complete);
        }

        @Override
        public void onError(Throwable error) {
            errors.add(error);
        }
    }

    /** On this thread, so that all is over when it returns. */
    private void chat(StreamingChatResponseHandler handler, ChatMessage... messages) {
        UniPicStreamingChatModel.builder(Models.trained())
                .listeners(List.of(listener))
                .executor(Runnable::run)
                .build()
                .chat(List.of(messages), handler);
    }

    @Test
    void thePartsAreTheAnswer() {
        Handler handler = new Handler();
        chat(handler, DESCRIBE);
        assertThat(handler.parts).hasSizeGreaterThan(5);
        assertThat(String.join("", handler.parts))
                .isEqualTo(Scenes.RED.caption())
                .isEqualTo(handler.response.orElseThrow().aiMessage().text());
        assertThat(handler.errors).isEmpty();
    }

    @Test
    void whatTheHandlerThrowsOfAPartIsPassedToItAndTheAnswerGoesOn() {
        RuntimeException thrown = new RuntimeException("in the user's code");
        Handler handler = new Handler() {
            @Override
            public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
                super.onPartialResponse(part, context);
                throw thrown;
            }
        };
        chat(handler, DESCRIBE);
        assertThat(handler.response.orElseThrow().aiMessage().text()).isEqualTo(Scenes.RED.caption());
        assertThat(handler.errors).hasSameSizeAs(handler.parts).containsOnly(thrown);
        verify(listener).onRequest(any());
        verify(listener, times(handler.parts.size())).onError(any());
        verify(listener).onResponse(any());
        verifyNoMoreInteractions(listener);
    }

    @Test
    void whatTheHandlerThrowsOfTheWholeAnswerIsPassedToItAndWhatItThrowsOfThatIsNot() {
        RuntimeException thrown = new RuntimeException("in the user's code");
        Handler handler = new Handler() {
            @Override
            public void onCompleteResponse(ChatResponse complete) {
                super.onCompleteResponse(complete);
                throw thrown;
            }

            @Override
            public void onError(Throwable error) {
                super.onError(error);
                throw new IllegalStateException("once more");
            }
        };
        chat(handler, DESCRIBE);
        assertThat(handler.response).isPresent();
        assertThat(handler.errors).containsExactly(thrown);
        verify(listener).onRequest(any());
        verify(listener).onError(any());
        verify(listener).onResponse(any());
        verifyNoMoreInteractions(listener);
    }

    @Test
    void anErrorOfTheJvmEndsTheAnswerAndIsTold() {
        AssertionError thrown = new AssertionError("in the user's test");
        Handler handler = new Handler() {
            @Override
            public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
                super.onPartialResponse(part, context);
                throw thrown;
            }
        };
        chat(handler, DESCRIBE);
        assertThat(handler.parts).hasSize(1);
        assertThat(handler.errors).containsExactly(thrown);
        assertThat(handler.response).isEmpty();
    }

    @Test
    void whatIsWrongInTheMessagesIsToldToTheHandlerAndTheListeners() {
        Handler handler = new Handler();
        chat(handler, DESCRIBE, AiMessage.from("Yes."));
        chat(handler, UserMessage.from(ImageContent.from("AAAA", "image/png")));
        assertThat(handler.errors)
                .hasSize(2)
                .hasOnlyElementsOfType(InvalidRequestException.class)
                .extracting(Throwable::getMessage)
                .first()
                .asString()
                .contains("the last message must be the user's");
        verify(listener, times(2)).onError(any());
    }

    @Test
    void cancelledInAPartNothingFurtherComes() {
        Handler handler = new Handler() {
            @Override
            public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
                super.onPartialResponse(part, context);
                context.streamingHandle().cancel();
                throw new IllegalStateException("after it");
            }
        };
        chat(handler, DESCRIBE);
        assertThat(handler.parts).hasSize(1);
        assertThat(handler.errors).isEmpty();
        assertThat(handler.response).isEmpty();
        verify(listener).onRequest(any());
        verifyNoMoreInteractions(listener);
    }

    @Test
    void cancelledFromElsewhereTheAnswerEnds() throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        Executor executor = task -> {
            Thread thread = new Thread(task);
            threads.add(thread);
            thread.start();
        };
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        List<StreamingHandle> handles = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void onPartialResponse(PartialResponse part, PartialResponseContext context) {
                super.onPartialResponse(part, context);
                handles.add(context.streamingHandle());
                started.countDown();
                try {
                    cancelled.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        UniPicStreamingChatModel.builder(Models.trained())
                .executor(executor)
                .build()
                .chat(List.of(DESCRIBE), handler);
        started.await();
        handles.get(0).cancel();
        cancelled.countDown();
        threads.get(0).join();
        assertThat(handles.get(0).isCancelled()).isTrue();
        assertThat(handler.parts).hasSize(1);
        assertThat(handler.errors).isEmpty();
        assertThat(handler.response).isEmpty();
    }
}
