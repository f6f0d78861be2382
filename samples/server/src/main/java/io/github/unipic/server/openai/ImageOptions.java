package io.github.unipic.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.unipic.DiffusionSteps;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.ImageRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Reuse;
import io.github.unipic.server.http.HttpError;
import io.github.unipic.server.http.Parameters;
import io.github.unipic.server.images.ImageEncoding;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What requests for images have in common. OpenAI's names, then vLLM-Omni's and UniPic's.
 *
 * @param count {@code n}
 * @param byUrl whether the images are fetched later instead of being part of the answer
 * @param encoding of the images
 * @param stream whether the answer is a stream of events
 * @param partialImages previews in the stream, 0 to 3
 * @param fast {@link ImageRequest.Builder#fast}; what else is given comes after it
 * @param guidanceReuse {@code guidance_every}
 * @param tokenReuse {@code tokens_every}
 * @param diffusionSteps {@code num_inference_steps}
 * @param progress whether the stream has events of the queue and the iterations, too, which OpenAI's clients do not
 *     know
 */
record ImageOptions(
        int count,
        boolean byUrl,
        ImageEncoding encoding,
        boolean stream,
        int partialImages,
        boolean progress,
        OptionalLong seed,
        boolean fast,
        OptionalDouble guidance,
        Optional<GuidanceSchedule> guidanceSchedule,
        Optional<Reuse> guidanceReuse,
        Optional<Reuse> tokenReuse,
        Optional<DiffusionSteps> diffusionSteps,
        OptionalInt iterations,
        OptionalDouble temperature,
        Optional<String> negativePrompt) {
    private static final int MOST_IMAGES = 10;
    private static final int MOST_PARTIAL_IMAGES = 3;

    /** For clients that ask for progress. */
    private static final int MOST_PREVIEWS = 64;

    private static final int MOST_ITERATIONS = 4096;

    static ImageOptions of(Parameters parameters) {
        boolean byUrl = parameters
                .oneOf("response_format", List.of("b64_json", "url"))
                .filter("url"::equals)
                .isPresent();
        boolean stream = parameters.flag("stream");
        if (stream && byUrl) {
            throw HttpError.invalid(
                    "response_format", "a stream has the images in its events; leave 'response_format' out");
        }
        if (parameters
                .oneOf("background", List.of("auto", "opaque", "transparent"))
                .filter("transparent"::equals)
                .isPresent()) {
            throw HttpError.unsupported("background", "images of this model have no transparent background");
        }
        boolean progress = parameters.flag("progress");
        return new ImageOptions(
                parameters.integer("n", 1, MOST_IMAGES).orElse(1),
                byUrl,
                ImageEncoding.of(parameters),
                stream,
                parameters
                        .integer("partial_images", 0, progress ? MOST_PREVIEWS : MOST_PARTIAL_IMAGES)
                        .orElse(0),
                progress,
                parameters.integer("seed"),
                parameters.flag("fast"),
                parameters.positive("guidance_scale"),
                parameters
                        .oneOf("guidance_schedule", List.of("constant", "linear"))
                        .map(name -> GuidanceSchedule.valueOf(name.toUpperCase(Locale.ROOT))),
                every(parameters, "guidance_every"),
                every(parameters, "tokens_every"),
                parameters.node("num_inference_steps").map(ImageOptions::steps),
                parameters.integer("iterations", 1, MOST_ITERATIONS),
                parameters.positive("temperature"),
                parameters.prompt("negative_prompt"));
    }

    private static Optional<Reuse> every(Parameters parameters, String name) {
        return parameters.integer(name, 1, MOST_ITERATIONS).stream()
                .mapToObj(Reuse::every)
                .findFirst();
    }

    /** A number, or how it falls, such as 50..5. */
    private static DiffusionSteps steps(JsonNode value) {
        try {
            return DiffusionSteps.parse(value.asText());
        } catch (InvalidRequestException e) {
            throw HttpError.invalid("num_inference_steps", "'num_inference_steps': " + e.getMessage());
        }
    }

    void applyTo(ImageRequest.Builder<?> request) {
        if (fast) {
            request.fast();
        }
        request.count(count);
        seed.ifPresent(request::seed);
        guidance.ifPresent(request::guidance);
        guidanceSchedule.ifPresent(request::guidanceSchedule);
        guidanceReuse.ifPresent(request::guidanceReuse);
        tokenReuse.ifPresent(request::tokenReuse);
        diffusionSteps.ifPresent(request::diffusionSteps);
        iterations.ifPresent(request::iterations);
        temperature.ifPresent(request::temperature);
        negativePrompt.ifPresent(request::negativePrompt);
    }
}
