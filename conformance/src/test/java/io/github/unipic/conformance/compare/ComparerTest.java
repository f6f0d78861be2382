package io.github.unipic.conformance.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ComparerTest {
    private final List<Check> checks = new ArrayList<>();
    private final Comparer comparer = new Comparer(Area.GRAPH, "mar_decoder", "half_tall", checks::add);

    @Test
    void floatsPassUpToTheLimit() {
        comparer.floats("z", new float[] {3, 4, 0.5f}, new float[] {3, 4, 0}, 0.1);
        comparer.floats("z", new float[] {3, 4, 0.5f}, new float[] {3, 4, 0}, 0.099);
        assertThat(checks).extracting(Check::passed).containsExactly(true, false);
        assertThat(checks.get(0).name()).isEqualTo("stage/mar_decoder/half_tall/z (relative L2)");
        assertThat(checks.get(0).errors()).isPresent();
    }

    @Test
    void nothingThatIsNotFinitePasses() {
        float[] reference = {1, 1};
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            comparer.floats("z", new float[] {1, bad}, reference, Double.MAX_VALUE);
            comparer.floats("z", reference, new float[] {1, bad}, Double.MAX_VALUE);
            comparer.floats("z", new float[] {1, bad}, new float[] {1, bad}, Double.MAX_VALUE);
        }
        comparer.floats("z", new float[] {0, 1e-30f}, new float[] {0, 0}, Double.MAX_VALUE);
        assertThat(checks).hasSize(10).noneMatch(Check::passed);
    }

    @Test
    void theSameToTheBit() {
        comparer.same("kept", floats(Float.NaN, 0f), floats(Float.NaN, 0f));
        comparer.same("kept", floats(1, -0f), floats(1, 0f));
        assertThat(checks).extracting(Check::value).containsExactly(0.0, 1.0);
        assertThat(checks).extracting(Check::passed).containsExactly(true, false);
    }

    @Test
    void integersOfOtherCountsDiffer() {
        comparer.exact("ids", new long[] {1, 2, 3}, new long[] {1, 2, 3});
        comparer.exact("ids", new long[] {1, 2, 3}, new long[] {1, 2, 4});
        comparer.exact("ids", new long[] {1, 2}, new long[] {1, 2, 3});
        comparer.exact("ids", new long[] {}, new long[] {1});
        assertThat(checks).extracting(Check::value).containsExactly(0.0, 1.0, 3.0, 1.0);
    }

    @Test
    void imagesAreOfUnsignedBytes() {
        byte[] dark = {0, 0, 127, (byte) 255};
        byte[] light = {0, 1, (byte) 128, (byte) 255};
        comparer.generated("image", light, dark, 1, 0.5);
        comparer.generated("image", light, dark, 0, 0.49);
        comparer.meanDifference("image", light, dark, 0.5);
        comparer.samePixels("image", dark, dark);
        comparer.samePixels("image", dark, light);
        assertThat(checks).extracting(Check::value).containsExactly(1.0, 0.5, 1.0, 0.5, 0.5, 0.0, 2.0);
        assertThat(checks).extracting(Check::passed).containsExactly(true, true, false, false, true, true, false);
    }

    @Test
    void otherShapesFail() {
        comparer.floats("z", new float[2], new float[3], 1);
        assertThat(comparer.floats("z", new Floats(new float[6], 2, 3), new Floats(new float[6], 3, 2), 1))
                .isFalse();
        comparer.same("z", new Floats(new float[6], 2, 3), new Floats(new float[6], 6));
        comparer.generated("z", new byte[2], new byte[3], 255, 1);
        comparer.samePixels("z", new byte[2], new byte[3]);
        comparer.meanDifference("z", new byte[2], new byte[3], 255);
        assertThat(checks)
                .hasSize(6)
                .noneMatch(Check::passed)
                .extracting(Check::metric)
                .containsOnly("shape");
        assertThat(checks.get(1).note()).get().asString().contains("[2, 3]", "[3, 2]");
    }

    @Test
    void theSameShapeIsNoCheckOfItsOwn() {
        assertThat(comparer.floats("z", new Floats(new float[6], 2, 3), new Floats(new float[6], 2, 3), 1))
                .isTrue();
        assertThat(checks)
                .singleElement()
                .satisfies(check -> assertThat(check.passed()).isTrue());
    }

    @Test
    void aShareThatCannotFailIsToldNotJudged() {
        comparer.generated("image", new byte[] {0, 1}, new byte[] {0, 0}, 1, 1);
        assertThat(checks).singleElement().satisfies(check -> {
            assertThat(check.metric()).isEqualTo("largest difference");
            assertThat(check.note()).contains("0.500 of the values differ");
        });
    }

    @Test
    void withoutAReferenceNothingPasses() {
        comparer.cannotJudge("z", "the reference has no z");
        assertThat(checks).singleElement().satisfies(check -> {
            assertThat(check.passed()).isFalse();
            assertThat(check.note()).contains("the reference has no z");
        });
    }

    private static Floats floats(float... values) {
        return new Floats(values, values.length);
    }

    @Test
    void aNumberOfAnotherKind() {
        comparer.measured("ids", "margin", 0.2, 0.1, Optional.of("the answers diverge at token 3"));
        assertThat(checks).singleElement().satisfies(check -> {
            assertThat(check.passed()).isFalse();
            assertThat(check.ratio()).isEqualTo(2);
            assertThat(check.note()).contains("the answers diverge at token 3");
        });
    }
}
