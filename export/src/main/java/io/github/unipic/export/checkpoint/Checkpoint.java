package io.github.unipic.export.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.unipic.export.ExportException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A checkpoint folder in the published layout: every tensor by its canonical name, and the configuration files.
 *
 * <p>Canonical names are {@code llm.*}, {@code mar.*}, {@code proj_in.*}, {@code proj_out.*},
 * {@code siglip2.vision_model.*}, {@code siglip2_proj.*} and, for the autoencoder's own file, {@code vae.*}.
 *
 * <p>The main file is {@code pytorch_model.bin} or {@code model.safetensors}, or either one sharded with an
 * {@code .index.json}, or a {@code harmon_*.pth}; beside it is {@code kl16.ckpt} or {@code kl16.safetensors}. Where the
 * main file holds no language model or no vision tower, they come from the folder whose config.json says that it is
 * one. Dictionaries and name prefixes that training adds around the weights are skipped; {@link #notes} says which.
 *
 * <p>Opening reads names and shapes only; {@link CheckpointTensor#read} maps what it reads. Thread-safe.
 */
public final class Checkpoint implements AutoCloseable {
    /** What a file of weights may be called, the first that is there being read; or one of these and {@link #INDEX}. */
    public static final List<String> MAIN_FILES = List.of("pytorch_model.bin", "model.safetensors");

    /** What the autoencoder's file may be called. */
    public static final List<String> VAE_FILES = List.of("kl16.ckpt", "kl16.safetensors");

    /** After the name of a file that is in shards: the name of the list of its shards. */
    public static final String INDEX = ".index.json";

    /** What Harmon's main file is called. */
    public static final Pattern HARMON = Pattern.compile("harmon_[\\w.-]*\\.pth");

    private static final String LLM = "llm.";
    private static final String TOWER = "siglip2.";
    private static final String VISION_MODEL = "vision_model.";
    /** The tower's first layer. */
    private static final String PATCHES = TOWER + VISION_MODEL + "embeddings.patch_embedding.weight";

    private static final Set<String> VISION_TYPES =
            Set.of("siglip", "siglip2", "siglip_vision_model", "siglip2_vision_model");
    private static final String PROJECTOR = "siglip2_proj.";
    /** The autoencoder's authors publish it in a dictionary. */
    private static final List<String> AUTOENCODER_WRAPPERS = List.of("model");

    private static final long MAX_CONFIG = 1L << 20;
    private static final long MAX_INDEX = 8L << 20;
    private static final int MAX_NAME = 512;
    private static final int MAX_EXCERPT = 100;
    /** Of the entire checkpoint; the published one has about 1,500. */
    private static final int MAX_TENSORS = 100_000;

    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

    private final Map<Path, MappedFile> files = new HashMap<>();
    private final SortedMap<String, StoredTensor> tensors = new TreeMap<>();
    private final Set<String> used = ConcurrentHashMap.newKeySet();
    private final List<String> notes = new ArrayList<>();
    private final FiniteCheck finite;
    private final Path folder;
    private final ModelFolder language;
    private final Optional<ModelFolder> vision;
    private final Settings overrides;
    private int indexed;

    /** A Hugging Face model folder inside the checkpoint. */
    private record ModelFolder(Path path, Settings config) {
        String type() {
            return config.text("model_type").orElse("");
        }

        boolean isVision() {
            return VISION_TYPES.contains(type())
                    || config.object("vision_config").isPresent();
        }
    }

    /** A file of weights, or the index of its shards. */
    private record Weights(Path path, FileIndex content) {
        String file() {
            return String.valueOf(path.getFileName());
        }
    }

    private Checkpoint(Path folder, boolean allowNonFinite) {
        this.folder = folder;
        finite = new FiniteCheck(allowNonFinite);
        List<ModelFolder> models = modelFolders(folder);
        language = theOne(models, model -> model.type().equals("qwen2"), "language model")
                .orElseThrow(() -> new ExportException("no language model in " + folder
                        + ": no folder in it has a config.json with model_type qwen2; add the Qwen2.5 folder"));
        vision = theOne(models, model -> model != language && model.isVision(), "vision model");
        Path unipicConfig = folder.resolve("unipic_config.json");
        overrides = Files.isRegularFile(unipicConfig)
                ? Settings.read(unipicConfig, MAX_CONFIG)
                : Settings.none(unipicConfig);
        tokenizerFile();
    }

    /** Opens a checkpoint whose weights are all finite: reading one that is not throws. */
    public static Checkpoint open(Path folder) {
        return open(folder, false);
    }

    /**
     * Finds and indexes everything in a checkpoint folder.
     *
     * @param allowNonFinite read NaN and infinity like other values, and name their tensors in {@link #notes}
     * @throws ExportException if something required is missing, or a file is malformed, damaged or refused
     */
    public static Checkpoint open(Path folder, boolean allowNonFinite) {
        if (!Files.isDirectory(folder)) {
            throw new ExportException(
                    folder + " is not a folder; give the one that holds pytorch_model.bin and kl16.ckpt");
        }
        Checkpoint checkpoint = new Checkpoint(folder, allowNonFinite);
        try {
            checkpoint.index();
            return checkpoint;
        } catch (RuntimeException | Error e) {
            checkpoint.close();
            throw e;
        }
    }

    /**
     * What the main file of a checkpoint whose other files may yet be missing lacks.
     *
     * @throws ExportException as {@link #open} does
     */
    public static Lacking lacking(Path folder) {
        Checkpoint checkpoint = new Checkpoint(folder, true);
        try {
            checkpoint.addMain();
            return new Lacking(!checkpoint.hasAny(LLM), checkpoint.hasAny(PROJECTOR) && !checkpoint.hasAny(TOWER));
        } finally {
            checkpoint.close();
        }
    }

    /**
     * Weights that are not in a main file, and so come from the folder of the model that they belong to.
     *
     * @param visionModel whether SigLIP2's are needed and not there
     */
    public record Lacking(boolean languageModel, boolean visionModel) {}

    private Weights addMain() {
        Weights main = read(folder, mainFiles()).orElseThrow(() -> missing(folder, MAIN_FILES));
        noteName(main, MAIN_FILES.get(0));
        add(main, TensorNames::main, name -> true, List.of());
        return main;
    }

    private void index() {
        Weights main = addMain();
        Weights autoencoder = read(folder, VAE_FILES).orElseThrow(() -> missing(folder, VAE_FILES));
        noteName(autoencoder, VAE_FILES.get(0));
        add(autoencoder, TensorNames::autoencoder, name -> true, AUTOENCODER_WRAPPERS);
        if (!hasAny(LLM)) {
            Weights weights = read(language.path(), MAIN_FILES)
                    .orElseThrow(() -> new ExportException("no language model weights: " + main.file()
                            + " holds no llm.* tensors, and " + language.path() + " holds neither "
                            + String.join(" nor ", MAIN_FILES) + "; fetch the language model's weights"));
            add(weights, TensorNames::languageModel, name -> true, List.of());
        }
        if (!hasAny(TOWER)) {
            Optional<Weights> weights = vision.flatMap(model -> read(model.path(), MAIN_FILES));
            // The text tower beside the vision tower is not part of this model.
            weights.ifPresent(file ->
                    add(file, TensorNames::visionModel, name -> name.startsWith(TOWER + VISION_MODEL), List.of()));
            if (!hasVisionTower()) {
                note(withoutTower(main, weights));
            }
        } else if (!hasVisionTower()) {
            note(withoutTower(main, Optional.of(main)));
        }
    }

    private void noteName(Weights weights, String published) {
        if (!weights.file().equals(published)) {
            note("weights read from " + weights.file() + (weights.file().endsWith(INDEX) ? "'s shards" : "")
                    + ", in place of " + published);
        }
    }

    /** Harmon's checkpoints, which have other names, come last. */
    private List<String> mainFiles() {
        try (Stream<Path> children = Files.list(folder)) {
            List<String> harmon = children.map(child -> String.valueOf(child.getFileName()))
                    .filter(name -> HARMON.matcher(name).matches())
                    .sorted()
                    .toList();
            boolean other = names(MAIN_FILES).stream().anyMatch(name -> Files.exists(folder.resolve(name)));
            if (harmon.size() > 1 && !other) {
                throw new ExportException("two main files in " + folder + ", " + harmon.get(0) + " and " + harmon.get(1)
                        + "; remove one");
            }
            return Stream.concat(MAIN_FILES.stream(), harmon.stream()).toList();
        } catch (IOException e) {
            throw new ExportException("cannot list " + folder + " (" + e + ")", e);
        }
    }

    private String withoutTower(Weights main, Optional<Weights> weights) {
        String result = "exported without vision_encoder, so images are described through the MAR encoder";
        if (!hasAny(PROJECTOR)) {
            return "no SigLIP2 in this model (" + main.file() + " holds no siglip2_proj.*), as in Harmon: " + result;
        }
        String where = weights.map(file -> file.path() + " lacks " + PATCHES)
                .or(() -> vision.map(model -> model.path() + " holds no weights"))
                .orElse("there is no folder with its config.json");
        return "no SigLIP2 vision tower (" + where + "): " + result
                + "; to have it, add google/siglip2-so400m-patch16-512 with model.safetensors and export again";
    }

    private void add(
            Weights weights,
            BiFunction<TensorNames, String, String> canonical,
            Predicate<String> wanted,
            List<String> expectedWrappers) {
        TensorNames names = new TensorNames();
        weights.content().tensors().forEach((name, tensor) -> {
            String canonicalName = canonical.apply(names, name);
            if (wanted.test(canonicalName)) {
                add(canonicalName, tensor);
            }
        });
        FileIndex content = weights.content();
        if (!content.wrappers().isEmpty() && !content.wrappers().equals(expectedWrappers)) {
            String beside = content.siblings().isEmpty()
                    ? ""
                    : " (beside it, not used: " + String.join(", ", content.siblings()) + ")";
            note(weights.file() + ": weights found under '" + String.join("', '", content.wrappers()) + "'" + beside);
        }
        if (!names.dropped().isEmpty()) {
            note(weights.file() + ": tensor names read without '" + String.join("', '", names.dropped()) + "'");
        }
    }

    private void add(String name, StoredTensor tensor) {
        StoredTensor other = tensors.put(name, tensor.as(name, finite));
        if (other != null) {
            throw new ExportException("tensor '" + name + "' is there twice, in " + other.fileName() + " and in "
                    + tensor.fileName() + "; remove one");
        }
    }

    private boolean hasAny(String prefix) {
        SortedMap<String, StoredTensor> from = tensors.tailMap(prefix);
        return !from.isEmpty() && from.firstKey().startsWith(prefix);
    }

    /** The first of these files that exists, in one file or sharded. */
    private Optional<Weights> read(Path from, List<String> candidates) {
        for (String name : names(candidates)) {
            Path file = from.resolve(name);
            if (Files.isRegularFile(file)) {
                return Optional.of(
                        new Weights(file, name.endsWith(INDEX) ? new FileIndex(readShards(file)) : readFile(file)));
            }
        }
        return Optional.empty();
    }

    /** The names of the files that are read in place of a file of weights where they are beside it. */
    public static List<String> readBefore(String file) {
        List<String> main = names(MAIN_FILES);
        if (HARMON.matcher(file).matches()) {
            return main;
        }
        List<String> names = main.contains(file) ? main : names(VAE_FILES);
        return names.subList(0, Math.max(names.indexOf(file), 0));
    }

    /** In the order in which they are looked for. */
    private static List<String> names(List<String> candidates) {
        return candidates.stream()
                .flatMap(name -> Stream.of(name, name + INDEX))
                .toList();
    }

    private FileIndex readFile(Path path) {
        MappedFile file = files.computeIfAbsent(path, MappedFile::open);
        try {
            FileIndex found =
                    path.toString().endsWith(".safetensors") ? Safetensors.index(file) : TorchArchive.index(file);
            indexed += found.tensors().size();
            checkCount(file, indexed);
            return found;
        } catch (StackOverflowError | OutOfMemoryError e) {
            throw new ExportException(
                    path + " describes its tensors with more data than fits in memory; it is damaged or hostile", e);
        }
    }

    private Map<String, StoredTensor> readShards(Path index) {
        JsonNode weightMap = Settings.read(index, MAX_INDEX).json().path("weight_map");
        Map<String, Map<String, StoredTensor>> shards = new HashMap<>();
        Map<String, StoredTensor> all = new HashMap<>();
        weightMap.properties().forEach(entry -> {
            String name = entry.getKey();
            String shard = entry.getValue().asText();
            StoredTensor tensor = shards.computeIfAbsent(
                            shard, s -> readFile(shardFile(index, s)).tensors())
                    .get(name);
            if (tensor == null) {
                throw new ExportException(index + " says that tensor '" + excerpt(name) + "' is in " + excerpt(shard)
                        + ", but it is not; fetch both files again");
            }
            all.put(name, tensor);
        });
        if (all.isEmpty()) {
            throw new ExportException(index + " has no weight_map that names shards; fetch it again");
        }
        return all;
    }

    /** A shard's name is untrusted: it must be that of a file beside the index. */
    private static Path shardFile(Path index, String name) {
        if (!name.matches("\\w[\\w.-]*") || !Files.isRegularFile(index.resolveSibling(name))) {
            throw new ExportException(index + " names the shard '" + excerpt(name)
                    + "', which is not a file in the same folder; fetch the shard, or correct the index");
        }
        return index.resolveSibling(name);
    }

    private static ExportException missing(Path folder, List<String> candidates) {
        return new ExportException("no weights in " + folder + ": expected " + String.join(" or ", candidates)
                + ", or one of them in shards with its .index.json");
    }

    private static List<ModelFolder> modelFolders(Path folder) {
        try (Stream<Path> children = Files.list(folder)) {
            List<ModelFolder> models = new ArrayList<>();
            for (Path child : children.sorted().toList()) {
                Path config = child.resolve("config.json");
                if (Files.isRegularFile(config)) {
                    models.add(new ModelFolder(child, Settings.read(config, MAX_CONFIG)));
                }
            }
            return models;
        } catch (IOException e) {
            throw new ExportException("cannot list " + folder + " (" + e + ")", e);
        }
    }

    private static Optional<ModelFolder> theOne(
            List<ModelFolder> models, Predicate<ModelFolder> condition, String what) {
        List<ModelFolder> found = models.stream().filter(condition).toList();
        if (found.size() > 1) {
            throw new ExportException("two folders hold a " + what + ", "
                    + found.get(0).path() + " and " + found.get(1).path() + "; remove one");
        }
        return found.stream().findFirst();
    }

    /** Refuses a tensor's name that could not be shown in a message. */
    static void checkName(MappedFile file, String name) {
        if (name.length() > MAX_NAME || UNPRINTABLE.matcher(name).find()) {
            throw new ExportException(file.path() + " has a tensor with the unusual name '" + excerpt(name)
                    + "'; the file is damaged, fetch it again");
        }
    }

    static void checkCount(MappedFile file, int tensors) {
        if (tensors > MAX_TENSORS) {
            throw new ExportException(file.path() + " brings the tensors to more than " + MAX_TENSORS
                    + "; save the model's state_dict alone, and export that");
        }
    }

    /** The start of untrusted text, for the message of an exception, which escapes it. */
    static String excerpt(String text) {
        return text.length() <= MAX_EXCERPT ? text : text.substring(0, MAX_EXCERPT) + "...";
    }

    /** Whether text can stand in one short line as it is. */
    static boolean isShortLine(String text) {
        return text.length() <= MAX_EXCERPT && !UNPRINTABLE.matcher(text).find();
    }

    /** Adds a line for the user; unlike an exception's message it is shown as it is. */
    private void note(String line) {
        notes.add(UNPRINTABLE.matcher(line).replaceAll("?"));
    }

    /** Whether there is SigLIP2's vision tower. */
    public boolean hasVisionTower() {
        return has(PATCHES);
    }

    /** Whether there is a tensor of this name; asking does not count as using it. */
    public boolean has(String name) {
        return tensors.containsKey(name);
    }

    /**
     * The weights of this name, if there are any; they then count as used.
     *
     * @throws ExportException if there is a tensor of this name that cannot be weights: of a type that is not read, or
     *     expanded far beyond what is stored of it
     */
    public Optional<CheckpointTensor> find(String name) {
        Optional<CheckpointTensor> weights =
                Optional.ofNullable(tensors.get(name)).map(StoredTensor::asWeights);
        weights.ifPresent(tensor -> used.add(name));
        return weights;
    }

    /**
     * The tensor of this name; it then counts as used.
     *
     * @throws ExportException if there is none, or as {@link #find} does
     */
    public CheckpointTensor require(String name) {
        return find(name)
                .orElseThrow(() -> new ExportException("tensor '" + name + "' is missing: it is not in "
                        + String.join(
                                ", ",
                                files.keySet().stream()
                                        .map(file -> folder.relativize(file).toString())
                                        .sorted()
                                        .toList())
                        + " of " + folder + "; is this a complete UniPic checkpoint?"));
    }

    /**
     * The tensor of this name, which must have this shape; it then counts as used.
     *
     * @throws ExportException if there is none, it has another shape, or as {@link #find} does
     */
    public CheckpointTensor require(String name, long... shape) {
        CheckpointTensor tensor = require(name);
        if (!Arrays.equals(tensor.shape(), shape)) {
            throw new ExportException(
                    "tensor '" + name + "' in " + tensor.fileName() + " has shape " + Arrays.toString(tensor.shape())
                            + ", but " + Arrays.toString(shape)
                            + " is expected; do the weights and config.json belong together?");
        }
        return tensor;
    }

    /** The canonical names of all tensors. */
    public SortedSet<String> names() {
        return Collections.unmodifiableSortedSet(new TreeSet<>(tensors.keySet()));
    }

    /** The names that {@link #find} and {@link #require} were never asked for. */
    public SortedSet<String> unused() {
        SortedSet<String> names = new TreeSet<>(tensors.keySet());
        names.removeAll(used);
        return Collections.unmodifiableSortedSet(names);
    }

    /**
     * How the checkpoint was read, for the user, one line each: wrappers and prefixes that were skipped, a part of the
     * published model that is missing, and tensors read so far whose values are not all finite.
     */
    public List<String> notes() {
        return Stream.concat(notes.stream(), finite.found().stream()).toList();
    }

    /** The language model's config.json. */
    public Settings languageModelConfig() {
        return language.config();
    }

    /** The configuration of the vision tower, if the checkpoint has a folder for it. */
    public Optional<Settings> visionConfig() {
        return vision.map(model -> model.config().object("vision_config").orElse(model.config()));
    }

    /** The language model's generation_config.json, if it has one. */
    public Optional<Settings> generationConfig() {
        Path file = language.path().resolve("generation_config.json");
        return Files.isRegularFile(file) ? Optional.of(Settings.read(file, MAX_CONFIG)) : Optional.empty();
    }

    /** The language model's tokenizer.json. */
    public Path tokenizerFile() {
        Path file = language.path().resolve("tokenizer.json");
        if (!Files.isRegularFile(file)) {
            throw new ExportException(file + " is missing; fetch it with the language model");
        }
        return file;
    }

    /** unipic_config.json, or no settings where there is none. */
    public Settings overrides() {
        return overrides;
    }

    /** Closes the files; tensors cannot be read any more. */
    @Override
    public void close() {
        files.values().forEach(MappedFile::close);
    }
}
