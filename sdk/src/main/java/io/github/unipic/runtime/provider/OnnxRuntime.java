package io.github.unipic.runtime.provider;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtProvider;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import io.github.unipic.CancelledException;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InferenceException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.ProviderChoice;
import io.github.unipic.RuntimeInfo;
import io.github.unipic.libraries.MissingClass;
import io.github.unipic.libraries.NativeLibraries;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.slf4j.LoggerFactory;

/** The process's ONNX Runtime, with its telemetry off unless the user has set ORT_DISABLE_TELEMETRY. */
public final class OnnxRuntime {
    private static final String TELEMETRY_SWITCH = "ORT_DISABLE_TELEMETRY";

    /** How its arenas, the C++ library and CUDA say it. */
    private static final Pattern OUT_OF_MEMORY = Pattern.compile(
            "Failed to allocate memory|smaller than requested bytes|bad_alloc|out of memory|ALLOC_FAILED",
            Pattern.CASE_INSENSITIVE);

    private static OrtEnvironment environment;

    /** Set when the JVM exits: ONNX Runtime frees its environment then, and a call with a freed one crashes. */
    private static volatile boolean exiting;

    private OnnxRuntime() {}

    /**
     * Made on first use; there is one for a process.
     *
     * @throws CancelledException when the JVM exits
     */
    public static synchronized OrtEnvironment environment() {
        if (exiting) {
            throw new CancelledException("The process is exiting.");
        }
        if (environment == null) {
            noticeExit();
            NativeLibraries.prepareOnnxRuntime();
            boolean chosen = switchTelemetryOff();
            try {
                OrtEnvironment made = quietEnvironment();
                removeUnpackFolder();
                if (!chosen) {
                    made.setTelemetry(false);
                }
                environment = made;
            } catch (OrtException e) {
                throw new InferenceException("ONNX Runtime's telemetry cannot be switched off: " + reason(e) + ".", e);
            } catch (LinkageError | IllegalStateException e) {
                throw new InferenceException(
                        MissingClass.explain(e)
                                .orElseGet(() -> "ONNX Runtime's native and Java parts do not load, or not together: "
                                        + reason(root(e))
                                        + "; take both from one version and for this machine, and have a temporary"
                                        + " folder (-Djava.io.tmpdir) that can be written."),
                        e);
            }
        }
        return environment;
    }

    private static void noticeExit() {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> exiting = true, "unipic-exit"));
        } catch (IllegalStateException e) {
            throw new CancelledException("The process is exiting.", e);
        }
    }

    /**
     * Its warnings, such as CUDA's about a way to use ScatterND that no graph here uses, are none to a user. An
     * environment that the program made before stays as it is, which its Java part need not warn of; neither need it
     * log, with stack traces, that the temporary folder has no room for a library that may not be needed: what is
     * missing in the end is an exception.
     */
    static OrtEnvironment quietEnvironment() {
        Logger logger = Logger.getLogger(OrtEnvironment.class.getPackageName());
        Level before = logger.getLevel();
        logger.setLevel(Level.OFF);
        try {
            return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
        } finally {
            logger.setLevel(before);
        }
    }

    /**
     * Removes the folder that its Java part has made for unpacking, if that is empty and stays so: a killed process
     * would leave it behind.
     */
    private static void removeUnpackFolder() {
        if (!NativeLibraries.isOnnxRuntimeOfClassPath()) {
            return; // Libraries of providers may be unpacked there yet.
        }
        try {
            Field folder = Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField("tempDirectory");
            folder.setAccessible(true);
            Files.deleteIfExists((Path) folder.get(null));
        } catch (ReflectiveOperationException | RuntimeException | IOException e) {
            // It is removed when the process ends.
        }
    }

    /**
     * Runs on the build of ONNX Runtime in a folder rather than on that of the class path.
     *
     * @throws IllegalStateException when ONNX Runtime is in use already
     * @throws InvalidRequestException when the folder holds none, or one of a version that Java cannot use
     * @throws InferenceException when it does not load
     */
    public static synchronized void useNative(Path folder) {
        if (environment != null) {
            throw new IllegalStateException("ONNX Runtime is in use in this process already; choose its folder before"
                    + " anything else that needs it.");
        }
        NativeLibraries.prepareJna();
        switchTelemetryOff();
        NativeRuntime.load(folder.toAbsolutePath());
        environment();
    }

    /**
     * Makes the devices of a plugin's library known under the names the plugin gives.
     *
     * @param name of the registration, which no other may have
     * @throws InvalidRequestException when there is no such file
     * @throws InferenceException when it does not load, or the name is taken
     */
    public static void registerProviderLibrary(String name, Path library) {
        if (!Files.isRegularFile(library)) {
            throw new InvalidRequestException(
                    "There is no provider library " + library + "; name the file that the provider's maker ships.");
        }
        Path absolute = library.toAbsolutePath();
        try (NativePath folder = NativePath.of(absolute.getParent())) {
            environment()
                    .registerExecutionProviderLibrary(
                            name, folder.path().resolve(absolute.getFileName()).toString());
            folder.keep();
        } catch (OrtException e) {
            throw new InferenceException(
                    "The provider library " + library + " cannot be registered as " + name + ": " + reason(e)
                            + "; take a plugin made for ONNX Runtime "
                            + environment().getVersion()
                            + ", install what it needs, and register it once.",
                    e);
        }
    }

    /**
     * ONNX Runtime 1.29 reports to its makers from Linux and macOS too, and its client crashes the process when the
     * environment is made under a command line of some thousand characters, as a long class path makes it. Only an
     * environment variable that is set before then keeps it off, and Java cannot set one.
     *
     * @return whether the user has set it, to whatever value, and so it stays as it is
     */
    static boolean switchTelemetryOff() {
        if (System.getenv(TELEMETRY_SWITCH) != null) {
            return true;
        }
        if (Platform.isWindows()) {
            return false;
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
        return false;
    }

    private interface CLibrary extends Library {
        int setenv(String name, String value, int overwrite);
    }

    /**
     * The name that a provider gives itself, in ONNX Runtime's profiles too: {@code CUDAExecutionProvider} for cuda.
     */
    public static String ownName(ExecutionProvider provider) {
        return Providers.ownName(provider);
    }

    /**
     * What computes when a provider is asked for: itself, or what {@link ExecutionProvider#AUTO} stands for here.
     *
     * @throws InvalidRequestException when an option of an automatic choice is wrong
     */
    public static ProviderChoice choose(ExecutionProvider asked) {
        return AutomaticProvider.choose(asked);
    }

    /** Version and providers of the native library, the devices here, and what NVIDIA's providers lack. */
    public static RuntimeInfo info() {
        OrtEnvironment environment = environment();
        List<String> providers = OrtEnvironment.getAvailableProviders().stream()
                .map(OrtProvider::getName)
                .toList();
        try {
            return new RuntimeInfo(
                    environment.getVersion(),
                    providers,
                    Providers.describeDevices(environment),
                    Nvidia.describeMissing());
        } catch (OrtException e) {
            throw new InferenceException("ONNX Runtime cannot list its devices: " + reason(e) + ".", e);
        }
    }

    /** What to do about it, where that is known. */
    public static String remedy(OrtException e) {
        return OUT_OF_MEMORY.matcher(String.valueOf(e.getMessage())).find()
                ? "; there is too little memory: ask for smaller or fewer images, free graphs after use"
                        + " (keepLoaded(false), --low-memory), decode in tiles (tileAbove, --tile-above), or export the"
                        + " model with --flavor fused, whose attention needs far less where images are large"
                : "";
    }

    private static Throwable root(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    /** The first line of what went wrong, without where in ONNX Runtime's sources that was. */
    public static String reason(Throwable e) {
        String line = String.valueOf(e.getMessage()).lines().findFirst().orElse("unknown reason");
        return line.replaceFirst("^Error code - \\w+ - message: ", "")
                .replaceFirst("^.*\\[ONNXRuntimeError\\] : \\d+ : \\w+ : ", "")
                .replaceFirst("\\.$", "");
    }
}
