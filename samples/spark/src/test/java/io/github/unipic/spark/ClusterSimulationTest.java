package io.github.unipic.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.testing.Program;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterSimulationTest {
    private static final Pattern LOSS = Pattern.compile("([0-9.]+) % \\(([0-9.]+) %\\)");

    @TempDir
    private static Path folder;

    /** Compiled once: from the source, each run would take as long as all tests. */
    @BeforeAll
    static void compile() {
        int result = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "-proc:none", "-d", folder.toString(), "ClusterSimulation.java");
        assertThat(result).isZero();
    }

    /** One executor that is never lost waits for nobody; its only loss is its start. */
    @Test
    void oneExecutorLosesItsStartOnly() throws Exception {
        List<double[]> losses = losses(1, "entries=20", "seconds=10", "start=20", "hours=1e9", "slow=0");
        assertThat(losses).hasSize(7).allSatisfy(loss -> {
            assertThat(loss[0]).isLessThanOrEqualTo(0.1);
            assertThat(loss[1]).isBetween(8.0, 10.0); // 20 of 220 s: 9.1 %
        });
    }

    /** With 20 entries an executor, all equally fast, partitions of 16 leave one in five idle or more. */
    @Test
    void largePartitionsLeaveExecutorsIdleAtTheEnd() throws Exception {
        List<double[]> losses = losses(10, "entries=20", "seconds=10", "start=0", "hours=1e9", "slow=0");
        assertThat(losses.get(0)[0]).isLessThan(3);
        // 200 entries are 12 partitions of 16 and one of 8 for 10 executors: 32 entries long instead of 20, 37.5 %.
        assertThat(losses.get(4)[0]).isBetween(34.0, 42.0);
    }

    /** Of an executor that lives ten entries on average, half an entry and the replacement are lost each time. */
    @Test
    void lossesOfExecutorsCost() throws Exception {
        List<double[]> losses = losses(100, "entries=20", "seconds=100", "start=0", "hours=0.28", "slow=0");
        assertThat(losses.get(0)[0]).isBetween(5.0, 25.0);
    }

    @Test
    void anUnknownNameIsAnError() throws Exception {
        Program.Run run = Program.of("ClusterSimulation").run(folder, "", "second=1");
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).startsWith("second=1 is unknown; give name=value").hasLineCount(1);
    }

    private List<double[]> losses(int executors, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.add("executors=" + executors);
        String row = simulate(all.toArray(String[]::new))
                .lines()
                .filter(line -> line.startsWith(executors + " "))
                .findFirst()
                .orElseThrow();
        List<double[]> losses = new ArrayList<>();
        Matcher matcher = LOSS.matcher(row);
        while (matcher.find()) {
            losses.add(new double[] {Double.parseDouble(matcher.group(1)), Double.parseDouble(matcher.group(2))});
        }
        return losses;
    }

    /** What it prints. */
    private static String simulate(String... arguments) throws Exception {
        PrintStream before = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (URLClassLoader classes =
                        new URLClassLoader(new URL[] {folder.toUri().toURL()}, null);
                PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
            System.setOut(out);
            classes.loadClass("ClusterSimulation")
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) arguments);
        } finally {
            System.setOut(before);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }
}
