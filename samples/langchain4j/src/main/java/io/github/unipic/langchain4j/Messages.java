package io.github.unipic.langchain4j;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.UnsupportedFeatureException;
import io.github.unipic.Image;
import io.github.unipic.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** LangChain4j's messages as the SDK's. */
record Messages(Images images) {
    List<Message> of(List<ChatMessage> messages) {
        return messages.stream().map(this::of).toList();
    }

    private Message of(ChatMessage message) {
        if (message instanceof SystemMessage system) {
            return new Message.System(system.text());
        }
        if (message instanceof UserMessage user) {
            return user(user);
        }
        if (message instanceof AiMessage ai && !ai.hasToolExecutionRequests()) {
            return new Message.Assistant(ai.text() == null ? "" : ai.text());
        }
        throw Failures.unsupported(
                message instanceof AiMessage ? "a tool call in a message" : "a message of type " + message.type());
    }

    private Message.User user(UserMessage message) {
        List<String> texts = new ArrayList<>();
        List<Image> seen = new ArrayList<>();
        for (Content content : message.contents()) {
            if (content instanceof TextContent text) {
                texts.add(text.text());
            } else if (content instanceof ImageContent image) {
                seen.add(images.decode(image.image()));
            } else {
                throw unsupported(content);
            }
        }
        return new Message.User(String.join("\n", texts), seen);
    }

    private static UnsupportedFeatureException unsupported(Content content) {
        return Failures.unsupported(content.type().name().toLowerCase(Locale.ROOT) + " content");
    }
}
