package io.github.unipic.conformance.report;

import java.util.Optional;

/**
 * One comparison, and the limit that decides whether it passes.
 *
 * @param area that it belongs to
 * @param subject the graph or the task, for example {@code decoder_step} or {@code t2i}
 * @param scenario the case, for example {@code past_512}, or a golden file's name
 * @param tensor the tensor, or other result, that is compared
 * @param metric what {@code value} is, for example {@code relative L2} or {@code differing values}
 * @param value the measured one; NaN if there is none
 * @param limit the largest value that passes
 * @param errors statistics of the differences; empty where they make no sense
 * @param note for the reader, for example where two answers diverge; empty for none
 */
public record Check(
        Area area,
        String subject,
        String scenario,
        String tensor,
        String metric,
        double value,
        double limit,
        Optional<ErrorStatistics> errors,
        Optional<String> note) {
    private static final String RUN = "run";
    private static final String COMPLETED = "completed";

    /** A check that fails because there is no value. */
    public static Check withoutValue(
            Area area, String subject, String scenario, String tensor, String metric, String reason) {
        return new Check(area, subject, scenario, tensor, metric, Double.NaN, 0, Optional.empty(), Optional.of(reason));
    }

    /** A check that fails because its computation did not complete. */
    public static Check didNotRun(CaseName name, String reason) {
        return withoutValue(name.area(), name.subject(), name.scenario(), RUN, COMPLETED, reason);
    }

    /** Whether it says that its case did not complete, in place of the case's checks. */
    boolean isOfRun() {
        return tensor.equals(RUN) && metric.equals(COMPLETED);
    }

    /** Whether it failed because there is no result: something threw an exception, or the process was lost. */
    boolean isWithoutResult() {
        return Double.isNaN(value) && errors.isEmpty();
    }

    /** Unique in a report: {@code stage/decoder_step/past_512/hidden (relative L2)}. */
    public String name() {
        return area.label() + "/" + subject + "/" + scenario + "/" + tensor + " (" + metric + ")";
    }

    /** Whether the value is within the limit; NaN never is. */
    public boolean passed() {
        return value <= limit;
    }

    /**
     * The value in units of the limit: at most 1 if the check passes; infinite if there is no value, or the limit is 0
     * and the value is not.
     */
    public double ratio() {
        double ratio = value / limit;
        if (Double.isNaN(ratio)) {
            return passed() ? 0 : Double.POSITIVE_INFINITY;
        }
        return ratio;
    }
}
