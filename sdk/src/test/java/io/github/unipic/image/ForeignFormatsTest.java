package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.ReadOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ForeignFormatsTest {
    private static void assertNamed(byte[] file, String name) {
        assertThatThrownBy(() -> Image.decode(file, ReadOptions.DEFAULT))
                .isInstanceOf(ImageFormatException.class)
                .hasMessage("the image of " + file.length + " bytes is " + name
                        + ", which cannot be read; save it as PNG or JPEG");
    }

    @ParameterizedTest
    @CsvSource({"heic-named.jpg,a HEIC image", "avif-named.jpg,an AVIF image"})
    void filesUnderAnotherFormatsName(String file, String name) throws IOException {
        try (InputStream stream = ForeignFormatsTest.class.getResourceAsStream("/image-rare/" + file)) {
            assertNamed(stream.readAllBytes(), name);
        }
    }

    static Stream<Arguments> starts() {
        return Stream.of(
                Arguments.of("\0\0\0\u001cftypmif1\0\0\0\0mif1avifmiaf", "an AVIF image"),
                Arguments.of("\0\0\0\u001cftypmif1\0\0\0\0mif1heixmiaf", "a HEIC image"),
                Arguments.of("\0\0\0\u0018ftypmsf1\0\0\0\0hevcmsf1", "a HEIC image"),
                Arguments.of("\0\0\0\u0018ftypmif1\0\0\0\0mif1miafheic", "a HEIF image"),
                Arguments.of("\0\0\0\u0018ftypisom\0\0\2\0isommp41", "an MP4 or QuickTime video"),
                Arguments.of("\0\0\0\u0014ftypqt  \0\0\2\0qt  ", "an MP4 or QuickTime video"),
                Arguments.of("\0\0\0\u0018ftypcrx \0\0\0\1crx isom", "a camera's raw image"),
                Arguments.of("\0\0\0\fJXL \r\n\u0087\n", "a JPEG XL image"),
                Arguments.of("\u00ff\n\u00fa\u001f", "a JPEG XL image"),
                Arguments.of("\0\0\0\fjP  \r\n\u0087\n", "a JPEG 2000 image"),
                Arguments.of("\u00ffO\u00ffQ\0/", "a JPEG 2000 image"),
                Arguments.of("8BPS\0\1", "a Photoshop document (PSD)"),
                Arguments.of("%PDF-1.7", "a PDF document"),
                Arguments.of("\0\0\1\0\1\0", "an icon (ICO)"),
                Arguments.of("v/1\1\2\0\0\0", "an OpenEXR image"),
                Arguments.of("RIFF\0\0\0\0AVI LIST", "an AVI video"),
                Arguments.of("P6\n3 2\n255\n", "a portable map (PBM, PGM, PPM, PAM or PFM)"),
                Arguments.of("<svg xmlns=\"http://www.w3.org/2000/svg\">", "an SVG drawing"),
                Arguments.of(
                        "\u00ef\u00bb\u00bf<?xml version=\"1.0\"?>\n<!-- by hand -->\n<!DOCTYPE svg PUBLIC \"x\">\n<svg>",
                        "an SVG drawing"),
                Arguments.of("\n<!DOCTYPE html><HTML><head>", "a web page"));
    }

    @ParameterizedTest
    @MethodSource("starts")
    void startsOfFiles(String start, String name) {
        assertNamed(start.getBytes(StandardCharsets.ISO_8859_1), name);
    }

    @Test
    void longStartsOfNothing() {
        for (String unit : new String[] {" ", "<?xml?>", "<!--", "<!---->", "\0\0\0\u007fftyp"}) {
            byte[] file = unit.repeat(100_000).getBytes(StandardCharsets.ISO_8859_1);
            assertThatThrownBy(() -> Image.decode(file, ReadOptions.DEFAULT)).isInstanceOf(ImageFormatException.class);
        }
        byte[] negative = Arrays.copyOf("\u00ff\u00ff\u00ff\u00ffftyp".getBytes(StandardCharsets.ISO_8859_1), 8);
        assertThat(ForeignFormats.nameOf(new EncodedImage("", negative, ReadOptions.DEFAULT)))
                .contains("an MP4 or QuickTime video");
    }
}
