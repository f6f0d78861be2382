package io.github.unipic.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Tries the corpora of a module's targets and mutations of them, in a process with 512 MiB of heap that may crash.
 * Faults are written to {@code target/fuzz}; {@code -Dfuzz.seed=NUMBER} tries other mutations.
 */
public abstract class FuzzRegression {
    private static final long SEED = Long.getLong("fuzz.seed", 20_261_126);

    /** The module's targets. */
    protected abstract List<FuzzTarget> targets();

    /** The target of a name, if the module has it. */
    final Optional<FuzzTarget> target(String name) {
        return targets().stream().filter(target -> target.name().equals(name)).findFirst();
    }

    static FuzzRegression of(String className) throws ReflectiveOperationException {
        return (FuzzRegression)
                Class.forName(className).getDeclaredConstructor().newInstance();
    }

    @TestFactory
    Stream<DynamicTest> everyInputGivesAResultOrIsRefused() throws IOException {
        Path folder = Files.createDirectories(Path.of("target", "fuzz").toAbsolutePath());
        FuzzProcess process = new FuzzProcess(getClass(), folder, SEED);
        return targets().stream()
                .map(target -> dynamicTest(target.name(), () -> check(target, process, folder)))
                .onClose(process::close);
    }

    private void check(FuzzTarget target, FuzzProcess process, Path folder) throws Exception {
        for (Fault fault : Fault.of(folder, target.name())) {
            fault.delete();
        }
        long start = System.nanoTime();
        FuzzProcess.Summary summary = process.run(target);
        System.out.println(target.name() + ": " + summary + " in "
                + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) + " ms");
        assertThat(Fault.of(folder, target.name()))
                .as(
                        "Faults with seed %d; mend them and copy their inputs to src/test/resources/fuzz/%s",
                        SEED, target.name())
                .isEmpty();
        assertThat(summary.results()).as("some inputs are good").isPositive();
    }
}
