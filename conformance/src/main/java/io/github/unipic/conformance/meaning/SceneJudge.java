package io.github.unipic.conformance.meaning;

import io.github.unipic.Image;
import io.github.unipic.conformance.meaning.Scene.SceneObject;
import java.awt.Color;
import java.awt.Shape;
import java.awt.geom.Rectangle2D;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/**
 * Recognizes the scene in an image. The background is the color of its border; an object is a connected part that
 * differs from it. A color is the nearest one of the palette, shape and size are those of the template that overlaps
 * most, and a place is the nearest to the object's center.
 */
final class SceneJudge {
    /** A pixel this far from the background belongs to an object; the nearest two colors are about 90 apart. */
    private static final double FOREGROUND = 45;

    /** Smaller parts are specks, as a share of the image. */
    private static final double SPECK = 0.02;

    /** Below this overlap (intersection over union) a part has none of the shapes. */
    private static final double SHAPE = 0.5;

    private static final String NONE = "blob";

    private final World world;

    SceneJudge(World world) {
        this.world = world;
    }

    /** The scene of a square image: one object for each part, possibly none or many. */
    Scene judge(Image image) {
        Color background = median(image, border(image));
        boolean[] foreground = new boolean[image.width() * image.height()];
        byte[] rgb = image.rgb();
        for (int i = 0; i < foreground.length; i++) {
            foreground[i] = World.distance(color(rgb, i), background) > FOREGROUND;
        }
        List<SceneObject> objects = parts(foreground, image.width()).stream()
                .map(part -> object(image, part))
                .toList();
        return new Scene(world.nearestColor(background), objects);
    }

    private SceneObject object(Image image, int[] part) {
        Part pixels = Part.of(part, image.width());
        String best = NONE;
        String size = "small";
        double overlap = SHAPE;
        for (String shape : world.shapes()) {
            for (String name : world.radius().keySet()) {
                double found = pixels.overlap(shape, world.radius().get(name) * image.width());
                if (found > overlap) {
                    overlap = found;
                    best = shape;
                    size = name;
                }
            }
        }
        return new SceneObject(world.nearestColor(median(image, part)), best, size, pixels.place(world, image));
    }

    /** Connected parts of the foreground, as indices of pixels; the largest first. */
    private static List<int[]> parts(boolean[] foreground, int width) {
        boolean[] open = foreground.clone();
        List<int[]> parts = new ArrayList<>();
        for (int i = 0; i < open.length; i++) {
            if (open[i]) {
                int[] part = flood(open, i, width);
                if (part.length >= SPECK * open.length) {
                    parts.add(part);
                }
            }
        }
        parts.sort(Comparator.comparingInt((int[] part) -> part.length).reversed());
        return parts;
    }

    private static int[] flood(boolean[] open, int start, int width) {
        List<Integer> part = new ArrayList<>();
        Deque<Integer> next = new ArrayDeque<>(List.of(start));
        open[start] = false;
        while (!next.isEmpty()) {
            int at = next.pop();
            part.add(at);
            int x = at % width;
            int[] neighbors = {
                x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at - width, at + width < open.length ? at + width : -1
            };
            for (int neighbor : neighbors) {
                if (neighbor >= 0 && open[neighbor]) {
                    open[neighbor] = false;
                    next.push(neighbor);
                }
            }
        }
        return part.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The pixels of a part, and the box around them. */
    private record Part(boolean[][] rows, int left, int top, int width, int height) {
        static Part of(int[] pixels, int imageWidth) {
            int left = Arrays.stream(pixels).map(i -> i % imageWidth).min().orElseThrow();
            int right = Arrays.stream(pixels).map(i -> i % imageWidth).max().orElseThrow();
            int top = Arrays.stream(pixels).min().orElseThrow() / imageWidth;
            int bottom = Arrays.stream(pixels).max().orElseThrow() / imageWidth;
            boolean[][] rows = new boolean[bottom - top + 1][right - left + 1];
            for (int i : pixels) {
                rows[i / imageWidth - top][i % imageWidth - left] = true;
            }
            return new Part(rows, left, top, right - left + 1, bottom - top + 1);
        }

        /** Intersection over union with a shape whose box has the same center. */
        double overlap(String shape, double radius) {
            Shape origin = ScenePainter.outline(shape, 0, 0, radius);
            Rectangle2D box = origin.getBounds2D();
            int margin = (int) Math.ceil(radius);
            int both = 0;
            int either = 0;
            for (int y = -margin; y < height + margin; y++) {
                for (int x = -margin; x < width + margin; x++) {
                    boolean inside = origin.contains(
                            x + 0.5 - width / 2.0 + box.getCenterX(), y + 0.5 - height / 2.0 + box.getCenterY());
                    boolean mine = y >= 0 && y < height && x >= 0 && x < width && rows[y][x];
                    both += inside && mine ? 1 : 0;
                    either += inside || mine ? 1 : 0;
                }
            }
            return (double) both / either;
        }

        String place(World world, Image image) {
            double x = (left + width / 2.0) / image.width();
            double y = (top + height / 2.0) / image.height();
            return world.places().keySet().stream()
                    .min(Comparator.comparingDouble(name -> Math.hypot(
                            world.places().get(name).get(0) - x,
                            world.places().get(name).get(1) - y)))
                    .orElseThrow();
        }
    }

    private static int[] border(Image image) {
        int width = image.width();
        List<Integer> border = new ArrayList<>();
        for (int i = 0; i < width * image.height(); i++) {
            int x = i % width;
            int y = i / width;
            if (x < 2 || y < 2 || x >= width - 2 || y >= image.height() - 2) {
                border.add(i);
            }
        }
        return border.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The median of each channel. */
    private static Color median(Image image, int[] pixels) {
        byte[] rgb = image.rgb();
        int[] channels = new int[3];
        for (int channel = 0; channel < 3; channel++) {
            int of = channel;
            int[] values = Arrays.stream(pixels)
                    .map(pixel -> rgb[3 * pixel + of] & 0xff)
                    .sorted()
                    .toArray();
            channels[channel] = values[values.length / 2];
        }
        return new Color(channels[0], channels[1], channels[2]);
    }

    private static Color color(byte[] rgb, int pixel) {
        return new Color(rgb[3 * pixel] & 0xff, rgb[3 * pixel + 1] & 0xff, rgb[3 * pixel + 2] & 0xff);
    }
}
