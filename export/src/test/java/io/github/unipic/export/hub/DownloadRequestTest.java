package io.github.unipic.export.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.unipic.InvalidRequestException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DownloadRequestTest {
    private static DownloadRequest request(String repository, String revision, int parallel) {
        return new DownloadRequest(repository, revision, Path.of("out"), parallel, name -> null, Path.of("home"));
    }

    private static String refusal(String repository, int parallel) {
        return catchThrowableOfType(InvalidRequestException.class, () -> request(repository, "main", parallel))
                .getMessage();
    }

    @Test
    void fetchesOneToSomeFilesAtATime() {
        int most = DownloadRequest.MOST_PARALLEL;
        assertThat(request("a/b", "main", 1).parallel()).isEqualTo(1);
        assertThat(request("a/b", "main", most).parallel()).isEqualTo(most);
        assertThat(refusal("a/b", 0)).isEqualTo("the number of files at a time is 0, but must be 1 to " + most);
        assertThat(refusal("a/b", most + 1)).startsWith("the number of files at a time is " + (most + 1));
    }

    @Test
    void aLongNameIsShortenedInTheMessage() {
        assertThat(refusal("x".repeat(100), 1)).startsWith("'" + "x".repeat(100) + "' is not");
        assertThat(refusal("x".repeat(101), 1)).startsWith("'" + "x".repeat(100) + "...' is not");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> request("a/b", "..", 1))
                .withMessageStartingWith("'..' is not the name of a revision");
    }
}
