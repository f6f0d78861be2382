package io.github.unipic.cli;

import io.github.unipic.CancelledException;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.ImageRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPic;
import io.github.unipic.batch.BatchEntry;
import io.github.unipic.batch.BatchFolder;
import io.github.unipic.batch.PromptsFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code unipic batch}: generates an image for each prompt of a file. */
@Command(
        name = "batch",
        description = {
            "Generates an image for each prompt of a file: a JSON array, or one JSON object a line, such as",
            "  {\"prompt\": \"A red fox\", \"id\": \"fox\", \"seed\": 7, \"width\": 1280, \"height\": 768}",
            "Also iterations, guidance, guidance_schedule, temperature, diffusion_steps. Only the prompt is required,"
                    + " and a text in quotes is a prompt. Other keys are ignored. Options given here apply to entries"
                    + " that do not set them.",
            "Images are named by their index in the file, such as 00000.png or, with an id, 00000-fox.png."
                    + " manifest.jsonl has one line for each image.",
            "After an interruption, run the same command again: it generates the missing images, also"
                    + " those of prompts that were added at the end of the file.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic batch prompts.jsonl -o images --model unipic-1.5b --seed 7",
            "  unipic batch geneval.jsonl -o geneval --size 512 --iterations 64",
        })
final class BatchCommand implements Callable<Integer> {
    @ParentCommand
    private UniPicCommand unipic;

    @Parameters(paramLabel = "PROMPTS", description = "File of prompts, .json or .jsonl.")
    private Path prompts;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Folder for the images and their manifest; created if missing.")
    private Path output;

    @Option(
            names = "--restart",
            description =
                    "Delete the images of an earlier run in DIR and generate all of them again. Without it, a folder"
                            + " with other prompts or options is an error.")
    private boolean restart;

    @Mixin
    private ModelOptions model;

    @Mixin
    private SizeOption size;

    @Mixin
    private GenerationOptions generation;

    @Mixin
    private SpecialTokensOption specialTokens;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only errors.")
    private boolean quiet;

    @Override
    public Integer call() {
        Session session = unipic.session();
        PromptsFile file = promptsFile();
        if (!quiet && !file.ignoredKeys().isEmpty()) {
            session.err()
                    .println(file.ignoredKeys().stream()
                            .map(TerminalText::line)
                            .collect(Collectors.joining(", ", "These keys are unknown and ignored: ", "")));
        }
        int all = file.entries().size();
        List<String> failures = new ArrayList<>();
        try (UniPic loaded = model.load(session, quiet);
                BatchFolder folder = open(loaded.info().name(), file.entries())) {
            List<BatchEntry> missing = folder.missing();
            int there = all - missing.size();
            if (!quiet && there > 0) {
                session.err().println(there + " of " + all + " images already exist.");
            }
            long start = System.nanoTime();
            int generated = generate(session, loaded, folder, missing, all, failures);
            if (!quiet) {
                session.out().println("Wrote " + generated + " of " + all + " images to " + output);
                session.out().println("Took " + Quantities.time(Duration.ofNanos(System.nanoTime() - start)));
            }
        } finally {
            failures.forEach(failure -> session.err().println("unipic: " + UniPicCommand.oneLine(failure)));
        }
        return failures.isEmpty() ? UniPicCommand.OK : UniPicCommand.WRONG_INPUT;
    }

    private BatchFolder open(String modelName, List<BatchEntry> entries) {
        return restart ? BatchFolder.restart(output, modelName, entries) : BatchFolder.open(output, modelName, entries);
    }

    private PromptsFile promptsFile() {
        // The options first, so that an error in them is not blamed on the file.
        options(GenerateRequest.builder("options"), 0).build();
        return PromptsFile.read(prompts, this::options);
    }

    private GenerateRequest.Builder options(GenerateRequest.Builder builder, int index) {
        size.applyTo(builder);
        generation.applyTo(builder);
        specialTokens.applyTo(builder);
        generation.seed().ifPresent(first -> builder.seed(first + index));
        return builder;
    }

    /** @return the number of generated images; an entry that fails is added to the failures */
    private int generate(
            Session session,
            UniPic loaded,
            BatchFolder folder,
            List<BatchEntry> missing,
            int all,
            List<String> failures) {
        int done = 0;
        try (ProgressDisplay progress =
                ProgressDisplay.start(session, quiet, "Generating", ProgressDisplay.Unit.IMAGES)) {
            long whole = ProgressDisplay.Unit.IMAGES.size();
            for (BatchEntry entry : missing) {
                long before = (done + failures.size()) * whole;
                ImageRequest request = GenerationOptions.seeded(entry.request()).toBuilder()
                        .cancellation(session.cancellation())
                        .listener(p -> progress.update(
                                before + whole * p.iteration() / p.iterations(),
                                whole * missing.size(),
                                Optional.empty()))
                        .build();
                long start = System.nanoTime();
                try {
                    Image image = loaded.images(request).get(0);
                    folder.add(entry, image, Duration.ofNanos(System.nanoTime() - start));
                    done++;
                } catch (InvalidRequestException e) {
                    failures.add(entry.source() + ": " + e.getMessage());
                }
            }
        } catch (CancelledException e) {
            if (!quiet) {
                session.err()
                        .println((all - missing.size() + done) + " of " + all + " images are in " + output
                                + "; the same command generates the rest.");
            }
            throw e;
        }
        return done;
    }
}
