package io.github.unipic.conformance.meaning;

import io.github.unipic.conformance.meaning.Scene.SceneObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Compares a scene with the wanted one: the background, the arrangement (the places and sizes of objects), and the
 * color and shape of each object.
 *
 * @param attributes the number of attributes compared
 * @param wrong a description of each one that differs
 */
record Comparison(int attributes, List<String> wrong) {
    static Comparison of(Scene wanted, Scene seen) {
        List<String> wrong = new ArrayList<>();
        if (!wanted.background().equals(seen.background())) {
            wrong.add("the background is " + seen.background() + ", not " + wanted.background());
        }
        if (!arrangement(wanted).equals(arrangement(seen))) {
            wrong.add("it shows " + (seen.objects().isEmpty() ? "nothing" : arrangement(seen)) + ", not "
                    + arrangement(wanted));
        }
        for (SceneObject object : wanted.objects()) {
            Optional<SceneObject> there = seen.objects().stream()
                    .filter(other -> other.place().equals(object.place()))
                    .findFirst();
            compare(object.place(), object.color(), there.map(SceneObject::color), wrong);
            compare(object.place(), object.shape(), there.map(SceneObject::shape), wrong);
        }
        return new Comparison(2 + 2 * wanted.objects().size(), List.copyOf(wrong));
    }

    private static void compare(String place, String wanted, Optional<String> seen, List<String> wrong) {
        if (!seen.equals(Optional.of(wanted))) {
            wrong.add(place + " is " + seen.orElse("nothing") + ", not " + wanted);
        }
    }

    private static String arrangement(Scene scene) {
        return scene.objects().stream()
                .map(object -> object.size() + " " + object.place())
                .sorted()
                .collect(Collectors.joining(" and "));
    }
}
