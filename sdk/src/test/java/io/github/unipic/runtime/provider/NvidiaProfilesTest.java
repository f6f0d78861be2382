package io.github.unipic.runtime.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.FileSpec;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.Manifest.TensorSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Uses the published model's sizes: 64 buffer tokens, a native grid of 32 x 32, images of 512 x 512 in 32 iterations.
 */
class NvidiaProfilesTest {
    private static final Manifest MANIFEST = new Manifest(
            Manifest.FORMAT_VERSION,
            "published",
            "test",
            new Manifest.Sizes(1536, 28, 2, 128, 151936, 32768, 64, 1280, 16, 16, 32, 512),
            new Manifest.Diffusion(0.999),
            new Manifest.Tokens(1, List.of(2)),
            new Manifest.Prompts("{}", "", "{}", "", "", ""),
            new Manifest.Defaults(512, 512, 32, 3, "constant", 1, 100),
            Map.of(),
            Map.of());

    private static GraphSpec graph(TensorSpec... inputs) {
        return new GraphSpec("a.onnx", List.of(), "float16", 0, "portable", List.of(inputs), List.of());
    }

    private static TensorSpec input(String name, String... shape) {
        return new TensorSpec(name, "float16", List.of(shape));
    }

    @Test
    void rangesFollowFromTheAxesAndTheSizes() {
        GraphSpec decoder = graph(
                input("embeds", "E", "S", "1536"),
                input("attention_mask", "B", "P+S"),
                input("past_key.0", "B", "2", "P", "128"));
        assertThat(NvidiaProfiles.options(MANIFEST, decoder))
                .containsOnly(
                        Map.entry("trt_profile_min_shapes", "embeds:1x1x1536,attention_mask:1x1,past_key.0:1x2x0x128"),
                        Map.entry(
                                "trt_profile_opt_shapes",
                                "embeds:1x576x1536,attention_mask:2x640,past_key.0:2x2x64x128"),
                        Map.entry(
                                "trt_profile_max_shapes",
                                "embeds:2x4160x1536,attention_mask:2x8320,past_key.0:2x2x4160x128"));
    }

    /** Tuned for runs that compute every place, which take longest. */
    @Test
    void aCacheMayBeEmptyOrHaveEveryPlace() {
        GraphSpec decoder =
                graph(input("refresh", "E", "K"), input("reuse", "E", "U"), input("past_key.0", "B", "N", "1280"));
        assertThat(NvidiaProfiles.options(MANIFEST, decoder))
                .containsEntry("trt_profile_min_shapes", "refresh:1x64,reuse:1x0,past_key.0:1x0x1280")
                .containsEntry("trt_profile_opt_shapes", "refresh:1x1088,reuse:1x0,past_key.0:2x0x1280")
                .containsEntry("trt_profile_max_shapes", "refresh:2x4160,reuse:2x4160,past_key.0:2x4160x1280");
    }

    @Test
    void aGridIsAValueAndNotALength() {
        GraphSpec encoder = graph(input("tokens", "B", "V", "16"), input("grid", "2"), input("scale"));
        assertThat(NvidiaProfiles.options(MANIFEST, encoder))
                .containsEntry("trt_profile_min_shapes", "tokens:1x0x16,grid:1x1")
                .containsEntry("trt_profile_opt_shapes", "tokens:2x512x16,grid:64x64")
                .containsEntry("trt_profile_max_shapes", "tokens:2x4096x16,grid:64x64");
    }

    @Test
    void pixelsAreMultiplesOfTheGrid() {
        assertThat(NvidiaProfiles.options(MANIFEST, graph(input("pixels", "B", "3", "H", "W"))))
                .containsEntry("trt_profile_max_shapes", "pixels:2x3x1024x1024");
    }

    @Test
    void aTileIsAValueAndNotALength() {
        GraphSpec tile = graph(input("features", "B", "128", "H/2", "W/2"), input("core", "4"), input("known"));
        assertThat(NvidiaProfiles.options(MANIFEST, tile))
                .containsEntry("trt_profile_min_shapes", "features:1x128x1x1,core:0x0x1x1")
                .containsEntry("trt_profile_opt_shapes", "features:2x128x128x128,core:512x512x128x128")
                .containsEntry("trt_profile_max_shapes", "features:2x128x512x512,core:512x512x128x128");
    }

    @Test
    void thereAreNoneForAnUnknownAxisOrWithoutAny() {
        assertThat(NvidiaProfiles.options(MANIFEST, graph(input("tokens", "B", "Q"))))
                .isEmpty();
        assertThat(NvidiaProfiles.options(MANIFEST, graph(input("timestep", "1"))))
                .isEmpty();
    }

    @Test
    void onlyTensorRtGetsThemUnlessSomeAreGiven() {
        GraphSpec graph = graph(input("ids", "B", "S"));
        ExecutionProvider given = ExecutionProvider.of("tensorrt").withOption("trt_profile_min_shapes", "ids:1x1");
        assertThat(Nvidia.forGraph(ExecutionProvider.of("cuda"), MANIFEST, graph)
                        .options())
                .isEmpty();
        assertThat(Nvidia.forGraph(given, MANIFEST, graph)).isEqualTo(given);
        assertThat(Nvidia.forGraph(
                                ExecutionProvider.of("TensorrtExecutionProvider")
                                        .withOption("trt_fp16_enable", "1"),
                                MANIFEST,
                                graph)
                        .options())
                .containsKeys("trt_fp16_enable", "trt_profile_min_shapes", "trt_profile_max_shapes")
                .containsEntry("trt_profile_opt_shapes", "ids:2x576");
    }

    /** ONNX Runtime knows engines by the names of files and nodes, which all models share. */
    @Test
    void eachGraphOfEachModelHasItsOwnEngines() {
        ExecutionProvider caching = ExecutionProvider.of("tensorrt").withOption(Nvidia.ENGINES, "engines");
        String first = engines(caching, 'a', 'b');
        assertThat(first).matches("engines[/\\\\][0-9a-f]{16}").isEqualTo(engines(caching, 'a', 'b'));
        assertThat(engines(caching, 'a', 'c')).as("other weights").isNotEqualTo(first);
        assertThat(engines(caching, 'c', 'b')).as("another graph").isNotEqualTo(first);
        assertThat(engines(caching.withOption("trt_profile_min_shapes", "ids:1x1"), 'a', 'b'))
                .as("with profiles of the user's own")
                .isEqualTo(first);
    }

    private static String engines(ExecutionProvider provider, char graph, char weights) {
        GraphSpec spec = new GraphSpec(
                "a.onnx", List.of("a.data"), "float16", 0, "portable", List.of(input("ids", "B", "S")), List.of());
        Manifest manifest = new Manifest(
                Manifest.FORMAT_VERSION,
                "published",
                "test",
                MANIFEST.sizes(),
                MANIFEST.diffusion(),
                MANIFEST.tokens(),
                MANIFEST.prompts(),
                MANIFEST.defaults(),
                Map.of(),
                Map.of("a.onnx", file(graph), "a.data", file(weights)));
        return Nvidia.forGraph(provider, manifest, spec).options().get(Nvidia.ENGINES);
    }

    private static FileSpec file(char digit) {
        return new FileSpec(1, Character.toString(digit).repeat(64));
    }

    /** 1024 positions in 32 iterations are 32 each; rows with and without the prompt are twice as many. */
    @Test
    void stepsAndPredictionsFollowFromTheDefaults() {
        GraphSpec sampler = graph(input("z", "R", "C"), input("noise", "1+T", "M"));
        assertThat(NvidiaProfiles.options(MANIFEST, sampler))
                .containsEntry("trt_profile_min_shapes", "z:1x0,noise:2x1")
                .containsEntry("trt_profile_opt_shapes", "z:64x0,noise:101x32")
                .containsEntry("trt_profile_max_shapes", "z:8192x4160,noise:1001x4096");
    }

    /** Taller than twice the native side, of 64 tokens: a height of 80. */
    @Test
    void aDefaultThatIsLargerIsCovered() {
        Manifest wide = new Manifest(
                Manifest.FORMAT_VERSION,
                "wide",
                "test",
                MANIFEST.sizes(),
                MANIFEST.diffusion(),
                MANIFEST.tokens(),
                MANIFEST.prompts(),
                new Manifest.Defaults(256, 1280, 32, 3, "constant", 1, 100),
                Map.of(),
                Map.of());
        assertThat(NvidiaProfiles.options(wide, graph(input("pixels", "H", "W", "h", "w"))))
                .containsEntry("trt_profile_min_shapes", "pixels:16x16x1x1")
                .containsEntry("trt_profile_opt_shapes", "pixels:1280x256x80x16")
                .containsEntry("trt_profile_max_shapes", "pixels:1280x1280x80x80");
    }
}
