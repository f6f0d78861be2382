// Generates what it is asked for, looks at its own image, and tries again if it sees something else:
//   java -cp ... Assistant.java unipic-1.5b "a red circle above a blue square on a pink background"

import io.github.unipic.UniPic;
import io.github.unipic.springai.*;
import java.io.IOException;
import java.nio.file.*;
import java.util.*;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.content.Media;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.core.io.FileSystemResource;

public class Assistant {
    public static void main(String[] args) throws IOException {
        String prompt = args[1];
        try (UniPic unipic = UniPic.load(Path.of(args[0]))) {
            var chat = UniPicChatModel.builder(unipic).build();
            for (int seed = 1; seed <= 3; seed++) {
                var images = UniPicImageModel.builder(unipic).seed(seed).build();
                var image = images.call(new ImagePrompt(prompt)).getResult().getOutput();
                Files.write(Path.of("assistant.png"), Base64.getDecoder().decode(image.getB64Json()));
                Media media = new Media(Media.Format.IMAGE_PNG, new FileSystemResource("assistant.png"));
                UserMessage.Builder question = UserMessage.builder().text("Describe the image in detail.");
                String seen = chat.call(question.media(media).build());
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
