package io.github.unipic.spark;

import io.github.unipic.DescribeRequest;
import io.github.unipic.DiffusionSteps;
import io.github.unipic.GenerateRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.ModelFormatException;
import io.github.unipic.UniPicException;
import io.github.unipic.batch.BatchEntry;
import io.github.unipic.batch.EntriesFile;
import io.github.unipic.batch.PromptsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.spark.SparkUserAppException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import scala.reflect.ClassTag$;

/**
 * A batch on a Spark cluster: {@code spark-submit --class io.github.unipic.spark.UniPicSpark unipic-spark.jar --model
 * DIR --prompts FILE --out DIR}. Its failures are one line on stderr.
 */
@Command(
        name = "UniPicSpark",
        mixinStandardHelpOptions = true,
        description = "Generates, edits, inpaints and describes for each entry of a file, as 'unipic batch' does, on a"
                + " Spark cluster. Run again, it generates what is missing.",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:fine", "1:failed", "2:wrong usage or input"})
public final class UniPicSpark implements Callable<Integer> {
    private static final int FAILED = 1;
    private static final int WRONG_INPUT = 2;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR",
            description = "Model folder: a path that is the same on each machine, or the name that --archives gives.")
    private String model;

    @ArgGroup(multiplicity = "1")
    private Input input;

    private static final class Input {
        @Option(
                names = "--prompts",
                paramLabel = "FILE",
                description = "JSON lines as for 'unipic batch', or Parquet whose columns are named as their keys.")
        private String prompts;

        @Option(
                names = "--entries",
                paramLabel = "FILE",
                description = "Entries, as 'unipic benchmark --entries' writes them.")
        private Path entries;
    }

    @Option(
            names = {"-o", "--out"},
            required = true,
            paramLabel = "DIR",
            description = "Folder for the results and their manifest, shared by the driver and all executors.")
    private Path out;

    @Option(
            names = "--entries-per-partition",
            paramLabel = "N",
            defaultValue = "4",
            description = "Entries of a task, 1 to 10000. Default: ${DEFAULT-VALUE}.")
    private int entriesPerPartition;

    @Option(
            names = "--provider",
            paramLabel = "NAME",
            defaultValue = "auto",
            description = "ONNX Runtime execution provider. A GPU that Spark assigns becomes its device_id."
                    + " Default: ${DEFAULT-VALUE}.")
    private String provider;

    @Option(names = "--provider-option", paramLabel = "KEY=VALUE", description = "Option of the provider.")
    private Map<String, String> providerOptions = new LinkedHashMap<>();

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "0",
            description = "Processor threads of a model. Default: the cores of a task (spark.task.cpus).")
    private int threads;

    @ArgGroup(exclusive = false)
    private ImageOptions images;

    /** What entries of --entries have already. */
    private static final class ImageOptions implements PromptsFile.Defaults {
        @Option(names = "--size", paramLabel = "PIXELS", description = "Side of the square images that set no size.")
        private Optional<Integer> size = Optional.empty();

        @Option(names = "--seed", paramLabel = "N", description = "Seed of the first entry; others use N+1, N+2, ...")
        private Optional<Long> seed = Optional.empty();

        @Option(names = "--iterations", paramLabel = "K", description = "Iterations of images that set none.")
        private Optional<Integer> iterations = Optional.empty();

        @Option(names = "--guidance", paramLabel = "G", description = "Guidance of images that set none.")
        private Optional<Double> guidance = Optional.empty();

        @Option(names = "--steps", paramLabel = "S", description = "Diffusion steps of images that set none.")
        private Optional<String> steps = Optional.empty();

        @Option(names = "--fast", description = "Less work for nearly the same image, as for 'unipic batch'.")
        private boolean fast;

        @Override
        public void applyTo(GenerateRequest.Builder builder, int index) {
            if (fast) {
                builder.fast();
            }
            size.ifPresent(side -> builder.size(side, side));
            seed.ifPresent(first -> builder.seed(first + index));
            iterations.ifPresent(builder::iterations);
            guidance.ifPresent(builder::guidance);
            steps.map(DiffusionSteps::parse).ifPresent(builder::diffusionSteps);
        }

        @Override
        public void applyTo(DescribeRequest.Builder builder, int index) {
            seed.ifPresent(first -> builder.seed(first + index));
        }

        static String names() {
            return CommandSpec.forAnnotatedObject(new ImageOptions()).options().stream()
                    .map(OptionSpec::longestName)
                    .collect(Collectors.joining(", "));
        }
    }

    private UniPicSpark() {}

    /**
     * Runs the job.
     *
     * @param args the options
     * @throws SparkUserAppException with the exit code, which {@code spark-submit} then ends with, if it fails
     */
    public static void main(String[] args) throws SparkUserAppException {
        int exitCode = run(args);
        if (exitCode != 0) {
            throw new SparkUserAppException(exitCode, null);
        }
    }

    static int run(String... args) {
        CommandLine line = new CommandLine(new UniPicSpark());
        line.setParameterExceptionHandler((e, given) -> fail(e.getMessage() + " (see --help)", WRONG_INPUT));
        line.setExecutionExceptionHandler((e, command, parsed) -> fail(e));
        return line.execute(args);
    }

    /** Says in one line what went wrong. */
    static int fail(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof UniPicException) {
                boolean wrong = cause instanceof InvalidRequestException || cause instanceof ModelFormatException;
                return fail(cause.getMessage(), wrong ? WRONG_INPUT : FAILED);
            }
        }
        String message = Optional.ofNullable(e.getMessage()).orElse(e.toString());
        return fail(message.lines().findFirst().orElse(e.toString()), FAILED);
    }

    private static int fail(String message, int exitCode) {
        System.err.println("unipic: " + message.replaceAll("\\p{Cntrl}+", " "));
        return exitCode;
    }

    @Override
    public Integer call() throws IOException {
        require(
                entriesPerPartition >= 1 && entriesPerPartition <= 10_000,
                "--entries-per-partition must be 1 to 10000");
        require(threads >= 0 && threads <= 1024, "--threads must be 1 to 1024");
        require(
                input.entries == null || images == null,
                "--entries has each image's settings; leave out " + ImageOptions.names());
        PromptsFile.Defaults defaults = images == null ? (builder, index) -> {} : images;
        defaults.applyTo(GenerateRequest.builder("options"), 0); // an error in them is not blamed on the file
        try (SparkSession spark = SparkSession.builder().appName("unipic").getOrCreate()) {
            boolean local = spark.sparkContext().isLocal();
            require(out.isAbsolute() || local, "--out must be an absolute path that all machines share, not " + out);
            return run(spark, entries(spark, defaults));
        }
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new InvalidRequestException(message);
        }
    }

    private List<BatchEntry> entries(SparkSession spark, PromptsFile.Defaults defaults) {
        if (input.entries != null) {
            return EntriesFile.read(input.entries);
        }
        PromptsFile prompts = Prompts.read(spark, input.prompts, defaults);
        if (!prompts.ignoredKeys().isEmpty()) {
            System.err.println("These keys are unknown and ignored: " + String.join(", ", prompts.ignoredKeys()));
        }
        return prompts.entries();
    }

    private int run(SparkSession spark, List<BatchEntry> entries) {
        Path folder = out.toAbsolutePath().normalize();
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new InvalidRequestException(folder + " cannot be made: " + e.getMessage(), e);
        }
        SparkManifest manifest = new SparkManifest(folder, entries);
        ModelSettings settings = new ModelSettings(model, provider, new TreeMap<>(providerOptions), threads);
        Collected collected = new Collected(manifest, entries.size(), System::nanoTime);
        JavaRDD<String> partitions = JavaSparkContext.fromSparkContext(spark.sparkContext())
                .parallelize(
                        entries.stream().map(BatchEntry::toJson).toList(),
                        (entries.size() + entriesPerPartition - 1) / entriesPerPartition);
        try {
            spark.sparkContext()
                    .runJob(
                            partitions.rdd(),
                            new PartitionRun(settings, folder, manifest.model()),
                            collected,
                            ClassTag$.MODULE$.<PartitionResult>apply(PartitionResult.class));
        } finally {
            manifest.writeJsonLines();
        }
        collected.failures().forEach(failure -> fail(failure, WRONG_INPUT));
        System.out.println("Wrote " + collected.made() + " of " + entries.size() + " results to " + folder + "; "
                + collected.kept() + " were there.");
        manifest.writeParquet(spark); // last, because it may fail
        return collected.failures().isEmpty() ? 0 : WRONG_INPUT;
    }
}
