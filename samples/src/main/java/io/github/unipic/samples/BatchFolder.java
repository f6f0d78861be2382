package io.github.unipic.samples;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.InvalidRequestException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The folder of a batch's pictures, and its manifest: one line of JSON for each picture.
 *
 * <p>A picture appears whole or not at all, and its line after it. So a process that is killed loses at most the line
 * of a picture that is there, or leaves half a line; the picture's own text tells what it is, and gives the line again.
 * The manifest is locked while a process works on it.
 */
final class BatchFolder implements AutoCloseable {
    static final String MANIFEST = "manifest.jsonl";

    private static final String PICTURE_NAME = "\\d{5,}(-[A-Za-z0-9._-]+)?\\.png";
    private static final JsonMapper JSON = new JsonMapper();

    private final Path folder;
    private final String model;
    private FileChannel manifest;

    private BatchFolder(Path folder, String model) throws IOException {
        this.folder = folder;
        this.model = model;
        manifest = lockedManifest();
    }

    /**
     * Opens a batch's folder, making it if needed.
     *
     * @param model name of the model that draws
     * @throws InvalidRequestException if it cannot be used, or another process works on it
     */
    static BatchFolder open(Path folder, String model) {
        try {
            Files.createDirectories(folder);
            return new BatchFolder(folder, model);
        } catch (IOException e) {
            throw new InvalidRequestException("the folder " + folder + " cannot be used: " + e, e);
        }
    }

    private FileChannel lockedManifest() throws IOException {
        FileChannel channel = FileChannel.open(
                folder.resolve(MANIFEST), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        boolean locked = false;
        try {
            locked = channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            // Locked by this very process.
        } catch (IOException e) {
            locked = true; // Some network folders have no locks; the user knows what runs there.
        }
        if (!locked) {
            channel.close();
            throw new InvalidRequestException(
                    "another unipic writes to " + folder + "; wait for it, or choose another folder with -o");
        }
        return channel;
    }

    /** Forgets the pictures that the manifest lists, and deletes them. */
    void clear() {
        try {
            // The manifest last: after a kill in between, this can be done again.
            for (JsonNode line : lines(true).values()) {
                String file = line.path("file").asText();
                if (file.matches(PICTURE_NAME)) {
                    Files.deleteIfExists(folder.resolve(file));
                }
            }
            manifest.truncate(0);
        } catch (IOException e) {
            throw new UncheckedIOException("the folder " + folder + " cannot be cleared", e);
        }
    }

    /**
     * Finds out which pictures are still to be drawn, and sets the manifest right: half a line goes, and so do the
     * lines of pictures that were deleted; a picture without a line gets one.
     *
     * @param replacing whether pictures that were not asked for may be overwritten
     * @throws InvalidRequestException if the folder's pictures are not those of the entries
     */
    List<BatchEntry> missing(List<BatchEntry> entries, boolean replacing) {
        try {
            SortedMap<Integer, JsonNode> lines = lines(false);
            if (!lines.isEmpty() && lines.lastKey() >= entries.size()) {
                throw changed("holds " + (lines.lastKey() + 1) + " pictures, but there are now only " + entries.size()
                        + " prompts");
            }
            List<BatchEntry> missing = new ArrayList<>();
            List<BatchEntry> withoutLine = new ArrayList<>();
            boolean deleted = false;
            for (BatchEntry entry : entries) {
                JsonNode line = lines.get(entry.index());
                boolean there = Files.isRegularFile(folder.resolve(entry.fileName()));
                if (line != null) {
                    checkSame(entry, line);
                }
                if (!there) {
                    deleted |= lines.remove(entry.index()) != null;
                    missing.add(entry);
                } else if (line == null) {
                    withoutLine.add(entry);
                }
            }
            if (deleted) {
                rewrite(lines);
            }
            for (BatchEntry entry : withoutLine) {
                Optional<Image> picture = asked(entry);
                if (picture.isPresent()) {
                    append(entry, picture.get(), Optional.empty());
                } else if (replacing) {
                    missing.add(entry);
                } else {
                    throw changed("holds " + entry.fileName() + ", which is not the picture that " + entry.place()
                            + " asks for");
                }
            }
            return missing.stream()
                    .sorted((a, b) -> Integer.compare(a.index(), b.index()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("the folder " + folder + " cannot be used", e);
        }
    }

    /** Saves a picture and then its line. */
    void add(BatchEntry entry, Image picture, Duration time) {
        picture.save(folder.resolve(entry.fileName()));
        try {
            append(entry, picture, Optional.of(time));
        } catch (IOException e) {
            throw new UncheckedIOException(folder.resolve(MANIFEST) + " cannot be written", e);
        }
    }

    private void append(BatchEntry entry, Image picture, Optional<Duration> time) throws IOException {
        ObjectNode line = JSON.createObjectNode();
        line.put("index", entry.index());
        entry.id().ifPresent(id -> line.put("id", id));
        line.put("file", entry.fileName());
        line.put("prompt", entry.request().prompt());
        line.put(
                "seed",
                picture.request()
                        .flatMap(r -> r.seed().stream().boxed().findFirst())
                        .orElse(null));
        line.set("parameters", parameters(picture));
        line.set("requested", entry.requested());
        line.put("model", model);
        line.put("seconds", time.map(t -> t.toMillis() / 1000.0).orElse(null));
        write(manifest, line);
    }

    private static void write(FileChannel channel, JsonNode line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        channel.position(channel.size());
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Puts other lines in place of all, in one step. */
    private void rewrite(SortedMap<Integer, JsonNode> lines) throws IOException {
        Path next = folder.resolve(MANIFEST + ".tmp");
        try (FileChannel channel = FileChannel.open(
                next, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            for (JsonNode line : lines.values()) {
                write(channel, line);
            }
        }
        manifest.close();
        Files.move(next, folder.resolve(MANIFEST), StandardCopyOption.REPLACE_EXISTING);
        manifest = lockedManifest();
    }

    /**
     * The manifest's lines by index. Half a line at the end, of a process that was killed, is cut off.
     *
     * @param lenient whether to skip lines that are damaged
     */
    private SortedMap<Integer, JsonNode> lines(boolean lenient) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(manifest.size()));
        manifest.position(0);
        while (bytes.hasRemaining() && manifest.read(bytes) >= 0) {}
        String text = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
        String whole = text.substring(0, text.lastIndexOf('\n') + 1);
        manifest.truncate(whole.getBytes(StandardCharsets.UTF_8).length);
        SortedMap<Integer, JsonNode> lines = new TreeMap<>();
        int number = 0;
        for (String line : whole.lines().toList()) {
            number++;
            Optional<JsonNode> parsed = parse(line);
            if (parsed.isPresent()) {
                lines.put(parsed.get().path("index").intValue(), parsed.get());
            } else if (!lenient) {
                throw new InvalidRequestException(folder.resolve(MANIFEST) + " line " + number
                        + " is damaged; delete the manifest, which is then made anew from the pictures");
            }
        }
        return lines;
    }

    private static Optional<JsonNode> parse(String line) {
        try {
            JsonNode node = JSON.readTree(line);
            boolean whole = node.path("index").isInt()
                    && node.path("index").intValue() >= 0
                    && node.path("file").isTextual()
                    && node.path("prompt").isTextual()
                    && node.path("requested").isObject();
            return whole ? Optional.of(node) : Optional.empty();
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private void checkSame(BatchEntry entry, JsonNode line) {
        if (!line.path("prompt").textValue().equals(entry.request().prompt())
                || !line.path("file").textValue().equals(entry.fileName())) {
            throw changed("holds " + line.path("file").textValue() + ", drawn for another prompt or id than "
                    + entry.place() + " has now");
        }
        String modelBefore = line.path("model").asText(model);
        if (!modelBefore.equals(model)) {
            throw changed("holds pictures that the model " + modelBefore + " drew, and this one is " + model);
        }
        JsonNode before = line.path("requested");
        if (!before.equals(entry.requested())) {
            throw changed("holds " + entry.fileName() + ", drawn with other options (" + before + ") than "
                    + entry.place() + " and the command line ask for now (" + entry.requested() + ")");
        }
    }

    private InvalidRequestException changed(String what) {
        return new InvalidRequestException(
                folder + " " + what + "; choose another folder with -o, or draw all anew with --restart");
    }

    /** The entry's picture, if the one in its place is the one asked for. */
    private Optional<Image> asked(BatchEntry entry) {
        Image picture;
        try {
            picture = Image.read(folder.resolve(entry.fileName()));
        } catch (ImageFormatException e) {
            return Optional.empty();
        }
        ObjectNode drawn = JSON.createObjectNode();
        drawn.setAll(parameters(picture));
        picture.request().ifPresent(request -> request.seed().ifPresent(seed -> drawn.put("seed", seed)));
        boolean same = picture.request()
                        .filter(request ->
                                request.prompt().equals(entry.request().prompt()))
                        .isPresent()
                && entry.requested().properties().stream()
                        .allMatch(value -> value.getValue()
                                .asText()
                                .equals(drawn.path(value.getKey()).asText()));
        return same ? Optional.of(picture) : Optional.empty();
    }

    /** What the picture says of how it was drawn; empty if it says nothing that unipic wrote. */
    private static ObjectNode parameters(Image picture) {
        try {
            return picture.request().isPresent()
                            && JSON.readTree(picture.metadata().get("parameters")) instanceof ObjectNode parameters
                    ? parameters
                    : JSON.createObjectNode();
        } catch (JsonProcessingException e) {
            return JSON.createObjectNode();
        }
    }

    @Override
    public void close() {
        try {
            manifest.close();
        } catch (IOException e) {
            throw new UncheckedIOException(folder.resolve(MANIFEST) + " cannot be closed", e);
        }
    }
}
