package io.github.unipic.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.GenerateRequest;
import io.github.unipic.ModelFormatException;
import io.github.unipic.UniPic;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Wrong values in the manifest: each gives one line that names it, before anything else is done. */
class ManifestTest {
    private static final JsonMapper JSON = new JsonMapper();

    @TempDir
    private static Path folder;

    private static Path model;
    private static String healthy;

    @BeforeAll
    static void copy() throws IOException {
        model = ModelCopy.of(SmallModel.folder(), folder.resolve("model")).finish();
        healthy = Files.readString(model.resolve("unipic.json"));
    }

    private static void assertRefused(String manifest, String part) throws IOException {
        Files.writeString(model.resolve("unipic.json"), manifest);
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> ModelFolder.open(model, false))
                .satisfies(e -> assertThat(e.getMessage())
                        .contains(part, "unipic.json", "export the model again")
                        .hasSizeLessThan(5000)
                        .matches("\\P{Cntrl}*"));
    }

    @Test
    void theHealthyOneIsRead() throws IOException {
        Files.writeString(model.resolve("unipic.json"), healthy);
        assertThat(ModelFolder.open(model, true).manifest().sizes().layers()).isEqualTo(2);
    }

    /** A value at its place, both as JSON says them. {@code -} behind an array's place adds to it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', maxCharsPerColumn = 100_000, textBlock = """
            /name                         | null             | name
            /name                         | 5                | name
            /name                         | ["a"]            | name
            /sizes                        | null             | sizes
            /sizes                        | []               | sizes
            /sizes/hidden                 | "64"             | hidden
            /sizes/hidden                 | 64.5             | hidden
            /sizes/hidden                 | null             | hidden
            /sizes/hidden                 | true             | hidden
            /sizes/hidden                 | 0                | sizes.hidden
            /sizes/hidden                 | 2147483647       | sizes.hidden
            /sizes/hidden                 | 4294967296       | hidden
            /sizes/hidden                 | 1e400            | hidden
            /sizes/hidden                 | 128              | text_embedding
            /sizes/layers                 | -2               | sizes.layers of -2
            /sizes/layers                 | 1000000          | sizes.layers
            /sizes/layers                 | 3                | lacks past_key.2
            /sizes/kv_heads               | 2147483647       | sizes.kv_heads
            /sizes/kv_heads               | 4                | past_key.0
            /sizes/head_dim               | -1               | sizes.head_dim
            /sizes/head_dim               | 32               | past_key.0
            /sizes/vocabulary             | 2147483647       | sizes.vocabulary
            /sizes/vocabulary             | 449              | logits
            /sizes/context                | 2147483647       | sizes.context
            /sizes/context                | 1                | sizes.context
            /sizes/buffer_tokens          | 2147483647       | sizes.buffer_tokens
            /sizes/buffer_tokens          | 9                | x_enc
            /sizes/mar_dim                | 0                | sizes.mar_dim
            /sizes/mar_dim                | 64               | x_enc
            /sizes/latent_channels        | 2147483647       | sizes.latent_channels
            /sizes/latent_channels        | 8                | latents
            /sizes/downsampling           | 0                | sizes.downsampling
            /sizes/downsampling           | 2147483647       | sizes.downsampling
            /sizes/downsampling           | 48               | not a multiple
            /sizes/native_grid            | 2147483647       | sizes.native_grid
            /sizes/vision_image           | -1               | sizes.vision_image
            /sizes/vision_image           | 2147483647       | sizes.vision_image
            /sizes/vision_image           | 0                | vision_encoder
            /sizes/vision_image           | 32               | vision_encoder
            /diffusion/max_beta           | 0                | diffusion.max_beta
            /diffusion/max_beta           | 1                | diffusion.max_beta
            /diffusion/max_beta           | -0.2             | diffusion.max_beta
            /diffusion/max_beta           | "NaN"            | max_beta
            /tokens/image                 | -1               | tokens.image
            /tokens/stop                  | null             | stop
            /tokens/stop                  | {}               | stop
            /tokens/stop/-                | null             | stop
            /tokens/stop/-                | -1               | tokens.stop
            /tokens/stop/-                | 448              | tokens.stop
            /tokens/stop/-                | "1"              | stop
            /prompts/turn                 | "no place"       | prompts.turn
            /prompts/turn                 | "{} and {}"      | prompts.turn
            /prompts/generate             | "Draw something" | prompts.generate
            /prompts/generate             | "{}{}"           | prompts.generate
            /prompts/describe             | null             | describe
            /defaults/width               | 0                | defaults.width
            /defaults/width               | 100              | not a multiple
            /defaults/width               | 2147483632       | defaults.width
            /defaults/width               | 16400            | defaults.width
            /defaults/height              | -16              | defaults.height
            /defaults/iterations          | 0                | defaults.iterations
            /defaults/iterations          | 2147483647       | defaults.iterations
            /defaults/guidance            | 0                | defaults.guidance
            /defaults/guidance            | 1e300            | defaults.guidance
            /defaults/guidance            | 1e400            | defaults.guidance
            /defaults/guidance            | "Infinity"       | guidance
            /defaults/guidance_schedule   | "spiral"         | guidance schedule
            /defaults/temperature         | -1               | defaults.temperature
            /defaults/temperature         | "NaN"            | temperature
            /defaults/diffusion_steps     | 1001             | defaults.diffusion_steps
            /defaults/diffusion_steps     | 0                | defaults.diffusion_steps
            /graphs                       | null             | graphs
            /graphs                       | []               | graphs
            /graphs/text_head             | null             | text_head
            /graphs/text_head             | "x"              | text_head
            /graphs/a b                   | {}               | a b
            /graphs/text_head/file        | "../x.onnx"      | text_head
            /graphs/text_head/file        | "other.onnx"     | text_head
            /graphs/text_head/file        | null             | file
            /graphs/text_head/data        | null             | data
            /graphs/text_head/data/-      | "x.data"         | text_head
            /graphs/text_head/data/-      | null             | data
            /graphs/text_head/precision   | "float31"        | text_head.precision
            /graphs/text_head/flavor      | "sweet"          | text_head.flavor
            /graphs/text_head/block_size  | -1               | block_size
            /graphs/text_head/inputs      | null             | inputs
            /graphs/text_head/inputs      | []               | lacks hidden
            /graphs/text_head/inputs/-    | null             | inputs
            /graphs/text_head/inputs/0    | null             | inputs
            /graphs/text_head/inputs/0/name  | "a\\u001b[31m" | a<U+001B>[31m
            /graphs/text_head/inputs/0/name  | "prompt"      | lacks hidden
            /graphs/text_head/inputs/0/type  | "float64"     | hidden float64
            /graphs/text_head/inputs/0/type  | null          | type
            /graphs/text_head/inputs/0/shape | ["B","64","64"] | [B,64,64]
            /graphs/text_head/inputs/0/shape | ["1","64"]    | [1,64]
            /graphs/text_head/inputs/0/shape | ["B",64]      | shape
            /graphs/text_head/inputs/0/shape | ["B",null]    | shape
            /graphs/text_head/inputs/0/shape/- | "99999999999999999999" | hidden
            /graphs/mar_decoder/inputs/0/shape/1 | "9+V"     | 9+V
            /files                        | {}               | tokenizer.json
            /files                        | null             | files
            /files/unipic.json            | {"bytes":1,"sha256":"00"} | itself
            /files/..                     | {"bytes":1,"sha256":"00"} | '..'
            /files/a\\u0000b               | {"bytes":1,"sha256":"00"} | a
            /files/a\\u001b[2J             | {"bytes":1,"sha256":"00"} | a<U+001B>[2J
            /files/C:x                    | {"bytes":1,"sha256":"00"} | C:x
            /files/tokenizer.json         | null             | tokenizer.json
            /files/tokenizer.json/bytes   | -1               | file length
            /files/tokenizer.json/bytes   | 9223372036854775807 | file length
            /files/tokenizer.json/bytes   | "5"              | bytes
            /files/tokenizer.json/sha256  | ""               | SHA-256
            /files/tokenizer.json/sha256  | null             | sha256
            """)
    void wrongValues(String place, String value, String part) throws IOException {
        ObjectNode manifest = (ObjectNode) JSON.readTree(healthy);
        put(manifest, place.replace("\\u0000", "\0").replace("\\u001b", "\033"), JSON.readTree(value));
        // Numbers beyond a double's range are written as they were given.
        assertRefused(JSON.writeValueAsString(manifest).replace("\"Infinity\"", "1e400"), part);
    }

    private static void put(ObjectNode manifest, String place, JsonNode value) {
        JsonPointer pointer = JsonPointer.compile(place);
        JsonNode parent = manifest.at(pointer.head());
        String last = pointer.last().getMatchingProperty();
        if (parent instanceof ObjectNode fields) {
            fields.set(last, value);
        } else if (last.equals("-")) {
            ((ArrayNode) parent).add(value);
        } else {
            ((ArrayNode) parent).set(Integer.parseInt(last), value);
        }
    }

    @Test
    void duplicateKeys() throws IOException {
        assertRefused(healthy.replace("\"max_beta\"", "\"max_beta\":0.1,\"max_beta\""), "max_beta");
        assertRefused(healthy.replace("\"sizes\"", "\"sizes\":{},\"sizes\""), "sizes");
    }

    @Test
    void deepJson() throws IOException {
        assertRefused("[".repeat(100_000), "unipic.json");
        assertRefused(
                healthy.replace("\"max_beta\"", "\"x\":" + "[".repeat(5000) + "]".repeat(5000) + ",\"max_beta\""),
                "nest");
    }

    @Test
    void longTexts() throws IOException {
        assertRefused(
                healthy.replace("\"Generate an image.\"", "\"" + "a".repeat(10_001) + "\""), "generate_unconditional");
        assertRefused(healthy.replace("\"Generate an image.\"", "\"" + "a".repeat(3_000_000) + "\""), "length");
        assertRefused(healthy + " ".repeat(5 << 20), "too large for a manifest");
    }

    @Test
    void longLists() throws IOException {
        ObjectNode manifest = (ObjectNode) JSON.readTree(healthy);
        ArrayNode stop = (ArrayNode) manifest.at("/tokens/stop");
        for (int i = 0; i < 200; i++) {
            stop.add(1);
        }
        assertRefused(JSON.writeValueAsString(manifest), "stop");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "1",
                "\"unipic\"",
                "{}",
                "{\"format_version\":1}",
                "{\"format_version\":1} {}",
                "\0"
            })
    void noManifests(String text) throws IOException {
        assertRefused(text, "unipic.json");
    }

    /** What only the pixels themselves show. */
    @ParameterizedTest
    @ValueSource(ints = {8, 32})
    void imagesOfAnotherSizeThanAskedAreNotDrawn(int downsampling) throws IOException {
        Files.writeString(
                model.resolve("unipic.json"), healthy.replaceFirst("(\"downsampling\" ?: ?)16", "$1" + downsampling));
        try (UniPic unipic = UniPic.builder(model).threads(1).load()) {
            assertThatExceptionOfType(ModelFormatException.class)
                    .isThrownBy(() -> unipic.generate(GenerateRequest.builder("a red circle")
                            .size(32, 32)
                            .iterations(1)
                            .diffusionSteps(1)
                            .build()))
                    .withMessageContaining(downsampling + " x " + downsampling);
        }
    }
}
