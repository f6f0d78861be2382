package io.github.unipic.image;

import io.github.unipic.fuzz.ByteMutator;
import io.github.unipic.fuzz.Mutator;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/** Changes PNG files chunk by chunk, also within compressed ones, and corrects most checksums. */
final class PngMutator implements Mutator {
    private static final int SIGNATURE_BYTES = 8;
    private static final int HEAD_AND_CRC = 12;
    private static final int MAX_INFLATED = 1 << 20;
    private static final String[] TYPES = {
        "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "iCCP", "sRGB", "tEXt", "zTXt", "iTXt", "eXIf", "bKGD", "acTL",
        "fcTL", "fdAT"
    };

    private final ByteMutator bytes = new ByteMutator().with(TYPES).inFirst(33);
    private final ByteMutator data = new ByteMutator();

    private record Chunk(String type, byte[] data) {}

    @Override
    public byte[] mutate(byte[] input, byte[] other, RandomGenerator random) {
        List<Chunk> chunks = chunks(input);
        if (chunks.isEmpty() || random.nextInt(4) == 0) {
            byte[] changed = bytes.mutate(input, other, random);
            return random.nextBoolean() ? repair(changed) : changed;
        }
        int at = random.nextInt(chunks.size());
        List<Chunk> others = chunks(other);
        switch (random.nextInt(8)) {
            case 0 -> chunks.remove(at);
            case 1 -> chunks.add(at, chunks.get(random.nextInt(chunks.size())));
            case 2 -> chunks.add(at, others.isEmpty() ? chunks.get(at) : others.get(random.nextInt(others.size())));
            case 3 ->
                chunks.set(
                        at,
                        new Chunk(
                                TYPES[random.nextInt(TYPES.length)],
                                chunks.get(at).data()));
            default -> chunks.set(at, changed(chunks.get(at), random));
        }
        return file(chunks);
    }

    private Chunk changed(Chunk chunk, RandomGenerator random) {
        int compressed = compressedFrom(chunk);
        if (compressed < 0 || random.nextInt(3) == 0) {
            return new Chunk(chunk.type(), data.mutate(chunk.data(), chunk.data(), random));
        }
        byte[] plain = inflate(Arrays.copyOfRange(chunk.data(), compressed, chunk.data().length));
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(chunk.data(), 0, compressed);
        all.writeBytes(deflate(data.mutate(plain, plain, random)));
        return new Chunk(chunk.type(), all.toByteArray());
    }

    /** Where compressed data starts; below 0 without such. */
    private static int compressedFrom(Chunk chunk) {
        if (chunk.type().equals("IDAT")) {
            return 0;
        }
        int keyword = new String(chunk.data(), StandardCharsets.ISO_8859_1).indexOf('\0');
        return chunk.type().equals("zTXt") && keyword > 0 && chunk.data().length > keyword + 2 ? keyword + 2 : -1;
    }

    private static byte[] inflate(byte[] compressed) {
        try (InflaterInputStream in = new InflaterInputStream(new ByteArrayInputStream(compressed))) {
            return in.readNBytes(MAX_INFLATED);
        } catch (IOException e) {
            return compressed;
        }
    }

    static byte[] deflate(byte[] plain) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(out)) {
            deflater.write(plain);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return out.toByteArray();
    }

    private static List<Chunk> chunks(byte[] png) {
        List<Chunk> chunks = new ArrayList<>();
        int at = SIGNATURE_BYTES;
        while (at <= png.length - HEAD_AND_CRC) {
            int length = ByteBuffer.wrap(png).getInt(at);
            if (length < 0 || length > png.length - at - HEAD_AND_CRC) {
                break;
            }
            chunks.add(new Chunk(
                    new String(png, at + 4, 4, StandardCharsets.ISO_8859_1),
                    Arrays.copyOfRange(png, at + 8, at + 8 + length)));
            at += HEAD_AND_CRC + length;
        }
        return chunks;
    }

    private static byte[] file(List<Chunk> chunks) {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        png.writeBytes("\u0089PNG\r\n\u001a\n".getBytes(StandardCharsets.ISO_8859_1));
        chunks.forEach(chunk -> png.writeBytes(chunk(chunk.type(), chunk.data())));
        return png.toByteArray();
    }

    /** A chunk as a file has it. */
    static byte[] chunk(String type, byte[] data) {
        byte[] chunk = ByteBuffer.allocate(HEAD_AND_CRC + data.length)
                .putInt(data.length)
                .put(type.getBytes(StandardCharsets.ISO_8859_1))
                .put(data)
                .array();
        setChecksum(chunk, 0, data.length);
        return chunk;
    }

    private static void setChecksum(byte[] png, int at, int length) {
        CRC32 crc = new CRC32();
        crc.update(png, at + 4, 4 + length);
        ByteBuffer.wrap(png).putInt(at + 8 + length, (int) crc.getValue());
    }

    /** Sets the checksums right, as far as the chunks' lengths lead. */
    @Override
    public byte[] repair(byte[] input) {
        byte[] png = input.clone();
        int at = SIGNATURE_BYTES;
        while (at <= png.length - HEAD_AND_CRC) {
            int length = ByteBuffer.wrap(png).getInt(at);
            if (length < 0 || length > png.length - at - HEAD_AND_CRC) {
                break;
            }
            setChecksum(png, at, length);
            at += HEAD_AND_CRC + length;
        }
        return png;
    }
}
