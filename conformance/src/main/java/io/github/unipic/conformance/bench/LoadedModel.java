package io.github.unipic.conformance.bench;

import io.github.unipic.model.GraphName;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.RuntimeOptions;
import java.nio.file.Path;
import java.util.Arrays;

/** A model as {@code UniPic} loads it, with access to its parts and times of its graphs. */
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

    /** The precision of the language model, which has most of the weights. */
    String precision() {
        return manifest().graphs().get(GraphName.DECODER_STEP.label()).precision();
    }

    /** Bytes of the files with these graphs' weights, each file counted once. */
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
