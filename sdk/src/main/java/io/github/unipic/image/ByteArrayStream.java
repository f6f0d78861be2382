package io.github.unipic.image;

import java.io.IOException;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A file in memory, as ImageIO's readers want it: of known length, with no cache behind it. TwelveMonkeys'
 * ByteArrayImageInputStream would do but for the end, which it tells readers forever: WebPTest then hangs.
 */
final class ByteArrayStream extends ImageInputStreamImpl {
    private static final int MAX_READS_PAST_END = 64;

    private final byte[] bytes;
    private int readsPastEnd;

    ByteArrayStream(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public int read() throws IOException {
        checkClosed();
        bitOffset = 0;
        return streamPos < bytes.length ? bytes[(int) streamPos++] & 0xff : end();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        checkClosed();
        bitOffset = 0;
        if (length == 0) {
            return 0;
        }
        if (streamPos >= bytes.length) {
            return end();
        }
        int count = (int) Math.min(length, bytes.length - streamPos);
        System.arraycopy(bytes, (int) streamPos, target, offset, count);
        streamPos += count;
        return count;
    }

    // Readers that take the end for zeros go on for minutes in a damaged file. Looking ahead takes a few reads only.
    private int end() throws IOException {
        if (++readsPastEnd > MAX_READS_PAST_END) {
            throw new IOException("read past the end");
        }
        return -1;
    }

    @Override
    public long length() {
        return bytes.length;
    }
}
