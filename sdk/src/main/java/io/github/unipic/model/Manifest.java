package io.github.unipic.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.github.unipic.ModelFormatException;
import io.github.unipic.files.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * unipic.json: what a model folder contains and can do. The manifest, not code, describes a model; docs/graphs.md
 * describes its format.
 *
 * @param formatVersion {@value #FORMAT_VERSION} for folders that this version reads
 * @param name of the model
 * @param producer program and version that wrote the folder
 * @param graphs by {@link GraphName#label()}; graphs that this version does not know are ignored
 * @param files every file of the folder but the manifest, by name
 */
public record Manifest(
        int formatVersion,
        String name,
        String producer,
        Sizes sizes,
        Diffusion diffusion,
        Tokens tokens,
        Prompts prompts,
        Defaults defaults,
        Map<String, GraphSpec> graphs,
        Map<String, FileSpec> files) {

    /** The version of the folder format that this code reads and writes. */
    public static final int FORMAT_VERSION = 1;

    public static final String FILE_NAME = "unipic.json";

    private static final String BLOCK_SIZE = "block_size";

    /** The manifest of the published model is nested three deep, and its texts are short. */
    private static final StreamReadConstraints LIMITS = StreamReadConstraints.builder()
            .maxNestingDepth(20)
            .maxNameLength(1000)
            .maxNumberLength(50)
            .maxStringLength(100_000)
            .build();

    private static final ObjectMapper JSON = JsonMapper.builder(
                    JsonFactory.builder().streamReadConstraints(LIMITS).build())
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .defaultSetterInfo(JsonSetter.Value.construct(Nulls.FAIL, Nulls.FAIL))
            .withCoercionConfig(LogicalType.Textual, text -> {
                text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail);
                text.setCoercion(CoercionInputShape.Float, CoercionAction.Fail);
                text.setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail);
            })
            .build();

    /**
     * Sizes that the code around the graphs needs.
     *
     * @param hidden width of the language model
     * @param layers of the language model: the number of key/value pairs in its cache
     * @param kvHeads key/value heads of a layer
     * @param headDim width of one head
     * @param vocabulary rows of the embedding
     * @param context longest sequence of the language model, in tokens
     * @param bufferTokens that the MAR encoder adds to the known tokens
     * @param marDim width of the MAR encoder and decoder
     * @param latentChannels numbers in one image token
     * @param downsampling pixels a side of one image token
     * @param nativeGrid tokens a side that the position tables were trained on
     * @param visionImage pixels a side of the vision encoder's image, 0 without one
     */
    public record Sizes(
            int hidden,
            int layers,
            int kvHeads,
            int headDim,
            int vocabulary,
            int context,
            int bufferTokens,
            int marDim,
            int latentChannels,
            int downsampling,
            int nativeGrid,
            int visionImage) {}

    /** The noise schedule the diffusion head was trained with: cosine, 1000 steps, each step's beta at most maxBeta. */
    public record Diffusion(double maxBeta) {}

    /**
     * Ids of the tokenizer.
     *
     * @param image the placeholder for an image's embeddings; not in tokenizer.json
     * @param stop the tokens that end an answer
     */
    public record Tokens(int image, List<Integer> stop) {}

    /**
     * Texts around the user's text, in which {@value #PLACEHOLDER} is replaced by it.
     *
     * @param turn the chat format of one request
     * @param answerEnd the text between an answer and the next turn
     * @param generate the request to generate an image
     * @param generateUnconditional the same without a prompt, for guidance
     * @param editUnconditional the instruction that means "no instruction" when editing
     * @param describe the question if the user asks none
     */
    public record Prompts(
            String turn,
            String answerEnd,
            String generate,
            String generateUnconditional,
            String editUnconditional,
            String describe) {
        /** Is replaced by the user's text. */
        public static final String PLACEHOLDER = "{}";

        /** Qwen2.5's chat format of the system text before the first turn. */
        public static final String SYSTEM = "<|im_start|>system\n{}<|im_end|>\n";
    }

    /** Used where a request gives no value. Width and height in pixels. */
    public record Defaults(
            int width,
            int height,
            int iterations,
            double guidance,
            String guidanceSchedule,
            double temperature,
            int diffusionSteps) {}

    /**
     * A graph: its file, the {@code .data} files it refers to, precision ({@code float32}, {@code float16},
     * {@code bfloat16}, {@code int8}, {@code int4}), the number of values that share a scale in matrices quantized in
     * blocks (fewer in narrow ones; 0 for a graph without such matrices, or if an earlier export does not give it),
     * flavor ({@code portable}, {@code fused}), inputs and outputs.
     */
    public record GraphSpec(
            String file,
            List<String> data,
            String precision,
            @JsonInclude(JsonInclude.Include.NON_DEFAULT) int blockSize,
            String flavor,
            List<TensorSpec> inputs,
            List<TensorSpec> outputs) {

        /** @throws ModelFormatException when the graph has no such input */
        public TensorSpec input(String name) {
            return find("input", inputs, name);
        }

        /** @throws ModelFormatException when the graph has no such output */
        public TensorSpec output(String name) {
            return find("output", outputs, name);
        }

        /** The number of blocks whose keys and values it takes; 0 for graphs without. */
        public int decoderBlocks() {
            return Math.toIntExact(inputs.stream()
                    .filter(input -> input.name().startsWith("past_key."))
                    .count());
        }

        private TensorSpec find(String kind, List<TensorSpec> tensors, String name) {
            return tensors.stream()
                    .filter(tensor -> tensor.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new ModelFormatException(
                            "The manifest gives " + file + " no " + kind + " " + name + "; export the model again."));
        }
    }

    /** An input or output. Axes are numbers or names. */
    public record TensorSpec(String name, String type, List<String> shape) {
        /**
         * The length of a fixed axis.
         *
         * @throws ModelFormatException when there is no such axis, or its length is not given
         */
        public int length(int axis) {
            if (axis >= shape.size() || !shape.get(axis).matches("[1-9]\\d{0,8}")) {
                throw new ModelFormatException("The manifest gives axis " + axis + " of the tensor " + this
                        + " no length; export the model again.");
            }
            return Integer.parseInt(shape.get(axis));
        }

        @Override
        public String toString() {
            return name + " " + type + " [" + String.join(",", shape) + "]";
        }
    }

    /** Length in bytes and SHA-256 in lower-case hex of a file. */
    public record FileSpec(long bytes, String sha256) {
        /** The current content of a file; reads all of it. */
        public static FileSpec of(Path file) throws IOException {
            Sha256 sha256 = new Sha256();
            try (InputStream in = Files.newInputStream(file);
                    OutputStream out = sha256.through(OutputStream.nullOutputStream())) {
                return new FileSpec(in.transferTo(out), sha256.hex());
            }
        }
    }

    /**
     * Reads the manifest. Its version is checked first.
     *
     * @param where the file, for messages
     * @throws ModelFormatException when it is not a manifest, or breaks {@link ManifestRules}
     */
    static Manifest parse(byte[] json, String where) {
        try {
            JsonNode tree = JSON.readTree(json);
            int version = tree.path("format_version").asInt(0);
            if (version != FORMAT_VERSION) {
                throw new ModelFormatException(where + " has format version " + version + ", this SDK reads version "
                        + FORMAT_VERSION + "; export the model again with this SDK's `unipic export`.");
            }
            tree.path("graphs").forEach(Manifest::addWhatIsLeftOut);
            Manifest manifest = JSON.treeToValue(tree, Manifest.class);
            new ManifestRules(where).check(manifest);
            return manifest;
        } catch (IOException e) {
            throw new ModelFormatException(
                    where + " is not a model manifest (" + reason(e) + "); export the model again.", e);
        }
    }

    private static String reason(IOException e) {
        if (!(e instanceof JsonProcessingException parse)) {
            return String.valueOf(e.getMessage());
        }
        String place = e instanceof JsonMappingException mapping
                        && !mapping.getPath().isEmpty()
                ? " at " + mapping.getPath().stream().map(Manifest::step).collect(Collectors.joining("."))
                : "";
        return parse.getOriginalMessage().lines().findFirst().orElse("") + place;
    }

    private static String step(JsonMappingException.Reference reference) {
        return reference.getFieldName() == null ? Integer.toString(reference.getIndex()) : reference.getFieldName();
    }

    private static void addWhatIsLeftOut(JsonNode graph) {
        if (graph instanceof ObjectNode fields && !fields.has(BLOCK_SIZE)) {
            fields.put(BLOCK_SIZE, 0);
        }
    }

    /** This manifest as JSON. */
    public byte[] toJson() {
        try {
            return JSON.writeValueAsBytes(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
