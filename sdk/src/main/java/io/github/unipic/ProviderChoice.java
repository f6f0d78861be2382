package io.github.unipic;

/**
 * The execution provider that computes, and why it is that one.
 *
 * @param provider never {@link ExecutionProvider#AUTO}
 * @param reason for example {@code asked for}, or what kept better ones from being taken; one line
 */
public record ProviderChoice(ExecutionProvider provider, String reason) {
    /** For example {@code cpu (asked for)}. */
    @Override
    public String toString() {
        return provider + " (" + reason + ")";
    }
}
