package io.github.unipic.server.http;

import io.github.unipic.InvalidRequestException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads certificates and keys as other servers have them, in PEM files (RFC 7468). */
final class Pem {
    private static final Pattern PRIVATE_KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "Ed25519");

    private static final int LARGEST = 1 << 20;

    private Pem() {}

    /** @throws InvalidRequestException when a file cannot be read or used */
    static KeyStore keyStore(JettyServer.Certificate certificate) {
        try {
            Certificate[] chain = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(read(certificate.chain())))
                    .toArray(new Certificate[0]);
            if (chain.length == 0) {
                throw new InvalidRequestException(certificate.chain() + " holds no certificate in PEM form");
            }
            PrivateKey key = privateKey(certificate.key());
            requirePair(certificate, chain[0].getPublicKey(), key);
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("server", key, new char[0], chain);
            return store;
        } catch (GeneralSecurityException | IOException e) {
            throw new InvalidRequestException(
                    "the certificate " + certificate.chain() + " with the key " + certificate.key()
                            + " cannot be used: " + e.getMessage(),
                    e);
        }
    }

    /** Else each connection would fail, and nothing would say why. */
    private static void requirePair(JettyServer.Certificate files, PublicKey known, PrivateKey key)
            throws GeneralSecurityException {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> "Ed25519";
        };
        boolean pair;
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            byte[] signed = signature.sign();
            signature.initVerify(known);
            pair = signature.verify(signed);
        } catch (InvalidKeyException e) {
            pair = false;
        }
        if (!pair) {
            throw new InvalidRequestException("the key " + files.key() + " is not that of the first certificate in "
                    + files.chain() + "; give the certificate's own key");
        }
    }

    private static PrivateKey privateKey(Path file) throws GeneralSecurityException {
        Matcher block = PRIVATE_KEY.matcher(new String(read(file), StandardCharsets.US_ASCII));
        if (block.find()) {
            PKCS8EncodedKeySpec key =
                    new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(block.group(1)));
            for (String algorithm : ALGORITHMS) {
                try {
                    return KeyFactory.getInstance(algorithm).generatePrivate(key);
                } catch (GeneralSecurityException e) {
                    // Of another algorithm.
                }
            }
        }
        throw new InvalidRequestException(file
                + " holds no private key that can be used; convert it with 'openssl pkcs8 -topk8 -nocrypt -in KEY'");
    }

    private static byte[] read(Path file) {
        try (InputStream stream = Files.newInputStream(file)) {
            byte[] bytes = stream.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw new InvalidRequestException(file + " is no PEM file: it has more than " + LARGEST + " bytes");
            }
            return bytes;
        } catch (IOException e) {
            throw new InvalidRequestException("cannot read " + file + " (" + reason(e) + ")", e);
        }
    }

    private static String reason(IOException failure) {
        if (failure instanceof NoSuchFileException) {
            return "there is no such file";
        }
        return failure instanceof AccessDeniedException ? "access denied" : failure.getMessage();
    }
}
