package io.github.unipic.image;

import java.io.IOException;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * A file in memory, as ImageIO's readers want it: of known length, without a cache. TwelveMonkeys'
 * ByteArrayImageInputStream does not suffice: it lets readers read past the end without limit, and WebPTest hangs.
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

    // Some readers treat the end of a damaged file as zeros and go on for minutes. Looking ahead takes only a few
    // reads.
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
