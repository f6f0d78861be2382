package io.github.unipic.export.graphs;

import io.github.unipic.export.modules.Architecture.LanguageModel;
import io.github.unipic.export.modules.Qwen2Decoder;
import io.github.unipic.export.modules.Qwen2Decoder.LayerCache;
import io.github.unipic.export.modules.TokenTable;
import io.github.unipic.export.modules.Weights;
import io.github.unipic.export.onnx.ElementType;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;
import java.util.ArrayList;
import java.util.List;

/** The language model's graphs: embedding, decoder step, head. */
final class TextGraphs {
    private static final String EMBEDDING = "model.embed_tokens.weight";

    private TextGraphs() {}

    /** ids int64 [B,S] to embeds [B,S,D]. */
    static Graph embedding(Weights llm, LanguageModel sizes) {
        Graph graph = new Graph("text_embedding");
        Value ids = graph.input("ids", ElementType.INT64, "B", "S");
        TokenTable table = new TokenTable(llm, EMBEDDING, sizes.vocabulary(), sizes.width());
        graph.output("embeds", table.embed(ids), "B", "S", sizes.width());
        return graph;
    }

    /** hidden [B,D] to logits float32 [B,vocabulary]. */
    static Graph head(Weights llm, LanguageModel sizes) {
        Graph graph = new Graph("text_head");
        Value hidden = graph.input("hidden", llm.type(), "B", sizes.width());
        String name = sizes.tiedHead() ? EMBEDDING : "lm_head.weight";
        TokenTable table = new TokenTable(llm, name, sizes.vocabulary(), sizes.width());
        graph.output("logits", table.logits(hidden), "B", sizes.vocabulary());
        return graph;
    }

    /** One step of the language model over its KV cache: a prompt, an image's tokens or one token of text. */
    static Graph decoderStep(Weights llm, LanguageModel sizes) {
        Graph graph = new Graph("decoder_step");
        ElementType type = llm.type();
        Value embeds = graph.input("embeds", type, "E", "S", sizes.width());
        Value mask = graph.input("attention_mask", ElementType.INT64, "B", "P+S");
        Value positions = graph.input("position_ids", ElementType.INT64, "B", "S");
        List<LayerCache> past = new ArrayList<>();
        for (int i = 0; i < sizes.layers(); i++) {
            Value keys = graph.input("past_key." + i, type, "B", sizes.kvHeads(), "P", sizes.headDim());
            past.add(new LayerCache(
                    keys, graph.input("past_value." + i, type, "B", sizes.kvHeads(), "P", sizes.headDim())));
        }
        Value tiled = Batch.tile(embeds, positions.dim(0));
        Qwen2Decoder.Result result = new Qwen2Decoder(llm.at("model"), sizes).apply(tiled, mask, positions, past);
        graph.output("hidden", result.hidden(), "B", "S", sizes.width());
        for (int i = 0; i < sizes.layers(); i++) {
            LayerCache present = result.present().get(i);
            graph.output("present_key." + i, present.keys(), "B", sizes.kvHeads(), "P+S", sizes.headDim());
            graph.output("present_value." + i, present.values(), "B", sizes.kvHeads(), "P+S", sizes.headDim());
        }
        return graph;
    }
}
