package io.github.unipic.export.graphs;

import io.github.unipic.export.modules.Architecture;
import io.github.unipic.export.modules.Architecture.Mar;
import io.github.unipic.export.modules.KeysAndValues;
import io.github.unipic.export.modules.MarDecoder;
import io.github.unipic.export.modules.MarEncoder;
import io.github.unipic.export.modules.Projector;
import io.github.unipic.export.modules.Weights;
import io.github.unipic.export.onnx.ElementType;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;
import java.util.ArrayList;
import java.util.List;

/** MAR's graphs, each with the projector that joins it to the language model. */
final class MarGraphs {
    private MarGraphs() {}

    /** Known tokens to the encoder's result, the language model's input, and the decoder's canvas (for editing). */
    static Graph encoder(Weights weights, Architecture sizes) {
        Graph graph = new Graph("mar_encoder");
        Mar mar = sizes.mar();
        int buffers = mar.buffers();
        Value tokens = graph.input("tokens", ElementType.FLOAT32, "B", "V", mar.channels());
        Value positions = graph.input("positions", ElementType.INT64, "B", "V");
        Value grid = graph.input("grid", ElementType.INT64, 2);

        Value encoded = new MarEncoder(weights.at("mar"), mar).apply(tokens.cast(weights.type()), positions, grid);
        Value projected = new Projector(
                        weights.at("proj_in"),
                        mar.dim(),
                        sizes.llm().width(),
                        sizes.llm().width())
                .apply(encoded);
        Value knownFirst = graph.concat(1, projected.slice(1, buffers, Long.MAX_VALUE), projected.slice(1, 0, buffers));

        graph.output("x_enc", encoded, "B", buffers + "+V", mar.dim());
        graph.output("z_enc", knownFirst, "B", "V+" + buffers, sizes.llm().width());
        graph.output("canvas", new MarDecoder(weights.at("mar"), mar).embed(encoded), "B", buffers + "+V", mar.dim());
        return graph;
    }

    /** The language model's hidden states, joined to the encoder's result, to the diffusion head's conditions. */
    static Graph decoder(Weights weights, Architecture sizes) {
        Graph graph = new Graph("mar_decoder");
        DecoderInputs in = DecoderInputs.of(graph, weights, sizes);
        Value z = new MarDecoder(weights.at("mar"), sizes.mar())
                .apply(in.known, in.positions, in.canvas, in.predict, in.grid);
        graph.output("z", z, "B", "M", sizes.mar().dim());
        return graph;
    }

    /** As {@link #decoder}, over a cache of keys and values. */
    static Graph decoderCached(Weights weights, Architecture sizes) {
        Graph graph = new Graph("mar_decoder_cached");
        Mar mar = sizes.mar();
        DecoderInputs in = DecoderInputs.of(graph, weights, sizes);
        Value refresh = graph.input("refresh", ElementType.INT64, "E", "K");
        Value reuse = graph.input("reuse", ElementType.INT64, "E", "U");
        List<KeysAndValues> past = new ArrayList<>();
        for (int i = 0; i < mar.decoderBlocks(); i++) {
            Value keys = graph.input("past_key." + i, weights.type(), "B", "N", mar.dim());
            past.add(new KeysAndValues(keys, graph.input("past_value." + i, weights.type(), "B", "N", mar.dim())));
        }
        MarDecoder.Cached result = new MarDecoder(weights.at("mar"), mar)
                .applyCached(
                        in.known,
                        in.positions,
                        in.canvas,
                        Batch.tileRows(refresh, in.batch),
                        in.predict,
                        in.grid,
                        Batch.tileRows(reuse, in.batch),
                        past);
        graph.output("z", result.conditions(), "B", "M", mar.dim());
        // The last outputs are computed first: so the unconditional half of block 0 is freed before block 1 runs.
        for (int i = mar.decoderBlocks() - 1; i >= 0; i--) {
            KeysAndValues present = result.present().get(i).first(refresh.dim(0));
            graph.output("present_key." + i, present.keys(), "E", "K+M", mar.dim());
            graph.output("present_value." + i, present.values(), "E", "K+M", mar.dim());
        }
        return graph;
    }

    /** What both decoders take, repeated to the rows of the batch. */
    private record DecoderInputs(Value batch, Value known, Value positions, Value predict, Value canvas, Value grid) {
        static DecoderInputs of(Graph graph, Weights weights, Architecture sizes) {
            Mar mar = sizes.mar();
            int buffers = mar.buffers();
            ElementType type = weights.type();
            Value encoded = graph.input("x_enc", type, "E", buffers + "+V", mar.dim());
            Value hidden = graph.input(
                    "llm_hidden", type, "B", "V+" + buffers, sizes.llm().width());
            Value positions = graph.input("positions", ElementType.INT64, "E", "V");
            Value predict = graph.input("predict", ElementType.INT64, "E", "M");
            Value canvas = graph.input("canvas", type, "F", "C", mar.dim());
            Value grid = graph.input("grid", ElementType.INT64, 2);

            Value batch = hidden.dim(0);
            Value buffersFirst =
                    graph.concat(1, hidden.slice(1, -buffers, Long.MAX_VALUE), hidden.slice(1, 0, -buffers));
            Value projected = new Projector(
                            weights.at("proj_out"),
                            sizes.llm().width(),
                            sizes.llm().width(),
                            mar.dim())
                    .apply(buffersFirst);
            Value known = Batch.tile(encoded, batch).add(projected);
            return new DecoderInputs(
                    batch,
                    known,
                    Batch.tileRows(positions, batch),
                    Batch.tileRows(predict, batch),
                    Batch.tile(canvas, batch),
                    grid);
        }
    }
}
