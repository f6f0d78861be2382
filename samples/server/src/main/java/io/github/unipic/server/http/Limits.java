package io.github.unipic.server.http;

import java.time.Duration;

/**
 * What a client may take.
 *
 * @param body bytes of one request's body
 * @param memory bytes of all requests' bodies and decoded images that are in memory at once
 * @param parts of a form
 * @param connections at once, and requests at once
 * @param stalled how long a client may neither send nor take a byte while the server waits for it
 * @param head how long a connection may be without a request whose headers have come whole
 * @param upload how long a request's body may take in all
 * @param download how long an answer that is complete may take to be fetched
 * @param silence after which an answer that is not there yet begins with a blank, so that nobody gives it up
 * @param blanks the time between further blanks
 */
public record Limits(
        long body,
        long memory,
        int parts,
        int connections,
        Duration stalled,
        Duration head,
        Duration upload,
        Duration download,
        Duration silence,
        Duration blanks) {
    private static final long LEAST_MEMORY = 96L << 20;
    private static final long MOST_MEMORY = 512L << 20;

    /** Those of a server for a few people. An eighth of Java's heap is for requests. */
    public static final Limits DEFAULTS = new Limits(
            64L << 20,
            Math.max(LEAST_MEMORY, Math.min(MOST_MEMORY, Runtime.getRuntime().maxMemory() / 8)),
            64,
            256,
            Duration.ofSeconds(20),
            Duration.ofSeconds(30),
            Duration.ofMinutes(2),
            Duration.ofMinutes(5),
            Duration.ofSeconds(60),
            Duration.ofSeconds(30));

    /** With other bounds in bytes. */
    public Limits withSizes(long mostBody, long mostMemory) {
        return new Limits(mostBody, mostMemory, parts, connections, stalled, head, upload, download, silence, blanks);
    }

    /** With another bound of connections. */
    public Limits withConnections(int most) {
        return new Limits(body, memory, parts, most, stalled, head, upload, download, silence, blanks);
    }

    /** With other bounds for slow clients. */
    public Limits withPatience(Duration toStall, Duration forHead, Duration forUpload, Duration forDownload) {
        return new Limits(body, memory, parts, connections, toStall, forHead, forUpload, forDownload, silence, blanks);
    }

    /** With other times for answers that take long. */
    public Limits withBlanks(Duration firstAfter, Duration then) {
        return new Limits(body, memory, parts, connections, stalled, head, upload, download, firstAfter, then);
    }
}
