package io.github.unipic.conformance.meaning;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.Image;
import java.awt.Color;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The world of the trained model, from prompts.json next to its checkpoint.
 *
 * @param imageSize of its images, pixels a side
 * @param colors red, green and blue by name, of objects and backgrounds
 * @param shapes their names
 * @param places centers by name, as parts of width and height
 * @param radius by the name of a size, as a part of the width
 * @param settings with which the model's figures were measured
 * @param cases prompts, and what their images must show
 * @param captions scenes, and the right answers about them
 * @param edits scenes, instructions, and the scenes that must result
 */
public record World(
        int imageSize,
        @JsonProperty("colors_rgb") Map<String, List<Integer>> colors,
        List<String> shapes,
        Map<String, List<Double>> places,
        Map<String, Double> radius,
        Settings settings,
        List<PromptCase> cases,
        List<CaptionCase> captions,
        List<EditCase> edits) {
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+");
    private static final Set<String> RELATIONS =
            Set.of("a", "an", "and", "the", "on", "in", "at", "to", "of", "background", "above", "below");
    private static final String RESOURCE = "/io/github/unipic/conformance/demo/prompts.json";

    /** How images are generated. */
    public record Settings(double guidance, int iterations, int diffusionSteps, double temperature) {}

    /** A prompt that says all of a scene. */
    public record PromptCase(String prompt, String background, List<Scene.SceneObject> objects) {
        Scene scene() {
            return new Scene(background, objects);
        }
    }

    /** A scene and its caption. */
    public record CaptionCase(String caption, String background, List<Scene.SceneObject> objects) {
        Scene scene() {
            return new Scene(background, objects);
        }
    }

    /** A scene before and after an edit. */
    public record EditCase(Scene source, String instruction, Scene result) {}

    /** The world of the built-in model, which is read from the jar once. */
    public static World load() {
        return Loaded.WORLD;
    }

    private static final class Loaded {
        static final World WORLD = read();
    }

    private static World read() {
        try (InputStream in = World.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("Resource " + RESOURCE + " is missing from the jar");
            }
            return JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build()
                    .readValue(in, World.class);
        } catch (IOException e) {
            throw new UncheckedIOException("Resource " + RESOURCE + " is damaged", e);
        }
    }

    /** Whether a prompt is within this world: it names a shape, and all its words belong to the world. */
    public boolean knows(String prompt) {
        List<String> words = WORD.matcher(prompt.toLowerCase(Locale.ROOT))
                .results()
                .map(MatchResult::group)
                .toList();
        Predicate<String> known = Stream.of(colors.keySet(), shapes, places.keySet(), radius.keySet(), RELATIONS)
                .flatMap(Collection::stream)
                .collect(Collectors.toSet())::contains;
        return words.stream().allMatch(known) && words.stream().anyMatch(shapes::contains);
    }

    /** What a caption describes, painted as the model's training images were. */
    public Image image(CaptionCase caption) {
        return new ScenePainter(this).paint(caption.scene());
    }

    Color color(String name) {
        List<Integer> rgb = colors.get(name);
        return new Color(rgb.get(0), rgb.get(1), rgb.get(2));
    }

    /** The name of the color that is nearest to this one. */
    String nearestColor(Color color) {
        return colors.keySet().stream()
                .min(Comparator.comparingDouble(name -> distance(color(name), color)))
                .orElseThrow();
    }

    /** Euclidean, over the three channels. */
    static double distance(Color a, Color b) {
        return Math.sqrt(square(a.getRed() - b.getRed())
                + square(a.getGreen() - b.getGreen())
                + square(a.getBlue() - b.getBlue()));
    }

    private static double square(double value) {
        return value * value;
    }
}
