package io.github.unipic.conformance.report;

import io.github.unipic.Image;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/** Invented reports for tests; {@link #main} writes them for a look. */
final class SampleReports {
    static final String HOSTILE = "</style><script>alert('x')</script>&\"\u001b[31m\u0000\ud800\u202e";

    private static final List<String> GRAPHS = List.of(
            "text_embedding",
            "text_head",
            "vision_encoder",
            "pixel_encoder",
            "mar_encoder",
            "decoder_step",
            "mar_decoder",
            "token_sampler",
            "diffusion_head",
            "pixel_decoder");

    /** Normal variates that stand for the many values of a tensor. */
    private static final double[] NORMAL = normal(new Random(1), 256);

    /** Made once; one is too large for a page. */
    private static final List<ImagePair> IMAGES = List.of(
            new ImagePair("t2i_native", gradient(96, 64, 0), gradient(96, 64, 5)),
            new ImagePair("t2i_1024", gradient(1024, 256, 0), gradient(1024, 256, 1)),
            new ImagePair("edit_chelsea", gradient(96, 64, 0), gradient(96, 64, 0)));

    private SampleReports() {}

    /** Writes every sample below a folder. */
    public static void main(String[] args) {
        Path folder = Path.of(args[0]);
        ReportFolder.write(passing(), folder.resolve("passing"));
        ReportFolder.write(failing(), folder.resolve("failing"));
        ReportFolder.write(large(), folder.resolve("large"));
        ReportFolder.write(hostile(), folder.resolve("hostile"));
    }

    static ConformanceReport passing() {
        List<Check> checks = new ArrayList<>();
        for (String photo : List.of("astronaut", "chelsea", "rocket")) {
            checks.add(count(Area.PREPROCESSING, "framing", photo, "pixels", 0));
        }
        for (String graph : GRAPHS) {
            for (String scenario : List.of("batch_1", "batch_2", "wide")) {
                checks.add(tensor(Area.GRAPH, graph, scenario, "result", 1.3e-6 * (1 + checks.size() % 7), 2e-5));
            }
        }
        checks.add(tensor(Area.LOOP, "t2i", "t2i_native", "latents", 6.2e-6, 1e-4));
        checks.add(count(Area.UNDERSTANDING, "understand", "understand_chelsea", "tokens", 0));
        checks.add(count(Area.DETERMINISM, "t2i", "twice", "pixels", 0));
        return report(checks, placements(), IMAGES, List.of(), Map.of("site", "Lab 3"));
    }

    static ConformanceReport failing() {
        List<Check> checks = new ArrayList<>(passing().checks());
        checks.add(new Check(
                Area.GRAPH,
                "decoder_step",
                "past_512",
                "hidden",
                "relative L2",
                Double.NaN,
                2e-5,
                Optional.of(new ErrorStatistics(
                        786_432, 3.1e-6, 0.9999999, 0.004, 1.2, 128, 2, histogram(786_302, 3.1e-6))),
                Optional.of("The first is at [0, 17, 3].")));
        checks.add(tensor(Area.GRAPH, "mar_decoder", "wide", "z", 4.1e-5, 2e-5));
        checks.add(tensor(Area.GRAPH, "mar_decoder", "editing", "z", 0.31, 2e-5));
        checks.add(tensor(Area.LOOP, "t2i", "t2i_100_steps", "latents", 0.012, 1e-4));
        checks.add(new Check(
                Area.UNDERSTANDING,
                "understand",
                "understand_astronaut",
                "tokens",
                "differing values",
                3,
                0,
                Optional.empty(),
                Optional.of("The answers diverge at token 12.")));
        checks.add(count(Area.PLACEMENT, "mar_decoder", "strict", "nodes that compute on the CPU", 4));
        return report(
                checks,
                placements(),
                IMAGES,
                List.of(
                        "edit_astronaut: the model has no pixel_encoder",
                        "understand_rocket: the golden file has no siglip2.pixels"),
                Map.of());
    }

    /** 1500 checks, 30 of them failing in one stage. */
    static ConformanceReport large() {
        List<Check> checks = new ArrayList<>();
        for (String graph : GRAPHS) {
            for (int i = 0; i < 150; i++) {
                boolean fails = graph.equals("mar_encoder") && i % 5 == 0;
                double error = fails ? 3e-3 : 4e-7 * (1 + i % 40);
                checks.add(tensor(Area.GRAPH, graph, "batch_" + (1 + i % 3) + "_case_" + i, "result", error, 2e-5));
            }
        }
        List<Timing> timings = checks.stream()
                .map(check -> new Timing(check.subject(), check.scenario(), 1 + check.value() * 1e6))
                .toList();
        ConformanceReport report = report(checks, placements(), List.of(), List.of(), Map.of());
        return new ConformanceReport(
                report.started(),
                report.elapsed(),
                report.environment(),
                report.subject(),
                checks,
                report.placements(),
                timings,
                List.of(),
                List.of(),
                List.of(),
                Optional.empty());
    }

    /** Markup, control characters and half a surrogate pair wherever text comes from outside. */
    static ConformanceReport hostile() {
        Check check =
                new Check(Area.GRAPH, HOSTILE, HOSTILE, HOSTILE, HOSTILE, 2, 1, Optional.empty(), Optional.of(HOSTILE));
        Image image = gradient(8, 8, 0);
        return new ConformanceReport(
                Instant.parse("2026-11-21T08:00:00Z"),
                Duration.ofSeconds(1),
                new Environment(
                        HOSTILE,
                        HOSTILE,
                        1,
                        HOSTILE,
                        HOSTILE,
                        List.of(HOSTILE),
                        List.of(HOSTILE),
                        HOSTILE,
                        HOSTILE,
                        Map.of(HOSTILE, HOSTILE)),
                new Subject(
                        HOSTILE,
                        HOSTILE,
                        HOSTILE,
                        HOSTILE,
                        Map.of(HOSTILE, HOSTILE),
                        HOSTILE,
                        List.of(HOSTILE),
                        true,
                        HOSTILE,
                        Optional.empty(),
                        OptionalLong.empty()),
                List.of(check),
                List.of(new Placement(
                        HOSTILE,
                        List.of(new Placement.Share(HOSTILE, 1, OptionalDouble.of(1))),
                        List.of(new Placement.Fallback(HOSTILE, 1, true)))),
                List.of(new Timing(HOSTILE, HOSTILE, 1)),
                List.of(new ImagePair("../" + HOSTILE, image, image)),
                List.of(new MeaningResult(
                        new CaseName(Area.MEANING, HOSTILE, HOSTILE),
                        HOSTILE,
                        Optional.of(image),
                        Optional.of(image),
                        HOSTILE,
                        HOSTILE,
                        List.of(HOSTILE))),
                List.of(HOSTILE),
                Optional.of(new Processes(
                        2,
                        Duration.ofSeconds(1),
                        1,
                        List.of(new LostProcess(
                                HOSTILE, HOSTILE, OptionalInt.of(-1), Optional.of(HOSTILE), HOSTILE, HOSTILE)))));
    }

    /** Both cases that ran lost their process. */
    static ConformanceReport lost() {
        String reason = "the process crashed (exit code 134, SIGABRT)";
        List<CaseName> names = Stream.of("past_512", "past_4200")
                .map(scenario -> new CaseName(Area.GRAPH, "decoder_step", scenario))
                .toList();
        List<LostProcess> lost = names.stream()
                .map(name -> new LostProcess(
                        name.toString(),
                        reason,
                        OptionalInt.of(134),
                        Optional.of("# the whole file"),
                        "#  SIGSEGV (0xb)\nC  [libvendor.so+0x1139]",
                        "vendor: out of \u001b[31mtiles"))
                .toList();
        return report(
                names.stream().map(name -> Check.didNotRun(name, reason)).toList(),
                List.of(),
                List.of(),
                List.of(),
                Map.of(),
                lost);
    }

    static ConformanceReport empty() {
        return report(List.of(), List.of(), List.of(), List.of(), Map.of());
    }

    static Check tensor(Area area, String subject, String scenario, String tensor, double error, double limit) {
        ErrorStatistics errors =
                new ErrorStatistics(12_288, error, 1 - error * error / 2, error * 8, 1, 0, 0, histogram(12_288, error));
        return new Check(
                area, subject, scenario, tensor, "relative L2", error, limit, Optional.of(errors), Optional.empty());
    }

    static Check count(Area area, String subject, String scenario, String tensor, int count) {
        return new Check(
                area, subject, scenario, tensor, "differing values", count, 0, Optional.empty(), Optional.empty());
    }

    /** As normally distributed differences of this size fall into decades. */
    private static List<Long> histogram(int values, double error) {
        List<Long> counts = new ArrayList<>(Collections.nCopies(ErrorStatistics.DECADES, 0L));
        for (int i = 0; i < NORMAL.length; i++) {
            double decade = Math.log10(Math.abs(NORMAL[i] * error)) - ErrorStatistics.FIRST_DECADE + 1;
            int index = (int) Math.min(ErrorStatistics.DECADES - 1, Math.max(0, Math.floor(decade)));
            counts.set(index, counts.get(index) + share(values, i + 1) - share(values, i));
        }
        return counts;
    }

    private static double[] normal(Random random, int count) {
        return DoubleStream.generate(random::nextGaussian).limit(count).toArray();
    }

    /** How many of the values the first normal variates stand for. */
    private static long share(int values, int variates) {
        return (long) values * variates / NORMAL.length;
    }

    static ConformanceReport report(
            List<Check> checks,
            List<Placement> placements,
            List<ImagePair> images,
            List<String> skipped,
            Map<String, String> labels) {
        return report(checks, placements, images, skipped, labels, List.of());
    }

    private static ConformanceReport report(
            List<Check> checks,
            List<Placement> placements,
            List<ImagePair> images,
            List<String> skipped,
            Map<String, String> labels,
            List<LostProcess> lost) {
        return new ConformanceReport(
                Instant.parse("2026-11-21T08:00:00Z"),
                Duration.ofSeconds(252),
                new Environment(
                        "Debian GNU/Linux 12, amd64",
                        "AMD EPYC 9554, 32 threads",
                        128L << 30,
                        "Eclipse Adoptium 17.0.15",
                        "1.29.0",
                        List.of("CUDAExecutionProvider", "CPUExecutionProvider"),
                        List.of("NVIDIA H200, 141 GB"),
                        "570.86.15",
                        "0.1.0",
                        labels),
                new Subject(
                        "unipic-1.5b in /models/unipic-1.5b",
                        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                        "fp32",
                        "cuda",
                        Map.of("use_tf32", "0"),
                        "full",
                        List.of(),
                        true,
                        "PyTorch 2.9, float32, on CPU",
                        Optional.of("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
                        OptionalLong.of(4_294_967_295L)),
                checks,
                placements,
                List.of(
                        new Timing("decoder_step", "batch_1", 3.21),
                        new Timing("pixel_decoder", "batch_2", 48.7),
                        new Timing("token_sampler", "wide", 1204)),
                images,
                images.isEmpty() ? List.of() : meaning(),
                skipped,
                Optional.of(new Processes(1 + lost.size(), Duration.ofSeconds(600), 115_000_000_000L, lost)));
    }

    private static List<Placement> placements() {
        return List.of(
                new Placement(
                        "decoder_step",
                        List.of(
                                new Placement.Share("CUDAExecutionProvider", 812, OptionalDouble.of(3.1)),
                                new Placement.Share("CPUExecutionProvider", 41, OptionalDouble.of(0.11))),
                        List.of(
                                new Placement.Fallback("Shape", 28, false),
                                new Placement.Fallback("Gather", 13, false))),
                new Placement(
                        "mar_decoder",
                        List.of(
                                new Placement.Share("CUDAExecutionProvider", 402, OptionalDouble.of(5.9)),
                                new Placement.Share("CPUExecutionProvider", 4, OptionalDouble.of(2.2))),
                        List.of(new Placement.Fallback("Attention", 4, true))),
                new Placement(
                        "pixel_decoder",
                        List.of(new Placement.Share("CUDAExecutionProvider", 96, OptionalDouble.of(48.2))),
                        List.of()));
    }

    private static List<MeaningResult> meaning() {
        Image image = gradient(64, 64, 0);
        return List.of(
                new MeaningResult(
                        new CaseName(Area.MEANING, "generate", "a red circle"),
                        "a red circle",
                        Optional.empty(),
                        Optional.of(image),
                        "large red circle (center), on white",
                        "large red circle (center), on white",
                        List.of()),
                new MeaningResult(
                        new CaseName(Area.MEANING, "edit", "0: make the circle green"),
                        "make the circle green",
                        Optional.of(image),
                        Optional.of(image),
                        "large green circle (center), on white",
                        "large blue circle (center), on white",
                        List.of("center is blue, not green")),
                new MeaningResult(
                        new CaseName(Area.MEANING, "describe by mar", "a red circle"),
                        "Describe the image in detail.",
                        Optional.of(image),
                        Optional.empty(),
                        "a red circle",
                        "a red circle",
                        List.of()));
    }

    /** A gradient; {@code change} is added to red in a square in the middle. */
    static Image gradient(int width, int height, int change) {
        byte[] rgb = new byte[width * height * 3];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                boolean inside = Math.abs(2 * x - width) < width / 2 && Math.abs(2 * y - height) < height / 2;
                int at = (y * width + x) * 3;
                rgb[at] = (byte) (200 * x / width + (inside ? change : 0));
                rgb[at + 1] = (byte) (200 * y / height);
                rgb[at + 2] = (byte) 120;
            }
        }
        return Image.ofRgb(width, height, rgb);
    }
}
