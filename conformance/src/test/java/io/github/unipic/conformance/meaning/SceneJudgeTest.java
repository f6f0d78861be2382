package io.github.unipic.conformance.meaning;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import io.github.unipic.conformance.meaning.Scene.SceneObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SceneJudgeTest {
    private static final World WORLD = World.load();
    private static final ScenePainter PAINTER = new ScenePainter(WORLD);
    private static final SceneJudge JUDGE = new SceneJudge(WORLD);
    private static final List<String> BACKGROUNDS = List.of("white", "gray", "pink", "cyan", "brown");
    private static final List<String> COLORS = List.of("red", "green", "blue", "yellow", "purple", "orange", "black");

    @Test
    void readsEveryPaintedObject() {
        int count = 0;
        for (String color : COLORS) {
            for (String shape : WORLD.shapes()) {
                for (String place : WORLD.places().keySet()) {
                    String background = BACKGROUNDS.get(count++ % BACKGROUNDS.size());
                    requireRead(new Scene(background, List.of(new SceneObject(color, shape, "small", place))));
                }
                String background = BACKGROUNDS.get(count++ % BACKGROUNDS.size());
                requireRead(new Scene(background, List.of(new SceneObject(color, shape, "large", "center"))));
            }
        }
    }

    @Test
    void readsTwoObjects() {
        Random random = new Random(1);
        for (int i = 0; i < 40; i++) {
            List<String> places = random.nextBoolean() ? List.of("left", "right") : List.of("top", "bottom");
            List<SceneObject> objects = new ArrayList<>();
            for (String place : places) {
                objects.add(new SceneObject(pick(COLORS, random), pick(WORLD.shapes(), random), "small", place));
            }
            requireRead(new Scene(pick(BACKGROUNDS, random), objects));
        }
    }

    private static String pick(List<String> values, Random random) {
        return values.get(random.nextInt(values.size()));
    }

    private static void requireRead(Scene scene) {
        Comparison comparison = Comparison.of(scene, JUDGE.judge(PAINTER.paint(scene)));
        assertThat(comparison.wrong()).as(scene.toString()).isEmpty();
        assertThat(comparison.attributes()).isEqualTo(2 + 2 * scene.objects().size());
    }

    @Test
    void eachAttributeCounts() {
        Scene scene = scene("pink", "red", "circle", "top", "blue", "square");
        assertThat(wrong(scene, scene("cyan", "red", "circle", "top", "blue", "square")))
                .containsExactly("the background is cyan, not pink");
        assertThat(wrong(scene, scene("pink", "green", "circle", "top", "blue", "cross")))
                .containsExactly("top is green, not red", "bottom is cross, not square");
        assertThat(wrong(scene, new Scene("pink", List.of(new SceneObject("red", "circle", "large", "center")))))
                .containsExactly(
                        "it shows large center, not small bottom and small top",
                        "top is nothing, not red",
                        "top is nothing, not circle",
                        "bottom is nothing, not blue",
                        "bottom is nothing, not square");
    }

    private static Scene scene(
            String background, String color, String shape, String place, String otherColor, String otherShape) {
        return new Scene(
                background,
                List.of(
                        new SceneObject(color, shape, "small", place),
                        new SceneObject(otherColor, otherShape, "small", "bottom")));
    }

    /** As the judge reads the painted scene. */
    private static List<String> wrong(Scene wanted, Scene painted) {
        return Comparison.of(wanted, JUDGE.judge(PAINTER.paint(painted))).wrong();
    }

    @Test
    void noiseIsNoScene() {
        byte[] noise = new byte[3 * 64 * 64];
        new Random(3).nextBytes(noise);
        Scene wanted = scene("gray", "red", "circle", "top", "blue", "square");
        assertThat(Comparison.of(wanted, JUDGE.judge(Image.ofRgb(64, 64, noise)))
                        .wrong())
                .hasSizeGreaterThanOrEqualTo(4);
        Image plain = Image.ofRgb(64, 64, new byte[3 * 64 * 64]);
        assertThat(JUDGE.judge(plain)).isEqualTo(new Scene("black", List.of()));
    }
}
