package io.github.unipic.langchain4j;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.data.message.ImageContent;
import io.github.unipic.conformance.testing.TrainedModel;
import java.util.Base64;

/** Images that the trained model describes. */
enum Scenes {
    RED("red circle", "blue square"),
    ORANGE("orange circle", "green triangle");

    private final String upper;
    private final String lower;

    Scenes(String upper, String lower) {
        this.upper = upper;
        this.lower = lower;
    }

    /** What the trained model says of it. */
    String caption() {
        return TrainedModel.caption(upper, lower);
    }

    io.github.unipic.Image image() {
        return TrainedModel.image(upper, lower);
    }

    ImageContent content() {
        return ImageContent.from(base64());
    }

    Image base64() {
        return Image.builder().base64Data(encoded()).mimeType("image/png").build();
    }

    Image dataUrl() {
        return Image.builder().url("data:image/png;base64," + encoded()).build();
    }

    private String encoded() {
        return Base64.getEncoder().encodeToString(image().toPng());
    }
}
