package io.github.unipic.conformance.bench;

import io.github.unipic.model.GraphName;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.RuntimeOptions;
import java.nio.file.Path;
import java.util.Arrays;

/** A model as {@code UniPic} loads it, with its parts at hand and a clock at its graphs. */
final class LoadedModel implements AutoCloseable {
    private final Engine engine;
    private final GraphTimes times = new GraphTimes(System::nanoTime);
    private final double loadSeconds;

    LoadedModel(Path path, RuntimeOptions options) {
        long start = System.nanoTime();
        engine = Engine.open(ModelFolder.open(path, false), options, times);
        loadSeconds = secondsSince(start);
    }

    static double secondsSince(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    Engine engine() {
        return engine;
    }

    Manifest manifest() {
        return engine.manifest();
    }

    GraphTimes times() {
        return times;
    }

    Results.Load load() {
        return new Results.Load(loadSeconds, times.sessionSeconds(), loadSeconds + times.openingSeconds());
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
        engine.close();
    }
}
