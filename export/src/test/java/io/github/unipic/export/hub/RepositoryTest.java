package io.github.unipic.export.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RepositoryTest {
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    private static final String HASH = "b".repeat(64);
    private static final URI HUB = URI.create("https://hub.example");

    private static Repository parse(String card, String files) {
        String answer = "{'sha': '" + COMMIT + "', 'cardData': " + card + ", 'siblings': [" + files.strip() + "]}";
        return Repository.parse("a/b", HUB, answer.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    private static String file(String name, long size) {
        return "{'rfilename': '" + name + "', 'lfs': {'size': " + size + ", 'sha256': '" + HASH + "'}}";
    }

    private static String list(int files) {
        return IntStream.range(0, files)
                .mapToObj(i -> "{'rfilename': 'f" + i + "'}")
                .collect(Collectors.joining(","));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '|',
            value = {
                "{'license': 'mit'}, mit",
                "|{'license': 'mit', 'license_name': 'gemma'}|, mit",
                "|{'license': 'other', 'license_name': 'gemma'}|, gemma",
                "{'license': 'other'}, other",
                "{'license_name': 'gemma'}, gemma",
                "|{'license': ['apache-2.0', 'mit']}|, apache-2.0",
                "{}, not stated",
                "{'license': '<b>'}, not stated",
            })
    void namesTheLicense(String card, String license) {
        assertThat(parse(card, "").license()).isEqualTo(license);
    }

    @Test
    void knowsItsFoldersAtTheTop() {
        String files =
                String.join(",", file("x", 1), file("b/c/d", 1), file("a/x", 1), file("a/y", 1), file("/odd", 1));
        assertThat(parse("{}", files).folders()).containsExactly("a", "b");
    }

    @Test
    void filesHaveSizesWithinTheirLimits() {
        Repository repository = parse(
                "{}",
                String.join(
                        ",",
                        file("empty", 0),
                        file("ten", 10),
                        file("huge", 10_000_000_000_001L),
                        "{'rfilename': 'x'}"));
        assertThat(repository.file("empty", 10).size()).isZero();
        assertThat(repository.file("ten", 10).size()).isEqualTo(10);
        assertThatExceptionOfType(DownloadException.class)
                .isThrownBy(() -> repository.file("ten", 9))
                .withMessageContaining("ten in a/b has 10 B");
        assertThatExceptionOfType(DownloadException.class).isThrownBy(() -> repository.file("huge", Long.MAX_VALUE));
        assertThatExceptionOfType(DownloadException.class)
                .isThrownBy(() -> repository.file("x", 9))
                .withMessageContaining("does not state size and hash of x");
    }

    @Test
    void hasAtMostAHundredThousandFiles() {
        assertThat(parse("{}", list(100_000)).paths()).hasSize(100_000);
        assertThatExceptionOfType(DownloadException.class)
                .isThrownBy(() -> parse("{}", list(100_001)))
                .withMessageContaining("lacks the commit or the list of files");
    }
}
