package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.GenerateRequest.Builder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GenerateRequestTest {
    private static final NoiseSource NOISE = NoiseSource.philox(1);

    private static Builder complete() {
        return GenerateRequest.builder("a fox")
                .size(640, 384)
                .iterations(48)
                .guidance(4.5)
                .guidanceSchedule(GuidanceSchedule.LINEAR)
                .temperature(0.85)
                .diffusionSteps(50)
                .seed(-7);
    }

    @Test
    void onlyThePromptIsNeeded() {
        GenerateRequest request = GenerateRequest.of("a fox");
        assertThat(request.prompt()).isEqualTo("a fox");
        assertThat(request.width()).isEmpty();
        assertThat(request.height()).isEmpty();
        assertThat(request.iterations()).isEmpty();
        assertThat(request.guidance()).isEmpty();
        assertThat(request.guidanceSchedule()).isEmpty();
        assertThat(request.temperature()).isEmpty();
        assertThat(request.diffusionSteps()).isEmpty();
        assertThat(request.seed()).isEmpty();
        assertThat(request.count()).isEqualTo(1);
        assertThat(request.allowSpecialTokens()).isFalse();
        assertThat(request.noise()).isEmpty();
        assertThat(request.order()).isEmpty();
        assertThat(request.progress()).isEmpty();
        assertThat(request.cancellation()).isEmpty();
    }

    @Test
    void everyValueArrivesAlsoThroughToBuilder() {
        Cancellation cancellation = new Cancellation();
        ProgressListener listener = progress -> {};
        GenerateRequest request = complete()
                .noise(NOISE)
                .order(1, 0)
                .progress(listener)
                .cancellation(cancellation)
                .build();
        for (GenerateRequest each : List.of(request, request.toBuilder().build())) {
            assertThat(each.prompt()).isEqualTo("a fox");
            assertThat(each.width()).hasValue(640);
            assertThat(each.height()).hasValue(384);
            assertThat(each.iterations()).hasValue(48);
            assertThat(each.guidance()).hasValue(4.5);
            assertThat(each.guidanceSchedule()).contains(GuidanceSchedule.LINEAR);
            assertThat(each.temperature()).hasValue(0.85);
            assertThat(each.diffusionSteps()).hasValue(50);
            assertThat(each.seed()).hasValue(-7);
            assertThat(each.noise()).containsSame(NOISE);
            assertThat(each.order())
                    .hasValueSatisfying(order -> assertThat(order).containsExactly(1, 0));
            assertThat(each.progress()).containsSame(listener);
            assertThat(each.cancellation()).containsSame(cancellation);
        }
        assertThat(request.toBuilder().prompt("a cat").build().prompt()).isEqualTo("a cat");
        assertThat(GenerateRequest.builder("a").count(3).build().toBuilder()
                        .build()
                        .count())
                .isEqualTo(3);
    }

    @Test
    void isImmutable() {
        int[] order = {1, 0};
        Builder builder = GenerateRequest.builder("a fox").order(order);
        order[0] = 9;
        GenerateRequest request = builder.build();
        request.order().orElseThrow()[1] = 9;
        builder.prompt("a cat");
        assertThat(request.order().orElseThrow()).containsExactly(1, 0);
        assertThat(request.prompt()).isEqualTo("a fox");
    }

    @Test
    void limitsAreAllowed() {
        complete().size(16, 16).iterations(1).diffusionSteps(1).count(64).build();
        complete()
                .iterations(100_000)
                .diffusionSteps(1000)
                .guidance(1e-30)
                .temperature(1e30)
                .build();
        complete().size(10_000, 10_000).build();
        GenerateRequest.of("x".repeat(100_000));
    }

    static List<Arguments> refused() {
        return List.of(
                refused(b -> b.prompt(""), "prompt is blank; say what to draw"),
                refused(b -> b.prompt(" \t\n\u3000"), "prompt is blank; say what to draw"),
                refused(b -> b.prompt("x".repeat(100_001)), "prompt has 100001 characters; at most 100000 are allowed"),
                refused(
                        b -> b.prompt("a \ud83d fox"),
                        "prompt is not valid Unicode: it has an unpaired surrogate; remove it"),
                refused(b -> b.prompt("a fox\0"), "prompt has the character NUL; remove it"),
                refused(b -> b.size(0, 512), "width must be a positive multiple of 16, not 0"),
                refused(b -> b.size(-16, 512), "width must be a positive multiple of 16, not -16"),
                refused(b -> b.size(500, 512), "width must be a positive multiple of 16, not 500"),
                refused(b -> b.size(512, 8), "height must be a positive multiple of 16, not 8"),
                refused(b -> b.size(512, -512), "height must be a positive multiple of 16, not -512"),
                refused(
                        b -> b.size(10_000, 10_016),
                        "size is 10000 x 10016 pixels; at most 100 megapixels are allowed"),
                refused(
                        b -> b.size(2_000_000_000, 2_000_000_000),
                        "size is 2000000000 x 2000000000 pixels; at most 100 megapixels are allowed"),
                refused(b -> b.iterations(0), "iterations must be 1 to 100000, not 0"),
                refused(b -> b.iterations(-1), "iterations must be 1 to 100000, not -1"),
                refused(b -> b.iterations(100_001), "iterations must be 1 to 100000, not 100001"),
                refused(b -> b.diffusionSteps(0), "diffusion steps must be 1 to 1000, not 0"),
                refused(b -> b.diffusionSteps(1001), "diffusion steps must be 1 to 1000, not 1001"),
                refused(b -> b.count(0), "count must be 1 to 64, not 0"),
                refused(b -> b.count(65), "count must be 1 to 64, not 65"),
                refused(b -> b.guidance(0), "guidance must be above 0 and finite (as float32), not 0.0"),
                refused(b -> b.guidance(-3), "guidance must be above 0 and finite (as float32), not -3.0"),
                refused(b -> b.guidance(Double.NaN), "guidance must be above 0 and finite (as float32), not NaN"),
                refused(b -> b.guidance(1e39), "guidance must be above 0 and finite (as float32), not 1.0E39"),
                refused(b -> b.temperature(0), "temperature must be above 0 and finite (as float32), not 0.0"),
                refused(b -> b.temperature(1e-50), "temperature must be above 0 and finite (as float32), not 1.0E-50"),
                refused(
                        b -> b.temperature(Double.POSITIVE_INFINITY),
                        "temperature must be above 0 and finite (as float32), not Infinity"),
                refused(
                        b -> b.noise(NOISE).count(2),
                        "noise can be given for a single image only: count must be 1, not 2"),
                refused(
                        b -> b.order(0, 1).count(2),
                        "order can be given for a single image only: count must be 1, not 2"));
    }

    private static Arguments refused(UnaryOperator<Builder> change, String message) {
        return Arguments.of(change, message);
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("refused")
    void refuses(UnaryOperator<Builder> change, String message) {
        assertThatThrownBy(() -> change.apply(complete()).build())
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage(message);
    }

    @Test
    void refusesNull() {
        for (Consumer<Builder> change : List.<Consumer<Builder>>of(
                b -> b.prompt(null),
                b -> b.guidanceSchedule(null),
                b -> b.noise(null),
                b -> b.order((int[]) null),
                b -> b.progress(null),
                b -> b.cancellation(null))) {
            assertThatNullPointerException().isThrownBy(() -> change.accept(complete()));
        }
        assertThatNullPointerException().isThrownBy(() -> GenerateRequest.builder(null));
    }

    @Test
    void metadataIsAsDocumented() {
        assertThat(complete().build().toMetadata())
                .containsExactly(
                        Map.entry("prompt", "a fox"),
                        Map.entry("seed", "-7"),
                        Map.entry(
                                "parameters",
                                "{\"width\":640,\"height\":384,\"iterations\":48,\"guidance\":4.5,\"guidance_schedule\":"
                                        + "\"linear\",\"temperature\":0.85,\"diffusion_steps\":50}"),
                        Map.entry("Software", "UniPic SDK for Java"));
        assertThat(GenerateRequest.of("a fox").toMetadata())
                .containsEntry("parameters", "{}")
                .doesNotContainKey("seed");
        assertThat(GenerateRequest.builder("a fox")
                        .allowSpecialTokens(true)
                        .build()
                        .toMetadata())
                .containsEntry("parameters", "{\"allow_special_tokens\":true}");
    }

    @Test
    void metadataGivesTheRequestBack() {
        for (long seed : new long[] {0, Long.MIN_VALUE, Long.MAX_VALUE}) {
            for (double guidance : new double[] {3, 0.1, 1.0000000000000002, 1e-30}) {
                GenerateRequest request = complete()
                        .prompt("猫 \"with\" \\ 🦊\n'and' more")
                        .seed(seed)
                        .guidance(guidance)
                        .guidanceSchedule(GuidanceSchedule.CONSTANT)
                        .build();
                GenerateRequest again =
                        GenerateRequest.fromMetadata(request.toMetadata()).orElseThrow();
                assertThat(again).usingRecursiveComparison().isEqualTo(request);
            }
        }
    }

    /** Whoever made a file must not decide it. */
    @Test
    void metadataDoesNotAllowSpecialTokens() {
        GenerateRequest plain = complete().build();
        GenerateRequest allowing = complete().allowSpecialTokens(true).build();
        assertThat(GenerateRequest.fromMetadata(allowing.toMetadata()).orElseThrow())
                .usingRecursiveComparison()
                .isEqualTo(plain);
        assertThat(GenerateRequest.metadataAllowsSpecialTokens(allowing.toMetadata()))
                .isTrue();
        assertThat(GenerateRequest.metadataAllowsSpecialTokens(plain.toMetadata()))
                .isFalse();
        assertThat(GenerateRequest.metadataAllowsSpecialTokens(Map.of("parameters", "{\"allow_special_tokens\":true}")))
                .isFalse();
    }

    @Test
    void imageOfGivenNoiseOrOrderCannotBeDrawnFromItsSeed() {
        assertThat(complete().noise(NOISE).build().toMetadata())
                .doesNotContainKey("seed")
                .containsKey("prompt");
        assertThat(complete().order(0, 1).build().toMetadata()).doesNotContainKey("seed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"prompt", "seed", "parameters"})
    void missingTextIsNoRequest(String keyword) {
        Map<String, String> text = new HashMap<>(complete().build().toMetadata());
        text.remove(keyword);
        assertThat(GenerateRequest.fromMetadata(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "7",
                "{",
                "{}",
                "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1",
                "{GOOD} {GOOD}",
                "\"width\":640 -> \"width\":641",
                "\"width\":640 -> \"width\":-16",
                "\"width\":640 -> \"width\":\"640\"",
                "\"width\":640 -> \"width\":640.5",
                "\"width\":640 -> \"width\":99999999999999999999",
                "\"width\":640 -> \"w\":640",
                "\"iterations\":48 -> \"iterations\":2147483647",
                "\"guidance\":4.5 -> \"guidance\":1e999",
                "\"guidance\":4.5 -> \"guidance\":\"NaN\"",
                "\"guidance\":4.5 -> \"guidance\":NaN",
                "\"width\":640 -> \"width\":640,\"allow_special_tokens\":1",
                "linear -> quadratic",
                "\"linear\" -> {}",
                "\"temperature\":0.85 -> \"temperature\":null",
                "\"diffusion_steps\":50 -> \"diffusion_steps\":1001"
            })
    void brokenParametersAreNoRequest(String broken) {
        Map<String, String> text = new HashMap<>(complete().build().toMetadata());
        String good = text.get("parameters");
        String[] change = broken.split(" -> ");
        String parameters = change.length == 2 ? good.replace(change[0], change[1]) : broken.replace("{GOOD}", good);
        assertThat(parameters).isNotEqualTo(good);
        text.put("parameters", parameters);
        assertThat(GenerateRequest.fromMetadata(text)).isEmpty();
        text.put("parameters", "[".repeat(100_000));
        assertThat(GenerateRequest.fromMetadata(text)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "one", "1.5", "9223372036854775808", " 1"})
    void brokenSeedIsNoRequest(String seed) {
        Map<String, String> text = new HashMap<>(complete().build().toMetadata());
        text.put("seed", seed);
        assertThat(GenerateRequest.fromMetadata(text)).isEmpty();
    }
}
