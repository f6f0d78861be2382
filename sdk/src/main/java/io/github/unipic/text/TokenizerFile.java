package io.github.unipic.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.github.unipic.text.AddedTokens.AddedToken;
import io.github.unipic.text.JsonScanner.Wrong;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A {@code tokenizer.json} that was read and checked: byte-level BPE, as in Qwen2.5 and related models. Hugging Face's
 * native library ends the whole process on some unexpected files. So it never gets the file itself, but
 * {@link #nativeJson}: the vocabulary and the merges, checked here, and the settings, written anew.
 *
 * @param nativeJson for the native library. The added tokens are part of its vocabulary, so that it can decode them;
 *     {@link AddedTokens} finds them in text. It adds no tokens, cuts nothing off and pads nothing
 * @param ids all ids are below this
 */
record TokenizerFile(byte[] nativeJson, List<AddedToken> addedTokens, int ids) {
    private static final int MAX_ID = (1 << 20) - 1;
    /** The length of an escaped letter of the alphabet, such as {@code \\u0120}. */
    private static final int MAX_LETTER_BYTES = 6;

    private static final int MAX_ADDED_TOKENS = 1024;
    private static final int MAX_ADDED_LENGTH = 256;

    /**
     * The patterns of Qwen2 and of cl100k_base, which Qwen1 and Llama 3 use. An unknown pattern may never end, or fail
     * in native code.
     */
    private static final Set<String> PATTERNS = Set.of(
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /**
     * Reads a file.
     *
     * @param vocabulary largest number of tokens in model.vocab; each costs the native library memory
     * @throws Wrong when it is not such a tokenizer
     * @throws JsonProcessingException when it is not JSON
     */
    static TokenizerFile parse(byte[] json, int vocabulary) throws IOException {
        Reader reader = new Reader(new JsonScanner(json), vocabulary);
        reader.readFile();
        return reader.finish();
    }

    /** Reads the relevant parts; others, such as padding and post-processing, are not used. */
    private static final class Reader {
        private final JsonScanner json;
        private final int mostTokens;
        private final Map<String, JsonNode> file = new HashMap<>();
        private final Map<String, JsonNode> model = new HashMap<>();
        private final Set<String> missingLetters = new HashSet<>(alphabet());
        private final BitSet ids = new BitSet();
        private byte[] vocabulary = {};
        private byte[] merges = {'[', ']'};

        Reader(JsonScanner json, int mostTokens) {
            this.json = json;
            this.mostTokens = mostTokens;
        }

        void readFile() throws IOException {
            json.expect('{');
            for (boolean first = true; json.more(first, '}'); first = false) {
                String name = json.name();
                switch (name) {
                    case "model" -> readModel();
                    case "added_tokens", "normalizer", "pre_tokenizer", "decoder" -> read(name, file);
                    default -> json.value();
                }
            }
            json.expectEnd();
        }

        private void readModel() throws IOException {
            json.expect('{');
            for (boolean first = true; json.more(first, '}'); first = false) {
                String name = json.name();
                switch (name) {
                    case "vocab" -> readVocabulary();
                    case "merges" -> merges = json.value();
                    case "type", "dropout", "continuing_subword_prefix", "end_of_word_suffix", "ignore_merges" ->
                        read(name, model);
                    default -> json.value();
                }
            }
        }

        private void read(String name, Map<String, JsonNode> fields) throws IOException {
            require(fields.put(name, JSON.readTree(json.value())) == null, name + " appears twice");
        }

        private void readVocabulary() throws IOException {
            require(ids.isEmpty(), "model.vocab appears twice");
            json.expect('{');
            int start = json.position();
            int tokens = 0;
            int twice = -1;
            for (boolean first = true; json.more(first, '}'); first = false) {
                json.peek();
                byte[] token = json.string();
                json.expect(':');
                int id = json.number(MAX_ID);
                if (++tokens > mostTokens) {
                    throw new Wrong("it has more tokens than the model's vocabulary of " + mostTokens);
                }
                twice = ids.get(id) ? id : twice;
                ids.set(id);
                if (token.length <= MAX_LETTER_BYTES) {
                    missingLetters.remove(unescaped(token));
                }
            }
            require(twice < 0, "model.vocab gives two tokens the id " + twice);
            vocabulary = json.since(start);
        }

        private static String unescaped(byte[] string) throws IOException {
            String text = new String(string, StandardCharsets.UTF_8);
            return text.indexOf('\\') < 0
                    ? text
                    : JSON.readTree('"' + text + '"').asText();
        }

        TokenizerFile finish() throws IOException {
            require(field(model, "type").asText().equals("BPE"), "model is not of type BPE");
            require(field(model, "dropout").isNull(), "model.dropout is set");
            require(isUnset(field(model, "continuing_subword_prefix")), "model.continuing_subword_prefix is set");
            require(isUnset(field(model, "end_of_word_suffix")), "model.end_of_word_suffix is set");
            require(!flag(field(model, "ignore_merges"), false, "model.ignore_merges"), "model.ignore_merges is set");
            require(isByteLevel(field(file, "decoder")), "decoder is not of type ByteLevel");
            require(
                    missingLetters.isEmpty(),
                    "model.vocab lacks tokens for " + missingLetters.size() + " of 256 bytes");
            String settings = settings();
            List<AddedToken> added = addedTokens();
            return new TokenizerFile(nativeJson(settings, added), added, ids.length());
        }

        private byte[] nativeJson(String settings, List<AddedToken> added) throws IOException {
            ByteArrayOutputStream out = new ByteArrayOutputStream(vocabulary.length + merges.length + (1 << 17));
            write(out, "{" + settings + ",\"model\":{\"type\":\"BPE\",\"vocab\":{");
            for (AddedToken token : added) {
                write(out, TextNode.valueOf(token.content()) + ":" + token.id() + ",");
            }
            out.write(vocabulary); // with its closing bracket
            write(out, ",\"merges\":");
            out.write(merges);
            write(out, "}}");
            return out.toByteArray();
        }

        private static void write(OutputStream out, String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }

        private String settings() throws IOException {
            String preTokenizer = pattern()
                    .map(regex ->
                            "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":"
                                    + TextNode.valueOf(regex) + "},\"behavior\":\"Isolated\",\"invert\":false},"
                                    + byteLevel(false)
                                    + "]}")
                    .orElse(byteLevel(true));
            String normalizer = isNfc() ? "{\"type\":\"NFC\"}" : "null";
            return "\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[],\"normalizer\":"
                    + normalizer + ",\"pre_tokenizer\":" + preTokenizer + ",\"post_processor\":null,\"decoder\":"
                    + byteLevel(false);
        }

        private static String byteLevel(boolean useRegex) {
            return "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":false,\"use_regex\":" + useRegex
                    + "}";
        }

        private List<AddedToken> addedTokens() throws IOException {
            JsonNode array = field(file, "added_tokens");
            require(array.isNull() || array.isArray(), "added_tokens is not an array");
            require(array.size() <= MAX_ADDED_TOKENS, "added_tokens has more than " + MAX_ADDED_TOKENS);
            List<AddedToken> tokens = new ArrayList<>();
            Set<String> contents = new HashSet<>();
            for (JsonNode node : array) {
                String content = node.path("content").asText();
                require(
                        node.path("content").isTextual()
                                && !content.isEmpty()
                                && content.length() <= MAX_ADDED_LENGTH
                                && StandardCharsets.UTF_8.newEncoder().canEncode(content)
                                && contents.add(content),
                        "added_tokens has " + quoted(content)
                                + ", which is empty, too long, not valid Unicode or repeated");
                for (String unusual : List.of("single_word", "lstrip", "rstrip", "normalized")) {
                    require(
                            !flag(node.path(unusual), false, unusual),
                            "added_tokens gives " + quoted(content) + " the unusual property " + unusual);
                }
                tokens.add(new AddedToken(
                        content, addedId(content, node.path("id")), flag(node.path("special"), false, "special")));
            }
            return tokens;
        }

        private int addedId(String content, JsonNode node) throws Wrong {
            require(
                    node.isIntegralNumber() && node.canConvertToInt(),
                    "added_tokens gives " + quoted(content) + " an id that is not a whole number from 0 to " + MAX_ID);
            int id = node.intValue();
            require(
                    id >= 0 && id <= MAX_ID && !ids.get(id),
                    "added_tokens gives " + quoted(content) + " an id that is taken or not from 0 to " + MAX_ID);
            ids.set(id);
            return id;
        }

        private boolean isNfc() throws Wrong {
            JsonNode normalizer = field(file, "normalizer");
            require(
                    normalizer.isNull() || normalizer.path("type").asText().equals("NFC"),
                    "normalizer is not of type NFC");
            return !normalizer.isNull();
        }

        private Optional<String> pattern() throws IOException {
            JsonNode node = field(file, "pre_tokenizer");
            if (isByteLevel(node)) {
                requireByteLevel(node, true);
                return Optional.empty();
            }
            JsonNode steps = node.path("pretokenizers");
            JsonNode split = steps.path(0);
            require(
                    node.path("type").asText().equals("Sequence")
                            && steps.size() == 2
                            && split.path("type").asText().equals("Split")
                            && isByteLevel(steps.path(1)),
                    "pre_tokenizer is neither ByteLevel nor a Split before ByteLevel");
            String regex = split.path("pattern").path("Regex").asText();
            require(PATTERNS.contains(regex), "pre_tokenizer splits by an unknown pattern");
            require(
                    split.path("behavior").asText().equals("Isolated") && !flag(split.path("invert"), false, "invert"),
                    "pre_tokenizer does not split into isolated parts");
            requireByteLevel(steps.path(1), false);
            return Optional.of(regex);
        }

        private static boolean isByteLevel(JsonNode node) {
            return node.path("type").asText().equals("ByteLevel");
        }

        private static void requireByteLevel(JsonNode node, boolean useRegex) throws Wrong {
            require(!flag(node.path("add_prefix_space"), true, "add_prefix_space"), "pre_tokenizer adds a space");
            require(
                    flag(node.path("use_regex"), true, "use_regex") == useRegex,
                    "pre_tokenizer does not split text, or splits it twice");
        }

        private static JsonNode field(Map<String, JsonNode> fields, String name) {
            JsonNode value = fields.getOrDefault(name, MissingNode.getInstance());
            return value.isMissingNode() ? JSON.nullNode() : value;
        }

        private static boolean isUnset(JsonNode text) {
            return text.isNull() || text.isTextual() && text.asText().isEmpty();
        }

        private static boolean flag(JsonNode node, boolean otherwise, String name) throws Wrong {
            require(node.isMissingNode() || node.isNull() || node.isBoolean(), name + " is neither true nor false");
            return node.asBoolean(otherwise);
        }
    }

    /**
     * One letter for each byte: printable bytes of Latin-1 are their own letters, the others get letters from U+0100 on
     * (GPT-2's encoder.py, bytes_to_unicode).
     */
    private static List<String> alphabet() {
        List<String> letters = new ArrayList<>();
        int others = 0x100;
        for (int value = 0; value < 0x100; value++) {
            boolean itself = value > 0x20 && value < 0x7f || value > 0xa0 && value != 0xad;
            letters.add(Character.toString(itself ? value : others++));
        }
        return letters;
    }

    private static void require(boolean condition, String message) throws Wrong {
        if (!condition) {
            throw new Wrong(message);
        }
    }

    private static String quoted(String text) {
        return '"' + (text.length() > 40 ? text.substring(0, 40) + "..." : text) + '"';
    }
}
