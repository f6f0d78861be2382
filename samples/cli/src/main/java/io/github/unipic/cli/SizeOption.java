package io.github.unipic.cli;

import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.InvalidRequestException;
import picocli.CommandLine.Option;

/** The size of images, for the tasks that have a choice. */
final class SizeOption {
    @Option(
            names = "--size",
            paramLabel = "SIZE",
            converter = ImageSize.Converter.class,
            description = "1024 for a square, or WIDTHxHEIGHT such as 1280x768; in pixels, multiples of 16 for UniPic."
                    + " Default: the model's size.")
    private ImageSize size;

    /** Sets the size if it was given. */
    void applyTo(GenerateRequest.Builder builder) {
        if (size != null) {
            builder.size(size.width(), size.height());
        }
    }

    /**
     * Sets the size if it was given.
     *
     * @throws InvalidRequestException when it is no square
     */
    void applyTo(EditRequest.Builder builder) {
        if (size != null && size.width() != size.height()) {
            throw new InvalidRequestException("editing draws squares: width and height must be equal, not "
                    + size.width() + " x " + size.height());
        }
        if (size != null) {
            builder.size(size.width());
        }
    }
}
