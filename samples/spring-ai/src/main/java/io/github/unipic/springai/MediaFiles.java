package io.github.unipic.springai;

import io.github.unipic.DataUrl;
import io.github.unipic.Image;
import io.github.unipic.Mask;
import io.github.unipic.MaskChannel;
import io.github.unipic.ReadOptions;
import org.springframework.ai.content.Media;

/** Spring AI's media as the SDK's images. */
record MediaFiles(ReadOptions options) {
    Image decode(Media media) {
        return Image.decode(file(media), options);
    }

    Mask decodeMask(Media media) {
        return Mask.decode(file(media), options, MaskChannel.ALPHA_OR_GRAY);
    }

    private static byte[] file(Media media) {
        if (!media.getMimeType().getType().equals("image")) {
            throw Unsupported.feature(media.getMimeType() + " media");
        }
        if (media.getData() instanceof byte[] bytes) {
            return bytes;
        }
        String url = media.getData().toString();
        if (!DataUrl.isDataUrl(url)) {
            throw Unsupported.feature("an image URL that must be fetched");
        }
        return DataUrl.decode(url);
    }
}
