package io.github.unipic.conformance.golden;

import io.github.unipic.Image;
import io.github.unipic.conformance.checks.Findings;
import io.github.unipic.conformance.compare.Comparer;
import io.github.unipic.conformance.compare.ModelTolerances;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.ImagePair;
import io.github.unipic.model.GraphName;

/** Compares what the graphs give with one golden file's tensors, key by key. */
final class GoldenComparer {
    /** JPEG decoders round differently: levels on average. */
    private static final double JPEG_LIMIT = 2;

    private static final String EXACT = "fp32";

    private final GoldenFile golden;
    private final ModelTolerances tolerances;
    private final Findings findings;

    GoldenComparer(GoldenFile golden, ModelTolerances tolerances, Findings findings) {
        this.golden = golden;
        this.tolerances = tolerances;
        this.findings = findings;
    }

    GoldenFile golden() {
        return golden;
    }

    /** An output of one graph. */
    void stage(GraphName graph, String key, float[] actual) {
        stage(graph, key, actual, golden.floats(key));
    }

    void stage(GraphName graph, String key, float[] actual, float[] expected) {
        on(Area.STAGE, graph.label()).floats(key, actual, expected, tolerances.stage(graph));
    }

    /** Integers that go into one graph, which must be the same. */
    void stage(GraphName graph, String key, long[] actual) {
        on(Area.STAGE, graph.label()).exact(key, actual, golden.longs(key));
    }

    /** Something on the way of a whole image. */
    void loop(String key, float[] actual) {
        on(Area.LOOP, kind())
                .floats(key, actual, golden.floats(key), tolerances.tasks().loop());
    }

    /** Integers, which must be the same. */
    void exact(Area area, String key, long[] actual) {
        on(area, kind()).exact(key, actual, golden.longs(key));
    }

    /**
     * An answer's words, which must be the same in float32. A coarser precision may part from them at a word that was
     * nearly as likely, and these files have no margins to tell by; the reference's have.
     */
    void answer(String key, long[] actual) {
        String precision = tolerances.tasks().precision();
        if (precision.equals(EXACT)) {
            exact(Area.UNDERSTANDING, key, actual);
        } else {
            findings.skip(golden.name() + "/" + key + ": no margins to judge " + precision + " by");
        }
    }

    /** A drawn image. */
    void image(String key, Image actual) {
        byte[] expected = golden.bytes(key);
        on(Area.LOOP, kind())
                .levels(
                        key,
                        actual.rgb(),
                        expected,
                        tolerances.tasks().imageLargest(),
                        tolerances.tasks().imageShare());
        findings.add(new ImagePair(golden.name(), Image.ofRgb(actual.width(), actual.height(), expected), actual));
    }

    /** A framed photo: the same to the byte, or from a JPEG, whose decoders differ. */
    void photo(String key, byte[] actual, boolean jpeg) {
        Comparer comparer = on(Area.PREPROCESSING, kind());
        if (jpeg) {
            comparer.meanDifference(key, actual, golden.bytes(key), JPEG_LIMIT);
        } else {
            comparer.sameLevels(key, actual, golden.bytes(key));
        }
    }

    /** The first word of the file's name: t2i, edit, understand, preprocess. */
    private String kind() {
        return golden.name().split("_")[0];
    }

    private Comparer on(Area area, String subject) {
        return new Comparer(area, subject, golden.name(), findings::add);
    }
}
