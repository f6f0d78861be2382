package io.github.unipic.conformance.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Memory of a process in bytes, from Linux's /proc/PID/status; -1 on other systems, and when the process has ended.
 *
 * @param peakRssBytes the peak of resident memory, mapped files included
 * @param rssBytes resident memory now
 * @param anonymousBytes the part of it without a file, which the system cannot drop and read again
 */
public record ProcessMemory(long peakRssBytes, long rssBytes, long anonymousBytes) {
    static ProcessMemory now() {
        return of("self");
    }

    /** @param pid of a process of the same user */
    public static ProcessMemory of(long pid) {
        return of(Long.toString(pid));
    }

    private static ProcessMemory of(String process) {
        List<String> lines;
        try {
            lines = Files.readAllLines(Path.of("/proc", process, "status"));
        } catch (IOException e) {
            lines = List.of();
        }
        return new ProcessMemory(field(lines, "VmHWM:"), field(lines, "VmRSS:"), field(lines, "RssAnon:"));
    }

    /** A line such as {@code VmHWM: 123456 kB}. */
    private static long field(List<String> lines, String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                .findFirst()
                .orElse(-1);
    }
}
