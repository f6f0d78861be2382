package io.github.unipic.spark;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.UniPic;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.SparkFiles;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/**
 * How an executor loads the model.
 *
 * @param folder on each machine, or the name that {@code --archives} gives it
 * @param provider of ONNX Runtime
 * @param options of the provider
 * @param threads 0 for as many as a task has cores
 */
record ModelSettings(String folder, String provider, TreeMap<String, String> options, int threads)
        implements Serializable {
    private static final String DEVICE = "device_id";

    /** The settings with what Spark has assigned to a task: its cores, and its GPU. */
    ModelSettings assigned(TaskContext task) {
        Map<String, ResourceInformation> resources = task.resourcesJMap();
        Optional<String> gpu = Optional.ofNullable(resources.get("gpu"))
                .map(ResourceInformation::addresses)
                .filter(addresses -> addresses.length > 0)
                .map(addresses -> addresses[0]);
        return assigned(task.cpus(), gpu);
    }

    ModelSettings assigned(int cores, Optional<String> gpu) {
        TreeMap<String, String> all = new TreeMap<>(options);
        if (!ExecutionProvider.of(provider).isCpu()) {
            gpu.ifPresent(address -> all.putIfAbsent(DEVICE, address));
        }
        return new ModelSettings(folder, provider, all, threads == 0 ? cores : threads);
    }

    UniPic load() {
        return UniPic.builder(localFolder())
                .provider(new ExecutionProvider(provider, options))
                .threads(threads)
                .load();
    }

    /** Spark unpacks archives in an executor's working directory, but elsewhere for a local master. */
    private Path localFolder() {
        Path named = Path.of(folder);
        return named.isAbsolute() || Files.isDirectory(named) ? named : Path.of(SparkFiles.get(folder));
    }
}
