package io.github.unipic.server.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ImageStoreTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private Instant now = START;

    private ImageStore store(long heap) {
        return new ImageStore(() -> now, heap);
    }

    private static String add(ImageStore store, int bytes) {
        return store.add(new byte[bytes], ImageEncoding.Format.PNG).substring(ImageStore.PATH.length());
    }

    @Test
    void whatIsOlderThanAnHourLeavesTheMemoryWhenAnyImageIsAskedFor() {
        ImageStore store = store(1 << 20);
        String first = add(store, 10);
        now = START.plus(Duration.ofMinutes(30));
        String second = add(store, 20);
        now = START.plus(Duration.ofMinutes(59));
        assertThat(store.get(first)).isPresent();
        now = START.plus(Duration.ofMinutes(61));
        assertThat(store.get(second)).isPresent();
        assertThat(store.bytes()).isEqualTo(20);
        now = START.plus(Duration.ofMinutes(91));
        assertThat(store.get("unknown")).isEmpty();
        assertThat(store.bytes()).isZero();
        assertThat(store.get(second)).isEmpty();
    }

    @Test
    void anEighthOfTheHeapIsTakenAtMostButByASingleImage() {
        ImageStore store = store(8000);
        String first = add(store, 500);
        String second = add(store, 500);
        assertThat(store.get(first)).isPresent();
        String third = add(store, 1);
        assertThat(store.get(first)).isEmpty();
        assertThat(store.get(second)).isPresent();
        String large = add(store, 2000);
        assertThat(store.get(third)).isEmpty();
        assertThat(store.get(large)).isPresent();
        assertThat(store.bytes()).isEqualTo(2000);
    }

    @Test
    void aLargeHeapIsNotFilled() {
        ImageStore store = store(Long.MAX_VALUE);
        add(store, 64 << 20);
        add(store, 64 << 20);
        assertThat(store.bytes()).isEqualTo(128 << 20);
        add(store, 1);
        assertThat(store.bytes()).isEqualTo((64 << 20) + 1);
    }
}
