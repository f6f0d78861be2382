package io.github.unipic.conformance.compare;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.github.unipic.conformance.report.CaseName;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ImagePair;
import io.github.unipic.conformance.report.MeaningResult;
import io.github.unipic.conformance.report.Placement;
import io.github.unipic.conformance.report.Timing;
import java.util.List;

/** Something that happens in a run. A run's {@link Results} are all of its events, also those of another process. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
@JsonSubTypes({
    @JsonSubTypes.Type(value = Event.PartBegan.class, name = "part_began"),
    @JsonSubTypes.Type(value = Event.PartEnded.class, name = "part_ended"),
    @JsonSubTypes.Type(value = Event.CaseBegan.class, name = "case_began"),
    @JsonSubTypes.Type(value = Event.CaseEnded.class, name = "case_ended"),
    @JsonSubTypes.Type(value = Event.Checked.class, name = "checked"),
    @JsonSubTypes.Type(value = Event.Placed.class, name = "placed"),
    @JsonSubTypes.Type(value = Event.Timed.class, name = "timed"),
    @JsonSubTypes.Type(value = Event.Imaged.class, name = "imaged"),
    @JsonSubTypes.Type(value = Event.Meant.class, name = "meant"),
    @JsonSubTypes.Type(value = Event.Scored.class, name = "scored"),
    @JsonSubTypes.Type(value = Event.Skipped.class, name = "skipped"),
})
public sealed interface Event {
    /**
     * A part of the run begins: cases that share what must be opened for them.
     *
     * @param name of the opening and closing, as if it were a case
     * @param phase for example {@code comparing graphs, images and answers}
     * @param cases of the part, those included that have ended already
     */
    record PartBegan(CaseName name, String phase, List<CaseName> cases) implements Event {}

    /** A part has ended, and is not run again. */
    record PartEnded(CaseName name) implements Event {}

    /** A case begins. One may begin within another. */
    record CaseBegan(CaseName name) implements Event {}

    /** A case has ended, successfully or not, and is not run again. */
    record CaseEnded(CaseName name) implements Event {}

    /** A check was made. */
    record Checked(Check check) implements Event {}

    /** A graph's nodes were placed. */
    record Placed(Placement placement) implements Event {}

    /** A graph's run was timed. */
    record Timed(Timing timing) implements Event {}

    /** An image was generated. */
    record Imaged(ImagePair pair) implements Event {}

    /** The trained model generated, described or edited. */
    record Meant(MeaningResult result) implements Event {}

    /** A part of a share is known. */
    record Scored(Score score) implements Event {}

    /** Something could not be compared. */
    record Skipped(String what) implements Event {}
}
