package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.testing.ChildJvm;
import io.github.unipic.testing.Requests;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The sdk's classes for Java 22 and later, in a process that uses them; a build with an older JDK has none. */
class DeviceTensorsTest {
    private static Path versioned;

    @TempDir
    private Path folder;

    /** Draws, edits and answers, and prints what came out. */
    static final class Main {
        public static void main(String[] args) {
            try (Graphs graphs = new Graphs(ModelFolder.open(Path.of(args[0]), false), RuntimeOptions.DEFAULTS)) {
                System.out.println("on device: " + graphs.tensorsStayOnDevice());
            }
            System.out.println("result: " + results(Path.of(args[0])));
        }
    }

    /** Prints the nodes of a graph, of which nothing runs. */
    static final class Assigned {
        public static void main(String[] args) {
            try (Graphs graphs = new Graphs(ModelFolder.open(Path.of(args[0]), false), RuntimeOptions.DEFAULTS)) {
                graphs.assignments(GraphName.MAR_ENCODER)
                        .orElseThrow()
                        .forEach(node ->
                                System.out.println(node.name() + " is " + node.operator() + " on " + node.provider()));
                System.out.println("loaded " + graphs.loaded() + ", open " + Graphs.openSessions());
            }
        }
    }

    @BeforeAll
    static void findClasses() throws IOException {
        Path sdk = Path.of(
                UniPic.class.getProtectionDomain().getCodeSource().getLocation().getPath());
        // In a jar they take their place by themselves.
        versioned = Files.isDirectory(sdk) ? sdk.resolve("META-INF/versions/22") : sdk;
        assumeTrue(Runtime.version().feature() >= 22, "this Java is older than 22");
        assumeTrue(Files.exists(versioned), "the sdk was built without its classes for Java 22");
    }

    @Test
    void resultsAreThoseOfOnnxRuntimesJavaInterface() throws IOException, InterruptedException {
        String output = run(Main.class, List.of(), SmallModel.folder());
        assertThat(output).contains("on device: true");
        assertThat(output).contains("result: " + results(SmallModel.folder()));
    }

    @Test
    void nodesAreReadFromASessionThatIsClosedAgain() throws IOException, InterruptedException {
        String output = run(Assigned.class, List.of(), SmallModel.folder());
        assertThat(output.lines().filter(line -> line.contains(" is ")))
                .anyMatch(
                        line -> line.matches("mar\\.encoder_blocks\\.0/MatMul_\\d+ is MatMul on CPUExecutionProvider"))
                .allMatch(line -> line.matches("\\S+ is [A-Z]\\w+ on CPUExecutionProvider"));
        assertThat(output).contains("loaded [], open 0");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void failingAndCancelledCallsLeaveMemoryFlat() throws IOException, InterruptedException {
        String output = run(
                LeakTest.Main.class,
                List.of("-Xms128m", "-Xmx128m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC"),
                LeakTest.model(folder));
        Matcher growth = Pattern.compile("growth (-?\\d+)").matcher(output);
        assertThat(growth.find()).as(output).isTrue();
        assertThat(Long.parseLong(growth.group(1))).isLessThan(LeakTest.SLACK_BYTES);
        assertThat(output).contains("tensors 0");
    }

    private String run(Class<?> main, List<String> options, Path model) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(options);
        all.add("--enable-native-access=ALL-UNNAMED");
        all.add("-Dunipic.deviceTensors=true");
        return ChildJvm.run(
                folder,
                main,
                all,
                List.of(versioned.toString()),
                List.of(model.toString()),
                Map.of("MALLOC_ARENA_MAX", "1"));
    }

    private static String results(Path model) {
        try (UniPic unipic = UniPic.load(model)) {
            GenerateRequest request = GenerateRequest.builder("a red circle")
                    .size(64, 64)
                    .iterations(4)
                    .diffusionSteps(10)
                    .seed(3)
                    .count(2)
                    .build();
            GenerateRequest fast = request.toBuilder().fast().diffusionSteps(10).build();
            List<Image> drawn = unipic.generate(request);
            List<Image> edited = unipic.edit(Requests.edit(drawn.get(0), fast));
            String answer = unipic.describe(DescribeRequest.builder("What?")
                            .image(edited.get(1))
                            .maxTokens(12)
                            .build())
                    .tokens()
                    .toString();
            return Arrays.hashCode(drawn.get(1).rgb()) + " "
                    + Arrays.hashCode(edited.get(1).rgb()) + " " + answer;
        }
    }
}
