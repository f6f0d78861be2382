package io.github.unipic.export.checkpoint;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.UnreadableTensor.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads the index of a <a href="https://github.com/huggingface/safetensors#format">safetensors</a> file. */
final class Safetensors {
    /** The format allows 100 MB; a model of a thousand tensors has 0.1 MB, and parsed they take 30 times as much. */
    private static final long MAX_HEADER = 8L << 20;

    /** Of a type that is not known here: torch and safetensors get new ones from time to time. */
    private static final Pattern OTHER_TYPE = Pattern.compile("[A-Z][A-Z0-9_]{0,19}");

    private static final String METADATA = "__metadata__";
    private static final ObjectReader HEADER =
            new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

    private Safetensors() {}

    /** The tensors of the file, by their names in it. */
    static FileIndex index(MappedFile file) {
        Header header = header(file);
        Map<String, StoredTensor> tensors = new HashMap<>();
        header.json().properties().forEach(entry -> {
            if (!entry.getKey().equals(METADATA)) {
                Checkpoint.checkName(file, entry.getKey());
                tensors.put(entry.getKey(), tensor(file, header.end(), entry.getKey(), entry.getValue()));
                Checkpoint.checkCount(file, tensors.size());
            }
        });
        if (tensors.isEmpty()) {
            throw new ExportException(file.path() + " holds no tensors; it is not the file expected");
        }
        return new FileIndex(tensors);
    }

    /** The file's own key-value pairs. */
    static Map<String, String> metadata(MappedFile file) {
        Map<String, String> metadata = new HashMap<>();
        header(file)
                .json()
                .path(METADATA)
                .properties()
                .forEach(entry -> metadata.put(entry.getKey(), entry.getValue().asText()));
        return metadata;
    }

    /** The parsed header, and the byte at which it ends and the tensors' data start. */
    private record Header(JsonNode json, long end) {}

    private static Header header(MappedFile file) {
        if (file.size() < Long.BYTES) {
            throw malformed(file, "is only " + file.size() + " bytes long", null);
        }
        long headerBytes = ByteBuffer.wrap(file.copy(0, Long.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
        if (headerBytes < 2 || headerBytes > MAX_HEADER || headerBytes > file.size() - Long.BYTES) {
            throw malformed(
                    file,
                    "announces a header of " + Long.toUnsignedString(headerBytes) + " bytes in a file of "
                            + file.size(),
                    null);
        }
        JsonNode header;
        try {
            header = HEADER.readTree(file.copy(Long.BYTES, (int) headerBytes));
        } catch (IOException e) {
            throw malformed(file, "has a header that is not JSON", e);
        }
        if (!header.isObject()) {
            throw malformed(file, "has a header that is not a JSON object", null);
        }
        return new Header(header, Long.BYTES + headerBytes);
    }

    private static StoredTensor tensor(MappedFile file, long dataStart, String name, JsonNode entry) {
        long[] offsets = numbers(file, name, entry.path("data_offsets"));
        if (offsets.length != 2 || offsets[0] < 0 || offsets[0] > offsets[1] || offsets[1] > file.size() - dataStart) {
            throw malformed(file, "has tensor '" + name + "' outside the file", null);
        }
        long[] shape = numbers(file, name, entry.path("shape"));
        if (shape.length > StoredTensor.MAX_RANK) {
            return new UnreadableTensor(name, file.name(), Kind.ofRank(shape.length));
        }
        String type = entry.path("dtype").asText();
        Optional<DType> dtype = DType.ofSafetensors(type);
        if (dtype.isPresent()) {
            CheckpointTensor.Storage storage =
                    new CheckpointTensor.Storage(file, dataStart + offsets[0], offsets[1] - offsets[0]);
            return CheckpointTensor.dense(name, storage, dtype.get(), shape);
        }
        if (!OTHER_TYPE.matcher(type).matches()) {
            throw malformed(file, "has tensor '" + name + "' of no type", null);
        }
        return new UnreadableTensor(name, file.name(), Kind.ofType(type));
    }

    private static long[] numbers(MappedFile file, String name, JsonNode array) {
        long[] numbers = new long[array.size()];
        for (int i = 0; i < numbers.length; i++) {
            JsonNode number = array.get(i);
            if (number == null || !number.isIntegralNumber() || !number.canConvertToLong()) {
                throw malformed(file, "has tensor '" + name + "' with a size or offset that is no whole number", null);
            }
            numbers[i] = number.longValue();
        }
        if (!array.isArray()) {
            throw malformed(file, "has tensor '" + name + "' without shape or data_offsets", null);
        }
        return numbers;
    }

    private static ExportException malformed(MappedFile file, String what, Throwable cause) {
        return new ExportException(
                file.path() + " " + what + "; it is no safetensors file, or a damaged one: fetch it again", cause);
    }
}
