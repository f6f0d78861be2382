package io.github.unipic.langchain4j;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.chat.response.StreamingHandle;
import io.github.unipic.Cancellation;
import io.github.unipic.DescribeRequest;

/** One answer on its way to a handler, which is not called any more once it has cancelled. */
final class AnswerStream implements StreamingHandle {
    private final StreamingChatResponseHandler handler;
    private final Cancellation cancellation = new Cancellation();
    private final PartialResponseContext context = new PartialResponseContext(this);

    AnswerStream(StreamingChatResponseHandler handler) {
        this.handler = handler;
    }

    /** Answers. Whatever ends it, an error of the JVM included, reaches the handler, which waits for it. */
    void run(Chat chat, DescribeRequest.Builder question) {
        try {
            question.cancellation(cancellation)
                    .listener(text -> call(() -> handler.onPartialResponse(new PartialResponse(text), context)));
            ChatResponse response = chat.answer(question);
            call(() -> handler.onCompleteResponse(response));
        } catch (Throwable e) {
            fail(e);
        }
    }

    private void call(Runnable call) {
        if (!isCancelled()) {
            try {
                call.run();
            } catch (RuntimeException e) {
                fail(e);
            }
        }
    }

    void fail(Throwable error) {
        if (!isCancelled()) {
            try {
                handler.onError(error);
            } catch (RuntimeException e) {
                // Nobody is left to be told.
            }
        }
    }

    @Override
    public void cancel() {
        cancellation.cancel();
    }

    @Override
    public boolean isCancelled() {
        return cancellation.isCancelled();
    }
}
