package io.github.unipic.server.images;

import io.github.unipic.server.http.Exchange;
import io.github.unipic.server.http.HttpError;
import io.github.unipic.server.http.Route;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Images that are fetched by an address of their own, which nobody can guess and which needs no key: kept in memory for
 * an hour, the oldest ones less when space runs out. Thread-safe.
 */
public final class ImageStore implements Route {
    /** Where the images are. */
    public static final String PATH = "/v1/images/files/";

    private static final Duration KEPT = Duration.ofHours(1);
    private static final long MOST_BYTES = 128L << 20;
    private static final int NAME_BYTES = 18;

    private final SecureRandom random = new SecureRandom();
    private final Map<String, Stored> files = new LinkedHashMap<>();
    private long bytes;

    private record Stored(byte[] file, ImageEncoding.Format format, Instant until) {}

    /** Keeps an image file. Gives its path. */
    public synchronized String add(byte[] file, ImageEncoding.Format format) {
        byte[] name = new byte[NAME_BYTES];
        random.nextBytes(name);
        String key = Base64.getUrlEncoder().encodeToString(name) + "." + format.id();
        files.put(key, new Stored(file, format, Instant.now().plus(KEPT)));
        bytes += file.length;
        Instant now = Instant.now();
        for (Iterator<Stored> oldest = files.values().iterator(); oldest.hasNext(); ) {
            Stored stored = oldest.next();
            if (stored.file() == file || bytes <= MOST_BYTES && stored.until().isAfter(now)) {
                break;
            }
            bytes -= stored.file().length;
            oldest.remove();
        }
        return PATH + key;
    }

    private synchronized Optional<Stored> get(String key) {
        return Optional.ofNullable(files.get(key))
                .filter(stored -> stored.until().isAfter(Instant.now()));
    }

    @Override
    public void handle(Exchange exchange) throws IOException {
        Stored stored = get(exchange.path().substring(PATH.length()))
                .orElseThrow(() -> HttpError.refused(404, "not_found", "this image is no longer kept; draw it again"));
        exchange.setHeader("Cache-Control", "private, max-age=" + KEPT.toSeconds());
        exchange.send(200, stored.format().mediaType(), stored.file());
    }
}
