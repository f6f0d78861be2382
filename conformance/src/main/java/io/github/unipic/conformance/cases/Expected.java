package io.github.unipic.conformance.cases;

import io.github.unipic.Image;
import io.github.unipic.conformance.ConformanceException;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.CheckpointTensor;
import io.github.unipic.export.checkpoint.SafetensorsFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** The expected values: a safetensors file with tensors by key, read on demand, and texts in its metadata. */
public abstract class Expected implements AutoCloseable {
    private final String what;
    private final String remedy;
    private final SafetensorsFile file;

    /**
     * Opens a file.
     *
     * @param what the kind of file, with which messages begin
     * @param remedy what to do, with which messages end
     * @throws ConformanceException when it cannot be read
     */
    protected Expected(Path path, String what, String remedy) {
        this.what = what + " " + path;
        this.remedy = remedy;
        try {
            file = SafetensorsFile.open(path);
        } catch (ExportException e) {
            throw new ConformanceException(this.what + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** All keys, sorted. */
    public SortedSet<String> keys() {
        return new TreeSet<>(file.tensors().keySet());
    }

    /** The shape of an existing tensor. */
    protected long[] shape(String key) {
        return file.tensors().get(key).shape();
    }

    protected Optional<String> metadata(String name) {
        return Optional.ofNullable(file.metadata().get(name));
    }

    /** The message for a missing tensor. */
    protected abstract String without(String key);

    protected ConformanceException wrong(String problem) {
        return new ConformanceException(what + " " + problem + "; " + remedy + ".");
    }

    public Optional<Floats> floats(String key) {
        return tensor(key, Float.BYTES, true).map(tensor -> {
            float[] values = new float[(int) tensor.elementCount()];
            tensor.read(0, values, 0, values.length);
            return new Floats(values, tensor.shape());
        });
    }

    public Optional<long[]> integers(String key) {
        return tensor(key, Long.BYTES, false).map(tensor -> {
            ByteBuffer bytes = ByteBuffer.wrap(tensor.bytes()).order(ByteOrder.LITTLE_ENDIAN);
            long[] values = new long[(int) tensor.elementCount()];
            Arrays.setAll(values, i -> switch (tensor.dtype().bytes()) {
                case 8 -> bytes.getLong();
                case 4 -> bytes.getInt();
                case 2 -> bytes.getShort();
                default -> bytes.get() & 0xff;
            });
            return values;
        });
    }

    /** The image of a tensor of pixel values [...,H,W,3]. */
    public Optional<Image> image(String key) {
        return integers(key).map(values -> {
            long[] shape = shape(key);
            int axes = shape.length;
            if (axes < 3 || shape[axes - 1] != 3) {
                throw wrong(
                        "has the shape " + Arrays.toString(shape) + " in " + key + ", which is not that of an image");
            }
            byte[] rgb = new byte[values.length];
            for (int i = 0; i < rgb.length; i++) {
                rgb[i] = (byte) values[i];
            }
            return Image.ofRgb((int) shape[axes - 2], (int) shape[axes - 3], rgb);
        });
    }

    private Optional<CheckpointTensor> tensor(String key, int bytes, boolean floats) {
        Optional<CheckpointTensor> found = Optional.ofNullable(file.tensors().get(key));
        found.filter(tensor -> tensor.elementCount() > Integer.MAX_VALUE / bytes)
                .ifPresent(tensor -> {
                    throw wrong("has " + tensor.elementCount() + " values in " + key + ", more than this kit reads");
                });
        found.filter(tensor -> tensor.dtype().isFloatingPoint() != floats).ifPresent(tensor -> {
            throw wrong("has " + tensor.dtype() + " in " + key + ", not " + (floats ? "floats" : "integers"));
        });
        return found;
    }

    @Override
    public void close() {
        file.close();
    }
}
