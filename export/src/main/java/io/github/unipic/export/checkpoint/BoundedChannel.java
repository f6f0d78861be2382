package io.github.unipic.export.checkpoint;

import io.github.unipic.export.ExportException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/** A channel to read from of which a bounded number of bytes may be read, whatever a file's own sizes say. */
final class BoundedChannel implements SeekableByteChannel {
    private final SeekableByteChannel channel;
    private final String what;
    private final long limit;
    private long left;

    /** @param what is read, for messages */
    BoundedChannel(SeekableByteChannel channel, String what, long limit) {
        this.channel = channel;
        this.what = what;
        this.limit = limit;
        this.left = limit;
    }

    @Override
    public int read(ByteBuffer destination) throws IOException {
        int read = channel.read(destination);
        left -= Math.max(0, read);
        if (left < 0) {
            throw new ExportException(
                    what + " takes more than " + limit + " bytes; save the model's state_dict alone, and export that");
        }
        return read;
    }

    @Override
    public int write(ByteBuffer source) {
        throw new UnsupportedOperationException("read only");
    }

    @Override
    public SeekableByteChannel truncate(long size) {
        throw new UnsupportedOperationException("read only");
    }

    @Override
    public long position() throws IOException {
        return channel.position();
    }

    @Override
    public SeekableByteChannel position(long position) throws IOException {
        channel.position(position);
        return this;
    }

    @Override
    public long size() throws IOException {
        return channel.size();
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
