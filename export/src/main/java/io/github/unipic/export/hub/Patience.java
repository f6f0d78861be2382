package io.github.unipic.export.hub;

import java.time.Duration;

/**
 * How long to wait for the network.
 *
 * @param connect for a connection
 * @param answer for the head of an answer
 * @param stall for the next bytes of a body
 * @param retries how often in a row to try again without getting further
 * @param firstPause before the first retry; each next one is twice as long
 * @param longestPause that a hub may ask for
 */
record Patience(
        Duration connect, Duration answer, Duration stall, int retries, Duration firstPause, Duration longestPause) {
    static final Patience USUAL = new Patience(
            Duration.ofSeconds(20),
            Duration.ofSeconds(60),
            Duration.ofSeconds(30),
            5,
            Duration.ofSeconds(1),
            Duration.ofMinutes(2));
}
