package io.github.unipic.conformance.meaning;

import io.github.unipic.Image;
import io.github.unipic.conformance.meaning.Scene.SceneObject;
import io.github.unipic.image.Resampling;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.Shape;
import java.awt.geom.Area;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;

/** Paints scenes as the model's training images were painted: large, then scaled down. */
final class ScenePainter {
    /** Pixels a side of the large image. */
    private static final int CANVAS = 512;

    private final World world;

    ScenePainter(World world) {
        this.world = world;
    }

    /** The scene at the world's size. */
    Image paint(Scene scene) {
        BufferedImage canvas = new BufferedImage(CANVAS, CANVAS, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = canvas.createGraphics();
        graphics.setColor(world.color(scene.background()));
        graphics.fill(new Rectangle(CANVAS, CANVAS));
        for (SceneObject object : scene.objects()) {
            graphics.setColor(world.color(object.color()));
            graphics.fill(outline(
                    object.shape(),
                    CANVAS * world.places().get(object.place()).get(0),
                    CANVAS * world.places().get(object.place()).get(1),
                    CANVAS * world.radius().get(object.size())));
        }
        graphics.dispose();
        return Resampling.resize(image(canvas), world.imageSize(), world.imageSize());
    }

    private static Image image(BufferedImage canvas) {
        byte[] rgb = new byte[3 * CANVAS * CANVAS];
        int at = 0;
        for (int pixel : ((DataBufferInt) canvas.getRaster().getDataBuffer()).getData()) {
            rgb[at++] = (byte) (pixel >> 16);
            rgb[at++] = (byte) (pixel >> 8);
            rgb[at++] = (byte) pixel;
        }
        return Image.ofRgb(CANVAS, CANVAS, rgb);
    }

    /** The shape around a center. */
    static Shape outline(String shape, double x, double y, double radius) {
        return switch (shape) {
            case "circle" -> new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius);
            case "square" -> box(x, y, 0.88 * radius, 0.88 * radius);
            case "triangle" -> triangle(x, y, radius);
            case "cross" -> {
                Area cross = new Area(box(x, y, radius, 0.33 * radius));
                cross.add(new Area(box(x, y, 0.33 * radius, radius)));
                yield cross;
            }
            default -> throw new IllegalArgumentException("There is no shape " + shape);
        };
    }

    private static Rectangle2D box(double x, double y, double halfWidth, double halfHeight) {
        return new Rectangle2D.Double(x - halfWidth, y - halfHeight, 2 * halfWidth, 2 * halfHeight);
    }

    private static Path2D triangle(double x, double y, double radius) {
        Path2D path = new Path2D.Double();
        path.moveTo(x, y - radius);
        path.lineTo(x + 0.95 * radius, y + 0.8 * radius);
        path.lineTo(x - 0.95 * radius, y + 0.8 * radius);
        path.closePath();
        return path;
    }
}
