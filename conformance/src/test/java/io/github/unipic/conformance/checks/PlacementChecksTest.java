package io.github.unipic.conformance.checks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.UniPic;
import io.github.unipic.conformance.Suite;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Placement;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.testing.ChildJvm;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlacementChecksTest {
    @TempDir
    private Path folder;

    /** Prints what is known of each graph. */
    static final class Main {
        public static void main(String[] args) {
            for (Placement placement : check(Path.of(args[0]), Path.of(args[1])).placements()) {
                System.out.println("placement " + placement.shares() + " of " + placement.graph());
            }
        }
    }

    @Test
    void theCpuByItsOwnNameLeavesNothingToItself() {
        Results results = check(SmallModel.folder(), folder);
        assertThat(results.placements()).hasSize(GraphName.values().length);
        assertThat(results.placements())
                .allSatisfy(placement -> assertThat(placement.fallbacks()).isEmpty());
        assertThat(results.checks()).isEmpty();
    }

    /**
     * With the sdk's classes for Java 22 and later, in a process that uses them; a build with an older JDK has none.
     */
    @Test
    void onNewerJavaNothingRuns() throws IOException, InterruptedException {
        Path sdk = Path.of(
                UniPic.class.getProtectionDomain().getCodeSource().getLocation().getPath());
        Path versioned = Files.isDirectory(sdk) ? sdk.resolve("META-INF/versions/22") : sdk;
        assumeTrue(Runtime.version().feature() >= 22, "this Java is older than 22");
        assumeTrue(Files.exists(versioned), "the sdk was built without its classes for Java 22");
        Path profiles = Files.createDirectory(folder.resolve("profiles"));
        String output = ChildJvm.run(
                folder,
                Main.class,
                List.of("--enable-native-access=ALL-UNNAMED"),
                List.of(versioned.toString()),
                List.of(SmallModel.folder().toString(), profiles.toString()),
                Map.of());
        assertThat(output.lines().filter(line -> line.startsWith("placement ")))
                .hasSize(GraphName.values().length)
                .allMatch(line -> line.matches(".*\\[provider=CPUExecutionProvider, nodes=[1-9]\\d*, .*\\.empty.*"));
        assertThat(profiles).isEmptyDirectory();
    }

    private static Results check(Path model, Path temporary) {
        Results results = new Results();
        RuntimeOptions options = new RuntimeOptions(
                OptionalInt.of(1), ExecutionProvider.of("CPUExecutionProvider"), Optional.empty(), Memory.DEFAULTS);
        new PlacementChecks(ModelFolder.open(model, false), options, temporary, results, new Cancellation())
                .run(Cases.of(Suite.SMOKE));
        PlacementChecks.conclude(options.provider(), true, results);
        return results;
    }
}
