package io.github.unipic.image;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The parts of a file that a decoder gets, in their order. */
final class Excerpt {
    /** Where a part begins and ends. */
    private record Part(int from, int to) {}

    private final byte[] file;
    private final List<Part> parts = new ArrayList<>();

    Excerpt(byte[] file) {
        this.file = file;
    }

    /** Adds a part; adjacent parts become one. */
    void keep(int from, int to) {
        int last = parts.size() - 1;
        if (last >= 0 && parts.get(last).to == from) {
            parts.set(last, new Part(parts.get(last).from, to));
        } else {
            parts.add(new Part(from, to));
        }
    }

    int length() {
        return parts.stream().mapToInt(part -> part.to - part.from).sum();
    }

    /** Writes the parts one after another. */
    void putInto(ByteBuffer target) {
        for (Part part : parts) {
            target.put(file, part.from, part.to - part.from);
        }
    }

    /** The parts, joined; the file's own array if they are the whole file. */
    byte[] bytes() {
        if (parts.equals(List.of(new Part(0, file.length)))) {
            return file;
        }
        ByteBuffer bytes = ByteBuffer.allocate(length());
        putInto(bytes);
        return bytes.array();
    }
}
