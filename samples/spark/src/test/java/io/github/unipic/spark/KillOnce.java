package io.github.unipic.spark;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * Kills the executor of the first partition as soon as its first image is there. Before that, it notes which files were
 * there, and when they were written.
 */
public final class KillOnce implements SparkPlugin {
    static final String RESULTS = "spark.test.results";
    static final String NOTE = "spark.test.note";
    private static final int KILLED = 137;

    @Override
    public DriverPlugin driverPlugin() {
        return null;
    }

    @Override
    public ExecutorPlugin executorPlugin() {
        return new Killer();
    }

    private static final class Killer implements ExecutorPlugin {
        private Path results;
        private Path note;

        @Override
        public void init(PluginContext context, Map<String, String> extraConf) {
            results = Path.of(context.conf().get(RESULTS));
            note = Path.of(context.conf().get(NOTE));
        }

        @Override
        public void onTaskStart() {
            TaskContext task = TaskContext.get();
            if (task.partitionId() == 0 && task.attemptNumber() == 0 && !Files.exists(note)) {
                Thread thread = new Thread(() -> killAfterFirstImage(task), "kill-once");
                thread.setDaemon(true);
                thread.start();
            }
        }

        /** The task that reads the prompts is of a first partition, too: it has completed before there are images. */
        private void killAfterFirstImage(TaskContext task) {
            try {
                while (!Files.exists(results.resolve("00000.png"))) {
                    if (task.isCompleted()) {
                        return;
                    }
                    Thread.sleep(1);
                }
                List<String> lines = new ArrayList<>();
                SmallJob.times(results).forEach((file, time) -> lines.add(file + " " + time));
                Files.write(note, lines, StandardOpenOption.CREATE_NEW);
                System.err.println("Killing executor " + SparkEnv.get().executorId());
                Runtime.getRuntime().halt(KILLED);
            } catch (FileAlreadyExistsException e) {
                throw new IllegalStateException("killed twice", e);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
