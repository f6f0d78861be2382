package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import io.github.unipic.testing.ChildJvm;
import io.github.unipic.testing.SmallModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A thread that uses ONNX Runtime while the JVM exits and its Java classes close the environment. */
class ExitTest {
    static final class LateUse {
        private static final String NONE = "no exception";

        private LateUse() {}

        public static void main(String[] arguments) {
            Path model = Path.of(arguments[0]);
            UniPic.runtime();
            CountDownLatch done = new CountDownLatch(1);
            // The JVM waits for this hook, and ONNX Runtime's has long run.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> await(done)));
            new Thread(() -> System.exit(0)).start();
            while (outcome(UniPic::runtime).equals(NONE)) {
                // Again at once: it is to be in the middle of a call when the JVM exits.
            }
            System.out.print(outcome(UniPic::runtime) + " " + outcome(() -> UniPic.load(model)) + " " + devices());
            System.out.flush();
            done.countDown();
        }

        /** As a call that began before the exit. */
        private static int devices() {
            try {
                return OrtEnvironment.getEnvironment().getEpDevices().size();
            } catch (OrtException e) {
                throw new IllegalStateException(e);
            }
        }

        private static void await(CountDownLatch done) {
            try {
                done.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private static String outcome(Runnable use) {
            try {
                use.run();
                return NONE;
            } catch (UniPicException e) {
                return e.getClass().getSimpleName() + ": " + e.getMessage();
            }
        }
    }

    /** Its listener waits for the exit hooks, so they must not wait for it. */
    static final class ExitingListener {
        private ExitingListener() {}

        public static void main(String[] arguments) {
            UniPic unipic = UniPic.builder(Path.of(arguments[0])).threads(1).load();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                unipic.close();
                System.out.print("closed");
                System.out.flush();
            }));
            unipic.generate(GenerateRequest.builder("a fox")
                    .size(16, 16)
                    .iterations(1)
                    .diffusionSteps(1)
                    .listener(progress -> System.exit(0))
                    .build());
        }
    }

    @Test
    void aListenerMayExit(@TempDir Path folder) throws Exception {
        assertThat(ChildJvm.run(
                        folder,
                        ExitingListener.class,
                        List.of(),
                        List.of(SmallModel.folder().toString()),
                        Map.of()))
                .endsWith("closed");
    }

    @Test
    void isToldThatTheProcessExits(@TempDir Path folder) throws Exception {
        String exiting = "CancelledException: The process is exiting.";
        assertThat(ChildJvm.run(
                        folder,
                        LateUse.class,
                        List.of(),
                        List.of(SmallModel.folder().toString()),
                        Map.of()))
                .matches(Pattern.quote(exiting + " " + exiting) + " [1-9]");
    }
}
