package io.github.unipic.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.model.Manifest.Sizes;
import io.github.unipic.model.Manifest.TensorSpec;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract in docs/graphs.md, with sizes of which no two are equal. */
class GraphContractTest {
    private static final Sizes SIZES = new Sizes(1536, 2, 3, 128, 151936, 32768, 65, 1280, 17, 18, 63, 512);

    static Stream<Arguments> documented() {
        return Stream.of(
                Arguments.of(GraphName.TEXT_EMBEDDING, List.of("ids int64 [B,S]"), List.of("embeds T [B,S,1536]")),
                Arguments.of(GraphName.TEXT_HEAD, List.of("hidden T [B,1536]"), List.of("logits float32 [B,151936]")),
                Arguments.of(
                        GraphName.VISION_ENCODER,
                        List.of("pixels float32 [B,3,512,512]"),
                        List.of("image_embeds T [B,_,1536]")),
                Arguments.of(
                        GraphName.PIXEL_ENCODER,
                        List.of("pixels float32 [B,3,H,W]"),
                        List.of("latents float32 [B,h,w,17]")),
                Arguments.of(
                        GraphName.MAR_ENCODER,
                        List.of("tokens float32 [B,V,17]", "positions int64 [B,V]", "grid int64 [2]"),
                        List.of("x_enc T [B,65+V,1280]", "z_enc T [B,V+65,1536]", "canvas T [B,65+V,1280]")),
                Arguments.of(
                        GraphName.DECODER_STEP,
                        List.of(
                                "embeds T [E,S,1536]",
                                "attention_mask int64 [B,_]",
                                "position_ids int64 [B,S]",
                                "past_key.0 T [B,3,P,128]",
                                "past_value.0 T [B,3,P,128]",
                                "past_key.1 T [B,3,P,128]",
                                "past_value.1 T [B,3,P,128]"),
                        List.of(
                                "hidden T [B,S,1536]",
                                "present_key.0 T [B,3,_,128]",
                                "present_value.0 T [B,3,_,128]",
                                "present_key.1 T [B,3,_,128]",
                                "present_value.1 T [B,3,_,128]")),
                Arguments.of(
                        GraphName.MAR_DECODER,
                        List.of(
                                "x_enc T [B,65+V,1280]",
                                "llm_hidden T [B,V+65,1536]",
                                "positions int64 [E,V]",
                                "predict int64 [E,M]",
                                "canvas T [F,C,1280]",
                                "grid int64 [2]"),
                        List.of("z T [B,M,1280]")),
                Arguments.of(
                        GraphName.MAR_DECODER_CACHED,
                        List.of(
                                "x_enc T [B,65+V,1280]",
                                "llm_hidden T [B,V+65,1536]",
                                "positions int64 [E,V]",
                                "predict int64 [E,M]",
                                "canvas T [F,C,1280]",
                                "grid int64 [2]",
                                "refresh int64 [E,K]",
                                "reuse int64 [E,U]",
                                "past_key.0 T [B,N,1280]",
                                "past_value.0 T [B,N,1280]",
                                "past_key.1 T [B,N,1280]",
                                "past_value.1 T [B,N,1280]"),
                        List.of(
                                "z T [B,M,1280]",
                                "present_key.0 T [E,_,1280]",
                                "present_value.0 T [E,_,1280]",
                                "present_key.1 T [E,_,1280]",
                                "present_value.1 T [E,_,1280]")),
                Arguments.of(
                        GraphName.DIFFUSION_HEAD,
                        List.of("x float32 [M,17]", "timestep int64 [1]", "z T [M,1280]"),
                        List.of("eps_and_variance float32 [M,34]")),
                Arguments.of(
                        GraphName.TOKEN_SAMPLER,
                        List.of(
                                "z T [R,1280]",
                                "noise float32 [T+1,M,17]",
                                "timesteps int64 [T]",
                                "coefficients float32 [T,6]",
                                "guidance float32 []",
                                "temperature float32 []"),
                        List.of("tokens float32 [M,17]")),
                Arguments.of(
                        GraphName.PIXEL_DECODER,
                        List.of("latents float32 [B,h,w,17]"),
                        List.of("pixels float32 [B,3,H,W]")),
                Arguments.of(
                        GraphName.PIXEL_DECODER_FEATURES,
                        List.of("latents float32 [B,h,w,17]"),
                        List.of("features T [B,_,y,x]")),
                Arguments.of(
                        GraphName.PIXEL_DECODER_TILE,
                        List.of(
                                "features T [B,_,y,x]",
                                "core int64 [4]",
                                "statistics float32 [_,B,_,2]",
                                "known bool []"),
                        List.of("pixels float32 [B,3,h,w]", "core_statistics float32 [_,B,_,2]")));
    }

    @ParameterizedTest
    @MethodSource("documented")
    void isTheDocuments(GraphName graph, List<String> inputs, List<String> outputs) {
        assertThat(GraphContract.of(graph, SIZES, 2)).isEqualTo(new GraphContract(inputs, outputs));
    }

    @Test
    void everyGraphIsDocumented() {
        assertThat(documented().map(arguments -> arguments.get()[0])).containsExactly((Object[]) GraphName.values());
    }

    /** An axis with a number is that axis, {@code _} is anything, and a name is anything but a fixed length. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "x T [B,65+V,1280]   | float32 | B,65+V,1280 | true",
                "x T [B,65+V,1280]   | float16 | B,65+V,1280 | true",
                "x T [B,65+V,1280]   | float16 | N,65+V,1280 | true",
                "x T [B,65+V,1280]   | int64   | B,65+V,1280 | false",
                "x T [B,65+V,1280]   | float32 | B,64+V,1280 | false",
                "x T [B,65+V,1280]   | float32 | B,65+V,1281 | false",
                "x T [B,65+V,1280]   | float32 | 1,65+V,1280 | false",
                "x T [B,65+V,1280]   | float32 | B,65+V      | false",
                "x T [B,65+V,1280]   | float32 | B,65+V,1280,1 | false",
                "x float32 [B,_]     | float32 | B,7         | true",
                "x float32 [B,_]     | float32 | B,P+S       | true",
                "x float32 [B,_]     | float16 | B,7         | false",
                "x float32 [B,_]     | float32 | 7,7         | false"
            })
    void whatMatches(String expected, String type, String shape, boolean matches) {
        TensorSpec given = new TensorSpec("x", type, List.of(shape.split(",")));
        assertThat(GraphContract.difference(List.of(expected), List.of(given)).isEmpty())
                .isEqualTo(matches);
    }

    @Test
    void aScalarHasNoAxes() {
        List<String> expected = List.of("known bool []");
        assertThat(GraphContract.difference(expected, List.of(new TensorSpec("known", "bool", List.of()))))
                .isEmpty();
        assertThat(GraphContract.difference(expected, List.of(new TensorSpec("known", "bool", List.of("1")))))
                .hasValue("has known bool [1] where its sizes need known bool []");
    }

    @Test
    void moreTensorsAreNoHarmAndFewerAreNamed() {
        TensorSpec known = new TensorSpec("known", "bool", List.of());
        TensorSpec core = new TensorSpec("core", "int64", List.of("4"));
        assertThat(GraphContract.difference(List.of("core int64 [4]"), List.of(known, core)))
                .isEmpty();
        assertThat(GraphContract.difference(List.of("known bool []", "core int64 [4]"), List.of(known)))
                .hasValue("lacks core int64 [4]");
    }
}
