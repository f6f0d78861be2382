package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.runtime.provider.OnnxRuntime;
import io.github.unipic.testing.ChildJvm;
import io.github.unipic.testing.SmallModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A thread that uses ONNX Runtime while the JVM exits, after ONNX Runtime has freed its environment. */
class ExitTest {
    static final class LateUse {
        private static final String NONE = "no exception";

        private LateUse() {}

        public static void main(String[] arguments) throws InterruptedException {
            Path model = Path.of(arguments[0]);
            UniPic.runtime();
            CountDownLatch done = new CountDownLatch(1);
            // The JVM waits for this hook, and ONNX Runtime's has long run.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> await(done)));
            new Thread(() -> System.exit(0)).start();
            // Nothing of ONNX Runtime is called here, as a call under way might see it freed.
            while (outcome(OnnxRuntime::environment).equals(NONE)) {
                Thread.sleep(10);
            }
            System.out.print(outcome(UniPic::runtime) + " " + outcome(() -> UniPic.load(model)));
            System.out.flush();
            done.countDown();
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

    @Test
    void isToldThatTheProcessExits(@TempDir Path folder) throws Exception {
        String exiting = "CancelledException: The process is exiting.";
        assertThat(ChildJvm.run(
                        folder,
                        LateUse.class,
                        List.of(),
                        List.of(SmallModel.folder().toString()),
                        Map.of()))
                .isEqualTo(exiting + " " + exiting);
    }
}
