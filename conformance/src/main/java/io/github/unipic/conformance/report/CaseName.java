package io.github.unipic.conformance.report;

/**
 * The address of a case: what is run, and fails, as a whole. Unique in a run.
 *
 * @param area that it belongs to
 * @param subject the graph or the task, for example {@code decoder_step} or {@code t2i}
 * @param scenario for example {@code past_512}
 */
public record CaseName(Area area, String subject, String scenario) {

    /** For example {@code stage/decoder_step/past_512}, with which the names of its checks begin. */
    @Override
    public String toString() {
        return area.label() + "/" + subject + "/" + scenario;
    }
}
