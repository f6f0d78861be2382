package io.github.unipic.export.checkpoint;

import ai.onnxruntime.platform.Fp16Conversions;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;

/** Writes files as {@code torch.save} does. Storages are produced while they are written, so files may be large. */
public final class TorchFile {
    /** Writes the bytes of a storage. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    public record Storage(String key, DType dtype, long elements, Content content) {}

    private record Entry(Storage storage, long offset, long[] shape, long[] strides, boolean parameter) {}

    private final List<Storage> storages = new ArrayList<>();
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final List<String> wrappers = new ArrayList<>();
    private final Map<String, byte[]> records = new LinkedHashMap<>();
    private Optional<byte[]> pickle = Optional.empty();
    private String byteOrder = "little";
    private boolean stateDict;
    private int method = ZipEntry.STORED;

    public Storage storage(DType dtype, long elements, Content content) {
        Storage storage = new Storage(String.valueOf(storages.size()), dtype, elements, content);
        storages.add(storage);
        return storage;
    }

    public Storage storage(DType dtype, double... values) {
        byte[] bytes = encode(dtype, values);
        return storage(dtype, values.length, out -> out.write(bytes));
    }

    public TorchFile view(String name, Storage storage, long offset, long[] shape, long[] strides) {
        entries.put(name, new Entry(storage, offset, shape, strides, false));
        return this;
    }

    public TorchFile parameter(String name, Storage storage, long... shape) {
        entries.put(name, new Entry(storage, 0, shape, rowMajor(shape), true));
        return this;
    }

    public TorchFile tensor(String name, Storage storage, long... shape) {
        return view(name, storage, 0, shape, rowMajor(shape));
    }

    public TorchFile tensor(String name, DType dtype, long[] shape, double... values) {
        return tensor(name, storage(dtype, values), shape);
    }

    /** Puts the tensors into a dictionary under this key, beside an epoch number. */
    public TorchFile wrappedIn(String key) {
        wrappers.add(key);
        return this;
    }

    /** Writes what {@code module.state_dict()} gives: an OrderedDict with an attribute {@code _metadata}. */
    public TorchFile asStateDict() {
        stateDict = true;
        return this;
    }

    public TorchFile byteOrder(String order) {
        byteOrder = order;
        return this;
    }

    /** Replaces the pickle by this one. */
    public TorchFile pickle(byte[] bytes) {
        pickle = Optional.of(bytes);
        return this;
    }

    public TorchFile record(String name, byte[] bytes) {
        records.put(name, bytes);
        return this;
    }

    public TorchFile compressed() {
        method = ZipEntry.DEFLATED;
        return this;
    }

    public void write(Path path) throws IOException {
        try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(path)) {
            byte[] data = pickle.orElseGet(this::pickleEntries);
            put(zip, "data.pkl", data.length, out -> out.write(data));
            put(zip, "byteorder", byteOrder.length(), out -> out.write(byteOrder.getBytes(StandardCharsets.US_ASCII)));
            for (Storage storage : storages) {
                put(
                        zip,
                        "data/" + storage.key(),
                        storage.elements() * storage.dtype().bytes(),
                        storage.content());
            }
            for (Map.Entry<String, byte[]> record : records.entrySet()) {
                put(zip, record.getKey(), record.getValue().length, out -> out.write(record.getValue()));
            }
            put(zip, "version", 2, out -> out.write("3\n".getBytes(StandardCharsets.US_ASCII)));
        }
    }

    private void put(ZipArchiveOutputStream zip, String name, long bytes, Content content) throws IOException {
        ZipArchiveEntry entry = new ZipArchiveEntry("archive/" + name);
        entry.setMethod(method);
        entry.setSize(bytes);
        entry.setAlignment(64);
        zip.putArchiveEntry(entry);
        content.writeTo(zip);
        zip.closeArchiveEntry();
    }

    private byte[] pickleEntries() {
        PickleWriter out = new PickleWriter();
        for (String wrapper : wrappers) {
            out.dictionary().mark().text("epoch").integer(3).text(wrapper);
        }
        if (stateDict) {
            out.orderedDictionary();
        } else {
            out.dictionary();
        }
        out.mark();
        entries.forEach((name, entry) -> {
            out.text(name);
            write(out, entry);
        });
        out.setItems();
        if (stateDict) {
            out.dictionary().text("_metadata").orderedDictionary().op('s', 'b');
        }
        wrappers.forEach(wrapper -> out.setItems());
        return out.stop();
    }

    private static void write(PickleWriter out, Entry entry) {
        if (entry.parameter()) {
            out.global("torch._utils", "_rebuild_parameter").mark();
        }
        Optional<String> storage = storageType(entry.storage().dtype());
        String key = entry.storage().key();
        if (storage.isPresent()) {
            out.rebuildTensor()
                    .storage("torch." + storage.get(), key, entry.storage().elements());
            out.tensorOf(entry.offset(), entry.shape(), entry.strides());
        } else {
            long bytes = entry.storage().elements() * entry.storage().dtype().bytes();
            out.global("torch._utils", "_rebuild_tensor_v3").mark();
            out.storage("torch.storage.UntypedStorage", key, bytes)
                    .integer(entry.offset())
                    .integers(entry.shape())
                    .integers(entry.strides())
                    .op(0x89)
                    .orderedDictionary()
                    .global("torch", entry.storage().dtype().name().toLowerCase(Locale.ROOT))
                    .tuple()
                    .op('R');
        }
        if (entry.parameter()) {
            out.op(0x88).orderedDictionary().tuple().op('R');
        }
    }

    private static Optional<String> storageType(DType dtype) {
        return Optional.ofNullable(
                switch (dtype) {
                    case FLOAT64 -> "DoubleStorage";
                    case FLOAT32 -> "FloatStorage";
                    case FLOAT16 -> "HalfStorage";
                    case BFLOAT16 -> "BFloat16Storage";
                    case INT64 -> "LongStorage";
                    case INT32 -> "IntStorage";
                    case INT16 -> "ShortStorage";
                    case INT8 -> "CharStorage";
                    case UINT8 -> "ByteStorage";
                    case BOOL -> "BoolStorage";
                    case UINT16, UINT32, UINT64 -> null;
                });
    }

    static long[] rowMajor(long... shape) {
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= shape[axis];
        }
        return strides;
    }

    static byte[] encode(DType dtype, double... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        BiConsumer<ByteBuffer, Double> put = switch (dtype) {
            case FLOAT64 -> ByteBuffer::putDouble;
            case FLOAT32 -> (b, v) -> b.putFloat(v.floatValue());
            case FLOAT16 -> (b, v) -> b.putShort(Fp16Conversions.floatToFp16(v.floatValue()));
            case BFLOAT16 -> (b, v) -> b.putShort(Fp16Conversions.floatToBf16(v.floatValue()));
            case INT64, UINT64 -> (b, v) -> b.putLong(v.longValue());
            case INT32, UINT32 -> (b, v) -> b.putInt(v.intValue());
            case INT16, UINT16 -> (b, v) -> b.putShort(v.shortValue());
            case INT8, UINT8, BOOL -> (b, v) -> b.put(v.byteValue());
        };
        for (double value : values) {
            put.accept(bytes, value);
        }
        return bytes.array();
    }
}
