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
import java.lang.reflect.Method;
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

    /** The messages of its arenas, the C++ library and CUDA. */
    private static final Pattern OUT_OF_MEMORY = Pattern.compile(
            "Failed to allocate memory|smaller than requested bytes|bad_alloc|out of memory|ALLOC_FAILED",
            Pattern.CASE_INSENSITIVE);

    private static OrtEnvironment environment;

    /** Set when the JVM exits: what begins now would still run when the native libraries are torn down. */
    private static volatile boolean exiting;

    private OnnxRuntime() {}

    /**
     * The environment of this process, created on first use.
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
                keepUntilTheProcessEnds();
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
                                .orElseGet(() -> "ONNX Runtime's native library and JNI library do not load together: "
                                        + reason(root(e))
                                        + "; use the same version of both, made for this machine, and a writable"
                                        + " temporary folder (-Djava.io.tmpdir)."),
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
     * Creates the environment without warnings. ONNX Runtime's own do not concern users, such as CUDA's about a use of
     * ScatterND that no graph here makes. Its Java classes would warn if the program has created the environment
     * before, which is fine, and log stack traces if the temporary folder has no space for a library that may not be
     * needed: one that is needed gives an exception.
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
     * Takes a second reference to the environment. The Java classes' own is given back when the JVM exits, also while
     * another thread uses the environment, which would then crash the process.
     */
    private static void keepUntilTheProcessEnds() {
        try {
            Method create = OrtEnvironment.class.getDeclaredMethod("createHandle", long.class, int.class, String.class);
            create.setAccessible(true);
            create.invoke(
                    null,
                    ofItsClasses("ortApiHandle"),
                    OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR.getValue(),
                    OrtEnvironment.DEFAULT_NAME);
        } catch (ReflectiveOperationException | RuntimeException e) {
            // Other Java classes than expected; only an exit at a bad moment is a problem.
        }
    }

    /**
     * Removes the folder that its Java classes have created for unpacking, if it is not needed: a killed process would
     * leave it behind.
     */
    private static void removeUnpackFolder() {
        if (!NativeLibraries.isOnnxRuntimeOfClassPath()) {
            return; // libraries of providers may still be unpacked there
        }
        try {
            Files.deleteIfExists((Path) ofItsClasses("tempDirectory"));
        } catch (ReflectiveOperationException | RuntimeException | IOException e) {
            // It is removed when the process ends.
        }
    }

    /** A static field of the class that loads its native library. */
    private static Object ofItsClasses(String field) throws ReflectiveOperationException {
        Field found = Class.forName("ai.onnxruntime.OnnxRuntime").getDeclaredField(field);
        found.setAccessible(true);
        return found.get(null);
    }

    /**
     * Loads the build of ONNX Runtime in a folder instead of that on the class path.
     *
     * @throws IllegalStateException when ONNX Runtime is in use already
     * @throws InvalidRequestException when the folder contains none, or a version that the Java classes cannot use
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
     * Registers a plugin's library. Its devices get the provider names that the plugin gives them.
     *
     * @param name of the registration, unique in this process
     * @throws InvalidRequestException when there is no such file
     * @throws InferenceException when it does not load, or the name is taken
     */
    public static void registerProviderLibrary(String name, Path library) {
        if (!Files.isRegularFile(library)) {
            throw new InvalidRequestException(
                    "There is no provider library " + library + "; give the file from the provider's maker.");
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
                            + "; use a plugin made for ONNX Runtime "
                            + environment().getVersion()
                            + ", install what it needs, and register it once.",
                    e);
        }
    }

    /**
     * Sets the environment variable that keeps telemetry off; Java cannot, so C does. ONNX Runtime 1.29 reports to its
     * makers from Linux and macOS too, and its client crashes the process if the command line has some thousand
     * characters, as with a long class path. Only this variable, set before the environment is created, prevents that.
     *
     * @return whether the user has set the variable, to any value; it is then not changed
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
                            "Set {}=1 in the environment: the program cannot set it itself ({})",
                            TELEMETRY_SWITCH,
                            e.toString());
        }
        return false;
    }

    private interface CLibrary extends Library {
        int setenv(String name, String value, int overwrite);
    }

    /** ONNX Runtime's own name for a provider, as in its profiles: {@code CUDAExecutionProvider} for cuda. */
    public static String ownName(ExecutionProvider provider) {
        return Providers.ownName(provider);
    }

    /**
     * The provider that computes: the given one or, for {@link ExecutionProvider#AUTO}, the fastest that works here.
     *
     * @throws InvalidRequestException when an option of an automatic choice is wrong
     */
    public static ProviderChoice choose(ExecutionProvider asked) {
        return AutomaticProvider.choose(asked);
    }

    /** Version and providers of the native library, this machine's devices, and what NVIDIA's providers lack. */
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

    /** What to do about an error, as the end of a sentence; empty if nothing is known. */
    public static String remedy(OrtException e) {
        return OUT_OF_MEMORY.matcher(String.valueOf(e.getMessage())).find()
                ? "; memory is too small: use smaller or fewer images, free graphs after use"
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

    /** The first line of an error's message, without the location in ONNX Runtime's sources. */
    public static String reason(Throwable e) {
        String line = String.valueOf(e.getMessage()).lines().findFirst().orElse("unknown reason");
        return line.replaceFirst("^Error code - \\w+ - message: ", "")
                .replaceFirst("^.*\\[ONNXRuntimeError\\] : \\d+ : \\w+ : ", "")
                .replaceFirst("\\.$", "");
    }
}
