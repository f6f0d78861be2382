// Generates what it is asked for, looks at its own image, and tries again if it sees something else:
//   java -cp ... Assistant.java unipic-1.5b "a red circle above a blue square on a pink background"

import dev.langchain4j.data.image.Image;
import dev.langchain4j.data.message.*;
import io.github.unipic.UniPic;
import io.github.unipic.langchain4j.*;
import java.io.IOException;
import java.nio.file.*;
import java.util.*;

public class Assistant {
    public static void main(String[] args) throws IOException {
        String prompt = args[1];
        try (UniPic unipic = UniPic.load(Path.of(args[0]))) {
            var chat = UniPicChatModel.builder(unipic).maxOutputTokens(200).build();
            for (int seed = 1; seed <= 3; seed++) {
                var images = UniPicImageModel.builder(unipic).seed(seed).build();
                Image image = images.generate(prompt).content();
                Files.write(Path.of("assistant.png"), Base64.getDecoder().decode(image.base64Data()));
                String seen = chat.chat(UserMessage.from(
                                ImageContent.from(image), TextContent.from("Describe the image in detail.")))
                        .aiMessage()
                        .text();
                System.out.println("I see " + seen);
                if (words(seen).containsAll(words(prompt))) {
                    System.out.println("That is what you asked for: assistant.png");
                    return;
                }
            }
            System.out.println("That is the best I can do: assistant.png");
        }
    }

    private static Set<String> words(String text) {
        return Set.copyOf(List.of(text.toLowerCase(Locale.ROOT).split("\\W+")));
    }
}
