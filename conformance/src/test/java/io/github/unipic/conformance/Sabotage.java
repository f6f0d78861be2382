package io.github.unipic.conformance;

import static io.github.unipic.testing.GraphSurgery.attribute;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.github.unipic.model.GraphName;
import io.github.unipic.testing.GraphSurgery;
import io.github.unipic.testing.ModelCopy;
import java.util.List;
import java.util.function.Consumer;

/** Damage that a broken exporter, provider or build can do to a model, and the check that must notice it. */
enum Sabotage {
    // ---- the language model
    SWAPPED_WEIGHT(
            GraphName.DECODER_STEP,
            "prompt_7_two_rows/hidden",
            graph -> graph.exchangeWeights(
                    "llm.model.layers.1.mlp.gate_proj.weight.T", "llm.model.layers.1.mlp.up_proj.weight.T")),
    MISSING_EPSILON(GraphName.DECODER_STEP, "past_3_quiet/hidden", graph -> forgetEpsilon(graph, "RMSNormalization")),
    MISSING_EPSILON_IN_MAR(
            GraphName.MAR_DECODER, "half_smaller_quiet/z", graph -> forgetEpsilon(graph, "LayerNormalization")),
    MISSING_EPSILON_IN_THE_TOWER(
            GraphName.VISION_ENCODER, "one_quiet/image_embeds", graph -> forgetEpsilon(graph, "LayerNormalization")),
    MISSING_EPSILON_IN_THE_HEAD(
            GraphName.DIFFUSION_HEAD,
            "first_step_quiet/eps_and_variance",
            graph -> forgetEpsilon(graph, "LayerNormalization")),
    MISSING_EPSILON_WHEN_ENCODING_PIXELS(
            GraphName.PIXEL_ENCODER, "smaller_quiet/latents", graph -> forgetEpsilon(graph, "InstanceNormalization")),
    MISSING_EPSILON_WHEN_DECODING_PIXELS(
            GraphName.PIXEL_DECODER, "smaller_quiet/pixels", graph -> forgetEpsilon(graph, "InstanceNormalization")),
    EPSILON_OF_ZERO(
            GraphName.DECODER_STEP,
            "past_3_quiet/hidden",
            graph -> graph.setAll("RMSNormalization", attribute("epsilon", 0f))),
    CAUSAL_MASK_OFF_BY_ONE(
            GraphName.DECODER_STEP,
            "prompt_7_two_rows/hidden",
            graph -> graph.through(graph.only("LessOrEqual"), 1, "Add", graph.longs(1))),
    MASK_IGNORED(GraphName.DECODER_STEP, "past_17_two_rows_padded/hidden", graph -> graph.bypass(graph.only("And"), 1)),
    POSITIONS_FROM_ZERO(GraphName.DECODER_STEP, "past_17_two_rows_padded/hidden", graph -> {
        NodeProto.Builder cast = graph.only("Cast", "position_ids");
        graph.through(cast, 0, "Sub", graph.before(cast, "ReduceMin", List.of("position_ids", graph.longs(1))));
    }),
    MISSING_ATTENTION_SCALE(
            GraphName.DECODER_STEP,
            "prompt_7_two_rows/hidden",
            graph -> graph.setAll("Attention", attribute("scale", 1f))),
    SHARED_ROWS_REPEATED_EACH(
            GraphName.DECODER_STEP,
            "past_29_shared_embeds/hidden",
            graph -> repeatEach(graph, graph.only("Tile", "embeds"))),
    STALE_PAST(GraphName.DECODER_STEP, "past_17_two_rows_padded/hidden", graph -> {
        for (NodeProto.Builder attention : graph.all("Attention")) {
            forgetNewest(graph, attention, 4);
            forgetNewest(graph, attention, 5);
        }
    }),
    PRESENT_WITHOUT_THE_NEW(GraphName.DECODER_STEP, "past_17_two_rows_padded/present_value.1", graph -> {
        NodeProto.Builder output = graph.source("present_value.1");
        String present = output.getInput(0);
        String axis = graph.longs(2);
        String past =
                graph.before(output, "Shape", List.of("past_value.1"), attribute("start", 2), attribute("end", 3));
        String kept = graph.before(output, "Slice", List.of(present, graph.longs(0), past, axis));
        String added = graph.before(output, "Slice", List.of(present, past, graph.longs(Long.MAX_VALUE), axis));
        String zeros = graph.before(output, "Mul", List.of(added, graph.floats(0)));
        output.setInput(0, graph.before(output, "Concat", List.of(kept, zeros), attribute("axis", 2)));
    }),
    CACHES_OF_TWO_LAYERS_EXCHANGED(
            GraphName.DECODER_STEP,
            "prompt_7_two_rows/present_key.0",
            graph -> graph.exchangeOutputs(graph.source("present_key.0"), graph.source("present_key.1"))),
    EMBEDDING_OF_THE_WORD_BEFORE(
            GraphName.TEXT_EMBEDDING,
            "one/embeds",
            graph -> graph.through(graph.only("Gather"), 1, "Sub", graph.longs(1))),
    // Answers stay the same, word for word.
    SOFTMAX_IN_THE_HEAD(
            GraphName.TEXT_HEAD, "one/logits", graph -> graph.through(graph.source("logits"), 0, "LogSoftmax")),

    // ---- MAR
    POSITIONS_RESIZED_BY_CORNERS(
            GraphName.MAR_ENCODER,
            "half_smaller/x_enc",
            graph -> graph.setAll("Resize", attribute("coordinate_transformation_mode", "align_corners"))),
    POSITIONS_RESIZED_ASYMMETRICALLY(
            GraphName.MAR_DECODER,
            "half_smaller_shared/z",
            graph -> graph.setAll("Resize", attribute("coordinate_transformation_mode", "asymmetric"))),
    POSITIONS_RESIZED_WITH_ANTIALIAS(
            GraphName.MAR_DECODER, "half_smaller_shared/z", graph -> graph.setAll("Resize", attribute("antialias", 1))),
    POSITIONS_RESIZED_TO_THE_NEAREST(
            GraphName.MAR_ENCODER, "half_smaller/x_enc", graph -> graph.setAll("Resize", attribute("mode", "nearest"))),
    BUFFERS_LEFT_FIRST(
            GraphName.MAR_ENCODER,
            "half_smaller/z_enc",
            graph -> reverse(graph.source(graph.source("z_enc").getInput(0)))),
    BUFFERS_LEFT_LAST(GraphName.MAR_DECODER, "half_smaller_shared/z", graph -> {
        NodeProto.Builder part = graph.all("Slice", "llm_hidden").get(0);
        reverse(graph.only("Concat", part.getOutput(0)));
    }),
    CANVAS_NOT_EMBEDDED(
            GraphName.MAR_ENCODER,
            "all_smaller/canvas",
            graph -> graph.source("canvas").setInput(0, graph.source("x_enc").getInput(0))),
    CANVAS_IGNORED(GraphName.MAR_DECODER, "half_smaller_edit/z", Sabotage::ignoreCanvas),
    TANH_FOR_ERF_GELU(
            GraphName.MAR_DECODER,
            "half_smaller_shared/z",
            graph -> graph.setAll("Gelu", attribute("approximate", "tanh"))),
    ROWS_OF_GUIDANCE_MIXED_UP(
            GraphName.MAR_DECODER, "half_smaller_shared/z", graph -> repeatEach(graph, graph.only("Tile", "x_enc"))),
    PREDICTED_PLACES_WITHOUT_BUFFERS(
            GraphName.MAR_DECODER,
            "half_smaller_shared/z",
            graph -> graph.all("GatherND").stream()
                    .map(gather -> graph.source(gather.getInput(1)).getInput(0))
                    .distinct()
                    .forEach(places -> graph.bypass(graph.source(places), 0))),
    DIFFUSION_POSITIONS_FORGOTTEN(
            GraphName.MAR_DECODER,
            "none_known/z",
            graph -> graph.bypass(graph.source(graph.source("z").getInput(0)), 0)),
    CACHE_OF_THE_FIRST_ROW_ONLY(
            GraphName.MAR_DECODER_CACHED,
            "half_smaller_reused/z",
            graph -> graph.bypass(graph.source(gatherOfPastKeys(graph).getInput(1)), 0)),
    CACHE_OF_ZEROS(
            GraphName.MAR_DECODER_CACHED,
            "half_smaller_reused/z",
            graph -> graph.through(gatherOfPastKeys(graph), 0, "Mul", graph.floats(0))),
    REFRESHED_PLACES_REPEATED_EACH(
            GraphName.MAR_DECODER_CACHED,
            "half_smaller_reused/z",
            graph -> repeatEach(graph, graph.only("Tile", "refresh"))),
    REUSED_ROWS_REPEATED_EACH(
            GraphName.MAR_DECODER_CACHED,
            "half_smaller_reused/z",
            graph -> repeatEach(graph, graph.only("Tile", "reuse"))),
    MISSING_EPSILON_WITH_A_CACHE(
            GraphName.MAR_DECODER_CACHED, "half_smaller_quiet/z", graph -> forgetEpsilon(graph, "LayerNormalization")),
    CANVAS_IGNORED_WITH_A_CACHE(GraphName.MAR_DECODER_CACHED, "half_smaller_quiet/z", Sabotage::ignoreCanvas),
    CACHES_OF_TWO_BLOCKS_EXCHANGED(
            GraphName.MAR_DECODER_CACHED,
            "half_smaller_shared/present_key.0",
            graph -> graph.exchangeOutputs(graph.source("present_key.0"), graph.source("present_key.1"))),
    CACHE_OF_THE_OTHER_HALF(GraphName.MAR_DECODER_CACHED, "half_smaller_shared/present_value.1", graph -> {
        NodeProto.Builder first = graph.source(graph.source("present_value.1").getInput(0));
        first.setInput(1, graph.longs(-2)).setInput(2, graph.longs(Long.MAX_VALUE));
    }),

    // ---- diffusion
    GUIDANCE_HALVES_SWAPPED(
            GraphName.TOKEN_SAMPLER,
            "guided_10/tokens",
            graph -> graph.body(body -> {
                NodeProto.Builder conditional = body.all("Slice").get(0);
                NodeProto.Builder unconditional = body.all("Slice").get(1);
                for (int bound = 1; bound <= 2; bound++) {
                    String before = conditional.getInput(bound);
                    conditional.setInput(bound, unconditional.getInput(bound));
                    unconditional.setInput(bound, before);
                }
            })),
    TIMESTEP_OF_THE_NEIGHBOR(
            GraphName.TOKEN_SAMPLER,
            "guided_10/tokens",
            graph -> graph.body(body -> {
                NodeProto.Builder time = body.all("Gather").get(0);
                body.through(time, 1, "Sub", body.longs(1));
                body.through(time, 1, "Max", body.longs(0));
            })),
    LAST_STEP_MISSED(
            GraphName.TOKEN_SAMPLER,
            "last_2_of_10/tokens",
            graph -> graph.through(graph.only("Loop"), 0, "Sub", graph.longs(1))),
    NOISE_OF_THE_STEP_BEFORE(
            GraphName.TOKEN_SAMPLER,
            "guided_10/tokens",
            graph -> graph.all("Slice", "noise")
                    .get(1)
                    .setInput(1, graph.longs(0))
                    .setInput(2, graph.longs(-1))),
    NOISE_AT_THE_LAST_STEP(
            GraphName.TOKEN_SAMPLER, "last_2_of_10/tokens", graph -> graph.bypass(graph.only("Where"), 1)),
    TEMPERATURE_IGNORED(
            GraphName.TOKEN_SAMPLER, "last_2_of_10/tokens", graph -> graph.bypass(graph.only("Mul", "temperature"), 0)),
    VARIANCE_BOUNDS_EXCHANGED(GraphName.TOKEN_SAMPLER, "last_2_of_10/tokens", graph -> reverse(graph.only("Sub"))),
    SCALE_WITHOUT_ONE(
            GraphName.DIFFUSION_HEAD,
            "first_step/eps_and_variance",
            graph -> graph.all("Add").stream()
                    .filter(add -> add.getInput(0).endsWith("adaLN_modulation.1.bias"))
                    .forEach(add -> graph.bypass(add, 0))),
    SINES_BEFORE_COSINES(
            GraphName.DIFFUSION_HEAD, "first_step/eps_and_variance", graph -> reverse(graph.only("Concat"))),

    // ---- images
    LATENTS_NOT_SCALED(GraphName.PIXEL_ENCODER, "smaller/latents", graph -> {
        NodeProto.Builder transpose = graph.source(graph.source("latents").getInput(0));
        graph.bypass(graph.source(transpose.getInput(0)), 0);
    }),
    LATENTS_NOT_SCALED_BACK(
            GraphName.PIXEL_DECODER, "smaller/pixels", graph -> graph.bypass(graph.only("Div", "latents"), 0)),
    PADDED_LEFT_AND_TOP(
            GraphName.PIXEL_ENCODER,
            "smaller/latents",
            graph -> graph.all("Conv").stream()
                    .filter(conv -> conv.getAttributeList().contains(attribute("strides", List.of(2L, 2L))))
                    .forEach(conv -> graph.set(conv, attribute("pads", List.of(1L, 1L, 0L, 0L))))),
    HALF_AS_MANY_GROUPS(GraphName.PIXEL_DECODER, "smaller/pixels", graph -> {
        NodeProto.Builder norm = graph.all("InstanceNormalization").get(0);
        norm.setInput(1, graph.floats(1, 1)).setInput(2, graph.floats(0, 0));
        graph.source(norm.getInput(0)).setInput(1, graph.longs(0, 2, -1));
    }),
    SMOOTH_UPSAMPLING(GraphName.PIXEL_DECODER, "smaller/pixels", graph -> {
        graph.setAll("Resize", attribute("mode", "linear"));
        graph.setAll("Resize", attribute("coordinate_transformation_mode", "half_pixel"));
    }),
    LATENTS_NOT_SCALED_BACK_TO_FEATURES(
            GraphName.PIXEL_DECODER_FEATURES,
            "smaller/features",
            graph -> graph.bypass(graph.only("Div", "latents"), 0)),
    MARGIN_TOO_SMALL(GraphName.PIXEL_DECODER_TILE, "middle/pixels", graph -> {
        NodeProto.Builder tile = graph.only("Slice", "features");
        NodeProto.Builder start = graph.source(graph.source(tile.getInput(1)).getInput(0));
        NodeProto.Builder end = graph.source(tile.getInput(2));
        graph.through(start, 1, "Sub", graph.longs(1));
        graph.through(end, 1, "Sub", graph.longs(1));
    }),
    STATISTICS_OF_THE_IMAGE_IGNORED(
            GraphName.PIXEL_DECODER_TILE,
            "middle/pixels",
            graph -> graph.all("Where").forEach(where -> graph.bypass(where, 2))),
    STATISTICS_OF_THE_TILE_IGNORED(
            GraphName.PIXEL_DECODER_TILE,
            "corner_own/pixels",
            graph -> graph.all("Where").forEach(where -> graph.bypass(where, 1))),
    STATISTICS_WITH_THE_MARGIN(
            GraphName.PIXEL_DECODER_TILE,
            "corner_own/core_statistics",
            graph -> graph.all("Slice").stream()
                    .filter(core -> !graph.all("Reshape", core.getOutput(0)).isEmpty())
                    .forEach(core -> graph.bypass(core, 0))),
    MISSING_EPSILON_IN_TILES(
            GraphName.PIXEL_DECODER_TILE,
            "middle_own_quiet/pixels",
            graph -> graph.all("Sqrt")
                    .forEach(deviation -> graph.source(deviation.getInput(0)).setInput(1, graph.floats(1e-5f)))),
    BLUE_FIRST(GraphName.VISION_ENCODER, "one/image_embeds", graph -> {
        NodeProto.Builder conv = graph.only("Conv", "pixels");
        conv.setInput(0, graph.before(conv, "Gather", List.of("pixels", graph.longs(2, 1, 0)), attribute("axis", 1)));
    }),
    ERF_FOR_TANH_GELU(
            GraphName.VISION_ENCODER,
            "one/image_embeds",
            graph -> graph.all("Gelu").forEach(node -> graph.remove(node, "approximate")));

    private final GraphName graph;
    private final String caughtAt;
    private final Consumer<GraphSurgery> damage;

    Sabotage(GraphName graph, String caughtAt, Consumer<GraphSurgery> damage) {
        this.graph = graph;
        this.caughtAt = caughtAt;
        this.damage = damage;
    }

    /** The one graph that gives other results. */
    GraphName graph() {
        return graph;
    }

    /** The check that must fail. */
    String caughtBy() {
        return "stage/" + graph.label() + "/" + caughtAt + " (relative L2)";
    }

    void applyTo(ModelCopy model) {
        model.edit(graph, damage);
    }

    /** ONNX's default takes its place, 1e-5. */
    private static void forgetEpsilon(GraphSurgery graph, String norm) {
        graph.all(norm).forEach(node -> graph.remove(node, "epsilon"));
    }

    private static void ignoreCanvas(GraphSurgery graph) {
        NodeProto.Builder tile = graph.only("Tile", "canvas");
        graph.through(tile, 0, "Mul", graph.floats(0));
        graph.through(tile, 0, "Add", "mar.mask_token");
    }

    private static void reverse(NodeProto.Builder concat) {
        String first = concat.getInput(0);
        concat.setInput(0, concat.getInput(1)).setInput(1, first);
    }

    private static NodeProto.Builder gatherOfPastKeys(GraphSurgery graph) {
        return graph.only("Gather", graph.only("Reshape", "past_key.0").getOutput(0));
    }

    /** Rows a, b become a, a, b, b instead of a, b, a, b. */
    private static void repeatEach(GraphSurgery graph, NodeProto.Builder tile) {
        String x = tile.getInput(0);
        String rest = graph.before(tile, "Shape", List.of(x), attribute("start", 1));
        String shape = graph.before(tile, "Concat", List.of(graph.longs(-1), rest), attribute("axis", 0));
        String single = graph.before(tile, "Unsqueeze", List.of(x, graph.longs(1)));
        String times = graph.before(tile, "Concat", List.of(graph.longs(1), tile.getInput(1)), attribute("axis", 0));
        String repeated = graph.before(tile, "Tile", List.of(single, times));
        tile.setOpType("Reshape").setInput(0, repeated).setInput(1, shape);
    }

    /** The past moves up by one place, and its newest token is lost. */
    private static void forgetNewest(GraphSurgery graph, NodeProto.Builder attention, int input) {
        String past = attention.getInput(input);
        String axis = graph.longs(2);
        String oldest = graph.before(attention, "Slice", List.of(past, graph.longs(0), graph.longs(1), axis));
        String older = graph.before(attention, "Slice", List.of(past, graph.longs(0), graph.longs(-1), axis));
        attention.setInput(input, graph.before(attention, "Concat", List.of(oldest, older), attribute("axis", 2)));
    }
}
