package io.github.unipic.export.folder;

import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.modules.Architecture;
import io.github.unipic.export.modules.Architecture.LanguageModel;
import io.github.unipic.export.modules.Architecture.Mar;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.Defaults;
import io.github.unipic.model.Manifest.Diffusion;
import io.github.unipic.model.Manifest.FileSpec;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.model.Manifest.Sizes;
import io.github.unipic.model.Manifest.TensorSpec;
import io.github.unipic.model.Manifest.Tokens;
import java.util.List;
import java.util.Map;

/** Makes unipic.json from the checkpoint and what the export wrote. */
public record ManifestBuilder(Checkpoint checkpoint, Architecture architecture, Tokens tokens) {
    /** The published model generates twice as many tokens a side as its position tables were trained on. */
    private static final int DEFAULT_SIDE_FACTOR = 2;

    /** UNIPIC.md, "Text to image", "Editing" and "Understanding". */
    private static final Prompts PROMPTS = new Prompts(
            "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n",
            "<|im_end|>\n",
            "Generate an image: {}",
            "Generate an image.",
            "Repeat this image.",
            "Describe the image in detail.");

    /** The manifest of the graphs and files that were written. */
    public Manifest build(String name, String producer, Map<String, GraphSpec> graphs, Map<String, FileSpec> files) {
        return new Manifest(
                Manifest.FORMAT_VERSION,
                checkpoint.overrides().text("name").orElse(name),
                producer,
                sizes(),
                new Diffusion(architecture.maxBeta()),
                tokens,
                PROMPTS,
                defaults(),
                graphs,
                files);
    }

    /** What the manifest says of a graph that was written to {@code file}. */
    public static GraphSpec graph(Graph graph, String file, Precision precision) {
        return new GraphSpec(
                file,
                graph.dataFiles(),
                precision.label(),
                graph.blockSize(),
                (graph.isPortable() ? Flavor.PORTABLE : Flavor.FUSED).label(),
                ports(graph.inputs()),
                ports(graph.outputs()));
    }

    private static List<TensorSpec> ports(List<Graph.Port> ports) {
        return ports.stream()
                .map(port -> new TensorSpec(port.name(), port.type().label(), port.shape()))
                .toList();
    }

    private Sizes sizes() {
        LanguageModel llm = architecture.llm();
        Mar mar = architecture.mar();
        return new Sizes(
                llm.width(),
                llm.layers(),
                llm.kvHeads(),
                llm.headDim(),
                llm.vocabulary(),
                llm.context(),
                mar.buffers(),
                mar.dim(),
                mar.channels(),
                architecture.vae().downsampling(),
                mar.gridSide(),
                architecture.vision().map(Architecture.Vision::imageSize).orElse(0));
    }

    private Defaults defaults() {
        int side = architecture.mar().gridSide() * architecture.vae().downsampling() * DEFAULT_SIDE_FACTOR;
        return new Defaults(side, side, 32, 3.0, "constant", 1.0, 100);
    }
}
