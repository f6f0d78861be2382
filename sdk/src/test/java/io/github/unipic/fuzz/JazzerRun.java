package io.github.unipic.fuzz;

import io.github.unipic.testing.Folders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.zip.CRC32;

/**
 * Lets Jazzer search for inputs that break a target, guided by code coverage. Jazzer is on the class path only in the
 * Maven profile {@code fuzz}.
 */
public final class JazzerRun {
    private static final String JAZZER = "com.code_intelligence.jazzer.Jazzer";
    private static final String DETECTORS = "com.code_intelligence.jazzer.api.BugDetectors";

    /** What Jazzer watches: our code and the libraries that read for it. */
    private static final String WATCHED = String.join(
            ":",
            "io.github.unipic.**",
            "com.sun.imageio.**",
            "com.twelvemonkeys.**",
            "org.apache.commons.**",
            "org.eclipse.jetty.http.**",
            "net.razorvine.**");

    private static final Path FOLDER = Path.of("target", "fuzz").toAbsolutePath();

    /** How many there were, by kind. */
    private static final Map<String, Integer> FAULTS = new HashMap<>();

    private static FuzzTarget target;
    private static Trial trial;
    private static long results;
    private static long refused;

    private JazzerRun() {}

    /**
     * Arguments: the class that knows the module's targets, the name of one, seconds. Does nothing where the module has
     * no such target, as Maven comes by the modules that it depends on, too.
     */
    public static void main(String[] arguments) throws Exception {
        FuzzRegression test = FuzzRegression.of(arguments[0]);
        String name = arguments[1];
        if (test.target(name).isEmpty()) {
            System.out.println("There is no target " + name + " here, but "
                    + test.targets().stream().map(FuzzTarget::name).toList());
            return;
        }
        Path folder = Files.createDirectories(FOLDER.resolve("jazzer-" + name));
        Path corpus = Files.createDirectories(folder.resolve("corpus"));
        int number = 0;
        for (byte[] input : test.target(name).get().corpus()) {
            Files.write(corpus.resolve("seed-" + number++), input);
        }
        Class.forName(JAZZER).getMethod("main", String[].class).invoke(null, (Object) List.of(
                        "--target_class=" + JazzerRun.class.getName(),
                        "--target_args=" + arguments[0] + " " + name,
                        "--instrumentation_includes=" + WATCHED,
                        "--instrumentation_excludes=io.github.unipic.fuzz.**",
                        "--keep_going=20",
                        "--reproducer_path=" + folder,
                        "-artifact_prefix=" + folder + "/",
                        "-max_total_time=" + arguments[2],
                        "-timeout=60",
                        "-rss_limit_mb=3000",
                        "-verbosity=0",
                        corpus.toString())
                .toArray(new String[0]));
    }

    /** Called by Jazzer. */
    public static void fuzzerInitialize(String[] arguments) throws Exception {
        // To a target that is a server; any other connection is a fault.
        BiPredicate<String, Integer> allowed = (host, port) -> host.equals("localhost") || host.equals("127.0.0.1");
        Class.forName(DETECTORS)
                .getMethod("allowNetworkConnections", BiPredicate.class)
                .invoke(null, allowed);
        target = FuzzRegression.of(arguments[0]).target(arguments[1]).orElseThrow();
        trial = new Trial(
                target, Folders.fresh(FOLDER.resolve("jazzer-" + target.name()).resolve("trial")));
        for (byte[] input : target.corpus()) {
            try {
                trial.run(input); // so that no input's time is spent on loading and changing classes
            } catch (Throwable e) {
                // Jazzer tries it again.
            }
        }
    }

    /** Called by Jazzer. */
    public static void fuzzerTestOneInput(byte[] input) throws Throwable {
        CRC32 coin = new CRC32();
        coin.update(input);
        byte[] tried = (coin.getValue() & 7) == 0 ? input : target.mutator().repair(input);
        try {
            if (trial.run(tried) == Trial.Outcome.RESULT) {
                results++;
            } else {
                refused++;
            }
        } catch (Throwable e) {
            if (FAULTS.merge(Fault.kind(e), 1, Integer::sum) == 1) {
                Fault.write(FOLDER, target.name(), FAULTS.size(), e, tried);
            }
            throw e;
        }
    }

    /** Called by Jazzer. */
    public static void fuzzerTearDown() {
        int faults = FAULTS.values().stream().mapToInt(Integer::intValue).sum();
        System.out.println(target.name() + ": " + (results + refused + faults) + " inputs, " + results + " results, "
                + refused + " refused, " + faults + " faults of " + FAULTS.size() + " kinds");
    }
}
