package io.github.unipic.export.checkpoint;

import io.github.unipic.fuzz.ByteMutator;
import io.github.unipic.fuzz.Mutator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.utils.SeekableInMemoryByteChannel;

/** Changes the entries of a zip file, which is rewritten around them, and sometimes any bytes. */
final class ZipMutator implements Mutator {
    private static final String[] NAMES = {
        "archive/data.pkl", "archive/data/0", "archive/byteorder", "../secret", "/x", ""
    };

    private final Mutator content;
    private final Mutator bytes =
            new ByteMutator().with("PK\1\2", "PK\3\4", "PK\5\6", "PK\6\6", "PK\6\7", "PK\7\b", "data.pkl");

    /** @param content changes the content of an entry */
    ZipMutator(Mutator content) {
        this.content = content;
    }

    private record Entry(String name, int method, byte[] data) {}

    @Override
    public byte[] mutate(byte[] input, byte[] other, RandomGenerator random) {
        if (random.nextInt(3) == 0) {
            return bytes.mutate(input, other, random);
        }
        try {
            List<Entry> entries = read(input);
            int at = random.nextInt(entries.size());
            Entry entry = entries.get(at);
            switch (random.nextInt(8)) {
                case 0 -> entries.remove(at);
                case 1 -> entries.add(entry);
                case 2 -> entries.set(at, new Entry(NAMES[random.nextInt(NAMES.length)], entry.method(), entry.data()));
                case 3 -> entries.set(at, new Entry(entry.name(), ZipEntry.DEFLATED, entry.data()));
                default ->
                    entries.set(
                            at,
                            new Entry(
                                    entry.name(), entry.method(), content.mutate(entry.data(), entry.data(), random)));
            }
            return write(entries);
        } catch (IOException | RuntimeException e) {
            return bytes.mutate(input, other, random); // the corpus may hold what is no zip file
        }
    }

    private static List<Entry> read(byte[] input) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (ZipFile zip = ZipFile.builder()
                .setSeekableByteChannel(new SeekableInMemoryByteChannel(input))
                .get()) {
            for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
                entries.add(new Entry(
                        entry.getName(),
                        entry.getMethod(),
                        zip.getInputStream(entry).readNBytes(1 << 20)));
            }
        }
        return entries;
    }

    private static byte[] write(List<Entry> entries) throws IOException {
        SeekableInMemoryByteChannel channel = new SeekableInMemoryByteChannel();
        try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(channel)) {
            for (Entry entry : entries) {
                ZipArchiveEntry written = new ZipArchiveEntry(entry.name());
                written.setMethod(entry.method());
                written.setSize(entry.data().length);
                zip.putArchiveEntry(written);
                zip.write(entry.data());
                zip.closeArchiveEntry();
            }
        }
        return Arrays.copyOf(channel.array(), (int) channel.size());
    }
}
