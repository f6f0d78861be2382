package io.github.unipic.model;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.DescribeRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.UniPic;
import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.testing.Folders;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The small model with a change: it generates a small image and describes it. */
abstract class ModelFuzz implements FuzzTarget {
    static final JsonMapper JSON = new JsonMapper();

    private static final int SIDE = 16;

    /** Changes files of the model as the input says. */
    abstract void change(byte[] input, Path folder, ObjectNode manifest) throws IOException;

    @Override
    public void prepare(byte[] input, Path folder) throws IOException {
        Path model = SmallModel.folder();
        if (Files.notExists(folder.resolve(Manifest.FILE_NAME))) {
            Folders.copy(model, folder);
        }
        ObjectNode manifest =
                (ObjectNode) JSON.readTree(model.resolve(Manifest.FILE_NAME).toFile());
        change(input, folder, manifest);
    }

    @Override
    public void read(byte[] input, Path folder) throws IOException {
        try (UniPic unipic = UniPic.builder(folder).threads(1).load()) {
            unipic.info();
            Image image = unipic.generate(GenerateRequest.builder("A red fox")
                            .size(SIDE, SIDE)
                            .iterations(1)
                            .diffusionSteps(2)
                            .seed(1)
                            .build())
                    .get(0);
            if (image.width() != SIDE || image.height() != SIDE) {
                throw new AssertionError(image + " is not of the size asked for");
            }
            unipic.describe(DescribeRequest.builder("What is it?")
                    .image(image)
                    .maxTokens(1)
                    .build());
        }
    }
}
