package io.github.unipic.conformance;

import io.github.unipic.RuntimeInfo;
import io.github.unipic.conformance.report.Environment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import oshi.SystemInfo;
import oshi.hardware.GraphicsCard;

/** Describes the machine that a run is made on. */
final class Machine {
    private static final Path NVIDIA_DRIVER = Path.of("/proc/driver/nvidia/version");

    private Machine() {}

    /** @param runtime that computes; empty if it could not be asked */
    static Environment describe(Map<String, String> labels, Optional<RuntimeInfo> runtime) {
        SystemInfo system = new SystemInfo();
        return new Environment(
                system.getOperatingSystem() + ", " + System.getProperty("os.arch"),
                system.getHardware()
                                .getProcessor()
                                .getProcessorIdentifier()
                                .getName()
                                .strip() + ", " + Runtime.getRuntime().availableProcessors() + " threads",
                system.getHardware().getMemory().getTotal(),
                System.getProperty("java.vendor") + " " + Runtime.version(),
                runtime.map(RuntimeInfo::version).orElse("unknown"),
                runtime.map(RuntimeInfo::providers).orElse(List.of()),
                devices(
                        runtime.map(RuntimeInfo::devices).orElse(List.of()),
                        system.getHardware().getGraphicsCards()),
                driver(system.getHardware().getGraphicsCards()),
                Optional.ofNullable(Machine.class.getPackage().getImplementationVersion())
                        .orElse("development"),
                labels);
    }

    private static List<String> devices(List<String> ofRuntime, List<GraphicsCard> cards) {
        List<String> devices = new ArrayList<>(ofRuntime);
        cards.forEach(card -> devices.add("graphics card: " + card.getVendor() + " " + card.getName()));
        return devices;
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
