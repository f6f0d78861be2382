package io.github.unipic.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.fuzz.Mutator;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;

/** A tokenizer.json with parts of other kinds of tokenizers. An unexpected one may crash the native library. */
public final class TokenizerPartsFuzz implements FuzzTarget {
    private static final String FILE = "tokenizer.json";
    private static final JsonMapper JSON = new JsonMapper();

    private static final List<String> TEXTS = List.of(
            "<|im_start|>user\nA red fox, isn't it? 12345<|im_end|>\n",
            "  naïve café \t\r\n\n 猫が本を 🐱 e\u0301 \u0000 <|im_<|im_end|>end|> <image>",
            "x".repeat(3000),
            " ".repeat(3000),
            "");

    /** Values that a reader may not expect. */
    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "false",
            "0",
            "-1",
            "1",
            "255",
            "2147483648",
            "4294967295",
            "4294967296",
            "18446744073709551616",
            "1e400",
            "-0.5",
            "\"\"",
            "\" \"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"Ġ\"",
            "\"(\"",
            "\"(a*)*b\"",
            "\"" + "ab".repeat(5000) + "\"",
            "[]",
            "{}",
            "[[]]",
            "[\"a\",\"b\"]",
            "{\"\":0}",
            "[".repeat(300) + "]".repeat(300));

    /** Parts of other kinds of tokenizers. */
    private static final List<String> COMPONENTS = List.of(
            "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}",
            "{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true,\"strip_accents\":null,\"lowercase\":true}",
            "{\"type\":\"Lowercase\"}",
            "{\"type\":\"NFC\"}",
            "{\"type\":\"NFKD\"}",
            "{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}",
            "{\"type\":\"Strip\",\"content\":\"x\",\"start\":9,\"stop\":4294967295}",
            "{\"type\":\"Prepend\",\"prepend\":\"x\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(\"},\"content\":\"\"}",
            "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"}]}",
            "{\"type\":\"Sequence\",\"pretokenizers\":[]}",
            "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"ByteFallback\"}]}",
            "{\"type\":\"Metaspace\",\"replacement\":\"\",\"add_prefix_space\":true}",
            "{\"type\":\"Metaspace\",\"replacement\":\"▁\",\"prepend_scheme\":\"always\",\"split\":true}",
            "{\"type\":\"FixedLength\",\"length\":0}",
            "{\"type\":\"Digits\",\"individual_digits\":true}",
            "{\"type\":\"Punctuation\",\"behavior\":\"MergedWithNext\"}",
            "{\"type\":\"WhitespaceSplit\"}",
            "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true}",
            "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":true}",
            "{\"type\":\"CTC\",\"pad_token\":\"\",\"word_delimiter_token\":\"\",\"cleanup\":true}",
            "{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":true}",
            "{\"type\":\"BPEDecoder\",\"suffix\":\"</w>\"}",
            "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"[X]\",\"type_id\":0}}],\"pair\":[],"
                    + "\"special_tokens\":{}}",
            "{\"type\":\"BertProcessing\",\"sep\":[\"x\",4294967295],\"cls\":[\"x\",0]}",
            "{\"type\":\"WordLevel\",\"vocab\":{\"a\":0},\"unk_token\":\"b\"}",
            "{\"type\":\"Unigram\",\"unk_id\":7,\"vocab\":[[\"a\",0.5]]}",
            "{\"strategy\":{\"Fixed\":4294967295},\"direction\":\"Left\",\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"x\"}",
            "{\"direction\":\"Left\",\"max_length\":1,\"strategy\":\"OnlySecond\",\"stride\":5}");

    /** Settings that some tokenizers have, with values that they do not. */
    private static final List<String> SETTINGS = List.of(
            "continuing_subword_prefix",
            "end_of_word_suffix",
            "dropout",
            "unk_token",
            "byte_fallback",
            "ignore_merges",
            "fuse_unk",
            "type",
            "lstrip",
            "normalized",
            "single_word",
            "special",
            "id",
            "content",
            "use_regex",
            "add_prefix_space",
            "prefix_len");

    @Override
    public String name() {
        return "tokenizer-parts";
    }

    @Override
    public int mutations() {
        return 600;
    }

    @Override
    public Mutator mutator() {
        return (input, other, random) -> new Mutation(input, random).next();
    }

    @Override
    public List<byte[]> corpus() throws IOException {
        return List.of(Files.readAllBytes(SmallModel.folder().resolve(FILE)));
    }

    @Override
    public void prepare(byte[] input, Path folder) throws IOException {
        Files.write(folder.resolve(FILE), input);
    }

    @Override
    public void read(byte[] input, Path folder) {
        try (PromptTokenizer tokenizer = PromptTokenizer.load(folder.resolve(FILE))) {
            for (String text : TEXTS) {
                tokenizer.decode(tokenizer.encode(text));
            }
            tokenizer.decode(
                    new Random(Arrays.hashCode(input)).longs(50, -5, 600).toArray());
        }
    }

    /** One of a file. */
    private record Mutation(byte[] bytes, RandomGenerator random) {
        byte[] next() {
            if (random.nextBoolean()) {
                return changedBytes();
            }
            try {
                return changedStructure();
            } catch (IOException e) {
                return changedBytes(); // it is no JSON
            }
        }

        private byte[] changedBytes() {
            byte[] mutant = bytes.clone();
            for (int changes = 1 + random.nextInt(3); changes > 0 && mutant.length > 0; changes--) {
                int at = place(mutant);
                switch (random.nextInt(4)) {
                    case 0 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
                    case 1 -> mutant[at] = (byte) random.nextInt(256);
                    case 2 -> mutant = spliced(mutant, at, Math.min(mutant.length, at + 1 + random.nextInt(8)), "");
                    default ->
                        mutant = spliced(mutant, at, at, pick(List.of("\"", ",", "{", "}", "\\", "0", "null", "é")));
                }
            }
            return mutant;
        }

        /** Half of the changes are in what is neither vocabulary nor merges, at the beginning. */
        private int place(byte[] mutant) {
            return random.nextInt(random.nextBoolean() ? Math.min(2500, mutant.length) : mutant.length);
        }

        private static byte[] spliced(byte[] mutant, int from, int to, String text) {
            byte[] middle = text.getBytes(StandardCharsets.UTF_8);
            byte[] result = Arrays.copyOf(mutant, mutant.length - (to - from) + middle.length);
            System.arraycopy(middle, 0, result, from, middle.length);
            System.arraycopy(mutant, to, result, from + middle.length, mutant.length - to);
            return result;
        }

        private byte[] changedStructure() throws IOException {
            JsonNode file = JSON.readTree(bytes);
            for (int changes = 1 + random.nextInt(2); changes > 0; changes--) {
                List<JsonNode> containers = new ArrayList<>();
                collect(file, containers);
                JsonNode container = pick(containers);
                if (container instanceof ObjectNode object) {
                    change(object);
                } else if (container instanceof ArrayNode array) {
                    change(array);
                }
            }
            return JSON.writeValueAsBytes(file);
        }

        /** Objects and arrays; of the merges' pairs a few only. */
        private void collect(JsonNode node, List<JsonNode> containers) {
            containers.add(node);
            for (JsonNode child : node) {
                if (child.isContainerNode() && (node.size() < 50 || random.nextInt(100) == 0)) {
                    collect(child, containers);
                }
            }
        }

        private void change(ObjectNode object) throws IOException {
            List<String> names = new ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            String name = names.isEmpty() || random.nextInt(4) == 0 ? pick(SETTINGS) : pick(names);
            switch (random.nextInt(6)) {
                case 0 -> object.remove(name);
                case 1 -> object.set(pick(SETTINGS), object.path(name).deepCopy());
                case 2, 3 -> object.set(name, JSON.readTree(pick(COMPONENTS)));
                default -> object.set(name, JSON.readTree(pick(VALUES)));
            }
        }

        private void change(ArrayNode array) throws IOException {
            int at = array.isEmpty() ? 0 : random.nextInt(array.size());
            switch (random.nextInt(array.isEmpty() ? 1 : 4)) {
                case 0 -> array.insert(at, JSON.readTree(pick(random.nextBoolean() ? VALUES : COMPONENTS)));
                case 1 -> array.remove(at);
                case 2 ->
                    array.insert(at, array.get(random.nextInt(array.size())).deepCopy());
                default -> array.set(at, JSON.readTree(pick(VALUES)));
            }
        }

        private <T> T pick(List<T> list) {
            return list.get(random.nextInt(list.size()));
        }
    }
}
