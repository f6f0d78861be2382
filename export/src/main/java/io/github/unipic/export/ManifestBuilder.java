package io.github.unipic.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.export.Architecture.LanguageModel;
import io.github.unipic.export.Architecture.Mar;
import io.github.unipic.export.checkpoint.Checkpoint;
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
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/** Fills in unipic.json from what the checkpoint is and what the export wrote. */
record ManifestBuilder(Checkpoint checkpoint, Architecture architecture) {
    /** The published model draws twice as many tokens a side as its position tables were trained on. */
    private static final int DEFAULT_SIDE_FACTOR = 2;

    /** UNIPIC.md, "Text to image", "Editing" and "Understanding". */
    private static final Prompts PROMPTS = new Prompts(
            "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n",
            "<|im_end|>\n",
            "Generate an image: {}",
            "Generate an image.",
            "Repeat this image.",
            "Describe the image in detail.");

    Manifest build(String name, String producer, Map<String, GraphSpec> graphs, Map<String, FileSpec> files) {
        return new Manifest(
                Manifest.FORMAT_VERSION,
                checkpoint.overrides().path("name").asText(name),
                producer,
                sizes(),
                new Diffusion(architecture.maxBeta()),
                tokens(),
                PROMPTS,
                defaults(),
                graphs,
                files);
    }

    static List<TensorSpec> ports(List<Graph.Port> ports) {
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

    /**
     * The image placeholder gets the first id that the tokenizer leaves free; stops are as generation_config.json says.
     */
    private Tokens tokens() {
        JsonNode tokenizer = readTokenizer();
        int free = 0;
        for (JsonNode id : tokenizer.at("/model/vocab")) {
            free = Math.max(free, id.asInt() + 1);
        }
        List<Integer> stops = new ArrayList<>();
        for (JsonNode added : tokenizer.path("added_tokens")) {
            free = Math.max(free, added.path("id").asInt() + 1);
            String content = added.path("content").asText();
            if (content.equals("<|im_end|>") || content.equals("<|endoftext|>")) {
                stops.add(added.path("id").asInt());
            }
        }
        JsonNode configured = checkpoint
                .generationConfig()
                .map(config -> config.path("eos_token_id"))
                .orElseGet(() -> checkpoint.languageModelConfig().path("eos_token_id"));
        if (configured.isInt()) {
            stops = List.of(configured.asInt());
        } else if (configured.isArray() && !configured.isEmpty()) {
            stops = StreamSupport.stream(configured.spliterator(), false)
                    .map(JsonNode::asInt)
                    .toList();
        }
        return new Tokens(free, stops);
    }

    private JsonNode readTokenizer() {
        try {
            return new JsonMapper().readTree(checkpoint.tokenizerFile().toFile());
        } catch (IOException e) {
            throw new ExportException(
                    checkpoint.tokenizerFile() + " is not a Hugging Face tokenizer.json; copy it again.", e);
        }
    }
}
