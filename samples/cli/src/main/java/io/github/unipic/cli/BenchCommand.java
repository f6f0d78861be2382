package io.github.unipic.cli;

import io.github.unipic.CacheFolder;
import io.github.unipic.CancelledException;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Reuse;
import io.github.unipic.conformance.BenchmarkReport;
import io.github.unipic.conformance.BenchmarkRun;
import io.github.unipic.conformance.BenchmarkSettings;
import io.github.unipic.conformance.BenchmarkSettings.Task;
import io.github.unipic.conformance.PublishedModel;
import io.github.unipic.export.Precision;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code unipic bench}: measures a model's speed and memory on this machine. */
@Command(
        name = "bench",
        description = {
            "Measures a model folder on this machine: loading, first preview, images and their graphs, answers, tokens"
                    + " per second, memory.",
            "Run it on an otherwise idle machine. docs/benchmarks.md has our figures, and says how to compare"
                    + " with PyTorch.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic bench --model unipic-1.5b",
            "  unipic bench --model unipic-1.5b --tasks t2i --size 256,512,1024 --repeat 3 --json bench.json",
            "  unipic bench --model unipic-1.5b --tasks text --context 64,1024 --tokens 32",
            "  unipic bench --published --precision fp16 --threads 2",
        })
final class BenchCommand implements Callable<Integer> {
    @ParentCommand
    private UniPicCommand unipic;

    @Spec
    private CommandSpec spec;

    @ArgGroup(multiplicity = "1")
    private Subject subject;

    @Mixin
    private ProviderOptions providerOptions;

    @Mixin
    private MemoryOptions memory;

    /** One of the two. */
    static final class Subject {
        @Option(names = "--model", paramLabel = "DIR", description = "Model folder, as 'unipic export' writes it.")
        private Path model;

        @Option(
                names = "--published",
                description =
                        "A model of the published sizes with random weights, created in the user's cache folder on"
                                + " first use: 6 GB of weights, and 12 GB (fp32) or less as a model folder.")
        private boolean published;
    }

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            description = "With --published: precision of the model folder. Default: fp32.")
    private Optional<Precision> precision = Optional.empty();

    @Option(
            names = "--tasks",
            split = ",",
            defaultValue = "preview,t2i,describe,text",
            paramLabel = "NAME",
            description = "What to measure: preview (the first one of an image), t2i (text to image), describe (an"
                    + " answer about a photo), text (token by token). Default: preview,t2i,describe,text.")
    private List<String> tasks;

    @Option(
            names = "--size",
            split = ",",
            defaultValue = "256",
            paramLabel = "PIXELS",
            description = "t2i: pixels a side, multiples of 16, such as 256,512,1024. Default: 256.")
    private List<Integer> sizes;

    @Option(names = "--iterations", defaultValue = "8", paramLabel = "N", description = "t2i: iterations. Default: 8.")
    private int iterations;

    @Mixin
    private WorkOptions work;

    @Option(
            names = "--guidance",
            defaultValue = "3",
            paramLabel = "SCALE",
            description = "t2i: guidance; 1 is off and halves the work. Default: 3.")
    private double guidance;

    @Option(
            names = "--context",
            split = ",",
            defaultValue = "64,512",
            paramLabel = "N",
            description = "text: tokens in the context before the timed ones. Default: 64,512.")
    private List<Integer> contexts;

    @Option(
            names = "--tokens",
            defaultValue = "16",
            paramLabel = "N",
            description = "describe and text: tokens of an answer. Default: 16.")
    private int tokens;

    @Option(
            names = "--repeat",
            defaultValue = "1",
            paramLabel = "N",
            description = "How often to measure images and answers, after the graphs are open. Default: 1.")
    private int repeat;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Processor threads to use. Default: one per core, or one for a model below 32 MB.")
    private Integer threads;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the figures to this file.")
    private Path json;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only the figures.")
    private boolean quiet;

    @Override
    public Integer call() {
        if (json != null) {
            JsonFile.requirePossible(spec, json);
        }
        if (subject.model != null && precision.isPresent()) {
            throw new ParameterException(spec.commandLine(), "--model has its own precision; leave --precision out");
        }
        memory.requireValid();
        if (threads != null && threads < 1) {
            throw new ParameterException(spec.commandLine(), "--threads is " + threads + ", but must be at least 1");
        }
        GenerateRequest.Builder image = GenerateRequest.builder("image").diffusionSteps(25);
        work.applyTo(image);
        GenerateRequest request = image.build();
        BenchmarkSettings settings = new BenchmarkSettings(
                tasks.stream().map(Task::of).collect(Collectors.toSet()),
                sizes,
                iterations,
                request.diffusionSteps().orElseThrow(),
                guidance,
                request.guidanceReuse().orElse(Reuse.NONE),
                request.tokenReuse().orElse(Reuse.NONE),
                contexts,
                tokens,
                repeat,
                memory.keepLoaded(),
                memory.prepack(),
                memory.mapped(),
                memory.tileAbove());
        Session session = unipic.session();
        ExecutionProvider provider = providerOptions.prepare();
        BenchmarkReport report = new BenchmarkRun(
                        model(session),
                        provider,
                        threads == null ? OptionalInt.empty() : OptionalInt.of(threads),
                        settings,
                        session.cancellation(),
                        this::note)
                .run();
        // Printed first, because writing the file may fail.
        session.out().print(report.text());
        if (json != null) {
            report.writeJson(json);
        }
        return UniPicCommand.OK;
    }

    private Path model(Session session) {
        if (subject.model != null) {
            return subject.model;
        }
        Path cache = CacheFolder.of(
                System.getProperty("os.name"), session.environment(), Path.of(System.getProperty("user.home")));
        try (ProgressDisplay progress =
                ProgressDisplay.start(session, quiet, "Exporting", ProgressDisplay.Unit.MEGABYTES)) {
            return new PublishedModel(cache, precision.orElse(Precision.FP32))
                    .make(this::note, (written, total, graph) -> {
                        if (session.cancellation().isCancelled()) {
                            throw new CancelledException("the export was cancelled");
                        }
                        progress.update(written, total, Optional.empty());
                    });
        }
    }

    private void note(String text) {
        if (!quiet) {
            unipic.session().err().println(text);
        }
    }
}
