package io.github.unipic.batch;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.OutputException;
import io.github.unipic.files.AtomicFile;
import io.github.unipic.files.FileFailure;
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
 * The folder of a batch: an image for each entry, and {@code manifest.jsonl}, a {@link ManifestLine} for each image in
 * the order in which they were added.
 *
 * <p>An image appears whole or not at all, and its line after it. So a process that is killed loses at most the line of
 * an image that is there, or leaves half a line; the image's own text tells what it is, and gives the line again.
 *
 * <p>Nothing is made, changed or deleted before everything there is known to be of this batch. While it is open, no
 * other process can open it. Thread-safe.
 */
public final class BatchFolder implements AutoCloseable {
    private static final String ADVICE = "make room there or choose another folder";

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
     * @param folder the folder
     * @param model name of the model that draws
     * @param entries all that the folder shall hold, of different indices; an earlier run may have had fewer
     * @return the folder, to be closed
     * @throws InvalidRequestException if two entries have the same index, what is there is not of these entries and
     *     this model or of no batch at all, or another process works on it; nothing is changed then
     * @throws OutputException if it cannot be written
     */
    public static BatchFolder open(Path folder, String model, List<BatchEntry> entries) {
        return open(folder, model, entries, Inspection::resume);
    }

    /**
     * Opens a batch's folder as {@link #open(Path, String, List)}, but deletes what an earlier batch drew there, so
     * that all entries are missing. What no batch drew stays.
     *
     * @param folder the folder
     * @param model name of the model that draws
     * @param entries all that the folder shall hold, of different indices
     * @return the folder, to be closed
     * @throws InvalidRequestException if two entries have the same index, an image that no batch drew is in the place
     *     of one of theirs, the manifest is of no batch, or another process works on it; nothing is changed then
     * @throws OutputException if it cannot be written
     */
    public static BatchFolder restart(Path folder, String model, List<BatchEntry> entries) {
        return open(folder, model, entries, Inspection::restart);
    }

    /**
     * What the manifest of a batch's folder says, also while the batch is open.
     *
     * @param folder the folder
     * @return a line for each image, in the order in which they were added
     * @throws InvalidRequestException if there is no manifest, it cannot be read, or a line is not one of a batch
     */
    public static List<ManifestLine> lines(Path folder) {
        try {
            return List.copyOf(BatchManifest.read(folder));
        } catch (IOException e) {
            throw new InvalidRequestException(
                    folder.resolve(BatchManifest.NAME) + " cannot be read (" + FileFailure.reason(e)
                            + "); name the folder of a batch",
                    e);
        }
    }

    /** Decides what is to be done in a folder, which it does not change. */
    private interface Planning {
        Plan plan(Inspection inspection, SortedMap<Integer, BatchEntry> entries) throws IOException;
    }

    private static BatchFolder open(Path folder, String model, List<BatchEntry> entries, Planning planning) {
        SortedMap<Integer, BatchEntry> byIndex = byIndex(entries);
        BatchManifest manifest = null;
        boolean opened = false;
        try {
            if (Files.exists(folder) && !Files.isDirectory(folder)) {
                throw new InvalidRequestException(folder + " cannot be used: it is no folder; choose another name");
            }
            manifest = BatchManifest.open(folder).orElse(null);
            Plan plan = planning.plan(new Inspection(folder, model, Optional.ofNullable(manifest)), byIndex);
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

    private static SortedMap<Integer, BatchEntry> byIndex(List<BatchEntry> entries) {
        SortedMap<Integer, BatchEntry> byIndex = new TreeMap<>();
        for (BatchEntry entry : entries) {
            BatchEntry other = byIndex.put(entry.index(), entry);
            if (other != null) {
                throw new InvalidRequestException(other.source() + " and " + entry.source() + " both have index "
                        + entry.index() + "; give each entry its own");
            }
        }
        return byIndex;
    }

    private static void closeQuietly(BatchManifest manifest) {
        try {
            manifest.close();
        } catch (IOException e) {
            // Nothing was written to it that matters.
        }
    }

    /**
     * The entries without an image when the folder was opened.
     *
     * @return in the order of their indices, unmodifiable
     */
    public List<BatchEntry> missing() {
        return missing;
    }

    /**
     * Saves an image and then its line.
     *
     * @param entry one of those missing, and not added yet
     * @param image the image as it was drawn: its text says how
     * @param time how long drawing took
     * @throws InvalidRequestException if there is something in the image's place
     * @throws io.github.unipic.ImageFormatException if the image cannot be saved
     * @throws OutputException if its line cannot be written: the disk is full, or the folder is closed
     */
    public void add(BatchEntry entry, Image image, Duration time) {
        Path file = folder.resolve(entry.fileName());
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new InvalidRequestException(
                    file + " was put there by somebody else meanwhile; move it away and start again");
        }
        image.save(file);
        try {
            manifest.append(ManifestLine.of(entry, model, image, Optional.of(time)));
        } catch (IOException e) {
            throw new OutputException(folder.resolve(BatchManifest.NAME) + " cannot be written", e, ADVICE);
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
            Optional<SortedMap<Integer, ManifestLine>> kept,
            int half,
            List<ManifestLine> added) {

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
            for (ManifestLine line : added) {
                manifest.append(line);
            }
        }
    }

    /** Looks at what is there, and changes nothing. */
    private record Inspection(Path folder, String model, Optional<BatchManifest> manifest) {

        Plan resume(SortedMap<Integer, BatchEntry> entries) throws IOException {
            SortedMap<Integer, ManifestLine> lines = new TreeMap<>();
            byte[] half = manifest.isEmpty()
                    ? new byte[0]
                    : manifest.get().read(line -> {
                        BatchEntry entry = entries.get(line.index());
                        if (entry == null) {
                            throw changed(
                                    "holds " + line.file() + ", but there are now only " + entries.size() + " prompts");
                        }
                        checkSame(entry, line);
                        lines.put(line.index(), line);
                    });
            boolean empty = lines.isEmpty();
            List<BatchEntry> missing = new ArrayList<>();
            List<ManifestLine> added = new ArrayList<>();
            boolean deleted = false;
            for (BatchEntry entry : entries.values()) {
                Path file = folder.resolve(entry.fileName());
                if (!Files.isRegularFile(file)) {
                    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                        throw changed("holds " + entry.fileName() + ", which is no file");
                    }
                    deleted |= lines.remove(entry.index()) != null;
                    missing.add(entry);
                } else if (!lines.containsKey(entry.index())) {
                    Image image = drawn(file).orElseThrow(() -> notDrawn(file));
                    if (!entry.isRequestOf(image)) {
                        throw changed("holds " + entry.fileName() + ", which is not the image that " + entry.source()
                                + " asks for");
                    }
                    added.add(ManifestLine.of(entry, model, image, Optional.empty()));
                }
            }
            requireOwn(half, !empty, added);
            return new Plan(
                    List.copyOf(missing),
                    List.of(),
                    deleted ? Optional.of(lines) : Optional.empty(),
                    half.length,
                    added);
        }

        Plan restart(SortedMap<Integer, BatchEntry> entries) throws IOException {
            TreeSet<String> names = new TreeSet<>();
            byte[] half = manifest.isEmpty() ? new byte[0] : manifest.get().read(line -> names.add(line.file()));
            requireOwn(half, !names.isEmpty(), List.of());
            entries.values().forEach(entry -> names.add(entry.fileName()));
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
            return new Plan(List.copyOf(entries.values()), images, Optional.of(new TreeMap<>()), 0, List.of());
        }

        private void checkSame(BatchEntry entry, ManifestLine line) {
            if (!line.prompt().equals(entry.request().prompt()) || !line.file().equals(entry.fileName())) {
                throw changed("holds " + line.file() + ", drawn for another prompt or id than " + entry.source()
                        + " has now");
            }
            String modelBefore = line.model().orElse(model);
            if (!modelBefore.equals(model)) {
                throw changed("holds images that the model " + modelBefore + " drew, and this one is " + model);
            }
            if (!line.requested().equals(entry.requested())) {
                throw changed("holds " + entry.fileName() + ", drawn with other options (" + line.requested()
                        + ") than " + entry.source() + " asks for now (" + entry.requested() + ")");
            }
        }

        /**
         * Half a line may be cut off if a batch began it: after other lines, or as the line of an image that is there.
         *
         * @param after whether there are lines before it, all of a batch
         */
        private void requireOwn(byte[] half, boolean after, List<ManifestLine> lost) {
            // The last character may be half, too.
            String text = new String(half, StandardCharsets.UTF_8).replaceFirst("\uFFFD$", "");
            boolean own = text.isEmpty()
                    || after && ManifestLine.mayBegin(text)
                    || ManifestLine.parse(half).isPresent()
                    || lost.stream().anyMatch(line -> line.mayBeginWith(text));
            if (!own) {
                throw BatchManifest.foreign(folder.resolve(BatchManifest.NAME)
                        + " ends in half a line, and nothing tells that it is a batch's");
            }
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
            return new InvalidRequestException(folder + " " + what + "; choose another folder, or restart the batch");
        }

        private InvalidRequestException notDrawn(Path file) {
            return new InvalidRequestException(folder + " holds " + file.getFileName()
                    + ", which unipic has not drawn; choose another folder, or move it away");
        }
    }

    /**
     * Closes the folder for other processes to open.
     *
     * @throws OutputException if that fails
     */
    @Override
    public void close() {
        try {
            manifest.close();
        } catch (IOException e) {
            throw new OutputException(folder.resolve(BatchManifest.NAME) + " cannot be closed", e, ADVICE);
        }
    }
}
