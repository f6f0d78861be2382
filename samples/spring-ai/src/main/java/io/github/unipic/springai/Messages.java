package io.github.unipic.springai;

import io.github.unipic.Message;
import java.util.List;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.UserMessage;

/** Spring AI's messages as the SDK's. */
record Messages(MediaFiles files) {
    List<Message> of(List<org.springframework.ai.chat.messages.Message> messages) {
        return messages.stream().map(this::of).toList();
    }

    private Message of(org.springframework.ai.chat.messages.Message message) {
        String text = message.getText() == null ? "" : message.getText();
        if (message instanceof SystemMessage) {
            return new Message.System(text);
        }
        if (message instanceof UserMessage user) {
            return new Message.User(
                    text, user.getMedia().stream().map(files::decode).toList());
        }
        if (message instanceof AssistantMessage assistant && !assistant.hasToolCalls()) {
            return new Message.Assistant(text);
        }
        throw Unsupported.feature(
                message instanceof AssistantMessage
                        ? "a tool call in a message"
                        : "a message of type " + message.getMessageType());
    }
}
