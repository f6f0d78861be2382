package io.github.unipic.langchain4j;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.exception.InvalidRequestException;
import io.github.unipic.DataUrl;
import io.github.unipic.Mask;
import io.github.unipic.MaskChannel;
import io.github.unipic.ReadOptions;
import java.util.Base64;

/** LangChain4j's images as the SDK's, and back. */
record Images(ReadOptions options) {
    io.github.unipic.Image decode(Image image) {
        return io.github.unipic.Image.decode(file(image), options);
    }

    Mask decodeMask(Image mask) {
        return Mask.decode(file(mask), options, MaskChannel.ALPHA_OR_GRAY);
    }

    private static byte[] file(Image image) {
        if (image.base64Data() != null) {
            return DataUrl.decodeBase64(image.base64Data());
        }
        if (image.url() == null) {
            throw new InvalidRequestException("the image has neither base64 data nor a URL");
        }
        String url = image.url().toString();
        if (!DataUrl.isDataUrl(url)) {
            throw Failures.unsupported(
                    "an image URL that must be fetched (" + image.url().getScheme() + ")");
        }
        return DataUrl.decode(url);
    }

    static Image encode(io.github.unipic.Image image) {
        return Image.builder()
                .base64Data(Base64.getEncoder().encodeToString(image.toPng()))
                .mimeType("image/png")
                .build();
    }
}
