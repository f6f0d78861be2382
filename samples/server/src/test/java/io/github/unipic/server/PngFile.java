package io.github.unipic.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;

/** A PNG file of any chunks. */
final class PngFile {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private PngFile() {
        bytes.writeBytes(latin1("\u0089PNG\r\n\u001A\n"));
    }

    static PngFile start() {
        return new PngFile();
    }

    PngFile chunk(String type, byte[] data) {
        byte[] content = join(latin1(type), data);
        CRC32 check = new CRC32();
        check.update(content);
        bytes.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
        bytes.writeBytes(content);
        bytes.writeBytes(ByteBuffer.allocate(4).putInt((int) check.getValue()).array());
        return this;
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }

    static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte[] join(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
    }

    static byte[] deflate(byte[] content) throws IOException {
        ByteArrayOutputStream deflated = new ByteArrayOutputStream();
        try (DeflaterOutputStream stream = new DeflaterOutputStream(deflated)) {
            stream.write(content);
        }
        return deflated.toByteArray();
    }
}
