package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.InvalidRequestException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class TlsTest {
    @TempDir
    private static Path folder;

    private static TlsFiles rsa;
    private static TlsFiles ec;

    @BeforeAll
    static void makeFiles() throws Exception {
        rsa = TlsFiles.make(folder, "RSA");
        ec = TlsFiles.make(folder, "EC");
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void bothVersionsOfHttpAreSpoken(String algorithm) throws Exception {
        TlsFiles files = algorithm.equals("RSA") ? rsa : ec;
        try (TestServer server = TestServer.start(options -> options.tls(files.chain(), files.key()))) {
            HttpClient client =
                    HttpClient.newBuilder().sslContext(TlsFiles.trusting()).build();
            assertThat(server.uri("/").getScheme()).isEqualTo("https");
            for (Version version : Version.values()) {
                HttpResponse<String> health = client.send(
                        HttpRequest.newBuilder(server.uri("/health"))
                                .version(version)
                                .build(),
                        BodyHandlers.ofString());
                assertThat(health.version()).isEqualTo(version);
                assertThat(health.body()).contains("ready");
            }
            HttpResponse<String> events =
                    client.send(post(server.uri("/v1/images/generations"), true), BodyHandlers.ofString());
            assertThat(events.body()).contains("event: image_generation.completed");
            HttpResponse<String> image =
                    client.send(post(server.uri("/v1/images/generations"), false), BodyHandlers.ofString());
            assertThat(image.body()).contains(server.uri("/v1/images/files/").toString());
        }
    }

    private static HttpRequest post(URI uri, boolean stream) {
        String form = stream ? "\"stream\":true" : "\"response_format\":\"url\"";
        return HttpRequest.newBuilder(uri)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(
                        "{\"prompt\":\"a\",\"size\":\"32x32\",\"iterations\":2,\"num_inference_steps\":2," + form
                                + "}"))
                .build();
    }

    @Test
    void unusableFilesAreNamedOnOneLine() throws Exception {
        Path missing = folder.resolve("missing.pem");
        Path empty = Files.createFile(folder.resolve("empty.pem"));
        Path damaged = write("damaged.pem", TlsFiles.pem("CERTIFICATE", new byte[100]));
        Path damagedKey = write("damaged-key.pem", TlsFiles.pem("PRIVATE KEY", new byte[100]));
        Path encrypted = write("encrypted.pem", TlsFiles.pem("ENCRYPTED PRIVATE KEY", new byte[100]));
        Path old = write("old.pem", TlsFiles.pem("RSA PRIVATE KEY", new byte[100]));
        assertRefused(missing, rsa.key(), "missing.pem", "no such file");
        assertRefused(rsa.chain(), missing, "missing.pem", "no such file");
        assertRefused(folder, rsa.key(), folder.toString());
        assertRefused(empty, rsa.key(), "empty.pem");
        assertRefused(rsa.chain(), empty, "empty.pem", "openssl pkcs8");
        assertRefused(damaged, rsa.key(), "damaged.pem");
        assertRefused(rsa.chain(), damagedKey, "damaged-key.pem", "openssl pkcs8");
        assertRefused(rsa.chain(), encrypted, "encrypted.pem", "openssl pkcs8");
        assertRefused(rsa.chain(), old, "old.pem", "openssl pkcs8");
        assertRefused(rsa.key(), rsa.chain(), "RSA-key.pem");
        assertRefused(rsa.chain(), ec.key(), "EC-key.pem", "RSA-chain.pem", "own key");
        byte[] otherKey = KeyPairGenerator.getInstance("RSA")
                .generateKeyPair()
                .getPrivate()
                .getEncoded();
        assertRefused(rsa.chain(), write("other.pem", TlsFiles.pem("PRIVATE KEY", otherKey)), "other.pem", "own key");
        assertRefused(Path.of("/dev/zero"), rsa.key(), "/dev/zero");
    }

    private static Path write(String name, String text) throws Exception {
        return Files.writeString(folder.resolve(name), text);
    }

    private static void assertRefused(Path chain, Path key, String... named) {
        assertThatThrownBy(() -> UniPicServer.builder(() -> {
                            throw new IllegalStateException();
                        })
                        .port(0)
                        .tls(chain, key)
                        .start())
                .isInstanceOf(InvalidRequestException.class)
                .satisfies(
                        e -> assertThat(e.getMessage()).contains(List.of(named)).doesNotContain("\n"));
    }
}
