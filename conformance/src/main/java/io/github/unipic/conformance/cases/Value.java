package io.github.unipic.conformance.cases;

import io.github.unipic.Image;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.conformance.compare.Tolerances;
import io.github.unipic.conformance.report.ImagePair;
import io.github.unipic.conformance.report.Timing;
import io.github.unipic.runtime.Tensor;
import java.io.IOException;
import java.util.Optional;

/** The value of a case's output, with the metric that judges it. */
public interface Value {
    /** Compares it with the expected value. */
    void judge(Judge judge);

    /** Records it as a reference, if it is a value that is compared with a reference. */
    default void record(String prefix, String name, Recorder recorder) throws IOException {}

    /** Receives the values of a reference, by key. */
    interface Recorder {
        void floats(String key, float[] values, long... shape) throws IOException;

        void longs(String key, long[] values, long... shape) throws IOException;
    }

    /**
     * Floats, judged by the relative L2 error.
     *
     * @param must the values that they must equal bit for bit, if a rule gives them; otherwise the expected values
     *     count
     */
    record Values(Floats floats, Optional<Floats> must) implements Value {
        static Values of(Tensor tensor) {
            return new Values(new Floats(tensor.toFloats(), tensor.shape()), Optional.empty());
        }

        /** Values whose number is checked, but not their shape. */
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

    /** An input of a graph, which is only told. It is open until the case ends. */
    record Input(Tensor tensor) implements Value {
        @Override
        public void judge(Judge judge) {}
    }

    /** How long a graph ran, which is reported and not judged. */
    record Time(long nanos) implements Value {
        @Override
        public void judge(Judge judge) {
            judge.results().add(new Timing(judge.output().subject(), judge.one().name(), nanos / 1e6));
        }
    }
}
