package io.github.unipic.benchmark;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What the beginning and the end of a file tell of a PNG image, without reading it.
 *
 * @param whole whether it is a PNG file that was not cut off
 * @param width pixels
 * @param height pixels
 */
record PngHeader(boolean whole, int width, int height) {
    private static final byte[] SIGNATURE = HexFormat.of().parseHex("89504e470d0a1a0a0000000d49484452");
    private static final byte[] END = HexFormat.of().parseHex("0000000049454e44ae426082");
    private static final int SIZES = 8;

    static PngHeader read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            byte[] first = bytes(channel, 0, SIGNATURE.length + SIZES);
            byte[] last = bytes(channel, channel.size() - END.length, END.length);
            boolean whole =
                    Arrays.equals(Arrays.copyOf(first, SIGNATURE.length), SIGNATURE) && Arrays.equals(last, END);
            ByteBuffer sizes = ByteBuffer.wrap(first, SIGNATURE.length, SIZES);
            return new PngHeader(whole, sizes.getInt(), sizes.getInt());
        }
    }

    /** Zeros where the file has no bytes. */
    private static byte[] bytes(FileChannel channel, long from, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        long position = Math.max(0, from);
        while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) >= 0) {
            // until all are there, or the file ends
        }
        return bytes.array();
    }
}
