package io.github.unipic.spark;

import io.github.unipic.Cancellation;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.OutputException;
import io.github.unipic.UniPic;
import io.github.unipic.batch.BatchEntry;
import io.github.unipic.batch.BatchFiles;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.TaskContext;
import scala.collection.Iterator;
import scala.runtime.AbstractFunction1;

/**
 * Runs the entries of a partition, on an executor. An attempt that follows a lost one, or runs beside another, keeps
 * the results that are there.
 */
final class PartitionRun extends AbstractFunction1<Iterator<String>, PartitionResult> implements Serializable {
    private static final long serialVersionUID = 1L;

    private final ModelSettings settings;
    private final String folder;
    private final String modelBefore;

    /** @param modelBefore name of the model whose results are in the folder; empty if there are none */
    PartitionRun(ModelSettings settings, Path folder, String modelBefore) {
        this.settings = settings;
        this.folder = folder.toString();
        this.modelBefore = modelBefore;
    }

    @Override
    public PartitionResult apply(Iterator<String> entries) {
        TaskContext task = TaskContext.get();
        Path out = Path.of(folder);
        if (!Files.isDirectory(out)) { // the driver has made it
            throw new OutputException(
                    out + " is not on this executor's machine",
                    new NoSuchFileException(out.toString()),
                    "give a folder that the driver and all executors share");
        }
        UniPic unipic = ExecutorModels.get(settings.assigned(task));
        String model = unipic.info().name();
        if (!modelBefore.isEmpty() && !modelBefore.equals(model)) {
            throw new InvalidRequestException(out + " contains images of the model " + modelBefore
                    + ", but this one is " + model + "; choose another folder");
        }
        BatchFiles files = new BatchFiles(out, model);
        Cancellation cancellation = new Cancellation();
        List<String> lines = new ArrayList<>();
        List<Integer> failed = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        while (entries.hasNext()) {
            BatchEntry entry = BatchEntry.fromJson(entries.next());
            try {
                lines.add(files.run(unipic, entry, cancellation, progress -> {
                            if (task.isInterrupted()) {
                                cancellation.cancel();
                            }
                        })
                        .toString());
            } catch (InvalidRequestException e) {
                failed.add(entry.index());
                failures.add(entry.origin() + ": " + e.getMessage());
            }
        }
        return new PartitionResult(lines, failed, failures);
    }
}
