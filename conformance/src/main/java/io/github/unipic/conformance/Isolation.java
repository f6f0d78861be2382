package io.github.unipic.conformance;

import io.github.unipic.InvalidRequestException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Runs the cases in a child process, so that a provider that crashes, hangs, exits or eats memory fails the case that
 * was running, and not the run. Another process goes on with the next case. This process loads neither ONNX Runtime nor
 * a provider.
 *
 * <p>A child is started as this process was: the same Java, class path and Java options, agents excluded.
 *
 * @param caseLimit how long one case may take, and the start and the end of a process; at least a second
 * @param memoryLimitBytes how much memory a child may use, mapped files excluded; positive, checked on Linux
 * @param nativeRuntime folder of another ONNX Runtime to run on, as for
 *     {@link io.github.unipic.UniPic#useNativeRuntime}
 * @param providerLibraries plugins by the names of their registrations
 * @param javaOptions more options for the child's Java
 */
public record Isolation(
        Duration caseLimit,
        long memoryLimitBytes,
        Optional<Path> nativeRuntime,
        Map<String, Path> providerLibraries,
        List<String> javaOptions) {

    /** How long a case may take, unless another limit is given: 10 minutes. */
    public static final Duration USUAL_CASE_LIMIT = Duration.ofMinutes(10);

    /**
     * Checks the limits, and copies the collections.
     *
     * @param caseLimit at least a second
     * @param memoryLimitBytes positive
     * @param nativeRuntime a folder
     * @param providerLibraries copied
     * @param javaOptions copied
     * @throws InvalidRequestException when a limit is too small
     */
    public Isolation {
        if (caseLimit.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new InvalidRequestException("The limit for a case is " + caseLimit.toMillis()
                    + " ms; give at least one second, and 600 or more for large models.");
        }
        if (memoryLimitBytes <= 0) {
            throw new InvalidRequestException(
                    "The memory limit is " + memoryLimitBytes + " bytes; give what a model needs, such as 8 GB.");
        }
        providerLibraries = Map.copyOf(new TreeMap<>(providerLibraries));
        javaOptions = List.copyOf(javaOptions);
    }

    /**
     * With the usual limits.
     *
     * @param nativeRuntime folder of another ONNX Runtime to run on
     * @param providerLibraries plugins by the names of their registrations
     */
    public Isolation(Optional<Path> nativeRuntime, Map<String, Path> providerLibraries) {
        this(USUAL_CASE_LIMIT, usualMemoryLimit(), nativeRuntime, providerLibraries, List.of());
    }

    /**
     * Nine tenths of the machine's memory, or of the container's: then this process survives to report it.
     *
     * @return bytes
     */
    public static long usualMemoryLimit() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
                        .getTotalMemorySize()
                / 10
                * 9;
    }
}
