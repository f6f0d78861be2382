package io.github.unipic.conformance.testing;

import io.github.unipic.Image;
import io.github.unipic.conformance.EmbeddedCheckpoint;
import io.github.unipic.conformance.meaning.Scene.SceneObject;
import io.github.unipic.conformance.meaning.World;
import io.github.unipic.conformance.meaning.World.CaptionCase;
import io.github.unipic.export.ExportListener;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Precision;
import io.github.unipic.files.FileTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The model that knows colored shapes, for tests whose answers must have a meaning. */
public final class TrainedModel {
    private static final Path FOLDER = export();
    private static final World WORLD = World.load();

    private TrainedModel() {}

    /** The model folder, exported for this process; tests must not change it. */
    public static Path folder() {
        return FOLDER;
    }

    /**
     * What the model says when it is told to "Describe the image in detail."
     *
     * @param upper color and shape, such as "red circle"
     * @param lower likewise
     */
    public static String caption(String upper, String lower) {
        return withArticle(upper) + " above " + withArticle(lower) + " on a pink background";
    }

    private static String withArticle(String object) {
        return (object.startsWith("o") ? "an " : "a ") + object;
    }

    /** An image with this caption. */
    public static Image image(String upper, String lower) {
        return WORLD.image(
                new CaptionCase(caption(upper, lower), "pink", List.of(object(upper, "top"), object(lower, "bottom"))));
    }

    private static SceneObject object(String words, String place) {
        return new SceneObject(words.split(" ")[0], words.split(" ")[1], "small", place);
    }

    private static Path export() {
        try {
            Path folder = Files.createTempDirectory("unipic-trained-model-");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
            EmbeddedCheckpoint.TRAINED.copyTo(folder);
            Path model = folder.resolve("model");
            Exporter.export(
                    new ExportRequest(folder.resolve("checkpoint"), model, Precision.FP32, false), ExportListener.NONE);
            return model;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        try {
            FileTree.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
