package io.github.unipic;

import java.util.Base64;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Files within URLs, such as {@code data:image/png;base64,iVBORw0...} (RFC 2397), in which chat clients send images.
 */
public final class DataUrl {
    private static final Pattern HEAD = Pattern.compile("(?i)data:[^,;]*(;[^,;]*)*?;base64,");
    private static final int LONGEST_HEAD = 200;

    private DataUrl() {}

    /**
     * Tells a data URL from one that would have to be fetched.
     *
     * @param url any text
     * @return true if its scheme is {@code data}
     */
    public static boolean isDataUrl(String url) {
        return url.regionMatches(true, 0, "data:", 0, 5);
    }

    /**
     * Decodes the file in a data URL. What it is said to be does not count.
     *
     * @param url with the file in base64; line breaks in it do not matter
     * @return the file, for {@link Image#decode(byte[], ReadOptions)} or {@link Mask#decode(byte[], ReadOptions,
     *     MaskChannel)}
     * @throws InvalidRequestException when it is no data URL, or holds no base64
     */
    public static byte[] decode(String url) {
        Matcher head = HEAD.matcher(url.substring(0, Math.min(url.length(), LONGEST_HEAD)));
        if (!head.lookingAt()) {
            throw new InvalidRequestException("the URL does not begin like data:image/png;base64,");
        }
        return decodeBase64(url.substring(head.end()));
    }

    /**
     * Decodes a file in base64 without a URL around it.
     *
     * @param base64 line breaks in it do not matter
     * @return the file
     * @throws InvalidRequestException when it is no base64
     */
    public static byte[] decodeBase64(String base64) {
        try {
            return Base64.getMimeDecoder().decode(Objects.requireNonNull(base64, "base64"));
        } catch (IllegalArgumentException e) {
            throw new InvalidRequestException("the image's base64 is damaged: " + e.getMessage());
        }
    }
}
