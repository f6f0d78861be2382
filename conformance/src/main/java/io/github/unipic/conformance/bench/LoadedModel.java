package io.github.unipic.conformance.bench;

import io.github.unipic.Cancellation;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.Stages;
import io.github.unipic.text.PromptTokenizer;
import java.nio.file.Path;
import java.util.Arrays;

/** A model as {@code UniPic} loads it, with its parts at hand and a clock at its graphs. */
final class LoadedModel implements AutoCloseable {
    private final Graphs graphs;
    private final PromptTokenizer tokenizer;
    private final StageTimes times = new StageTimes(System::nanoTime);
    private final double loadSeconds;

    LoadedModel(Path path, RuntimeOptions options) {
        long start = System.nanoTime();
        ModelFolder folder = ModelFolder.open(path, false);
        graphs = new Graphs(folder, options, times);
        try {
            tokenizer = PromptTokenizer.load(folder.tokenizer());
        } catch (RuntimeException | Error e) {
            graphs.close();
            throw e;
        }
        if (!options.memory().mapped() && options.memory().keepLoaded()) {
            openAll();
        }
        loadSeconds = secondsSince(start);
    }

    private void openAll() {
        try {
            graphs.openAll();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    static double secondsSince(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    Graphs graphs() {
        return graphs;
    }

    PromptTokenizer tokenizer() {
        return tokenizer;
    }

    Manifest manifest() {
        return graphs.folder().manifest();
    }

    StageTimes times() {
        return times;
    }

    Results.Load load() {
        return new Results.Load(loadSeconds, times.sessionSeconds(), loadSeconds + times.openingSeconds());
    }

    LanguageContext context(Cancellation cancellation) {
        return LanguageContext.empty(new Stages(graphs, cancellation), tokenizer, manifest());
    }

    /** Of the language model, which is most of the weights. */
    String precision() {
        return manifest().graphs().get(GraphName.DECODER_STEP.label()).precision();
    }

    /** Bytes of the files that hold these graphs' weights, each file once. */
    long weightBytes(GraphName... names) {
        return Arrays.stream(names)
                .flatMap(name -> manifest().graphs().get(name.label()).data().stream())
                .distinct()
                .mapToLong(file -> manifest().files().get(file).bytes())
                .sum();
    }

    @Override
    public void close() {
        try {
            graphs.close();
        } finally {
            tokenizer.close();
        }
    }
}
