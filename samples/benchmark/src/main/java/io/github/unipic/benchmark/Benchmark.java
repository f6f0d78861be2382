package io.github.unipic.benchmark;

import io.github.unipic.GenerateRequest;
import io.github.unipic.InvalidRequestException;
import java.nio.file.Path;
import java.util.Optional;

/** The benchmarks of the model's paper. */
public enum Benchmark {
    /** GenEval: four images for each prompt of {@code evaluation_metadata.jsonl}. */
    GENEVAL,

    /** DPG-Bench: a grid of four images for each text file of a folder. */
    DPG,

    /** GEdit-Bench: an edit for each line of {@code info.jsonl}. */
    GEDIT,

    /** ImgEdit-Bench: an edit for each key of {@code basic_edit.json} or {@code UGE_edit.json}. */
    IMGEDIT;

    /**
     * The settings of the paper: 1024 x 1024 pixels, 64 iterations, guidance 3, 100 diffusion steps. The seeds are
     * ours: 42 for the first image of each prompt, 43 for the second and so on.
     */
    public static final GenerateRequest PAPER = GenerateRequest.builder("prompt")
            .size(1024, 1024)
            .iterations(64)
            .guidance(3)
            .diffusionSteps(100)
            .seed(42)
            .build();

    /**
     * Whether it edits images.
     *
     * @return false if it draws them from prompts alone
     */
    public boolean edits() {
        return this == GEDIT || this == IMGEDIT;
    }

    /**
     * Reads a benchmark's own prompts.
     *
     * @param prompts the file, or for {@link #DPG} the folder
     * @param images the folder of the images to edit; by default that of the prompts file. Without effect where none
     *     are edited
     * @param settings how to sample, with a seed and a square size; its prompt does not matter
     * @param pad whether images to edit that are not squares are padded to one and the results cut back to their shape,
     *     instead of cropped to their middle square
     * @return what to run and what the scorer reads
     * @throws InvalidRequestException if a file cannot be read or has another form; the message names the place
     */
    public BenchmarkLayout read(Path prompts, Optional<Path> images, GenerateRequest settings, boolean pad) {
        if (settings.seed().isEmpty()
                || settings.width().isEmpty()
                || !settings.width().equals(settings.height())) {
            throw new InvalidRequestException("a benchmark needs a seed and a square size, such as --size 1024");
        }
        Path folder = images.orElseGet(() -> prompts.toAbsolutePath().getParent());
        return switch (this) {
            case GENEVAL -> GenEval.read(prompts, settings);
            case DPG -> DpgBench.read(prompts, settings);
            case GEDIT -> GEditBench.read(prompts, folder, settings, pad);
            case IMGEDIT -> ImgEditBench.read(prompts, folder, settings, pad);
        };
    }
}
