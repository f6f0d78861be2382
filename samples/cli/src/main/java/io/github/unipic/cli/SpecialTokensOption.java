package io.github.unipic.cli;

import io.github.unipic.DescribeRequest;
import io.github.unipic.ImageRequest;
import picocli.CommandLine.Option;

/** Whether names of special tokens in prompts become those tokens. */
final class SpecialTokensOption {
    @Option(
            names = "--allow-special-tokens",
            description = "Turn names of the model's special tokens in the text, such as <|im_end|>, into those tokens."
                    + " Without it they are plain text, so that a text cannot end its turn.")
    private boolean allowed;

    boolean allowed() {
        return allowed;
    }

    /** Allows special tokens if the option was given. */
    void applyTo(ImageRequest.Builder<?> builder) {
        if (allowed) {
            builder.allowSpecialTokens(true);
        }
    }

    /** Allows special tokens if the option was given. */
    void applyTo(DescribeRequest.Builder builder) {
        builder.allowSpecialTokens(allowed);
    }
}
