package io.github.unipic.files;

import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The SHA-256 of what is written, in lower-case hex. Not thread-safe. */
public final class Sha256 {
    private final MessageDigest digest;

    public Sha256() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /** The SHA-256 of an array. */
    public static String of(byte[] content) {
        Sha256 sha256 = new Sha256();
        sha256.digest.update(content);
        return sha256.hex();
    }

    /** A stream that takes all that is written to it into the digest and passes it on. */
    public OutputStream through(OutputStream out) {
        return new DigestOutputStream(out, digest);
    }

    /** Ends the digest, 64 hexadecimal digits. What is written after this belongs to a new one. */
    public String hex() {
        return HexFormat.of().formatHex(digest.digest());
    }
}
