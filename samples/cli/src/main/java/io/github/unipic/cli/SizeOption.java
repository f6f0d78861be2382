package io.github.unipic.cli;

import io.github.unipic.GenerateRequest;
import picocli.CommandLine.Option;

/** The size of images, for the tasks that can choose it. */
final class SizeOption {
    @Option(
            names = "--size",
            paramLabel = "SIZE",
            converter = ImageSize.Converter.class,
            description = "512 for a square, or WIDTHxHEIGHT such as 640x384; in pixels, multiples of 16. Default: the"
                    + " model's size.")
    private ImageSize size;

    /** Sets the size if it was given. */
    void applyTo(GenerateRequest.Builder builder) {
        if (size != null) {
            builder.size(size.width(), size.height());
        }
    }
}
