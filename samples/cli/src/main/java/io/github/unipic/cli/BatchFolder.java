package io.github.unipic.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.OutputException;
import io.github.unipic.files.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The folder of a batch's images, and its {@link BatchManifest}.
 *
 * <p>An image appears whole or not at all, and its line after it. So a process that is killed loses at most the line of
 * an image that is there, or leaves half a line; the image's own text tells what it is, and gives the line again.
 *
 * <p>Nothing is made, changed or deleted before everything there is known to be of this batch.
 */
final class BatchFolder implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String ADVICE = "make room there or choose another folder with -o";

    private final Path folder;
    private final String model;
    private final List<BatchEntry> missing;
    private final BatchManifest manifest;

    private BatchFolder(Path folder, String model, List<BatchEntry> missing, BatchManifest manifest) {
        this.folder = folder;
        this.model = model;
        this.missing = missing;
        this.manifest = manifest;
    }

    /**
     * Opens a batch's folder, making it if needed, and sets its manifest right: half a line goes, and so do the lines
     * of images that were deleted; an image without a line gets one.
     *
     * @param model name of the model that draws
     * @param entries all that the folder shall hold
     * @param restart whether to delete what an earlier batch drew there, and to draw all anew
     * @throws InvalidRequestException if what is there is not of these entries or of no batch at all, or another
     *     process works on it
     * @throws OutputException if it cannot be written
     */
    static BatchFolder open(Path folder, String model, List<BatchEntry> entries, boolean restart) {
        BatchManifest manifest = null;
        boolean opened = false;
        try {
            if (Files.exists(folder) && !Files.isDirectory(folder)) {
                throw new InvalidRequestException(
                        folder + " cannot be used: it is no folder; choose another name with -o");
            }
            manifest = BatchManifest.open(folder).orElse(null);
            Inspection inspection = new Inspection(folder, model, Optional.ofNullable(manifest));
            Plan plan = restart ? inspection.restart(entries) : inspection.resume(entries);
            Files.createDirectories(folder);
            if (manifest == null) {
                manifest = BatchManifest.create(folder);
            }
            plan.carryOut(manifest);
            AtomicFile.removeLeftovers(folder.resolve(BatchManifest.NAME));
            opened = true;
            return new BatchFolder(folder, model, plan.missing(), manifest);
        } catch (IOException e) {
            throw new OutputException("The folder " + folder + " cannot be used", e, ADVICE);
        } finally {
            if (manifest != null && !opened) {
                closeQuietly(manifest);
            }
        }
    }

    private static void closeQuietly(BatchManifest manifest) {
        try {
            manifest.close();
        } catch (IOException e) {
            // Nothing was written to it that matters.
        }
    }

    /** The entries still to be drawn, in their order. */
    List<BatchEntry> missing() {
        return missing;
    }

    /**
     * Saves an image and then its line.
     *
     * @throws InvalidRequestException if something else came to be in its place
     */
    void add(BatchEntry entry, Image image, Duration time) {
        Path file = folder.resolve(entry.fileName());
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new InvalidRequestException(
                    file + " was put there by somebody else meanwhile; move it away and start again");
        }
        image.save(file);
        try {
            manifest.append(line(entry, model, image, Optional.of(time)));
        } catch (IOException e) {
            throw new OutputException(folder.resolve(BatchManifest.NAME) + " cannot be written", e, ADVICE);
        }
    }

    private static ObjectNode line(BatchEntry entry, String model, Image image, Optional<Duration> time) {
        ObjectNode line = JSON.createObjectNode();
        line.put("index", entry.index());
        entry.id().ifPresent(id -> line.put("id", id));
        line.put("file", entry.fileName());
        line.put("prompt", entry.request().prompt());
        line.put(
                "seed",
                image.request()
                        .flatMap(r -> r.seed().stream().boxed().findFirst())
                        .orElse(null));
        line.set("parameters", parameters(image));
        line.set("requested", entry.requested());
        line.put("model", model);
        line.put("seconds", time.map(t -> t.toMillis() / 1000.0).orElse(null));
        return line;
    }

    /** What the image says of how it was drawn; empty if it says nothing that unipic wrote. */
    private static ObjectNode parameters(Image image) {
        try {
            return image.request().isPresent()
                            && JSON.readTree(image.metadata().get("parameters")) instanceof ObjectNode parameters
                    ? parameters
                    : JSON.createObjectNode();
        } catch (JsonProcessingException e) {
            return JSON.createObjectNode();
        }
    }

    /**
     * What opening changes.
     *
     * @param missing entries to be drawn
     * @param images files to be deleted
     * @param kept the manifest's lines, if some of those there go
     * @param half how many bytes after the last line go
     * @param added lines of images that have none
     */
    private record Plan(
            List<BatchEntry> missing,
            List<Path> images,
            Optional<SortedMap<Integer, JsonNode>> kept,
            int half,
            List<JsonNode> added) {

        void carryOut(BatchManifest manifest) throws IOException {
            // The manifest last: after a kill in between, this can be done again.
            for (Path image : images) {
                Files.deleteIfExists(image);
            }
            if (kept.isPresent()) {
                manifest.replace(kept.get().values());
            } else if (half > 0) {
                manifest.cut(half);
            }
            for (JsonNode line : added) {
                manifest.append(line);
            }
        }
    }

    /** Looks at what is there, and changes nothing. */
    private record Inspection(Path folder, String model, Optional<BatchManifest> manifest) {

        Plan resume(List<BatchEntry> entries) throws IOException {
            SortedMap<Integer, JsonNode> lines = new TreeMap<>();
            byte[] half = manifest.isEmpty()
                    ? new byte[0]
                    : manifest.get().read(line -> {
                        int index = line.path("index").intValue();
                        if (index >= entries.size()) {
                            throw changed("holds " + line.path("file").textValue() + ", but there are now only "
                                    + entries.size() + " prompts");
                        }
                        checkSame(entries.get(index), line);
                        lines.put(index, line);
                    });
            boolean empty = lines.isEmpty();
            List<BatchEntry> missing = new ArrayList<>();
            List<JsonNode> added = new ArrayList<>();
            boolean deleted = false;
            for (BatchEntry entry : entries) {
                Path file = folder.resolve(entry.fileName());
                if (!Files.isRegularFile(file)) {
                    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                        throw changed("holds " + entry.fileName() + ", which is no file");
                    }
                    deleted |= lines.remove(entry.index()) != null;
                    missing.add(entry);
                } else if (!lines.containsKey(entry.index())) {
                    Image image = drawn(file).orElseThrow(() -> notDrawn(file));
                    if (!isAsked(entry, image)) {
                        throw changed("holds " + entry.fileName() + ", which is not the image that " + entry.place()
                                + " asks for");
                    }
                    added.add(line(entry, model, image, Optional.empty()));
                }
            }
            requireOwn(half, !empty, added);
            return new Plan(missing, List.of(), deleted ? Optional.of(lines) : Optional.empty(), half.length, added);
        }

        Plan restart(List<BatchEntry> entries) throws IOException {
            TreeSet<String> names = new TreeSet<>();
            byte[] half = manifest.isEmpty()
                    ? new byte[0]
                    : manifest.get().read(line -> names.add(line.path("file").textValue()));
            requireOwn(half, !names.isEmpty(), List.of());
            entries.forEach(entry -> names.add(entry.fileName()));
            List<Path> images = names.stream()
                    .map(folder::resolve)
                    .filter(file -> Files.exists(file, LinkOption.NOFOLLOW_LINKS))
                    .toList();
            for (Path image : images) {
                boolean empty = Files.isRegularFile(image) && Files.size(image) == 0; // Which is nobody's loss.
                if (!empty && drawn(image).isEmpty()) {
                    throw notDrawn(image);
                }
            }
            return new Plan(entries, images, Optional.of(new TreeMap<>()), 0, List.of());
        }

        private void checkSame(BatchEntry entry, JsonNode line) {
            if (!line.path("prompt").textValue().equals(entry.request().prompt())
                    || !line.path("file").textValue().equals(entry.fileName())) {
                throw changed("holds " + line.path("file").textValue() + ", drawn for another prompt or id than "
                        + entry.place() + " has now");
            }
            String modelBefore = line.path("model").asText(model);
            if (!modelBefore.equals(model)) {
                throw changed("holds images that the model " + modelBefore + " drew, and this one is " + model);
            }
            JsonNode before = line.path("requested");
            if (!before.equals(entry.requested())) {
                throw changed("holds " + entry.fileName() + ", drawn with other options (" + before + ") than "
                        + entry.place() + " and the command line ask for now (" + entry.requested() + ")");
            }
        }

        /**
         * Half a line may be cut off if a batch began it: after other lines, or as the line of an image that is there.
         *
         * @param after whether there are lines before it, all of a batch
         */
        private void requireOwn(byte[] half, boolean after, List<JsonNode> lost) {
            // The last character may be half, too.
            String text = new String(half, StandardCharsets.UTF_8).replaceFirst("\uFFFD$", "");
            boolean own = text.isEmpty()
                    || after && BatchManifest.mayBegin(text)
                    || BatchManifest.parse(half).isPresent()
                    || lost.stream().map(JsonNode::toString).anyMatch(line -> isBeginning(text, line));
            if (!own) {
                throw BatchManifest.foreign(folder.resolve(BatchManifest.NAME)
                        + " ends in half a line, and nothing tells that it is a batch's");
            }
        }

        /** Of the line again, which no longer knows the time that it took. */
        private static boolean isBeginning(String half, String line) {
            int known = line.lastIndexOf("\"seconds\":");
            return line.startsWith(half) || half.startsWith(line.substring(0, known));
        }

        private static boolean isAsked(BatchEntry entry, Image image) {
            GenerateRequest request = image.request().orElseThrow();
            ObjectNode drawn = JSON.createObjectNode();
            drawn.setAll(parameters(image));
            request.seed().ifPresent(seed -> drawn.put("seed", seed));
            return request.prompt().equals(entry.request().prompt())
                    && entry.requested().properties().stream()
                            .allMatch(value -> value.getValue()
                                    .asText()
                                    .equals(drawn.path(value.getKey()).asText()));
        }

        /** The image in a file, if its text tells that unipic drew it. */
        private static Optional<Image> drawn(Path file) {
            try {
                return Optional.of(Image.read(file))
                        .filter(image -> image.request().isPresent());
            } catch (ImageFormatException e) {
                return Optional.empty();
            }
        }

        private InvalidRequestException changed(String what) {
            return new InvalidRequestException(
                    folder + " " + what + "; choose another folder with -o, or draw all anew with --restart");
        }

        private InvalidRequestException notDrawn(Path file) {
            return new InvalidRequestException(folder + " holds " + file.getFileName()
                    + ", which unipic has not drawn; choose another folder with -o, or move it away");
        }
    }

    @Override
    public void close() {
        try {
            manifest.close();
        } catch (IOException e) {
            throw new OutputException(folder.resolve(BatchManifest.NAME) + " cannot be closed", e, ADVICE);
        }
    }
}
