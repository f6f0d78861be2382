package io.github.unipic.conformance.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.unipic.conformance.ConformanceException;
import io.github.unipic.conformance.Suite;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.model.Manifest;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ReferenceFileTest {
    private static final Cases CASES = Cases.of(Suite.SMOKE);
    private static final Manifest.Sizes SIZES = new Manifest.Sizes(64, 2, 2, 16, 448, 32768, 8, 48, 16, 16, 4, 64);

    @TempDir
    private Path folder;

    @Test
    void whatIsWrittenIsRead() throws IOException {
        try (ReferenceFile reference = ReferenceFile.open(write(Map.of()))) {
            requireFits(reference, SIZES);
            assertThat(reference.seed()).isEqualTo(0xffff_ffffL);
            assertThat(reference.producer()).isEqualTo("a test (float32)");
            assertThat(reference.floats("a/b"))
                    .hasValueSatisfying(values -> assertThat(values.values())
                            .containsExactly(1, -0f, Float.NEGATIVE_INFINITY, Float.MIN_VALUE))
                    .hasValueSatisfying(values -> assertThat(values.shape()).containsExactly(2, 2));
            assertThat(reference.integers("a/ids"))
                    .hasValueSatisfying(values -> assertThat(values).containsExactly(Long.MIN_VALUE, 7));
            assertThat(reference.floats("a/none")).isEmpty();
        }
    }

    @Test
    void valuesOfAnotherTypeAreRefused() throws IOException {
        try (ReferenceFile reference = ReferenceFile.open(write(Map.of()))) {
            assertRefused(() -> reference.floats("a/ids"), "a/ids", "INT64");
            assertRefused(() -> reference.integers("a/b"), "a/b", "FLOAT32");
        }
    }

    @Test
    void otherCasesDoNotFit() throws IOException {
        try (ReferenceFile reference = ReferenceFile.open(write(Map.of("cases_sha256", "0")))) {
            assertRefused(() -> requireFits(reference, SIZES), "other cases", "record it again");
        }
    }

    @Test
    void otherSizesDoNotFit() throws IOException {
        try (ReferenceFile reference = ReferenceFile.open(write(Map.of()))) {
            Manifest.Sizes wider = new Manifest.Sizes(96, 2, 2, 16, 448, 32768, 8, 48, 16, 16, 4, 64);
            assertRefused(() -> requireFits(reference, wider), "hidden 64", "96");
        }
        try (ReferenceFile reference = ReferenceFile.open(write(Map.of("sizes", "{}")))) {
            assertRefused(() -> requireFits(reference, SIZES), "hidden unknown");
        }
        try (ReferenceFile reference = ReferenceFile.open(write(Map.of("sizes", "{\"hidden\":")))) {
            assertRefused(() -> requireFits(reference, SIZES), "damaged");
        }
    }

    @Test
    void aNoiseScheduleThatItDoesNotTellIsNoNumber() throws IOException {
        try (ReferenceFile reference = ReferenceFile.open(write(Map.of("max_beta", "0.02")))) {
            assertThat(reference.maxBeta()).isEqualTo(0.02);
        }
        for (String other : List.of("", "much")) {
            try (ReferenceFile reference = ReferenceFile.open(write(Map.of("max_beta", other)))) {
                assertThat(reference.maxBeta()).isNaN();
            }
        }
    }

    @Test
    void aSmallerSuiteDoesNotFit() throws IOException {
        for (String recorded : List.of("smoke", "", "some")) {
            try (ReferenceFile reference = ReferenceFile.open(write(Map.of("suite", recorded)))) {
                assertRefused(
                        () -> reference.requireFits(manifest(SIZES), CASES, Suite.FULL),
                        "reference.safetensors",
                        "'" + recorded + "'",
                        "record it with --suite full");
            }
        }
        try (ReferenceFile reference = ReferenceFile.open(write(Map.of("suite", "full")))) {
            reference.requireFits(manifest(SIZES), CASES, Suite.FULL);
            reference.requireFits(manifest(SIZES), CASES, Suite.SMOKE);
        }
    }

    @Test
    void withoutASeedOf32BitsItIsOfNoUse() throws IOException {
        for (String seed : List.of("many", "", "-1", "4294967296", "1.5")) {
            try (ReferenceFile reference = ReferenceFile.open(write(Map.of("seed", seed)))) {
                assertRefused(reference::seed, "seed '" + seed + "'");
            }
        }
        assertThatIllegalArgumentException().isThrownBy(() -> Cases.of(Suite.SMOKE, OptionalLong.of(1L << 32)));
        assertThatIllegalArgumentException().isThrownBy(() -> Cases.of(Suite.SMOKE, OptionalLong.of(-1)));
    }

    @Test
    void theDigestIsOfTheWholeFile() throws Exception {
        Path file = write(Map.of());
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
        try (ReferenceFile reference = ReferenceFile.open(file)) {
            assertThat(reference.digest()).isEqualTo(HexFormat.of().formatHex(digest));
        }
    }

    /** A hole of 8 GB costs nothing on Linux's file systems. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aTensorThatNoArrayHoldsIsRefused() throws IOException {
        long bytes = 4L << 31;
        byte[] header = ("{\"__metadata__\":{\"format\":\"" + ReferenceFile.FORMAT
                        + "\",\"format_version\":\"1\"},\"a\":{\"dtype\":\"F32\",\"shape\":[" + (1L << 31)
                        + "],\"data_offsets\":[0," + bytes + "]}}")
                .getBytes(StandardCharsets.UTF_8);
        Path path = folder.resolve("huge.safetensors");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.write(ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(header.length)
                    .array());
            file.write(header);
            file.setLength(Long.BYTES + header.length + bytes);
        }
        try (ReferenceFile reference = ReferenceFile.open(path)) {
            assertRefused(() -> reference.floats("a"), "huge.safetensors", "2147483648 values");
        }
    }

    @Test
    void otherFormatsAreRefused() throws IOException {
        Path other = write(Map.of("format", "something else"));
        assertRefused(() -> ReferenceFile.open(other), "not a reference file", "conformance record");
        Path newer = write(Map.of("format_version", "2"));
        assertRefused(() -> ReferenceFile.open(newer), "version 1");
    }

    @Test
    void missingTruncatedAndDamagedFilesAreNamed() throws IOException {
        assertRefused(() -> ReferenceFile.open(folder.resolve("none.safetensors")), "none.safetensors");
        byte[] whole = Files.readAllBytes(write(Map.of()));
        for (int length : new int[] {0, 7, 100, whole.length - 1}) {
            Path truncated = Files.write(folder.resolve("cut.safetensors"), Arrays.copyOf(whole, length));
            assertRefused(() -> ReferenceFile.open(truncated), "cut.safetensors");
        }
        byte[] damaged = whole.clone();
        Arrays.fill(damaged, 8, 40, (byte) 0xff);
        Path file = Files.write(folder.resolve("bad.safetensors"), damaged);
        assertRefused(() -> ReferenceFile.open(file), "bad.safetensors");
    }

    @Test
    void anUnfinishedFileLeavesNothing() throws IOException {
        try (ReferenceWriter writer = new ReferenceWriter(folder.resolve("reference.safetensors"))) {
            writer.floats("a", new float[] {1}, 1);
        }
        assertThat(folder).isEmptyDirectory();
    }

    private static void requireFits(ReferenceFile reference, Manifest.Sizes sizes) {
        reference.requireFits(manifest(sizes), CASES, Suite.SMOKE);
    }

    private static Manifest manifest(Manifest.Sizes sizes) {
        return new Manifest(
                1,
                "tiny",
                "a test",
                sizes,
                new Manifest.Diffusion(0.2),
                new Manifest.Tokens(427, List.of(426)),
                new Manifest.Prompts("{}", "", "{}", "", "", ""),
                new Manifest.Defaults(64, 64, 4, 3, "constant", 1, 10),
                Map.of(),
                Map.of());
    }

    private static void assertRefused(ThrowingCallable call, String... parts) {
        assertThatExceptionOfType(ConformanceException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.getMessage()).contains(parts).doesNotContain("\n"));
    }

    /** @param changes of the metadata */
    private Path write(Map<String, String> changes) throws IOException {
        Map<String, String> metadata = new HashMap<>(Map.of(
                "format",
                ReferenceFile.FORMAT,
                "format_version",
                ReferenceFile.FORMAT_VERSION,
                "cases_sha256",
                CASES.sha256(),
                "seed",
                "4294967295",
                "producer",
                "a test",
                "dtype",
                "float32",
                "sizes",
                ReferenceFile.json(SIZES),
                "suite",
                "smoke",
                "max_beta",
                "0.20"));
        metadata.putAll(changes);
        Path file = folder.resolve("reference.safetensors");
        try (ReferenceWriter writer = new ReferenceWriter(file)) {
            writer.floats("a/b", new float[] {1, -0f, Float.NEGATIVE_INFINITY, Float.MIN_VALUE}, 2, 2);
            writer.longs("a/ids", new long[] {Long.MIN_VALUE, 7}, 2);
            writer.finish(metadata);
        }
        return file;
    }
}
