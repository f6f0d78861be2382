package io.github.unipic.image;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The file formats that can be read, told apart by their first bytes. */
enum ImageFormat {
    PNG(Png::decode, "\u0089PNG\r\n\u001a\n"),
    JPEG(Jpeg::decode, "\u00ff\u00d8\u00ff"),
    GIF(Gif::decode, "GIF87a", "GIF89a"),
    TIFF(Tiff::decode, "II*\0", "MM\0*", "II+\0", "MM\0+"),
    WEBP(WebP::decode, "RIFF"),
    BMP(Bmp::decode, "BM");

    static final String NAMES = "a PNG, JPEG, BMP, GIF, TIFF or WebP file";

    private interface Decoder {
        DecodedImage decode(EncodedImage encoded) throws IOException;
    }

    private final Decoder decoder;
    private final List<String> signatures;

    ImageFormat(Decoder decoder, String... signatures) {
        this.decoder = decoder;
        this.signatures = List.of(signatures);
    }

    /**
     * The format of an image. A file that ends within the signature counts too, so that it is reported as cut short.
     */
    static Optional<ImageFormat> of(EncodedImage encoded) {
        return Arrays.stream(values()).filter(format -> format.fits(encoded)).findFirst();
    }

    private boolean fits(EncodedImage encoded) {
        boolean signed = signatures.stream()
                .anyMatch(text -> encoded.holds(0, text.substring(0, Math.min(text.length(), encoded.bytes().length))));
        return signed && (this != WEBP || encoded.bytes().length < 12 || encoded.holds(8, "WEBP"));
    }

    /**
     * Reads an image of this format.
     *
     * @throws io.github.unipic.ImageFormatException if it is damaged, too large or of an unsupported kind
     * @throws IOException if its pixels cannot be decoded; any unchecked exception may mean the same
     */
    DecodedImage decode(EncodedImage encoded) throws IOException {
        return decoder.decode(encoded);
    }
}
