package io.github.unipic.export.checkpoint;

import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/** A safetensors file on its own. Thread-safe. */
public final class SafetensorsFile implements AutoCloseable {
    private final MappedFile file;
    private final Map<String, CheckpointTensor> tensors;
    private final Map<String, String> metadata;

    private SafetensorsFile(MappedFile file) {
        this.file = file;
        this.tensors = Safetensors.index(file).tensors().entrySet().stream()
                .filter(entry -> entry.getValue() instanceof CheckpointTensor)
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, entry -> (CheckpointTensor) entry.getValue()));
        this.metadata = Map.copyOf(Safetensors.metadata(file));
    }

    /**
     * Opens a file and reads its header.
     *
     * @throws io.github.unipic.export.ExportException if it cannot be read or is damaged
     */
    public static SafetensorsFile open(Path path) {
        MappedFile file = MappedFile.open(path);
        try {
            return new SafetensorsFile(file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** The tensors by name, but for those of a type that {@link DType} lacks; readable until this is closed. */
    public Map<String, CheckpointTensor> tensors() {
        return tensors;
    }

    /** The file's own key-value pairs. */
    public Map<String, String> metadata() {
        return metadata;
    }

    @Override
    public void close() {
        file.close();
    }
}
