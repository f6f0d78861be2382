package io.github.unipic.export.checkpoint;

import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.CheckpointTensor.Storage;
import io.github.unipic.export.checkpoint.StateDictUnpickler.DenseTensor;
import io.github.unipic.export.checkpoint.StateDictUnpickler.PickledStorage;
import io.github.unipic.export.checkpoint.StateDictUnpickler.PickledTensor;
import io.github.unipic.export.checkpoint.StateDictUnpickler.UnreadTensor;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * Reads the index of a file written by {@code torch.save} (1.6 or later): a zip of uncompressed records, in a folder of
 * any name. {@code data.pkl} describes the tensors, {@code data/KEY} holds their storages, {@code byteorder} the order
 * of their bytes.
 */
final class TorchArchive {
    private static final long MAX_PICKLE = 32L << 20;

    /** That of the published model has about 200 kB. */
    private static final long MAX_DIRECTORY = 12L << 20;

    /** Training scripts save the weights under these keys, beside other values. */
    private static final List<String> WRAPPERS = List.of("state_dict", "model_state_dict", "model", "module");

    private static final int MAX_WRAPPERS = 4;
    private static final int KEYS_SHOWN = 5;

    private final MappedFile file;
    /** The records by their names below the archive's folder. */
    private final Map<String, Storage> records = new HashMap<>();

    private TorchArchive(MappedFile file) {
        this.file = file;
    }

    /** The tensors of the file, by their names in it; other values are left out. */
    static FileIndex index(MappedFile file) {
        checkMagic(file);
        TorchArchive archive = new TorchArchive(file);
        archive.readDirectory();
        archive.checkByteOrder();
        return archive.tensors();
    }

    private static void checkMagic(MappedFile file) {
        String start = new String(file.copy(0, (int) Math.min(16, file.size())), StandardCharsets.ISO_8859_1);
        if (start.startsWith("PK\u0003\u0004")) {
            return;
        }
        if (start.startsWith("\u0080")) {
            throw new ExportException(
                    file.path() + " is in the legacy format of torch.save, which is not read; load it with"
                            + " torch.load(FILE, map_location='cpu', weights_only=True) and save it again with torch 1.6"
                            + " or later");
        }
        if (start.startsWith("version https:")) {
            throw new ExportException(
                    file.path() + " is a Git LFS pointer, not the file itself; fetch it with git lfs pull");
        }
        throw new ExportException(
                file.path() + " is not a file written by torch.save, or it is damaged; fetch it again");
    }

    private void readDirectory() {
        Map<String, Storage> entries = new HashMap<>();
        // Opened here, as ZipFile does not close a channel of its own when the archive is broken.
        try (SeekableByteChannel channel = new BoundedChannel(
                        Files.newByteChannel(file.path()), "the directory of " + file.path(), MAX_DIRECTORY);
                ZipFile zip = ZipFile.builder().setSeekableByteChannel(channel).get()) {
            for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
                String name = Checkpoint.excerpt(entry.getName());
                if (entry.getGeneralPurposeBit().usesEncryption()) {
                    throw new ExportException(
                            file.path() + " holds the encrypted record '" + name + "'; decrypt it first");
                }
                if (entry.getMethod() != ZipEntry.STORED) {
                    throw new ExportException(file.path() + " holds the compressed record '" + name
                            + "', while torch.save compresses nothing; unzip the file and zip its folder again without"
                            + " compression (zip -0 -r), or load it with torch and save it again");
                }
                if (entry.getSize() != entry.getCompressedSize()) {
                    throw damaged("holds the record '" + name + "' with two sizes");
                }
                Storage record = new Storage(file, entry.getDataOffset(), entry.getSize());
                if (record.position() < 0 || record.bytes() < 0 || record.bytes() > file.size() - record.position()) {
                    throw damaged("holds the record '" + name + "' that reaches beyond the end of the file");
                }
                if (entries.put(entry.getName(), record) != null) {
                    throw damaged("holds the record '" + name + "' twice");
                }
            }
        } catch (ExportException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // the library throws many kinds for a broken archive
            throw new ExportException(
                    file.path() + " is not a complete zip archive ("
                            + Checkpoint.excerpt(String.valueOf(e.getMessage()))
                            + "); it is damaged or its download was cut short: fetch it again",
                    e);
        }
        List<String> pickles = entries.keySet().stream()
                .filter(name -> name.matches("[^/]*/data\\.pkl"))
                .toList();
        if (pickles.size() != 1) {
            throw damaged("holds " + pickles.size() + " records FOLDER/data.pkl instead of one");
        }
        if (entries.containsKey(pickles.get(0).replace("data.pkl", "constants.pkl"))) {
            throw new ExportException(file.path()
                    + " is a TorchScript program, not weights; load it with torch.jit.load and save its state_dict()");
        }
        String folder = pickles.get(0).substring(0, pickles.get(0).length() - "data.pkl".length());
        entries.forEach((name, record) -> {
            if (name.startsWith(folder)) {
                records.put(name.substring(folder.length()), record);
            }
        });
    }

    private void checkByteOrder() {
        Storage record = records.get("byteorder");
        if (record != null && !new String(copy(record, 16, "byteorder"), StandardCharsets.US_ASCII).equals("little")) {
            throw new ExportException(
                    file.path()
                            + " was written on a big-endian machine; load it with torch and save it again on a little-endian one");
        }
    }

    private FileIndex tensors() {
        Object root = StateDictUnpickler.load(
                copy(records.get("data.pkl"), MAX_PICKLE, "data.pkl"),
                file.path().toString());
        List<String> wrappers = new ArrayList<>();
        Map<?, ?> outermost = dictionary(root);
        Map<?, ?> dictionary = outermost;
        Optional<String> wrapper = wrapper(dictionary);
        while (wrapper.isPresent() && wrappers.size() < MAX_WRAPPERS) {
            wrappers.add(wrapper.get());
            dictionary = dictionary(dictionary.get(wrapper.get()));
            wrapper = wrapper(dictionary);
        }
        Map<String, StoredTensor> tensors = tensors(dictionary);
        if (tensors.isEmpty()) {
            throw new ExportException(file.path() + " holds no tensors" + elsewhere(dictionary)
                    + "; it is not the file expected, or save its state_dict alone with torch and export that");
        }
        return new FileIndex(tensors, wrappers, wrappers.isEmpty() ? List.of() : keys(outermost, wrappers.get(0)));
    }

    private Map<?, ?> dictionary(Object value) {
        if (value instanceof Map<?, ?> dictionary) {
            return dictionary;
        }
        throw damaged("does not hold a dictionary of tensors");
    }

    private static Optional<String> wrapper(Map<?, ?> dictionary) {
        return WRAPPERS.stream()
                .filter(wrapper -> dictionary.get(wrapper) instanceof Map)
                .findFirst();
    }

    private Map<String, StoredTensor> tensors(Map<?, ?> dictionary) {
        Map<String, StoredTensor> tensors = new HashMap<>();
        dictionary.forEach((key, value) -> {
            if (value instanceof PickledTensor tensor) {
                String name = String.valueOf(key);
                Checkpoint.checkName(file, name);
                tensors.put(name, tensor(name, tensor));
                Checkpoint.checkCount(file, tensors.size());
            }
        });
        return tensors;
    }

    /** The dictionaries of other names that have tensors, for a message. */
    private static String elsewhere(Map<?, ?> dictionary) {
        List<String> keys = dictionary.entrySet().stream()
                .filter(entry -> entry.getValue() instanceof Map<?, ?> inner
                        && inner.values().stream().anyMatch(PickledTensor.class::isInstance))
                .map(entry -> key(entry.getKey()))
                .sorted()
                .limit(KEYS_SHOWN)
                .toList();
        return keys.isEmpty()
                ? ""
                : " under " + String.join(", ", WRAPPERS) + " or outermost, but under " + String.join(", ", keys);
    }

    private static List<String> keys(Map<?, ?> dictionary, String except) {
        return dictionary.keySet().stream()
                .filter(key -> !key.equals(except))
                .map(TorchArchive::key)
                .sorted()
                .limit(KEYS_SHOWN)
                .toList();
    }

    private static String key(Object key) {
        return "'" + Checkpoint.excerpt(String.valueOf(key)) + "'";
    }

    private StoredTensor tensor(String name, PickledTensor pickled) {
        if (pickled instanceof UnreadTensor unread) {
            return new UnreadableTensor(name, file.name(), unread.kind());
        }
        DenseTensor dense = (DenseTensor) pickled;
        PickledStorage storage = dense.storage();
        Storage record = records.get("data/" + storage.key());
        if (record == null) {
            throw damaged("lacks the data of tensor '" + name + "'");
        }
        int elementBytes = storage.type().dtype().map(DType::bytes).orElse(1); // without a type it is counted in bytes
        if (storage.elements() < 0 || storage.elements() > record.bytes() / elementBytes) {
            throw damaged("holds " + record.bytes() + " bytes for the storage of tensor '" + name + "', which has "
                    + storage.elements() + " elements of " + elementBytes + " bytes");
        }
        return CheckpointTensor.view(
                name,
                new Storage(file, record.position(), storage.elements() * elementBytes),
                dense.dtype(),
                dense.offset(),
                dense.shape(),
                dense.strides());
    }

    private byte[] copy(Storage record, long limit, String name) {
        if (record.bytes() > limit) {
            throw damaged("has a record " + name + " of " + record.bytes() + " bytes, where at most " + limit
                    + " are expected");
        }
        return file.copy(record.position(), (int) record.bytes());
    }

    private ExportException damaged(String what) {
        return new ExportException(
                file.path() + " " + what + "; it is no checkpoint, or a damaged one: fetch it again");
    }
}
