package io.github.unipic.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.ModelFormatException;
import java.io.IOException;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Both sides of every limit of the manifest: the last accepted value, and the first refused one. */
class ManifestLimitsTest {
    private static void assertDamaged(TinyManifest manifest, String what) {
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(manifest::parse)
                .withMessage("FOLDER/unipic.json is damaged: it " + what + "; export the model again.");
    }

    private static void assertRead(TinyManifest manifest) {
        assertThatNoException().isThrownBy(manifest::parse);
    }

    @ParameterizedTest
    @CsvSource({
        "/sizes/hidden, 1, 65536",
        "/sizes/layers, 1, 1024",
        "/sizes/kv_heads, 1, 65536",
        "/sizes/head_dim, 1, 65536",
        "/sizes/vocabulary, 427, 16777216",
        "/sizes/context, 73, 16777216",
        "/sizes/buffer_tokens, 1, 32703",
        "/sizes/mar_dim, 1, 65536",
        "/sizes/latent_channels, 1, 65536",
        "/sizes/downsampling, 1, 128",
        "/sizes/native_grid, 1, 4096",
        "/sizes/vision_image, 0, 16384",
        "/diffusion/max_beta, 0.000001, 0.9999",
        "/tokens/image, 0, 16777216",
        "/tokens/stop/0, 0, 447",
        "/defaults/width, 16, 16384",
        "/defaults/height, 16, 16384",
        "/defaults/iterations, 1, 100000",
        "/defaults/diffusion_steps, 1, 1000",
        "/defaults/guidance, 1.1754943508222875E-38, 3.4028234663852886E38",
        "/defaults/temperature, 1.1754943508222875E-38, 3.4028234663852886E38",
        "/files/tokenizer.json/bytes, 0, 17592186044416"
    })
    void theLeastAndTheMostAreRead(String place, String least, String most) throws IOException {
        assertRead(TinyManifest.withoutGraphs().set(place, least));
        assertRead(TinyManifest.withoutGraphs().set(place, most));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/sizes/hidden          | 0             | has a sizes.hidden of 0, outside 1 to 65536",
                "/sizes/hidden          | 65537         | has a sizes.hidden of 65537, outside 1 to 65536",
                "/sizes/layers          | 0             | has a sizes.layers of 0, outside 1 to 1024",
                "/sizes/layers          | 1025          | has a sizes.layers of 1025, outside 1 to 1024",
                "/sizes/kv_heads        | 0             | has a sizes.kv_heads of 0, outside 1 to 65536",
                "/sizes/head_dim        | 65537         | has a sizes.head_dim of 65537, outside 1 to 65536",
                "/sizes/vocabulary      | 0             | has a sizes.vocabulary of 0, outside 1 to 16777216",
                "/sizes/context         | 16777217      | has a sizes.context of 16777217, outside 1 to 16777216",
                "/sizes/buffer_tokens   | 0             | has a sizes.buffer_tokens of 0, outside 1 to 65536",
                "/sizes/mar_dim         | 65537         | has a sizes.mar_dim of 65537, outside 1 to 65536",
                "/sizes/latent_channels | 0             | has a sizes.latent_channels of 0, outside 1 to 65536",
                "/sizes/downsampling    | 1025          | has a sizes.downsampling of 1025, outside 1 to 1024",
                "/sizes/native_grid     | 4097          | has a sizes.native_grid of 4097, outside 1 to 4096",
                "/sizes/vision_image    | 16385         | has a sizes.vision_image of 16385, outside 0 to 16384",
                "/diffusion/max_beta    | 0.0000009     | has a diffusion.max_beta of 9.0E-7, outside 1.0E-6 to 0.9999",
                "/diffusion/max_beta    | 1             | has a diffusion.max_beta of 1, outside 1.0E-6 to 0.9999",
                "/tokens/image          | 16777217      | has a tokens.image of 16777217, outside 0 to 16777216",
                "/tokens/stop/1         | 448           | has a tokens.stop of 448, outside 0 to 447",
                "/defaults/width        | 16400         | has a defaults.width of 16400, outside 1 to 16384",
                "/defaults/height       | 0             | has a defaults.height of 0, outside 1 to 16384",
                "/defaults/iterations   | 100001        | has a defaults.iterations of 100001, outside 1 to 100000",
                "/defaults/diffusion_steps | 1001       | has a defaults.diffusion_steps of 1001, outside 1 to 1000",
                "/defaults/guidance     | 1e-38         | has a defaults.guidance of 1.0E-38, outside 1.1754943508222875E-38 to 3.4028234663852886E38",
                "/defaults/temperature  | 1e300         | has a defaults.temperature of 1.0E300, outside 1.1754943508222875E-38 to 3.4028234663852886E38",
                "/files/tokenizer.json/bytes | 17592186044417 | has a file length of 17592186044417, outside 0 to 17592186044416",
                "/defaults/width        | 24            | has a defaults.width of 24, which is not a multiple of its sizes.downsampling of 16",
                "/defaults/height       | 120           | has a defaults.height of 120, which is not a multiple of its sizes.downsampling of 16",
                // 64 image tokens and 8 buffer tokens, behind at least one of a prompt.
                "/sizes/context         | 72            | has a default size of 64 tokens, too many for its sizes.context of 72",
                "/defaults/guidance_schedule | \"cosine\" | has a guidance schedule that is neither constant nor linear",
                "/prompts/turn          | \"\"          | has 0 placeholders for the prompt in prompts.turn, not one",
                "/prompts/generate      | \"{}{}\"      | has 2 placeholders for the prompt in prompts.generate, not one",
                "/files                 | {}            | does not list tokenizer.json"
            })
    void theNextIsRefused(String place, String value, String what) throws IOException {
        assertDamaged(TinyManifest.withoutGraphs().set(place, value), what);
    }

    @Test
    void theLinearScheduleIsRead() throws IOException {
        assertRead(TinyManifest.withoutGraphs().set("/defaults/guidance_schedule", "\"linear\""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/name",
                "/producer",
                "/prompts/answer_end",
                "/prompts/generate_unconditional",
                "/prompts/edit_unconditional",
                "/prompts/describe",
                "/prompts/turn",
                "/prompts/generate"
            })
    void textsHaveAtMost10000Characters(String place) throws IOException {
        String name = place.substring(1).replace('/', '.');
        assertRead(TinyManifest.withoutGraphs().set(place, "\"{}" + "a".repeat(9998) + "\""));
        assertDamaged(
                TinyManifest.withoutGraphs().set(place, "\"{}" + "a".repeat(9999) + "\""),
                "has a " + name + " of more than 10000 characters");
    }

    private static TinyManifest stopTokens(int count) throws IOException {
        TinyManifest manifest = TinyManifest.withoutGraphs();
        ArrayNode stop = (ArrayNode) manifest.json().at("/tokens/stop");
        stop.removeAll();
        for (int i = 0; i < count; i++) {
            stop.add(i);
        }
        return manifest;
    }

    @Test
    void atMost100TokensStopAnAnswer() throws IOException {
        assertRead(stopTokens(0));
        assertRead(stopTokens(100));
        assertDamaged(stopTokens(101), "has more than 100 tokens that stop an answer");
    }

    private static TinyManifest copies(String list, String of, int count, IntFunction<String> name) throws IOException {
        TinyManifest manifest = TinyManifest.read();
        ObjectNode fields = (ObjectNode) manifest.json().at(list);
        for (int i = fields.size(); i < count; i++) {
            fields.set(name.apply(i), fields.get(of));
        }
        return manifest;
    }

    @Test
    void atMost1000FilesAreListed() throws IOException {
        assertRead(copies("/files", "tokenizer.json", 1000, i -> "file" + i));
        assertDamaged(copies("/files", "tokenizer.json", 1001, i -> "file" + i), "lists more than 1000 files");
    }

    @Test
    void atMost100GraphsAreThere() throws IOException {
        assertRead(copies("/graphs", "text_head", 100, i -> "graph" + i));
        assertDamaged(copies("/graphs", "text_head", 101, i -> "graph" + i), "has more than 100 graphs");
    }

    private static TinyManifest dataFiles(int count) throws IOException {
        TinyManifest manifest = TinyManifest.read();
        ArrayNode data = (ArrayNode) manifest.json().at("/graphs/text_head/data");
        while (data.size() < count) {
            data.add("text_embedding.data");
        }
        return manifest;
    }

    @Test
    void aGraphHasAtMost100FilesOfWeights() throws IOException {
        assertRead(dataFiles(100));
        assertDamaged(dataFiles(101), "has more than 100 files of weights in graphs.text_head");
    }

    private static TinyManifest tensors(String direction, int count) throws IOException {
        TinyManifest manifest = TinyManifest.read();
        ArrayNode tensors = (ArrayNode) manifest.json().at("/graphs/text_head/" + direction);
        for (int i = tensors.size(); i < count; i++) {
            tensors.addObject().put("name", "t" + i).put("type", "float32").putArray("shape");
        }
        return manifest;
    }

    @ParameterizedTest
    @ValueSource(strings = {"inputs", "outputs"})
    void aGraphHasAtMost4096Tensors(String direction) throws IOException {
        assertRead(tensors(direction, 4096));
        assertDamaged(tensors(direction, 4097), "has too many tensors in graphs.text_head");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/graphs/text_head/file         | \"other.onnx\"   | has a graph text_head that refers to files that it does not list",
                "/graphs/text_head/data/0       | \"other.data\"   | has a graph text_head that refers to files that it does not list",
                "/graphs/text_head/precision    | \"float64\"      | has a graphs.text_head.precision of 'float64', which is not one of [bfloat16, float16, float32, int4, int8]",
                "/graphs/text_head/flavor       | \"plain\"        | has a graphs.text_head.flavor of 'plain', which is not one of [fused, portable]",
                "/graphs/text_head/block_size   | 65537            | has a block_size of 65537, outside 0 to 65536",
                "/graphs/text_head/inputs/0/type | \"a b\"         | has an invalid type name: 'a b'",
                "/graphs/text_head/outputs/0/name | \"\"           | has an invalid tensor name: ''",
                "/graphs/text_head/outputs/0/shape/0 | \"B C\"     | has an invalid axis name: 'B C'",
                "/graphs/text_head/outputs/0/shape/1 | \"449\"     | has a graph text_head that has logits float32 [B,449] where its sizes need logits float32 [B,448]",
                "/graphs/text_head/inputs/0/name | \"hiding\"      | has a graph text_head that lacks hidden T [B,64]",
                "/files/a~1b                    | {\"bytes\":0,\"sha256\":\"\"} | has an invalid file name: 'a/b'",
                "/files/.hidden                 | {\"bytes\":0,\"sha256\":\"\"} | has an invalid file name: '.hidden'",
                "/files/unipic.json             | {\"bytes\":0,\"sha256\":\"\"} | lists itself",
                "/files/other                   | {\"bytes\":0,\"sha256\":\"\"} | has no SHA-256 for other"
            })
    void wrongGraphsAndFilesAreNamed(String place, String value, String what) throws IOException {
        assertDamaged(TinyManifest.read().set(place, value), what);
    }

    @Test
    void aTensorHasAtMost8AxesAndANameOfItsOwn() throws IOException {
        String tensor =
                "{\"name\":\"more\",\"type\":\"float32\",\"shape\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\"%s]}";
        TinyManifest manifest = TinyManifest.read();
        ArrayNode outputs = (ArrayNode) manifest.json().at("/graphs/text_head/outputs");
        outputs.addNull();
        assertRead(manifest.set("/graphs/text_head/outputs/1", tensor.replace("%s", "")));
        assertDamaged(
                manifest.set("/graphs/text_head/outputs/1", tensor.replace("%s", ",\"9\"")),
                "gives more more than 8 axes in graphs.text_head");
        assertDamaged(
                manifest.set("/graphs/text_head/outputs/1", outputs.get(0).toString()),
                "lists logits twice in graphs.text_head");
    }

    /** Only folders of this version are read: neither older nor newer ones. */
    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 2, 99})
    void otherFormatVersionsAreRefusedBeforeAnythingElse(int version) throws IOException {
        TinyManifest manifest = TinyManifest.read();
        manifest.json().removeAll();
        manifest.json().put("format_version", version);
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(manifest::parse)
                .withMessage("FOLDER/unipic.json has format version " + version
                        + ", this SDK reads version 1; export the model again with this SDK's `unipic export`.");
    }

    @Test
    void aManifestWithoutAFormatVersionIsOfVersion0() throws IOException {
        TinyManifest manifest = TinyManifest.read();
        manifest.json().remove("format_version");
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(manifest::parse)
                .withMessageContaining("has format version 0");
    }

    @Test
    void aManifestThatIsWrittenIsReadAsTheSame() throws IOException {
        Manifest manifest =
                TinyManifest.read().set("/graphs/text_head/block_size", "32").parse();
        assertThat(manifest.graphs().get("text_head").blockSize()).isEqualTo(32);
        assertThat(manifest.graphs().get("text_embedding").blockSize()).isZero();
        assertThat(Manifest.parse(manifest.toJson(), "again")).isEqualTo(manifest);
    }

    @Test
    void aGraphHasAName() throws IOException {
        TinyManifest manifest = TinyManifest.read();
        assertDamaged(
                manifest.set(
                        "/graphs/a b", manifest.json().at("/graphs/text_head").toString()),
                "has an invalid graph name: 'a b'");
    }

    @ParameterizedTest
    @CsvSource({
        "/sizes/hidden, sizes.hidden",
        "/tokens/stop/1, tokens.stop.1",
        "/graphs/text_head/inputs/0/name, graphs.text_head.inputs.0.name"
    })
    void aValueOfAnotherTypeIsFound(String place, String path) throws IOException {
        TinyManifest manifest = TinyManifest.read().set(place, "true");
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(manifest::parse)
                .withMessageStartingWith("FOLDER/unipic.json is not a model manifest (")
                .withMessageEndingWith(" at " + path + "); export the model again.")
                .withMessageNotContaining("\n");
    }

    @Test
    void whatIsNoJsonHasNoPath() {
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> Manifest.parse(new byte[] {'{', 'x'}, "unipic.json"))
                .withMessageStartingWith("unipic.json is not a model manifest (Unexpected character ('x'")
                .withMessageNotContaining(" at ")
                .withMessageNotContaining("\n");
    }
}
