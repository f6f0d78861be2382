package io.github.unipic.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Uses the examples of FIPS 180-2, appendix B. */
class Sha256Test {
    private static final byte[] SHORT = "abc".getBytes(StandardCharsets.US_ASCII);
    private static final String OF_SHORT = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @Test
    void arraysHaveTheDigestsOfTheStandard() {
        assertThat(Sha256.of(SHORT)).isEqualTo(OF_SHORT);
        assertThat(Sha256.of(new byte[0]))
                .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    @Test
    void streamsPassOnWhatTheyDigest() throws IOException {
        Sha256 sha256 = new Sha256();
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        OutputStream out = sha256.through(written);
        out.write(SHORT, 0, 2);
        out.write(SHORT[2]);
        assertThat(written.toByteArray()).isEqualTo(SHORT);
        assertThat(sha256.hex()).isEqualTo(OF_SHORT);
    }
}
