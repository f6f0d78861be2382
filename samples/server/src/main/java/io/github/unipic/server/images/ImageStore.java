package io.github.unipic.server.images;

import io.github.unipic.server.http.Exchange;
import io.github.unipic.server.http.HttpError;
import io.github.unipic.server.http.Route;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Images that are fetched by an address of their own, which nobody can guess and which needs no key: kept in memory for
 * an hour, the oldest ones less when space runs out: 128 MiB, or an eighth of Java's heap if that is less. Thread-safe.
 */
public final class ImageStore implements Route {
    /** Where the images are. */
    public static final String PATH = "/v1/images/files/";

    private static final Duration KEPT = Duration.ofHours(1);
    private static final long MOST_BYTES = 128L << 20;
    private static final long HEAP_SHARE = 8;
    private static final int NAME_BYTES = 18;

    private final InstantSource clock;
    private final long mostBytes;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, Stored> files = new LinkedHashMap<>();
    private long bytes;

    /** An empty one. */
    public ImageStore() {
        this(InstantSource.system(), Runtime.getRuntime().maxMemory());
    }

    /** @param heap bytes that Java has */
    ImageStore(InstantSource clock, long heap) {
        this.clock = clock;
        mostBytes = Math.min(MOST_BYTES, heap / HEAP_SHARE);
    }

    record Stored(byte[] file, ImageEncoding.Format format, Instant until) {}

    /** Keeps an image file. Gives its path. */
    public synchronized String add(byte[] file, ImageEncoding.Format format) {
        byte[] name = new byte[NAME_BYTES];
        random.nextBytes(name);
        String key = Base64.getUrlEncoder().encodeToString(name) + "." + format.id();
        files.put(key, new Stored(file, format, clock.instant().plus(KEPT)));
        bytes += file.length;
        removeOld();
        return PATH + key;
    }

    /** The image of a path's last part, if it is still kept. */
    synchronized Optional<Stored> get(String key) {
        removeOld();
        return Optional.ofNullable(files.get(key));
    }

    /** Bytes of the images that are in memory. */
    synchronized long bytes() {
        return bytes;
    }

    /** The newest image stays for its time, however large it is. */
    private void removeOld() {
        Instant now = clock.instant();
        Iterator<Stored> oldest = files.values().iterator();
        while (oldest.hasNext()) {
            Stored stored = oldest.next();
            boolean fits = bytes <= mostBytes || !oldest.hasNext();
            if (fits && stored.until().isAfter(now)) {
                break;
            }
            bytes -= stored.file().length;
            oldest.remove();
        }
    }

    @Override
    public void handle(Exchange exchange) throws IOException {
        Stored stored = get(exchange.path().substring(PATH.length()))
                .orElseThrow(() -> HttpError.refused(404, "not_found", "this image is no longer kept; draw it again"));
        exchange.setHeader("Cache-Control", "private, max-age=" + KEPT.toSeconds());
        exchange.send(200, stored.format().mediaType(), stored.file());
    }
}
