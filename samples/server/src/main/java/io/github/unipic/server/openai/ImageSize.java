package io.github.unipic.server.openai;

import io.github.unipic.server.http.HttpError;
import io.github.unipic.server.http.Parameters;
import io.github.unipic.server.images.SubmittedImages;
import io.github.unipic.server.jobs.JobQueue;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A size in pixels, as {@code size} names it.
 *
 * @param width above 0
 * @param height above 0
 */
record ImageSize(int width, int height) {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,5})[xX](\\d{1,5})");

    private static final long MOST_PIXELS = SubmittedImages.MOST_DRAWN_PIXELS;

    /**
     * Reads it; empty for the model's own size.
     *
     * @param multiple what both sides must be multiples of
     */
    static Optional<ImageSize> of(Parameters parameters, int multiple) {
        return parameters.text("size").filter(text -> !text.equals("auto")).map(text -> {
            Matcher size = SIZE.matcher(text);
            if (!size.matches()) {
                throw HttpError.invalid(
                        "size", "'size' must be auto or like 1024x1024, not '" + Parameters.shown(text) + "'");
            }
            return checked(Integer.parseInt(size.group(1)), Integer.parseInt(size.group(2)), multiple);
        });
    }

    /** What sizes must be multiples of; anything while the model is loaded, which then refuses others itself. */
    static int multiple(JobQueue queue) {
        return queue.model().map(unipic -> unipic.info().sizeMultiple()).orElse(1);
    }

    private static ImageSize checked(int width, int height, int multiple) {
        if (width == 0 || height == 0 || (long) width * height > MOST_PIXELS) {
            throw HttpError.invalid(
                    "size", "'size' must have 1 to " + MOST_PIXELS + " pixels, not " + width + "x" + height);
        }
        if (width % multiple != 0 || height % multiple != 0) {
            throw HttpError.invalid(
                    "size", "'size' must be of multiples of " + multiple + ", not " + width + "x" + height);
        }
        return new ImageSize(width, height);
    }
}
