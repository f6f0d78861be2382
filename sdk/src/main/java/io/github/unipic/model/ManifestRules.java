package io.github.unipic.model;

import io.github.unipic.ModelFormatException;
import io.github.unipic.model.Manifest.Defaults;
import io.github.unipic.model.Manifest.FileSpec;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.model.Manifest.Sizes;
import io.github.unipic.model.Manifest.TensorSpec;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The rules for manifests, which may come from untrusted sources: every number has a range, every text and list a
 * maximum length, names are valid, and the sizes match the graphs. Code that uses a manifest need not check it again.
 */
final class ManifestRules {
    static final String TOKENIZER = "tokenizer.json";

    private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,199}");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");
    private static final Pattern AXIS = Pattern.compile("[A-Za-z0-9_+*/-]{1,50}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final Set<String> PRECISIONS =
            new TreeSet<>(Set.of("float32", "float16", "bfloat16", "int8", "int4"));
    private static final Set<String> FLAVORS = new TreeSet<>(Set.of("portable", "fused"));
    private static final Set<String> GUIDANCE_SCHEDULES = Set.of("constant", "linear");

    /** Larger than those of any model by one or two orders of magnitude. */
    private static final int MOST_LAYERS = 1024;

    private static final int MOST_WIDTH = 1 << 16;
    private static final int MOST_TOKENS = 1 << 24;
    private static final int MOST_PIXELS = 1 << 14;
    private static final int MOST_ITERATIONS = 100_000;
    private static final int MOST_DIFFUSION_STEPS = 1000;
    private static final int MOST_CHARACTERS = 10_000;
    private static final long MOST_BYTES = 1L << 44;

    private final String where;

    /** @param where the manifest's file, for messages */
    ManifestRules(String where) {
        this.where = where;
    }

    /** @throws ModelFormatException when a value is out of its range, or two values do not match */
    void check(Manifest manifest) {
        text("name", manifest.name());
        text("producer", manifest.producer());
        check(manifest.sizes());
        // At 0 the logarithm of the noise is infinite; at 1 the schedule ends with a division by zero.
        number("diffusion.max_beta", manifest.diffusion().maxBeta(), 1e-6, 0.9999);
        check(manifest.tokens(), manifest.sizes().vocabulary());
        check(manifest.prompts());
        check(manifest.defaults(), manifest.sizes());
        require(manifest.files().size() <= 1000, "lists more than 1000 files");
        manifest.files().forEach(this::check);
        require(manifest.files().containsKey(TOKENIZER), "does not list " + TOKENIZER);
        require(manifest.graphs().size() <= 100, "has more than 100 graphs");
        manifest.graphs()
                .forEach((name, graph) -> check(name, graph, manifest.files().keySet()));
        for (GraphName graph : GraphName.values()) {
            Optional.ofNullable(manifest.graphs().get(graph.label()))
                    .ifPresent(spec -> checkContract(graph, spec, manifest.sizes()));
        }
    }

    private void check(Sizes sizes) {
        number("sizes.hidden", sizes.hidden(), 1, MOST_WIDTH);
        number("sizes.layers", sizes.layers(), 1, MOST_LAYERS);
        number("sizes.kv_heads", sizes.kvHeads(), 1, MOST_WIDTH);
        number("sizes.head_dim", sizes.headDim(), 1, MOST_WIDTH);
        number("sizes.vocabulary", sizes.vocabulary(), 1, MOST_TOKENS);
        number("sizes.context", sizes.context(), 1, MOST_TOKENS);
        number("sizes.buffer_tokens", sizes.bufferTokens(), 1, MOST_WIDTH);
        number("sizes.mar_dim", sizes.marDim(), 1, MOST_WIDTH);
        number("sizes.latent_channels", sizes.latentChannels(), 1, MOST_WIDTH);
        number("sizes.downsampling", sizes.downsampling(), 1, 1024);
        number("sizes.native_grid", sizes.nativeGrid(), 1, 4096);
        number("sizes.vision_image", sizes.visionImage(), 0, MOST_PIXELS);
    }

    private void check(Manifest.Tokens tokens, int vocabulary) {
        // This is the first id that the tokenizer does not use, so it may be beyond the vocabulary.
        number("tokens.image", tokens.image(), 0, MOST_TOKENS);
        require(tokens.stop().size() <= 100, "has more than 100 tokens that stop an answer");
        tokens.stop().forEach(id -> number("tokens.stop", id, 0, vocabulary - 1));
    }

    private void check(Prompts prompts) {
        text("prompts.answer_end", prompts.answerEnd());
        text("prompts.generate_unconditional", prompts.generateUnconditional());
        text("prompts.edit_unconditional", prompts.editUnconditional());
        text("prompts.describe", prompts.describe());
        template("prompts.turn", prompts.turn());
        template("prompts.generate", prompts.generate());
    }

    private void check(Defaults defaults, Sizes sizes) {
        side("defaults.width", defaults.width(), sizes.downsampling());
        side("defaults.height", defaults.height(), sizes.downsampling());
        long tokens = (long) (defaults.width() / sizes.downsampling()) * (defaults.height() / sizes.downsampling());
        require(
                tokens + sizes.bufferTokens() < sizes.context(),
                "has a default size of %s tokens, too many for its sizes.context of %s",
                tokens,
                sizes.context());
        number("defaults.iterations", defaults.iterations(), 1, MOST_ITERATIONS);
        number("defaults.diffusion_steps", defaults.diffusionSteps(), 1, MOST_DIFFUSION_STEPS);
        number("defaults.guidance", defaults.guidance(), Float.MIN_NORMAL, Float.MAX_VALUE);
        number("defaults.temperature", defaults.temperature(), Float.MIN_NORMAL, Float.MAX_VALUE);
        require(
                GUIDANCE_SCHEDULES.contains(defaults.guidanceSchedule()),
                "has a guidance schedule that is neither constant nor linear");
    }

    private void side(String name, int pixels, int downsampling) {
        number(name, pixels, 1, MOST_PIXELS);
        require(
                pixels % downsampling == 0,
                "has a %s of %s, which is not a multiple of its sizes.downsampling of %s",
                name,
                pixels,
                downsampling);
    }

    private void check(String name, FileSpec file) {
        name("file", name, FILE_NAME);
        require(!name.equals(Manifest.FILE_NAME), "lists itself");
        number("file length", file.bytes(), 0, MOST_BYTES);
        require(SHA256.matcher(file.sha256()).matches(), "has no SHA-256 for %s", name);
    }

    private void check(String name, GraphSpec graph, Set<String> files) {
        name("graph", name, NAME);
        require(graph.data().size() <= 100, "has more than 100 files of weights in graphs.%s", name);
        require(
                files.contains(graph.file()) && files.containsAll(graph.data()),
                "has a graph %s that refers to files that it does not list",
                name);
        require(
                PRECISIONS.contains(graph.precision()),
                "has a graphs.%s.precision of '%s', which is not one of %s",
                name,
                graph.precision(),
                PRECISIONS);
        require(
                FLAVORS.contains(graph.flavor()),
                "has a graphs.%s.flavor of '%s', which is not one of %s",
                name,
                graph.flavor(),
                FLAVORS);
        number("block_size", graph.blockSize(), 0, MOST_WIDTH);
        check(name, graph.inputs());
        check(name, graph.outputs());
    }

    private void check(String graph, List<TensorSpec> tensors) {
        require(tensors.size() <= 4 * MOST_LAYERS, "has too many tensors in graphs.%s", graph);
        Set<String> names = new HashSet<>();
        for (TensorSpec tensor : tensors) {
            name("tensor", tensor.name(), NAME);
            name("type", tensor.type(), NAME);
            require(names.add(tensor.name()), "lists %s twice in graphs.%s", tensor.name(), graph);
            require(tensor.shape().size() <= 8, "gives %s more than 8 axes in graphs.%s", tensor.name(), graph);
            tensor.shape().forEach(axis -> name("axis", axis, AXIS));
        }
    }

    private void checkContract(GraphName graph, GraphSpec spec, Sizes sizes) {
        GraphContract contract = GraphContract.of(graph, sizes, Math.max(1, spec.decoderBlocks()));
        Stream.of(
                        GraphContract.difference(contract.inputs(), spec.inputs()),
                        GraphContract.difference(contract.outputs(), spec.outputs()))
                .flatMap(Optional::stream)
                .findFirst()
                .ifPresent(difference -> {
                    throw damaged("has a graph " + graph.label() + " that " + difference);
                });
    }

    // ---- kinds of values

    private void number(String name, double value, double least, double most) {
        boolean inRange = value >= least && value <= most; // false for NaN
        if (!inRange) {
            throw damaged("has a " + name + " of " + plain(value) + ", outside " + plain(least) + " to " + plain(most));
        }
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }

    private void text(String name, String text) {
        require(text.length() <= MOST_CHARACTERS, "has a %s of more than %s characters", name, MOST_CHARACTERS);
    }

    private void template(String name, String text) {
        text(name, text);
        int placeholders = text.split(Pattern.quote(Prompts.PLACEHOLDER), -1).length - 1;
        require(placeholders == 1, "has %s placeholders for the prompt in %s, not one", placeholders, name);
    }

    private void name(String what, String name, Pattern pattern) {
        require(pattern.matcher(name).matches(), "has an invalid %s name: '%s'", what, name);
    }

    private void require(boolean rule, String otherwise, Object... values) {
        if (!rule) {
            throw damaged(String.format(Locale.ROOT, otherwise, values));
        }
    }

    private ModelFormatException damaged(String what) {
        return new ModelFormatException(where + " is damaged: it " + what + "; export the model again.");
    }
}
