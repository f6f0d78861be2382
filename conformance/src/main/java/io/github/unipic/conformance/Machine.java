package io.github.unipic.conformance;

import io.github.unipic.RuntimeInfo;
import io.github.unipic.conformance.report.Environment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import oshi.SystemInfo;
import oshi.hardware.GraphicsCard;

/**
 * The machine that a run is made on.
 *
 * @param system the operating system
 * @param processor its name
 * @param memoryBytes all that it has
 * @param cards graphics cards
 * @param driver of the graphics cards; empty if unknown
 */
record Machine(String system, String processor, long memoryBytes, List<String> cards, String driver) {
    private static final Path NVIDIA_DRIVER = Path.of("/proc/driver/nvidia/version");

    /** Looks at this machine, which takes a moment. */
    static Machine look() {
        SystemInfo info = new SystemInfo();
        List<GraphicsCard> cards = info.getHardware().getGraphicsCards();
        return new Machine(
                info.getOperatingSystem().toString(),
                info.getHardware()
                        .getProcessor()
                        .getProcessorIdentifier()
                        .getName()
                        .strip(),
                info.getHardware().getMemory().getTotal(),
                cards.stream()
                        .map(card -> "graphics card: " + card.getVendor() + " " + card.getName())
                        .toList(),
                driver(cards));
    }

    /** @param runtime that computes; empty if it could not be asked */
    Environment describe(Map<String, String> labels, Optional<RuntimeInfo> runtime) {
        return new Environment(
                system + ", " + System.getProperty("os.arch"),
                processor + ", " + Runtime.getRuntime().availableProcessors() + " threads",
                memoryBytes,
                System.getProperty("java.vendor") + " " + Runtime.version(),
                runtime.map(RuntimeInfo::version).orElse("unknown"),
                runtime.map(RuntimeInfo::providers).orElse(List.of()),
                Stream.concat(runtime.map(RuntimeInfo::devices).orElse(List.of()).stream(), cards.stream())
                        .toList(),
                driver,
                Optional.ofNullable(Machine.class.getPackage().getImplementationVersion())
                        .orElse("development"),
                labels);
    }

    /** The graphics driver's version: of NVIDIA's kernel module, or from the operating system; empty if unknown. */
    private static String driver(List<GraphicsCard> cards) {
        try {
            if (Files.isReadable(NVIDIA_DRIVER)) {
                return Files.readAllLines(NVIDIA_DRIVER).get(0).strip();
            }
        } catch (IOException e) {
            // Ask the operating system.
        }
        return cards.stream()
                .map(GraphicsCard::getVersionInfo)
                .filter(version -> !version.isBlank() && !version.equals("unknown"))
                .findFirst()
                .orElse("");
    }
}
