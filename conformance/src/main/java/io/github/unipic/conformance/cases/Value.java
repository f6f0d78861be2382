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
public interface Value {
    /** Compares it with what is expected. */
    void judge(Judge judge);

    /** Keeps it as what is expected of others, if it is compared with what others give. */
    default void record(String prefix, String name, Recorder recorder) throws IOException {}

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
        static Values of(Tensor tensor) {
            return new Values(new Floats(tensor.toFloats(), tensor.shape()), Optional.empty());
        }

        /** Of which the number counts, not the shape. */
        public static Values flat(float[] floats) {
            return new Values(new Floats(floats, floats.length), Optional.empty());
        }

        @Override
        public void judge(Judge judge) {
            must.ifPresentOrElse(
                    right -> judge.comparer().same(judge.name(), floats, right),
                    () -> judge.against(
                            Expected::floats,
                            right -> judge.comparer().floats(judge.name(), floats, right, judge.limit())));
        }

        @Override
        public void record(String prefix, String name, Recorder recorder) throws IOException {
            if (must.isEmpty()) {
                recorder.floats(prefix + name, floats.values(), floats.shape());
            }
        }
    }

    /** Integers, which must be the same. */
    record Integers(long... values) implements Value {
        @Override
        public void judge(Judge judge) {
            judge.against(Expected::integers, right -> judge.comparer().exact(judge.name(), values, right));
        }
    }

    /** A generated image. */
    record Generated(Image image) implements Value {
        @Override
        public void judge(Judge judge) {
            Tolerances limits = judge.tolerances().tasks();
            judge.against(Expected::image, right -> {
                judge.comparer()
                        .generated(judge.name(), image.rgb(), right.rgb(), limits.imageLargest(), limits.imageShare());
                judge.results().add(new ImagePair(judge.one().name(), right, image));
            });
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
