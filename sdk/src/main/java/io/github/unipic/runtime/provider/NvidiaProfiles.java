package io.github.unipic.runtime.provider;

import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.Manifest.TensorSpec;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The shapes that TensorRT builds a graph's engine for: the smallest and the largest that each input may have, and the
 * one that the engine is tuned for. They follow from the axes in the graph's contract and the sizes in the manifest.
 *
 * <p>They cover one image at a time of up to twice the native side, with prompts and answers of at most as many tokens
 * as the image, and a description of one image. They are tuned for the manifest's defaults with guidance. For other
 * shapes, set profiles as options of the provider.
 */
final class NvidiaProfiles {
    /** Inputs from which shapes are computed: TensorRT needs the range of their values. */
    private static final Map<String, List<String>> VALUES =
            Map.of("grid", List.of("h", "w"), "core", List.of("top", "left", "rows", "columns"));

    /** Side of a tile in cells of two pixels, as in TiledDecoder. */
    private static final long TILE = 128;

    /** The diffusion steps of training. */
    private static final int MOST_STEPS = 1000;

    private final Map<String, Range> axes = new HashMap<>();

    private record Range(long min, long opt, long max) {
        Range plus(Range other) {
            return new Range(min + other.min, opt + other.opt, max + other.max);
        }

        /** ONNX Runtime 1.29 gives TensorRT the optimum and the maximum of values in each other's place. */
        Range tunedForMost() {
            return new Range(min, max, max);
        }

        Range times(long factor) {
            return new Range(factor * min, factor * opt, factor * max);
        }
    }

    private NvidiaProfiles(Manifest manifest) {
        Manifest.Sizes sizes = manifest.sizes();
        Manifest.Defaults defaults = manifest.defaults();
        long mostSide =
                Math.max(2L * sizes.nativeGrid(), Math.max(defaults.width(), defaults.height()) / sizes.downsampling());
        Range height = new Range(1, defaults.height() / sizes.downsampling(), mostSide);
        Range width = new Range(1, defaults.width() / sizes.downsampling(), mostSide);
        long tokens = height.opt() * width.opt();
        long most = mostSide * mostSide;
        long buffer = sizes.bufferTokens();
        long predicted = Math.max(1, tokens / defaults.iterations());

        axes.put("B", new Range(1, 2, 2));
        axes.put("E", new Range(1, 1, 2));
        axes.put("F", new Range(1, 1, 2));
        axes.put("S", new Range(1, buffer + tokens / 2, buffer + most));
        axes.put("P", new Range(0, buffer, buffer + most));
        axes.put("V", new Range(0, tokens / 2, most));
        axes.put("M", new Range(1, predicted, most));
        axes.put("R", new Range(1, 2 * predicted, 2 * most));
        axes.put("C", new Range(0, 0, buffer + most));
        axes.put("K", new Range(buffer, buffer + tokens, buffer + most));
        axes.put("U", new Range(0, 0, buffer + most));
        axes.put("N", new Range(0, 0, buffer + most));
        axes.put("T", new Range(1, defaults.diffusionSteps(), MOST_STEPS));
        axes.put("h", height);
        axes.put("w", width);
        axes.put("H", height.times(sizes.downsampling()));
        axes.put("W", width.times(sizes.downsampling()));
        Range positions = new Range(1, TILE, mostSide * sizes.downsampling() / 2);
        axes.put("H/2", positions);
        axes.put("W/2", positions);
        axes.put("top", new Range(0, 0, positions.max()));
        axes.put("left", new Range(0, 0, positions.max()));
        axes.put("rows", new Range(1, TILE, TILE));
        axes.put("columns", new Range(1, TILE, TILE));
    }

    /** The provider's options for a graph; none if it has an unknown axis, or only fixed ones. */
    static Map<String, String> options(Manifest manifest, GraphSpec graph) {
        return new NvidiaProfiles(manifest).options(graph);
    }

    private Map<String, String> options(GraphSpec graph) {
        Map<String, List<Range>> inputs = new LinkedHashMap<>();
        for (TensorSpec input : graph.inputs()) {
            List<String> shape = VALUES.getOrDefault(input.name(), input.shape());
            if (shape.stream().allMatch(NvidiaProfiles::isNumber)) {
                continue;
            }
            List<Optional<Range>> ranges = shape.stream().map(this::range).toList();
            if (ranges.stream().anyMatch(Optional::isEmpty)) {
                return Map.of();
            }
            Stream<Range> known = ranges.stream().map(Optional::get);
            inputs.put(
                    input.name(), (VALUES.containsKey(input.name()) ? known.map(Range::tunedForMost) : known).toList());
        }
        return inputs.isEmpty()
                ? Map.of()
                : Map.of(
                        "trt_profile_min_shapes", text(inputs, Range::min),
                        "trt_profile_opt_shapes", text(inputs, Range::opt),
                        "trt_profile_max_shapes", text(inputs, Range::max));
    }

    /** The range of an axis such as {@code 16}, {@code V} or {@code 64+V}; empty if it is unknown. */
    private Optional<Range> range(String axis) {
        Range sum = new Range(0, 0, 0);
        for (String term : axis.split("\\+")) {
            Range range = isNumber(term)
                    ? new Range(Long.parseLong(term), Long.parseLong(term), Long.parseLong(term))
                    : axes.get(term);
            if (range == null) {
                return Optional.empty();
            }
            sum = sum.plus(range);
        }
        return Optional.of(sum);
    }

    private static boolean isNumber(String axis) {
        return axis.matches("\\d{1,9}");
    }

    /** In ONNX Runtime's format: {@code tokens:1x0x16,positions:1x0}. */
    private static String text(Map<String, List<Range>> inputs, ToLongFunction<Range> end) {
        return inputs.entrySet().stream()
                .map(input -> input.getKey() + ":"
                        + input.getValue().stream()
                                .map(range -> Long.toString(end.applyAsLong(range)))
                                .collect(Collectors.joining("x")))
                .collect(Collectors.joining(","));
    }
}
