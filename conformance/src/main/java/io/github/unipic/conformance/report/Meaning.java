package io.github.unipic.conformance.report;

/** Explains a failed check in plain words, and says where to look first. */
final class Meaning {
    /** Errors up to this one are typical of less precise arithmetic, whatever the limit. */
    private static final double NEAR = 10;

    /** Below this cosine the result has little in common with the reference. */
    private static final double UNRELATED = 0.9;

    private Meaning() {}

    /** One or two sentences about a failed check. */
    static String of(Check check) {
        if (check.errors()
                .filter(errors -> errors.nans() + errors.infinities() > 0)
                .isPresent()) {
            return "Values that are not finite where the reference has numbers: an overflow (float16 ends at 65504),"
                    + " a division by zero, or memory read before it was written.";
        }
        if (check.isWithoutResult()) {
            return "There was no result to compare.";
        }
        return switch (check.area()) {
            case PREPROCESSING ->
                "The input differs before any graph runs: reading, resizing or tokenizing on this machine,"
                        + " not the accelerator.";
            case GRAPH ->
                check.errors().map(errors -> byShape(check, errors)).orElse("The result is not the reference's.");
            case LOOP ->
                check.errors().map(errors -> byShape(check, errors) + " ").orElse("")
                        + "A loop repeats its graphs, so look at failed graphs first.";
            case UNDERSTANDING ->
                "The answer is not the reference's: one other token changes all that follow."
                        + " Look at failed graphs first.";
            case DETERMINISM ->
                "The same request gave two results: a kernel adds in a changing order,"
                        + " or reads memory that is not its own.";
            case CONCURRENCY ->
                "Requests at once gave other results than one by one: something that runs share is not safe to share.";
            case PLACEMENT ->
                "The CPU runs these operators instead of the provider, which has no kernel for them,"
                        + " or refuses their types or shapes.";
            case MEANING ->
                "A person would call the image or the answer wrong. The trained model sometimes gets single attributes"
                        + " wrong; if graphs failed too, look at them first.";
        };
    }

    private static String byShape(Check check, ErrorStatistics errors) {
        if (errors.cosine() < UNRELATED) {
            return "The result has little in common with the reference: a wrong operator, memory layout or weight.";
        }
        if (check.ratio() <= NEAR) {
            return "A little over the limit: less precise arithmetic is the usual cause (TF32, bfloat16, fast"
                    + " approximations). Disable it, or test with the tolerances of its precision.";
        }
        if (isScaled(errors)) {
            return "The right direction at another scale: a factor or a normalization that is missing or doubled.";
        }
        return "Far more than rounding: a constant, a mask, or an approximation that differs."
                + " Compare the scenarios that pass with those that fail.";
    }

    /**
     * Whether the error is mainly one of scale. If the result is s times as long, e is the relative L2 error and c the
     * cosine, then e² = (s - 1)² + 2 s (1 - c); the last term comes from the angle.
     */
    private static boolean isScaled(ErrorStatistics errors) {
        double turn = 2 * (1 - errors.cosine());
        return turn < 0.1 * errors.relativeL2() * errors.relativeL2();
    }
}
