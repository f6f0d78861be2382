package io.github.unipic.batch;

import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.fuzz.JsonMutator;
import io.github.unipic.fuzz.Mutator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A batch's prompts file. */
final class PromptsFuzz implements FuzzTarget {
    private static final String FILE = "prompts.jsonl";

    @Override
    public String name() {
        return "prompts";
    }

    @Override
    public int mutations() {
        return 500;
    }

    @Override
    public Mutator mutator() {
        return new JsonMutator(
                "prompt",
                "id",
                "seed",
                "width",
                "height",
                "iterations",
                "guidance",
                "guidance_schedule",
                "temperature",
                "diffusion_steps",
                "constant",
                "linear",
                "fox-1",
                "50..5",
                "guidance_reuse",
                "token_reuse",
                "initial",
                "every",
                "image",
                "images",
                "mask",
                "mask_channel",
                "seam",
                "pad",
                "question",
                "stop",
                "vision",
                "fox.png",
                "../fox.png",
                "/etc/passwd");
    }

    @Override
    public void prepare(byte[] input, Path folder) throws IOException {
        Files.write(folder.resolve(FILE), input);
        Files.write(folder.resolve("fox.png"), new byte[0]);
    }

    @Override
    public void read(byte[] input, Path folder) {
        PromptsFile file = PromptsFile.read(folder.resolve(FILE), (builder, index) -> builder.seed(index));
        for (BatchEntry entry : file.entries()) {
            Path image = folder.resolve(entry.file());
            if (!folder.equals(image.normalize().getParent())) {
                throw new AssertionError(image + " is not in the folder");
            }
            if (!BatchEntry.fromJson(entry.toJson()).task().equals(entry.task())) {
                throw new AssertionError(entry.toJson() + " is another entry");
            }
        }
    }
}
