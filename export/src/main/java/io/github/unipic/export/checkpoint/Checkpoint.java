package io.github.unipic.export.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
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
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A checkpoint folder in the published layout: every tensor by its canonical name, and the configuration files.
 *
 * <p>Canonical names are {@code llm.*}, {@code mar.*}, {@code proj_in.*}, {@code proj_out.*},
 * {@code siglip2.vision_model.*}, {@code siglip2_proj.*} and, for the autoencoder's own file, {@code vae.*}.
 *
 * <p>The main file is {@code pytorch_model.bin} or {@code model.safetensors}, or either one sharded with an
 * {@code .index.json}; beside it lies {@code kl16.ckpt} or {@code kl16.safetensors}. Where the main file holds no
 * language model or no vision tower, they come from the folder whose config.json says that it is one.
 *
 * <p>Opening reads names and shapes only; {@link CheckpointTensor#read} maps what it reads. Thread-safe.
 */
public final class Checkpoint implements AutoCloseable {
    private static final List<String> MAIN_FILES = List.of("pytorch_model.bin", "model.safetensors");
    private static final List<String> VAE_FILES = List.of("kl16.ckpt", "kl16.safetensors");
    private static final String LLM = "llm.";
    private static final String VAE = "vae.";
    private static final String TOWER = "siglip2.";
    private static final String VISION_MODEL = "vision_model.";
    private static final Set<String> VISION_TYPES =
            Set.of("siglip", "siglip2", "siglip_vision_model", "siglip2_vision_model");
    private static final long MAX_JSON = 64L << 20;
    private static final int MAX_NAME = 512;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Map<Path, MappedFile> files = new HashMap<>();
    private final SortedMap<String, CheckpointTensor> tensors = new TreeMap<>();
    private final Set<String> used = ConcurrentHashMap.newKeySet();
    private final Path folder;
    private final ModelFolder language;
    private final Optional<ModelFolder> vision;
    private final JsonNode overrides;

    /** A Hugging Face model folder inside the checkpoint. */
    private record ModelFolder(Path path, JsonNode config) {
        String type() {
            return config.path("model_type").asText();
        }
    }

    private Checkpoint(Path folder) {
        this.folder = folder;
        List<ModelFolder> models = modelFolders(folder);
        language = theOne(models, model -> model.type().equals("qwen2"), "language model")
                .orElseThrow(() -> new ExportException("no language model in " + folder
                        + ": no folder in it has a config.json with model_type qwen2; add the Qwen2.5 folder"));
        vision = theOne(
                models,
                model -> model != language
                        && (VISION_TYPES.contains(model.type())
                                || model.config().has("vision_config")),
                "vision model");
        Path unipicConfig = folder.resolve("unipic_config.json");
        overrides = Files.exists(unipicConfig) ? json(unipicConfig) : JsonNodeFactory.instance.objectNode();
        tokenizerFile();
    }

    /**
     * Finds and indexes everything in a checkpoint folder.
     *
     * @throws ExportException if something required is missing, or a file is malformed, damaged or refused
     */
    public static Checkpoint open(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new ExportException(
                    folder + " is not a folder; give the one that holds pytorch_model.bin and kl16.ckpt");
        }
        Checkpoint checkpoint = new Checkpoint(folder);
        try {
            checkpoint.index();
            return checkpoint;
        } catch (RuntimeException | Error e) {
            checkpoint.close();
            throw e;
        }
    }

    private void index() {
        read(folder, MAIN_FILES)
                .orElseThrow(() -> missing(folder, MAIN_FILES))
                .forEach((name, tensor) -> add(canonical(name), tensor));
        read(folder, VAE_FILES)
                .orElseThrow(() -> missing(folder, VAE_FILES))
                .forEach((name, tensor) -> add(VAE + name, tensor));
        if (!hasAny(LLM)) {
            read(language.path(), MAIN_FILES)
                    .orElseThrow(() ->
                            new ExportException("no language model weights: the main file holds no llm.* tensors, and "
                                    + language.path() + " holds neither " + String.join(" nor ", MAIN_FILES)
                                    + "; fetch the language model's weights"))
                    .forEach((name, tensor) -> add(LLM + name, tensor));
        }
        if (!hasAny(TOWER) && vision.isPresent()) {
            read(vision.get().path(), MAIN_FILES).orElse(Map.of()).forEach((name, tensor) -> {
                if (name.startsWith(VISION_MODEL)) { // the text tower beside it is not part of this model
                    add(TOWER + name, tensor);
                }
            });
        }
    }

    private static String canonical(String name) {
        return name.startsWith(TOWER) && !name.startsWith(TOWER + VISION_MODEL)
                ? TOWER + VISION_MODEL + name.substring(TOWER.length())
                : name;
    }

    private void add(String name, CheckpointTensor tensor) {
        CheckpointTensor other = tensors.put(name, tensor.renamed(name));
        if (other != null) {
            throw new ExportException("tensor '" + name + "' is there twice, in " + other.fileName() + " and in "
                    + tensor.fileName() + "; remove one");
        }
    }

    private boolean hasAny(String prefix) {
        SortedMap<String, CheckpointTensor> from = tensors.tailMap(prefix);
        return !from.isEmpty() && from.firstKey().startsWith(prefix);
    }

    /** The tensors of the first of these files that is there, whole or sharded, by their names in it. */
    private Optional<Map<String, CheckpointTensor>> read(Path from, List<String> candidates) {
        for (String candidate : candidates) {
            Path whole = from.resolve(candidate);
            if (Files.exists(whole)) {
                return Optional.of(readFile(whole));
            }
            Path index = from.resolve(candidate + ".index.json");
            if (Files.exists(index)) {
                return Optional.of(readShards(index));
            }
        }
        return Optional.empty();
    }

    private Map<String, CheckpointTensor> readFile(Path path) {
        MappedFile file = files.computeIfAbsent(path, MappedFile::open);
        try {
            Map<String, CheckpointTensor> found =
                    path.toString().endsWith(".safetensors") ? Safetensors.index(file) : TorchArchive.index(file);
            if (found.isEmpty()) {
                throw new ExportException(path + " holds no tensors; it is not the file expected");
            }
            return found;
        } catch (StackOverflowError | OutOfMemoryError e) {
            throw new ExportException(
                    path + " describes its tensors with more data than fits in memory; it is damaged or hostile", e);
        }
    }

    private Map<String, CheckpointTensor> readShards(Path index) {
        JsonNode weightMap = json(index).path("weight_map");
        Map<String, Map<String, CheckpointTensor>> shards = new HashMap<>();
        Map<String, CheckpointTensor> all = new HashMap<>();
        weightMap.properties().forEach(entry -> {
            String name = entry.getKey();
            String shard = entry.getValue().asText();
            CheckpointTensor tensor = shards.computeIfAbsent(shard, s -> readFile(shardFile(index, s)))
                    .get(name);
            if (tensor == null) {
                throw new ExportException(index + " says that tensor '" + printable(name) + "' is in " + shard
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
            throw new ExportException(index + " names the shard '" + printable(name)
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
                if (Files.exists(config)) {
                    models.add(new ModelFolder(child, json(config)));
                }
            }
            return models;
        } catch (IOException e) {
            throw new ExportException("cannot list " + folder + " (" + e + ")", e);
        }
    }

    private static Optional<ModelFolder> theOne(
            List<ModelFolder> models, Function<ModelFolder, Boolean> condition, String what) {
        List<ModelFolder> found = models.stream().filter(condition::apply).toList();
        if (found.size() > 1) {
            throw new ExportException("two folders hold a " + what + ", "
                    + found.get(0).path() + " and " + found.get(1).path() + "; remove one");
        }
        return found.stream().findFirst();
    }

    private static JsonNode json(Path file) {
        try {
            if (Files.size(file) > MAX_JSON) {
                throw new ExportException(file + " is larger than " + MAX_JSON + " bytes; it is not the file expected");
            }
            JsonNode node = JSON.readTree(file.toFile());
            if (!node.isObject()) {
                throw new ExportException(file + " is not a JSON object; fetch it again");
            }
            return node;
        } catch (IOException e) {
            throw new ExportException(file + " cannot be read as JSON; fetch it again", e);
        }
    }

    /** Refuses a tensor's name that could not be shown in a message. */
    static void checkName(MappedFile file, String name) {
        if (name.length() > MAX_NAME || name.chars().anyMatch(Character::isISOControl)) {
            throw new ExportException(file.path() + " has a tensor with the unusual name '" + printable(name)
                    + "'; the file is damaged, fetch it again");
        }
    }

    /** Untrusted text, made fit for a one-line message. */
    static String printable(String text) {
        String line = text.replaceAll("\\p{Cntrl}", "?");
        return line.length() <= 100 ? line : line.substring(0, 100) + "...";
    }

    /** Whether there is a tensor of this name; asking does not count as using it. */
    public boolean has(String name) {
        return tensors.containsKey(name);
    }

    /** The tensor of this name, if there is one; it then counts as used. */
    public Optional<CheckpointTensor> find(String name) {
        Optional<CheckpointTensor> tensor = Optional.ofNullable(tensors.get(name));
        tensor.ifPresent(t -> used.add(name));
        return tensor;
    }

    /**
     * The tensor of this name; it then counts as used.
     *
     * @throws ExportException if there is none
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
     * @throws ExportException if there is none, or it has another shape
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

    /** The language model's config.json. */
    public JsonNode languageModelConfig() {
        return language.config();
    }

    /** The configuration of the vision tower, if the checkpoint has a folder for it. */
    public Optional<JsonNode> visionConfig() {
        return vision.map(
                model -> model.config().has("vision_config") ? model.config().get("vision_config") : model.config());
    }

    /** The language model's generation_config.json, if it has one. */
    public Optional<JsonNode> generationConfig() {
        Path file = language.path().resolve("generation_config.json");
        return Files.exists(file) ? Optional.of(json(file)) : Optional.empty();
    }

    /** The language model's tokenizer.json. */
    public Path tokenizerFile() {
        Path file = language.path().resolve("tokenizer.json");
        if (!Files.isRegularFile(file)) {
            throw new ExportException(file + " is missing; fetch it with the language model");
        }
        return file;
    }

    /** unipic_config.json, or an empty object where there is none. */
    public JsonNode overrides() {
        return overrides;
    }

    /** Closes the files; tensors cannot be read any more. */
    @Override
    public void close() {
        files.values().forEach(MappedFile::close);
    }
}
