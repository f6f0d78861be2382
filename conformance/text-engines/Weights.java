import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Writes the language model of {@code unipic bench --published} (Qwen2.5-1.5B's shapes, random weights in bfloat16) as the
 * others read it: {@code DIR/huggingface} for Jlama, {@code DIR/qwen2-bf16.gguf} for llama.cpp.
 *
 * <p>{@code java Weights.java CHECKPOINT DIR}
 */
final class Weights {
    private static final String OURS = "llm.";
    private static final String LANGUAGE = "Qwen2.5-1.5B-Instruct";

    /** A tensor: its name in Hugging Face's Qwen2, its sizes, outermost first, and where it begins in our file. */
    record Tensor(String name, long[] shape, long start) {
        long elements() {
            return Arrays.stream(shape).reduce(1, Math::multiplyExact);
        }

        long bytes() {
            return 2 * elements();
        }
    }

    public static void main(String[] arguments) throws IOException {
        Path checkpoint = Path.of(arguments[0]);
        Path folder = Files.createDirectories(Path.of(arguments[1]));
        Path language = checkpoint.resolve(LANGUAGE);
        try (FileChannel source = FileChannel.open(checkpoint.resolve("model.safetensors"), READ)) {
            List<Tensor> tensors = tensors(source);
            writeHuggingFace(source, tensors, language, Files.createDirectories(folder.resolve("huggingface")));
            writeGguf(source, tensors, Files.readString(language.resolve("config.json")), folder.resolve("qwen2-bf16.gguf"));
        }
    }

    private static List<Tensor> tensors(FileChannel source) throws IOException {
        ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        source.read(length, 0);
        ByteBuffer header = ByteBuffer.allocate((int) length.getLong(0));
        source.read(header, 8);
        Matcher entry = Pattern.compile("\"" + Pattern.quote(OURS)
                        + "([^\"]+)\":\\{\"dtype\":\"BF16\",\"shape\":\\[([0-9,]+)],\"data_offsets\":\\[([0-9]+),[0-9]+]}")
                .matcher(new String(header.array(), UTF_8));
        List<Tensor> found = new ArrayList<>();
        while (entry.find()) {
            long[] shape = Arrays.stream(entry.group(2).split(",")).mapToLong(Long::parseLong).toArray();
            found.add(new Tensor(entry.group(1), shape, 8 + header.capacity() + Long.parseLong(entry.group(3))));
        }
        if (found.size() != 338) { // 12 in each of 28 layers, the embedding, the last norm
            throw new IOException("The checkpoint has " + found.size() + " tensors of a Qwen2.5-1.5B in bfloat16, not 338;"
                    + " give the folder that unipic bench --published makes.");
        }
        return found;
    }

    /**
     * The head is written as a tensor of its own, though it is the embedding's: Jlama quantizes a head, and leaves one that it
     * takes from the embedding as it is, which would make it read four times the bytes for it.
     */
    private static void writeHuggingFace(FileChannel source, List<Tensor> tensors, Path language, Path folder) throws IOException {
        Files.writeString(
                folder.resolve("config.json"),
                Files.readString(language.resolve("config.json"))
                        .replace("\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false")
                        .replaceFirst("\\{", "{ \"bos_token_id\": 0, \"eos_token_id\": 0,"));
        Files.write(folder.resolve("tokenizer.json"), Files.readAllBytes(language.resolve("tokenizer.json")));
        Files.writeString(folder.resolve("README.md"), ""); // Jlama copies it when it quantizes
        List<Tensor> written = new ArrayList<>(tensors);
        tensors.stream()
                .filter(tensor -> tensor.name().equals("model.embed_tokens.weight"))
                .forEach(tensor -> written.add(new Tensor("lm_head.weight", tensor.shape(), tensor.start())));
        List<String> entries = new ArrayList<>();
        long end = 0;
        for (Tensor tensor : written) {
            String shape = Arrays.stream(tensor.shape()).mapToObj(Long::toString).collect(Collectors.joining(","));
            entries.add(String.format(
                    "\"%s\":{\"dtype\":\"BF16\",\"shape\":[%s],\"data_offsets\":[%d,%d]}",
                    tensor.name(), shape, end, end += tensor.bytes()));
        }
        byte[] header = ("{" + String.join(",", entries) + "}").getBytes(UTF_8);
        try (FileChannel out = FileChannel.open(folder.resolve("model.safetensors"), CREATE, TRUNCATE_EXISTING, WRITE)) {
            out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length));
            out.write(ByteBuffer.wrap(header));
            for (Tensor tensor : written) {
                copy(source, tensor, out);
            }
        }
    }

    /** The format: ggml/docs/gguf.md of llama.cpp. Matrices in bfloat16; norms and biases, as llama.cpp wants them, in float32. */
    private static void writeGguf(FileChannel source, List<Tensor> tensors, String config, Path file) throws IOException {
        Gguf head = new Gguf();
        head.bytes("GGUF").int32(3).int64(tensors.size()).int64(12);
        head.entry("general.architecture", "qwen2").entry("tokenizer.ggml.model", "none");
        head.entry("qwen2.vocab_size", number(config, "vocab_size").intValue());
        head.entry("qwen2.block_count", number(config, "num_hidden_layers").intValue());
        head.entry("qwen2.context_length", number(config, "max_position_embeddings").intValue());
        head.entry("qwen2.embedding_length", number(config, "hidden_size").intValue());
        head.entry("qwen2.feed_forward_length", number(config, "intermediate_size").intValue());
        head.entry("qwen2.attention.head_count", number(config, "num_attention_heads").intValue());
        head.entry("qwen2.attention.head_count_kv", number(config, "num_key_value_heads").intValue());
        head.entry("qwen2.attention.layer_norm_rms_epsilon", number(config, "rms_norm_eps").floatValue());
        head.entry("qwen2.rope.freq_base", number(config, "rope_theta").floatValue());
        head.entry("general.file_type", 32); // mostly bfloat16
        long offset = 0;
        for (Tensor tensor : tensors) {
            boolean matrix = tensor.shape().length == 2;
            head.string(ggufName(tensor.name())).int32(tensor.shape().length);
            for (int axis = tensor.shape().length - 1; axis >= 0; axis--) {
                head.int64(tensor.shape()[axis]); // innermost first
            }
            head.int32(matrix ? 30 : 0).int64(offset); // GGML_TYPE_BF16, GGML_TYPE_F32
            offset = Gguf.aligned(offset + (matrix ? 2 : 4) * tensor.elements());
        }
        try (FileChannel out = FileChannel.open(file, CREATE, TRUNCATE_EXISTING, WRITE)) {
            out.write(ByteBuffer.wrap(head.toByteArray()));
            for (Tensor tensor : tensors) {
                out.position(Gguf.aligned(out.position()));
                if (tensor.shape().length == 2) {
                    copy(source, tensor, out);
                } else {
                    out.write(asFloats(source, tensor));
                }
            }
        }
    }

    private static Double number(String config, String key) {
        Matcher value = Pattern.compile("\"" + key + "\": ([0-9.e-]+)").matcher(config);
        if (!value.find()) {
            throw new IllegalArgumentException("config.json has no number " + key);
        }
        return Double.valueOf(value.group(1));
    }

    private static String ggufName(String name) {
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("model.embed_tokens", "token_embd");
        parts.put("model.norm", "output_norm");
        parts.put("model.layers.", "blk.");
        parts.put("self_attn.o_proj", "attn_output");
        parts.put("self_attn.", "attn_");
        parts.put("mlp.", "ffn_");
        parts.put("input_layernorm", "attn_norm");
        parts.put("post_attention_layernorm", "ffn_norm");
        parts.put("_proj", "");
        for (Map.Entry<String, String> part : parts.entrySet()) {
            name = name.replace(part.getKey(), part.getValue());
        }
        return name;
    }

    private static void copy(FileChannel source, Tensor tensor, FileChannel out) throws IOException {
        for (long done = 0; done < tensor.bytes(); ) {
            done += source.transferTo(tensor.start() + done, tensor.bytes() - done, out);
        }
    }

    private static ByteBuffer asFloats(FileChannel source, Tensor tensor) throws IOException {
        ByteBuffer from = ByteBuffer.allocate((int) tensor.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        source.read(from, tensor.start());
        ByteBuffer to = ByteBuffer.allocate(2 * from.capacity()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < tensor.elements(); i++) {
            to.putInt(4 * i, from.getShort(2 * i) << 16);
        }
        return to;
    }

    /** The head of a GGUF file, which ends where the tensors begin. */
    private static final class Gguf extends ByteArrayOutputStream {
        static long aligned(long position) {
            return (position + 31) / 32 * 32;
        }

        @Override
        public synchronized byte[] toByteArray() {
            return Arrays.copyOf(super.toByteArray(), (int) aligned(size()));
        }

        Gguf bytes(String text) {
            writeBytes(text.getBytes(UTF_8));
            return this;
        }

        Gguf int32(int value) {
            writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
            return this;
        }

        Gguf int64(long value) {
            writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
            return this;
        }

        Gguf string(String text) {
            return int64(text.length()).bytes(text);
        }

        Gguf entry(String key, int value) {
            return string(key).int32(4).int32(value); // uint32
        }

        Gguf entry(String key, float value) {
            return string(key).int32(6).int32(Float.floatToIntBits(value)); // float32
        }

        Gguf entry(String key, String value) {
            return string(key).int32(8).string(value); // string
        }
    }
}
