package io.github.unipic.conformance.report;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * A process that ended before its work was done: it crashed, took too long, used too much memory, or exited.
 *
 * @param lastCase the name of the case that was running, which has failed
 * @param reason how it ended, in one line
 * @param exitCode as the operating system gives it, where the process ended by itself
 * @param crashFile the whole crash file of the JVM, empty if it has written none
 * @param crashHead the lines of the crash file that say what crashed where
 * @param output the last lines that the process printed on its standard output and error
 */
public record LostProcess(
        String lastCase,
        String reason,
        OptionalInt exitCode,
        Optional<String> crashFile,
        String crashHead,
        String output) {}
