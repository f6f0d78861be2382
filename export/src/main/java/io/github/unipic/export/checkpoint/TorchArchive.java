package io.github.unipic.export.checkpoint;

import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.CheckpointTensor.Storage;
import io.github.unipic.export.checkpoint.StateDictUnpickler.PickledStorage;
import io.github.unipic.export.checkpoint.StateDictUnpickler.PickledTensor;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;

/**
 * Reads the index of a file written by {@code torch.save} (1.6 or later): a zip of uncompressed records, in a folder of
 * any name. {@code data.pkl} describes the tensors, {@code data/KEY} holds their storages, {@code byteorder} the order
 * of their bytes.
 */
final class TorchArchive {
    private static final long MAX_PICKLE = 64L << 20;
    /** Under these keys training scripts put the weights, beside what else they keep. */
    private static final List<String> WRAPPERS = List.of("state_dict", "model", "module");

    private static final int MAX_WRAPPERS = 4;

    private final MappedFile file;
    /** The records by their names below the archive's folder. */
    private final Map<String, Storage> records = new HashMap<>();

    private TorchArchive(MappedFile file) {
        this.file = file;
    }

    /** The tensors of the file, by their names in it; other values are left out. */
    static Map<String, CheckpointTensor> index(MappedFile file) {
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
                    file.path()
                            + " is in the legacy format of torch.save; load it with torch and save it again with torch 1.6 or later");
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
        // The channel is ours because ZipFile leaves its own open when the archive turns out to be broken.
        try (SeekableByteChannel channel = Files.newByteChannel(file.path());
                ZipFile zip = ZipFile.builder().setSeekableByteChannel(channel).get()) {
            for (ZipArchiveEntry entry : Collections.list(zip.getEntries())) {
                String name = Checkpoint.printable(entry.getName());
                if (entry.getMethod() != ZipEntry.STORED || entry.getSize() != entry.getCompressedSize()) {
                    throw damaged("holds the compressed record '" + name + "', while torch.save compresses nothing");
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
                    file.path() + " is not a complete zip archive (" + e.getMessage()
                            + "); it is damaged or its download was cut short: fetch it again",
                    e);
        }
        List<String> pickles = entries.keySet().stream()
                .filter(name -> name.matches("[^/]*/data\\.pkl"))
                .toList();
        if (pickles.size() != 1) {
            throw damaged("holds " + pickles.size() + " records FOLDER/data.pkl instead of one");
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

    private Map<String, CheckpointTensor> tensors() {
        Object root = StateDictUnpickler.load(
                copy(records.get("data.pkl"), MAX_PICKLE, "data.pkl"),
                file.path().toString());
        Map<String, CheckpointTensor> tensors = new HashMap<>();
        unwrap(root, MAX_WRAPPERS).forEach((key, value) -> {
            if (value instanceof PickledTensor tensor) {
                String name = String.valueOf(key);
                Checkpoint.checkName(file, name);
                tensors.put(name, tensor(name, tensor));
            }
        });
        return tensors;
    }

    private Map<?, ?> unwrap(Object root, int levels) {
        if (!(root instanceof Map<?, ?> dictionary)) {
            throw damaged("does not hold a dictionary of tensors");
        }
        return WRAPPERS.stream()
                .filter(wrapper -> levels > 0 && dictionary.get(wrapper) instanceof Map)
                .findFirst()
                .<Map<?, ?>>map(wrapper -> unwrap(dictionary.get(wrapper), levels - 1))
                .orElse(dictionary);
    }

    private CheckpointTensor tensor(String name, PickledTensor pickled) {
        PickledStorage storage = pickled.storage();
        Storage record = records.get("data/" + storage.key());
        if (record == null) {
            throw damaged("lacks the data of tensor '" + name + "'");
        }
        int elementBytes = storage.dtype().map(DType::bytes).orElse(1);
        if (storage.elements() < 0 || storage.elements() > record.bytes() / elementBytes) {
            throw damaged("holds " + record.bytes() + " bytes for the storage of tensor '" + name + "', which has "
                    + storage.elements() + " elements of " + elementBytes + " bytes");
        }
        return CheckpointTensor.view(
                name,
                new Storage(file, record.position(), storage.elements() * elementBytes),
                pickled.dtype(),
                pickled.offset(),
                pickled.shape(),
                pickled.strides());
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
