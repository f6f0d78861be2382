package io.github.unipic.export.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A complete checkpoint folder except for the main file, with one tensor in kl16.ckpt. */
public final class CheckpointFolder {
    private CheckpointFolder() {}

    public static Path create(Path folder) throws IOException {
        model(folder, "language", "{\"model_type\": \"qwen2\", \"hidden_size\": 8}");
        Files.writeString(folder.resolve("language/tokenizer.json"), "{}");
        new TorchFile()
                .wrappedIn("model")
                .tensor("encoder.conv_in.bias", DType.FLOAT32, new long[] {2}, 0.5, -1)
                .write(folder.resolve("kl16.ckpt"));
        return folder;
    }

    static Path model(Path folder, String name, String config) throws IOException {
        Path model = Files.createDirectories(folder.resolve(name));
        Files.writeString(model.resolve("config.json"), config);
        return model;
    }

    /** The entire tensor, in row-major order. */
    static float[] read(CheckpointTensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.elementCount())];
        tensor.read(0, values, 0, values.length);
        return values;
    }
}
