package io.github.unipic.export.hub;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the hub says a file's content is: the SHA-256 of a file in its large storage (LFS), and of any other the SHA-1
 * that git gives it.
 *
 * @param algorithm Java's name
 * @param hex in lower case
 */
record ContentHash(String algorithm, String hex) {
    private static final Pattern SHA256 = Pattern.compile("[0-9a-fA-F]{64}");
    private static final Pattern SHA1 = Pattern.compile("[0-9a-fA-F]{40}");
    private static final String GIT = "SHA-1";

    /** By its length. */
    static Optional<ContentHash> of(String hex) {
        if (SHA256.matcher(hex).matches()) {
            return Optional.of(new ContentHash("SHA-256", hex.toLowerCase(Locale.ROOT)));
        }
        return SHA1.matcher(hex).matches()
                ? Optional.of(new ContentHash(GIT, hex.toLowerCase(Locale.ROOT)))
                : Optional.empty();
    }

    /** Begins to hash a file of this size. */
    MessageDigest begin(long size) {
        try {
            MessageDigest digest = MessageDigest.getInstance(algorithm);
            if (algorithm.equals(GIT)) {
                // Git hashes an object's kind and size before its content.
                digest.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
            }
            return digest;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has " + algorithm, e);
        }
    }

    /** Whether that is what was hashed; ends the digest. */
    boolean isOf(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest()).equals(hex);
    }
}
