package io.github.unipic.langchain4j;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.data.message.ImageContent;
import io.github.unipic.conformance.meaning.World;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;

/** Images that the trained model describes, painted as those that it was trained on. */
enum Scenes {
    RED("red circle", "blue square"),
    ORANGE("orange circle", "green triangle");

    private static final World WORLD = World.load();
    private static final double SCALE = 8;
    private static final double X = 32;
    private static final double RADIUS = 12;

    private final String top;
    private final String bottom;

    Scenes(String top, String bottom) {
        this.top = top;
        this.bottom = bottom;
    }

    /** What the trained model says of it. */
    String caption() {
        return withArticle(top) + " above " + withArticle(bottom) + " on a pink background";
    }

    private static String withArticle(String object) {
        return (object.startsWith("o") ? "an " : "a ") + object;
    }

    io.github.unipic.Image image() {
        return io.github.unipic.Image.decode(png(), io.github.unipic.ReadOptions.DEFAULT);
    }

    ImageContent content() {
        return ImageContent.from(base64());
    }

    Image base64() {
        return Image.builder()
                .base64Data(Base64.getEncoder().encodeToString(png()))
                .mimeType("image/png")
                .build();
    }

    Image dataUrl() {
        return Image.builder()
                .url("data:image/png;base64," + Base64.getEncoder().encodeToString(png()))
                .build();
    }

    /** Painted large and scaled down. */
    private byte[] png() {
        int side = (int) (64 * SCALE);
        BufferedImage large = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        Graphics2D painter = large.createGraphics();
        painter.setColor(color("pink"));
        painter.fillRect(0, 0, side, side);
        painter.scale(SCALE, SCALE);
        paint(painter, top, 16);
        paint(painter, bottom, 48);
        painter.dispose();
        BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
        Graphics2D scaler = image.createGraphics();
        scaler.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
        scaler.drawImage(large, 0, 0, 64, 64, null);
        scaler.dispose();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void paint(Graphics2D painter, String object, double y) {
        String[] words = object.split(" ");
        painter.setColor(color(words[0]));
        painter.fill(
                switch (words[1]) {
                    case "circle" -> new Ellipse2D.Double(X - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS);
                    case "square" -> {
                        double half = 0.88 * RADIUS;
                        yield new Rectangle2D.Double(X - half, y - half, 2 * half, 2 * half);
                    }
                    default -> triangle(y);
                });
    }

    private static Path2D triangle(double y) {
        Path2D path = new Path2D.Double();
        path.moveTo(X, y - RADIUS);
        path.lineTo(X + 0.95 * RADIUS, y + 0.8 * RADIUS);
        path.lineTo(X - 0.95 * RADIUS, y + 0.8 * RADIUS);
        path.closePath();
        return path;
    }

    private static Color color(String name) {
        List<Integer> rgb = WORLD.colors().get(name);
        return new Color(rgb.get(0), rgb.get(1), rgb.get(2));
    }
}
