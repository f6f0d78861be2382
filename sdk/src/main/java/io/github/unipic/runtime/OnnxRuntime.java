package io.github.unipic.runtime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import io.github.unipic.InferenceException;
import io.github.unipic.RuntimeInfo;
import java.util.List;
import org.slf4j.LoggerFactory;

/** The process's ONNX Runtime, with its telemetry off unless the user has set ORT_DISABLE_TELEMETRY. */
public final class OnnxRuntime {
    private static final String TELEMETRY_SWITCH = "ORT_DISABLE_TELEMETRY";

    private OnnxRuntime() {}

    private static final class Holder {
        private static final OrtEnvironment ENVIRONMENT = create();

        private static OrtEnvironment create() {
            boolean chosen = System.getenv(TELEMETRY_SWITCH) != null;
            if (!chosen) {
                switchTelemetryOff();
            }
            try {
                OrtEnvironment environment = OrtEnvironment.getEnvironment();
                if (!chosen) {
                    environment.setTelemetry(false);
                }
                return environment;
            } catch (OrtException e) {
                throw new InferenceException(
                        "ONNX Runtime's telemetry cannot be switched off: " + e.getMessage() + ".", e);
            }
        }
    }

    /**
     * ONNX Runtime 1.29 reports to its makers from Linux and macOS too, and its client crashes the process when the
     * environment is made under a command line of some thousand characters, as a long class path makes it. Only an
     * environment variable that is set before then keeps it off, and Java cannot set one.
     */
    private static void switchTelemetryOff() {
        if (Platform.isWindows()) {
            return;
        }
        try {
            Native.load("c", CLibrary.class).setenv(TELEMETRY_SWITCH, "1", 0);
        } catch (LinkageError e) {
            LoggerFactory.getLogger(OnnxRuntime.class)
                    .warn(
                            "Set {}=1 in the environment: it cannot be set from here ({})",
                            TELEMETRY_SWITCH,
                            e.toString());
        }
    }

    private interface CLibrary extends Library {
        int setenv(String name, String value, int overwrite);
    }

    static OrtEnvironment environment() {
        return Holder.ENVIRONMENT;
    }

    /** Version and providers of the native library. */
    public static RuntimeInfo info() {
        List<String> providers = OrtEnvironment.getAvailableProviders().stream()
                .map(OrtProvider::getName)
                .toList();
        return new RuntimeInfo(environment().getVersion(), providers);
    }
}
