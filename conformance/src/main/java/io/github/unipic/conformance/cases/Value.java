package io.github.unipic.conformance.cases;

import io.github.unipic.Image;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.conformance.compare.Tolerances;
import io.github.unipic.conformance.report.ImagePair;
import io.github.unipic.conformance.report.Timing;
import io.github.unipic.runtime.Tensor;
import java.io.IOException;
import java.util.Optional;

/** Something that a case gives, with the metric that judges it. */
public sealed interface Value {
    /** Compares it with what is expected. */
    void judge(Judge judge);

    /**
     * Keeps it as what is expected of others.
     *
     * @param of the case that gave it
     * @param name of the output
     */
    default void record(Case of, String name, Recorder recorder) throws IOException {}

    /** Takes what is expected of others, by key. */
    interface Recorder {
        void floats(String key, float[] values, long... shape) throws IOException;

        void longs(String key, long[] values, long... shape) throws IOException;
    }

    /**
     * Floats, judged by the relative L2 error.
     *
     * @param must what they must be to the bit, where a rule says that; else what is expected says it
     */
    record Values(Floats floats, Optional<Floats> must) implements Value {
        public Values(Floats floats) {
            this(floats, Optional.empty());
        }

        /** A copy of a tensor. */
        public static Values of(Tensor tensor) {
            return new Values(new Floats(tensor.toFloats(), tensor.shape()));
        }

        @Override
        public void judge(Judge judge) {
            String name = judge.output().name();
            if (must.isPresent()) {
                judge.comparer().same(name, floats, must.get());
            } else {
                judge.against(
                        judge.expected().floats(judge.key()),
                        right -> judge.comparer().floats(name, floats, right, judge.limit()));
            }
        }

        @Override
        public void record(Case of, String name, Recorder recorder) throws IOException {
            if (must.isEmpty()) {
                recorder.floats(of.key(name), floats.values(), floats.shape());
            }
        }
    }

    /** Integers, which must be the same. */
    record Integers(long... values) implements Value {
        @Override
        public void judge(Judge judge) {
            judge.against(
                    judge.expected().integers(judge.key()),
                    right -> judge.comparer().exact(judge.output().name(), values, right));
        }
    }

    /** A generated image. */
    record Generated(Image image) implements Value {
        @Override
        public void judge(Judge judge) {
            Tolerances limits = judge.tolerances().tasks();
            judge.against(judge.expected().image(judge.key()), right -> {
                judge.comparer()
                        .generated(
                                judge.output().name(),
                                image.rgb(),
                                right.rgb(),
                                limits.imageLargest(),
                                limits.imageShare());
                judge.results().add(new ImagePair(judge.one().name(), right, image));
            });
        }
    }

    /**
     * A framed and resized photo.
     *
     * @param jpeg whose decoders round differently; else it must be the same to the byte
     */
    record Photo(Image image, boolean jpeg) implements Value {
        private static final double JPEG_LIMIT = 2;

        @Override
        public void judge(Judge judge) {
            String name = judge.output().name();
            judge.against(judge.expected().image(judge.key()), right -> {
                if (jpeg) {
                    judge.comparer().meanDifference(name, image.rgb(), right.rgb(), JPEG_LIMIT);
                } else {
                    judge.comparer().samePixels(name, image.rgb(), right.rgb());
                }
            });
        }
    }

    /** An answer of which the expected one has margins. */
    record Answer(GreedyAnswer answer) implements Value {
        private static final String MARGINS = "margins";

        @Override
        public void judge(Judge judge) {
            String key = judge.one().key(MARGINS);
            Optional<long[]> ids = judge.expected().integers(judge.key());
            Optional<float[]> margins = judge.expected().floats(key).map(Floats::values);
            String name = judge.output().name();
            if (ids.isEmpty() || margins.isEmpty()) {
                judge.comparer().cannotJudge(name, judge.expected().without(ids.isEmpty() ? judge.key() : key));
            } else if (ids.get().length == 0 || ids.get().length != margins.get().length) {
                judge.comparer()
                        .cannotJudge(
                                name,
                                "the reference has " + ids.get().length + " ids and " + margins.get().length
                                        + " margins; record it again");
            } else {
                answer.compare(
                        name,
                        ids.get(),
                        margins.get(),
                        judge.tolerances().tasks().answerMargin(),
                        judge.comparer());
            }
        }

        @Override
        public void record(Case of, String name, Recorder recorder) throws IOException {
            recorder.longs(of.key(name), answer.ids(), answer.ids().length);
            float[] margins = answer.margins();
            recorder.floats(of.key(MARGINS), margins, margins.length);
        }
    }

    /**
     * An answer of which the expected one has no margins. It must be the same in float32. A coarser precision may part
     * from it at a token that was nearly as likely, which nothing can tell.
     */
    record AnswerTokens(long... ids) implements Value {
        private static final String EXACT = "fp32";

        @Override
        public void judge(Judge judge) {
            String precision = judge.tolerances().tasks().precision();
            if (precision.equals(EXACT)) {
                new Integers(ids).judge(judge);
            } else {
                judge.results()
                        .skip(judge.one().name() + "/" + judge.output().name() + ": no margins to judge " + precision
                                + " by");
            }
        }
    }

    /** How long a graph ran, which is reported and not judged. */
    record Time(long nanos) implements Value {
        @Override
        public void judge(Judge judge) {
            judge.results().add(new Timing(judge.output().subject(), judge.one().name(), nanos / 1e6));
        }
    }
}
