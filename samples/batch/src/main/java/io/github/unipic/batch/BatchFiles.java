package io.github.unipic.batch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.Answer;
import io.github.unipic.Cancellation;
import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.OutputException;
import io.github.unipic.ProgressListener;
import io.github.unipic.UniPic;
import io.github.unipic.files.FileFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The results of a batch in their folder, without a manifest and without a lock, so that many processes can work on one
 * batch. Each file appears whole or not at all and says what was asked. So an entry may run twice, one after the other
 * or at the same time: its file is then kept. Whoever runs the entries collects the {@link ManifestLine}s;
 * {@link BatchFolder} does so for one process. Thread-safe.
 */
public final class BatchFiles {
    private static final String SOURCES = "sources";
    private static final List<String> ONLY_IN_BATCHES = List.of("pad", "mask_channel", "seam");

    private final Path folder;
    private final String model;
    private final SourceHashes hashes = new SourceHashes();

    /**
     * Names the folder.
     *
     * @param folder made when the first result is saved
     * @param model name of the model that the results are of, for their lines
     */
    public BatchFiles(Path folder, String model) {
        this.folder = folder;
        this.model = model;
    }

    /**
     * Whether a folder has a manifest: of a whole batch, or of a shard.
     *
     * @param folder which need not exist
     * @return whether {@link BatchFolder#lines} has something to read
     * @throws InvalidRequestException if the folder cannot be read
     */
    public static boolean hasManifest(Path folder) {
        try {
            return !BatchManifest.all(folder).isEmpty();
        } catch (IOException e) {
            throw new InvalidRequestException(
                    folder + " cannot be read (" + FileFailure.reason(e) + "); choose another folder", e);
        }
    }

    /**
     * Refuses a line whose result was requested otherwise than its entry requests now. A value that only one of them
     * sets is a difference, too, which the result's file alone does not tell. The content of sources is not compared:
     * {@link #find} does that, which reads them.
     *
     * @param folder of the batch, for the message
     * @param line of its manifest
     * @param entry with the line's index
     * @throws InvalidRequestException if they differ in the prompt, the id, the task or a value
     */
    public static void requireSame(Path folder, ManifestLine line, BatchEntry entry) {
        ObjectNode before = line.requested().deepCopy();
        before.remove(SOURCES);
        requireSame(folder, line, entry, before, EntryJson.settings(entry.task()));
    }

    /** The same, and compares the content of sources. */
    void requireSame(ManifestLine line, BatchEntry entry) {
        requireSame(folder, line, entry, line.requested(), requested(entry.task()));
    }

    private static void requireSame(Path folder, ManifestLine line, BatchEntry entry, JsonNode before, JsonNode now) {
        if (!line.prompt().equals(entry.task().prompt())
                || !line.file().equals(entry.file())
                || !line.task().equals(Output.name(entry.task()))) {
            throw changed(
                    folder,
                    "contains " + line.file() + ", generated for another prompt or id than " + entry.origin()
                            + " has now");
        }
        if (!before.equals(now)) {
            throw changed(
                    folder,
                    "contains " + entry.file() + ", generated with other options (" + before + ") than "
                            + entry.origin() + " has now (" + now + ")");
        }
    }

    /**
     * Keeps the result of an entry if it is there, and otherwise computes and saves it.
     *
     * @param unipic computes it
     * @param entry the entry
     * @param cancellation stops it
     * @param listener is notified of the progress of an image
     * @return the line for the manifest; {@link ManifestLine#time} is empty if the result was there
     * @throws InvalidRequestException if the entry's file is not of this entry, one of its sources cannot be read, or
     *     the model cannot do what it asks for; other entries may still be run
     * @throws io.github.unipic.UniPicException as {@link UniPic}'s tasks; and if the file cannot be written
     */
    public ManifestLine run(UniPic unipic, BatchEntry entry, Cancellation cancellation, ProgressListener listener) {
        Optional<ManifestLine> there = find(entry);
        if (there.isPresent()) {
            return there.get();
        }
        // Before the sources are read: if one changes in between, the next run notices.
        hashes.of(entry.task());
        TaskRun run = new TaskRun(unipic, cancellation, listener);
        long start = System.nanoTime();
        if (entry.task() instanceof BatchTask.Describe describe) {
            Answer answer = run.answer(describe);
            return save(entry, answer, Duration.ofNanos(System.nanoTime() - start));
        }
        Image image = run.image(entry.task());
        return save(entry, image, Duration.ofNanos(System.nanoTime() - start));
    }

    /**
     * The result of an entry, if its file is there.
     *
     * @param entry the entry
     * @return its line, without a time; empty if there is no file
     * @throws InvalidRequestException if there is a file that is not this entry's result
     */
    public Optional<ManifestLine> find(BatchEntry entry) {
        Path file = file(entry);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        if (!Files.isRegularFile(file)) {
            throw changed(folder, "contains " + entry.file() + ", which is not a file");
        }
        Output output = read(file)
                .orElseThrow(() -> new InvalidRequestException(folder + " contains " + entry.file()
                        + ", which unipic has not generated; choose another folder, or move it away"));
        if (!output.isOf(entry.task(), onlyInBatches(entry.task()))) {
            throw changed(
                    folder,
                    "contains " + entry.file() + ", which is not the "
                            + (entry.task() instanceof BatchTask.Describe ? "answer" : "image") + " that "
                            + entry.origin() + " requests");
        }
        return Optional.of(ManifestLine.of(entry, requested(entry.task()), model, output, Optional.empty()));
    }

    /**
     * Saves an image. A file of the same request that is there already, of another process, is kept.
     *
     * @param entry of any task but {@link BatchTask.Describe}
     * @param image with the metadata of its request
     * @param time that it took
     * @return the line for the manifest
     * @throws InvalidRequestException if a file of another request or of another program is in the way, or the image
     *     has no such metadata
     * @throws io.github.unipic.ImageFormatException if the image cannot be saved
     */
    public ManifestLine save(BatchEntry entry, Image image, Duration time) {
        Image written = Output.withText(image, onlyInBatches(entry.task()));
        Output output = Output.of(written)
                .orElseThrow(() -> new InvalidRequestException(
                        "the image for " + entry.file() + " does not have the metadata of a request"));
        return save(entry, output, time, written::save);
    }

    /**
     * Saves an answer, as JSON. A file of the same request that is there already, of another process, is kept.
     *
     * @param entry of the task {@link BatchTask.Describe}
     * @param answer the answer
     * @param time that it took
     * @return the line for the manifest
     * @throws InvalidRequestException if a file of another request or of another program is in the way
     * @throws OutputException if the answer cannot be written
     */
    public ManifestLine save(BatchEntry entry, Answer answer, Duration time) {
        if (!(entry.task() instanceof BatchTask.Describe task)) {
            throw new InvalidRequestException(entry.origin() + " asks for an image, not for an answer");
        }
        Output output = Output.of(task, answer, onlyInBatches(task));
        return save(entry, output, time, output::writeAnswer);
    }

    /** Writes a file in one step. */
    private interface Writing {
        void to(Path file);
    }

    private ManifestLine save(BatchEntry entry, Output output, Duration time, Writing writing) {
        Path file = file(entry);
        ObjectNode requested = requested(entry.task());
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            Output kept = read(file)
                    .filter(there -> there.isOf(entry.task(), onlyInBatches(entry.task())))
                    .orElseThrow(() -> new InvalidRequestException(
                            file + " was meanwhile created by another program; move it away and start again"));
            return ManifestLine.of(entry, requested, model, kept, Optional.empty());
        }
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw new OutputException(
                    "The folder of " + file + " cannot be made", e, "free some space there or choose another folder");
        }
        writing.to(file);
        return ManifestLine.of(entry, requested, model, output, Optional.of(time));
    }

    private static Optional<Output> read(Path file) {
        try {
            return Output.read(file);
        } catch (IOException e) {
            throw new InvalidRequestException(file + " cannot be read (" + FileFailure.reason(e) + ")", e);
        }
    }

    /** The values that a task sets, and the hashes of its sources. */
    ObjectNode requested(BatchTask task) {
        ObjectNode values = EntryJson.settings(task);
        putSources(values, task);
        return values;
    }

    /** Of these, what an image's own metadata does not have. */
    private ObjectNode onlyInBatches(BatchTask task) {
        ObjectNode values = JsonNodeFactory.instance.objectNode();
        putSources(values, task);
        EntryJson.settings(task).properties().stream()
                .filter(value -> ONLY_IN_BATCHES.contains(value.getKey()))
                .forEach(value -> values.set(value.getKey(), value.getValue()));
        return values;
    }

    private void putSources(ObjectNode values, BatchTask task) {
        if (!task.sources().isEmpty()) {
            ArrayNode sources = values.putArray(SOURCES);
            hashes.of(task).forEach(sources::add);
        }
    }

    private Path file(BatchEntry entry) {
        return folder.resolve(entry.file());
    }

    private static InvalidRequestException changed(Path folder, String what) {
        return new InvalidRequestException(folder + " " + what + "; choose another folder, or restart the batch");
    }
}
