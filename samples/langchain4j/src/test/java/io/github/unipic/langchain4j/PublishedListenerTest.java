package io.github.unipic.langchain4j;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.common.AbstractChatModelListenerIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import io.github.unipic.UniPic;
import io.github.unipic.conformance.testing.Models;
import io.github.unipic.testing.SmallModel;
import java.util.List;

/** LangChain4j's own tests. */
class PublishedListenerTest extends AbstractChatModelListenerIT {
    @Override
    protected ChatModel createModel(ChatModelListener listener) {
        return UniPicChatModel.builder(Models.small())
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
    protected ChatModel createFailingModel(ChatModelListener listener) {
        try (UniPic unipic = SmallModel.builder().load()) {
            return UniPicChatModel.builder(unipic).listeners(List.of(listener)).build();
        }
    }

    @Override
    protected Class<? extends Exception> expectedExceptionClass() {
        return IllegalStateException.class;
    }
}
