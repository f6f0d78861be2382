package io.github.unipic.files;

import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Computes a SHA-256, in lower-case hex. Not thread-safe. */
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

    /** A stream that adds all bytes written to it to the digest and passes them on. */
    public OutputStream through(OutputStream out) {
        return new DigestOutputStream(out, digest);
    }

    /** Ends the digest: 64 hexadecimal digits. Bytes written later belong to a new one. */
    public String hex() {
        return HexFormat.of().formatHex(digest.digest());
    }
}
