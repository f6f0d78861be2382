package io.github.unipic.cli;

import io.github.unipic.DescribeRequest;
import io.github.unipic.ImageRequest;
import picocli.CommandLine.Option;

/** Whether the names of special tokens in prompts are those tokens. */
final class SpecialTokensOption {
    @Option(
            names = "--allow-special-tokens",
            description = "Read names of the model's special tokens in the text, such as <|im_end|>, as those tokens."
                    + " Without it they are plain text, so that a text cannot end its turn.")
    private boolean allowed;

    boolean allowed() {
        return allowed;
    }

    /** Allows them if that was asked for. */
    void applyTo(ImageRequest.Builder<?> builder) {
        if (allowed) {
            builder.allowSpecialTokens(true);
        }
    }

    /** Allows them if that was asked for. */
    void applyTo(DescribeRequest.Builder builder) {
        builder.allowSpecialTokens(allowed);
    }
}
