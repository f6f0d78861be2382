package io.github.unipic.cli;

import io.github.unipic.GenerateRequest;
import io.github.unipic.batch.BatchEntry;
import io.github.unipic.batch.EntriesFile;
import io.github.unipic.batch.Shard;
import io.github.unipic.benchmark.Benchmark;
import io.github.unipic.benchmark.BenchmarkCheck;
import io.github.unipic.benchmark.BenchmarkLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code unipic benchmark}: generates the images of a benchmark, in the folder that its scorer reads. */
@Command(
        name = "benchmark",
        description = {
            "Generates the images of a benchmark of the paper from its own prompt files, in the folder that its scorer"
                    + " reads: geneval, dpg, gedit or imgedit. docs/benchmarks-quality.md tells how to get from the"
                    + " download to the score.",
            "The defaults are the paper's: --size 1024 --iterations 64 --guidance 3 --steps 100. The seeds are the same"
                    + " for each prompt: --seed 42 for its first image, 43 for its second.",
            "After an interruption, run the same command again: it generates what is missing.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic benchmark geneval --prompts evaluation_metadata.jsonl -o geneval --model unipic-1.5b",
            "  unipic benchmark dpg --prompts dpg_bench/prompts -o dpg --shard $SLURM_ARRAY_TASK_ID/8",
            "  unipic benchmark gedit --prompts gedit/info.jsonl -o gedit-out --pad",
            "  unipic benchmark imgedit --prompts basic_edit.json --images originals -o imgedit --check",
        })
final class BenchmarkCommand implements Callable<Integer> {
    private static final int MOST_NAMED = 10;

    @ParentCommand
    private UniPicCommand unipic;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "geneval, dpg, gedit or imgedit.")
    private Benchmark benchmark;

    @Option(
            names = "--prompts",
            required = true,
            paramLabel = "PATH",
            description = "geneval: evaluation_metadata.jsonl; dpg: the folder prompts; gedit: info.jsonl; imgedit:"
                    + " basic_edit.json or UGE_edit.json.")
    private Path prompts;

    @Option(
            names = "--images",
            paramLabel = "IMAGES",
            description = "gedit, imgedit: folder of the images to edit. Default: the folder of the prompts.")
    private Path images;

    @ArgGroup(multiplicity = "1")
    private Target target;

    private static final class Target {
        @Option(
                names = {"-o", "--output"},
                paramLabel = "DIR",
                description = "Folder for the manifest and, in it, the scorer's folder; created if missing.")
        private Path output;

        @Option(
                names = "--entries",
                paramLabel = "FILE",
                description =
                        "Generate nothing, but write what is to be generated to FILE, for UniPicSpark. When it has"
                                + " generated all to DIR, this command with -o DIR adds the scorer's other files.")
        private Path entries;
    }

    @Option(
            names = "--check",
            description = "Generate nothing, but tell whether the scorer's folder is complete and what is missing.")
    private boolean check;

    @Option(
            names = "--pad",
            description = "gedit, imgedit: pad images that are not squares to one, and cut the results back to their"
                    + " shape. Default: edit the middle square, as the authors' script does.")
    private boolean pad;

    @Option(
            names = "--shard",
            paramLabel = "I/N",
            converter = ShardConverter.class,
            description = "Generate only the I-th of N shares, such as 3/8, as 'unipic batch' does. Default: all.")
    private Shard shard = Shard.WHOLE;

    @Option(
            names = "--restart",
            description = "Delete the images of an earlier run in DIR and generate all of them again.")
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
        if (target.entries != null && (check || restart || shard.count() > 1)) {
            throw new ParameterException(
                    spec.commandLine(), "--entries generates nothing; leave --check, --restart and --shard out");
        }
        if (check && (restart || shard.count() > 1)) {
            throw new ParameterException(
                    spec.commandLine(), "--check looks at the whole folder; leave --restart and --shard out");
        }
        if (!benchmark.edits() && (images != null || pad)) {
            throw new ParameterException(
                    spec.commandLine(),
                    benchmark.name().toLowerCase(Locale.ROOT) + " edits no images; leave --images and --pad out");
        }
        if (target.entries != null && isAmongPrompts(target.entries)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--entries is " + target.entries + ", which is --prompts or in that folder; name another file");
        }
        BenchmarkLayout layout = benchmark.read(prompts, Optional.ofNullable(images), settings(), pad);
        return target.entries == null ? run(layout, target.output) : writeEntries(layout.entries());
    }

    /** Whether a file is that of the prompts, by whatever path, or in their folder. */
    private boolean isAmongPrompts(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        return isPrompts(file) || folder != null && isPrompts(folder);
    }

    private boolean isPrompts(Path path) {
        try {
            return Files.isSameFile(path, prompts);
        } catch (IOException e) {
            return false; // one of the two does not exist
        }
    }

    private int run(BenchmarkLayout layout, Path output) {
        if (check) {
            BenchmarkCheck checked = layout.check(output);
            print(layout, output, checked);
            return checked.isComplete() ? UniPicCommand.OK : UniPicCommand.FAILED;
        }
        layout.requireFree(output);
        int exitCode = new BatchRun(unipic.session(), quiet, output, shard, restart).run(model, layout.entries());
        layout.complete(output);
        if (!quiet) {
            print(layout, output, layout.check(output));
        }
        return exitCode;
    }

    private int writeEntries(List<BatchEntry> entries) {
        EntriesFile.write(target.entries, entries);
        if (!quiet) {
            unipic.session()
                    .out()
                    .println("Wrote " + entries.size() + " entries to " + TerminalText.line(target.entries.toString())
                            + ".");
        }
        return UniPicCommand.OK;
    }

    private GenerateRequest settings() {
        GenerateRequest.Builder settings = Benchmark.PAPER.toBuilder();
        size.applyTo(settings);
        generation.applyTo(settings);
        specialTokens.applyTo(settings);
        return settings.build();
    }

    private void print(BenchmarkLayout layout, Path output, BenchmarkCheck checked) {
        Output out = unipic.session().out();
        String folder = TerminalText.line(layout.scored(output).toString());
        if (checked.isComplete()) {
            out.println(folder + " is complete: " + checked.expected() + " files.");
            return;
        }
        out.println(folder + " is not complete: of " + checked.expected() + " files, "
                + checked.missing().size() + " are missing and "
                + checked.damaged().size() + " damaged; "
                + checked.unexpected().size() + " others are there.");
        if (check) {
            list("missing", checked.missing());
            list("damaged, of another size or of earlier images", checked.damaged());
            list("unexpected, move it away", checked.unexpected());
        }
    }

    private void list(String what, List<String> files) {
        Output out = unipic.session().out();
        files.stream().limit(MOST_NAMED).forEach(file -> out.println(what + ": " + TerminalText.line(file)));
        if (files.size() > MOST_NAMED) {
            out.println(what + ": " + (files.size() - MOST_NAMED) + " more");
        }
    }
}
