package io.github.unipic.conformance.compare;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.InvalidRequestException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** The limits for a precision, from tolerances.json, which gives the reason for each. */
public final class Tolerances {
    private static final String RESOURCE = "/io/github/unipic/conformance/tolerances.json";

    private final String precision;
    private final JsonNode limits;

    private Tolerances(String precision, JsonNode limits) {
        this.precision = precision;
        this.limits = limits;
    }

    /**
     * @param precision {@code fp32}, {@code fp16}, ...
     * @throws InvalidRequestException for a precision that is not in the file
     */
    public static Tolerances of(String precision) {
        JsonNode found = file().path("precisions").path(precision);
        if (found.isMissingNode()) {
            throw new InvalidRequestException(
                    "There are no tolerances for " + precision + "; use " + String.join(", ", precisions()) + ".");
        }
        return new Tolerances(precision, found);
    }

    /** The precisions in the file, highest first. */
    public static List<String> precisions() {
        List<String> names = new ArrayList<>();
        file().path("precisions").fieldNames().forEachRemaining(names::add);
        return List.copyOf(names);
    }

    public String precision() {
        return precision;
    }

    /** Relative L2 error of one graph. */
    public double graph(String graph) {
        JsonNode own = limits.path("graph." + graph);
        return own.isMissingNode() ? limit("graph") : own.get("limit").asDouble();
    }

    /** Relative L2 error of latents and pixels at the end of a loop. */
    public double loop() {
        return limit("loop");
    }

    /** Largest difference of a pixel value of a generated image, 0 to 255. */
    public double imageLargest() {
        return limit("image_largest");
    }

    /** Share of a generated image's values that may differ. */
    public double imageShare() {
        return limit("image_share");
    }

    /** Largest margin, over the root mean square of the logits, at which two answers may diverge. */
    public double answerMargin() {
        return limit("answer_margin");
    }

    private double limit(String name) {
        return limits.get(name).get("limit").asDouble();
    }

    private static JsonNode file() {
        try (InputStream in = Tolerances.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("Resource " + RESOURCE + " is missing from the jar");
            }
            return new JsonMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException("Resource " + RESOURCE + " is damaged", e);
        }
    }
}
