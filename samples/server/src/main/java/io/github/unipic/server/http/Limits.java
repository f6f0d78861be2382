package io.github.unipic.server.http;

import java.time.Duration;

/**
 * What a client may take.
 *
 * @param body bytes of one request's body
 * @param bodies bytes of all requests' bodies that are in memory at once
 * @param parts of a form
 * @param connections at once
 * @param stalled how long a client may neither send nor take a byte while the server waits for it
 * @param upload how long a request's headers or body may take in all
 */
public record Limits(long body, long bodies, int parts, int connections, Duration stalled, Duration upload) {
    /** Those of a server for a few people. */
    public static final Limits DEFAULTS =
            new Limits(64L << 20, 256L << 20, 64, 256, Duration.ofSeconds(20), Duration.ofMinutes(2));
}
