package io.github.unipic.export.hub;

import io.github.unipic.InvalidRequestException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * What to download.
 *
 * @param repository on the hub, such as {@link #REPOSITORY}
 * @param revision a branch, a tag or a commit
 * @param output folder for the checkpoint; made where it is missing
 * @param parallel how many files are fetched at a time, 1 to {@value #MOST_PARALLEL}
 * @param environment gives the value of a variable, or null, as {@link System#getenv(String)}: Hugging Face's
 *     (HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE, HF_HOME and others) and the proxy's (HTTPS_PROXY, HTTP_PROXY, NO_PROXY)
 * @param home of the user
 */
public record DownloadRequest(
        String repository, String revision, Path output, int parallel, UnaryOperator<String> environment, Path home) {
    /** The published model. */
    public static final String REPOSITORY = "Skywork/Skywork-UniPic-1.5B";

    /** The branch that a repository shows. */
    public static final String REVISION = "main";

    /** The usual number of files at a time. */
    public static final int PARALLEL = 4;

    /** The hub slows down whoever asks for much at once. */
    public static final int MOST_PARALLEL = 16;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][\\w.-]{0,95}/[A-Za-z0-9_][\\w.-]{0,95}");
    private static final Pattern REVISION_NAME = Pattern.compile("[\\w][\\w./+-]{0,199}");

    /**
     * @throws InvalidRequestException if a name cannot be a repository's or a revision's, or the number is out of range
     */
    public DownloadRequest {
        Objects.requireNonNull(output, "output");
        Objects.requireNonNull(environment, "environment");
        Objects.requireNonNull(home, "home");
        if (!NAME.matcher(repository).matches() || hasOddDots(repository) || repository.contains("--")) {
            throw new InvalidRequestException("'" + shortened(repository)
                    + "' is not the name of a repository; it is OWNER/NAME, such as " + REPOSITORY);
        }
        if (!REVISION_NAME.matcher(revision).matches() || hasOddDots(revision)) {
            throw new InvalidRequestException("'" + shortened(revision)
                    + "' is not the name of a revision; it is a branch, a tag or a commit, such as " + REVISION);
        }
        if (parallel < 1 || parallel > MOST_PARALLEL) {
            throw new InvalidRequestException(
                    "the number of files at a time is " + parallel + ", but must be 1 to " + MOST_PARALLEL);
        }
    }

    /** Parts such as {@code ..}, which would lead elsewhere in an address. */
    private static boolean hasOddDots(String name) {
        return name.contains("..") || name.contains("/.") || name.contains("//") || name.endsWith("/");
    }

    private static String shortened(String text) {
        return text.length() <= 100 ? text : text.substring(0, 100) + "...";
    }
}
