package io.github.unipic.conformance.meaning;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What an image of the trained model's world shows.
 *
 * @param background name of its color
 * @param objects one or two
 */
public record Scene(String background, List<SceneObject> objects) {
    public Scene {
        objects = List.copyOf(objects);
    }

    @Override
    public String toString() {
        String shown = objects.isEmpty()
                ? "nothing"
                : objects.stream().map(SceneObject::toString).collect(Collectors.joining(" and "));
        return shown + ", on " + background;
    }

    /**
     * A colored shape.
     *
     * @param color its name
     * @param shape {@code circle}, {@code square}, {@code triangle} or {@code cross}
     * @param size {@code small} or {@code large}
     * @param place {@code left}, {@code right}, {@code top}, {@code bottom} or {@code center}
     */
    public record SceneObject(String color, String shape, String size, String place) {
        @Override
        public String toString() {
            return size + " " + color + " " + shape + " (" + place + ")";
        }
    }
}
