package io.github.unipic.langchain4j;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.common.AbstractStreamingChatModelListenerIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import io.github.unipic.UniPic;
import io.github.unipic.conformance.testing.Models;
import io.github.unipic.testing.SmallModel;
import java.util.List;

/** LangChain4j's own tests. */
class PublishedStreamingListenerTest extends AbstractStreamingChatModelListenerIT {
    @Override
    protected StreamingChatModel createModel(ChatModelListener listener) {
        return UniPicStreamingChatModel.builder(Models.small())
                .temperature(temperature())
                .topP(topP())
                .maxOutputTokens(maxTokens())
                .listeners(List.of(listener))
                .build();
    }

    @Override
    protected String modelName() {
        return Models.small().info().name();
    }

    @Override
    protected boolean supportsTools() {
        return false;
    }

    /** Its UniPic is closed. */
    @Override
    protected StreamingChatModel createFailingModel(ChatModelListener listener) {
        try (UniPic unipic = SmallModel.builder().load()) {
            return UniPicStreamingChatModel.builder(unipic)
                    .listeners(List.of(listener))
                    .build();
        }
    }

    @Override
    protected Class<? extends Exception> expectedExceptionClass() {
        return IllegalStateException.class;
    }
}
