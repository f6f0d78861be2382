package io.github.unipic.cli;

import io.github.unipic.DescribeRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.batch.PromptsFile;
import io.github.unipic.batch.Shard;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code unipic batch}: does what each entry of a file asks for. */
@Command(
        name = "batch",
        description = {
            "Generates, edits, inpaints or describes for each entry of a file: a JSON array, or one JSON object a line,"
                    + " such as",
            "  {\"prompt\": \"A red fox\", \"id\": \"fox\", \"seed\": 7, \"width\": 1280, \"height\": 768}",
            "  {\"image\": \"fox.png\", \"prompt\": \"Make it night\"}",
            "  {\"image\": \"fox.png\", \"mask\": \"mask.png\", \"prompt\": \"A fox beside a snowman\"}",
            "  {\"image\": \"fox.png\", \"question\": \"What animal is this?\"}",
            "Also iterations, guidance, guidance_schedule, guidance_reuse, token_reuse, negative_prompt, temperature, diffusion_steps, fast; pad (true keeps"
                    + " the shape of an image that is edited); mask_channel, seam; images (a list), max_tokens, top_p,"
                    + " top_k, repetition_penalty, stop, vision. A text in quotes is a prompt. Names of files are"
                    + " relative to the file. Other keys are ignored. Options given here apply to entries that do not"
                    + " set them; of them, only --seed and --allow-special-tokens apply to questions.",
            "Files are named by the entry's index, such as 00000.png or, with an id, 00000-fox.png, and 00001.json for"
                    + " an answer. manifest.jsonl has one line for each, with the answer.",
            "After an interruption, run the same command again: it generates what is missing, also for entries that"
                    + " were added at the end of the file.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic batch prompts.jsonl -o images --model unipic-1.5b --seed 7",
            "  unipic batch prompts.jsonl -o images --seed 7 --shard $SLURM_ARRAY_TASK_ID/8",
        })
final class BatchCommand implements Callable<Integer> {
    @ParentCommand
    private UniPicCommand unipic;

    @Parameters(paramLabel = "PROMPTS", description = "File of entries, .json or .jsonl.")
    private Path prompts;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Folder for the results and their manifest; created if missing.")
    private Path output;

    @Option(
            names = "--restart",
            description =
                    "Delete the results of an earlier run in DIR and generate all of them again. Without it, a folder"
                            + " with other prompts or options is an error.")
    private boolean restart;

    @Option(
            names = "--shard",
            paramLabel = "I/N",
            converter = ShardConverter.class,
            description = "Run only the I-th of N shares, such as 3/8: entries I-1, I-1+N, I-1+2N, ... of the file."
                    + " N processes, on any machines that share DIR, generate the whole batch. The same command without"
                    + " --shard then makes one manifest of theirs, and generates what they left. Default: all.")
    private Shard shard = Shard.WHOLE;

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
        return new BatchRun(session, quiet, output, shard, restart).run(model, file.entries());
    }

    private PromptsFile promptsFile() {
        // The options first, so that an error in them is not blamed on the file.
        GenerateRequest.Builder builder = GenerateRequest.builder("options");
        defaults().applyTo(builder, 0);
        builder.build();
        return PromptsFile.read(prompts, defaults());
    }

    private PromptsFile.Defaults defaults() {
        return new PromptsFile.Defaults() {
            @Override
            public void applyTo(GenerateRequest.Builder builder, int index) {
                size.applyTo(builder);
                generation.applyTo(builder);
                specialTokens.applyTo(builder);
                generation.seed().ifPresent(first -> builder.seed(first + index));
            }

            @Override
            public void applyTo(DescribeRequest.Builder builder, int index) {
                specialTokens.applyTo(builder);
                generation.seed().ifPresent(first -> builder.seed(first + index));
            }
        };
    }
}
