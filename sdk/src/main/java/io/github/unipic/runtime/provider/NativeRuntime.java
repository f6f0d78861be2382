package io.github.unipic.runtime.provider;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import io.github.unipic.InferenceException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.libraries.NativeLibraries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * Loads another build of ONNX Runtime than that on the class path. ONNX Runtime's own loader can do so only if the
 * folder also contains the JNI library, and file names have no versions.
 */
final class NativeRuntime {
    private static final String CORE = "onnxruntime";
    private static final String JNI = "onnxruntime4j_jni";

    /** The version of the C interface that the Java classes require, and so the oldest ONNX Runtime 1.x. */
    private static final int API_VERSION = 23;

    private NativeRuntime() {}

    /**
     * Loads a build's core library, and the JNI library from the same folder or else from the class path.
     *
     * @throws InvalidRequestException when there is no core library, or its version does not match the Java classes
     * @throws InferenceException when a library does not load
     */
    static void load(Path folder) {
        Path core = core(folder);
        try {
            String version = version(core);
            requireUsable(core, version);
            System.load(core.toString());
            loadJni(folder, version);
        } catch (UnsatisfiedLinkError e) {
            throw new InferenceException(
                    "ONNX Runtime does not load from " + folder + ": " + OnnxRuntime.reason(e)
                            + "; install what it needs, or use a build for this machine.",
                    e);
        }
        System.setProperty("onnxruntime.native." + CORE + ".skip", "true");
        System.setProperty("onnxruntime.native." + JNI + ".skip", "true");
        // There it looks for the libraries of providers.
        System.setProperty("onnxruntime.native.path", folder.toString());
    }

    /** The library, whose name may have a version: {@code libonnxruntime.so.1} or {@code .so.1.29.0}. */
    static Path core(Path folder) {
        String plain = fileName(CORE);
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName()
                            .toString()
                            .matches("(lib)?onnxruntime(\\.dll|\\.so[.\\d]*|[.\\d]*\\.dylib)"))
                    .min(Comparator.comparingInt(file -> file.toString().length()))
                    .orElseThrow(() -> new InvalidRequestException("There is no " + plain + " in " + folder
                            + "; give the folder that contains ONNX Runtime's native libraries."));
        } catch (IOException e) {
            throw new InvalidRequestException(
                    "There is no folder " + folder + "; give the one that contains ONNX Runtime's native libraries.",
                    e);
        }
    }

    /** Asks the library through C, because the JNI library does not load with some other versions. */
    static String version(Path core) {
        // struct OrtApiBase { const OrtApi* (*GetApi)(uint32_t version); const char* (*GetVersionString)(); }
        try (NativeLibrary library = NativeLibrary.getInstance(core.toString())) {
            Pointer base = library.getFunction("OrtGetApiBase").invokePointer(new Object[0]);
            return Function.getFunction(base.getPointer(Native.POINTER_SIZE)).invokeString(new Object[0], false);
        }
    }

    static void requireUsable(Path core, String version) {
        if (version.matches("1\\.\\d+(\\D.*)?") && Integer.parseInt(version.split("\\D")[1]) < API_VERSION) {
            throw new InvalidRequestException(
                    core + " is ONNX Runtime " + version + ", which is too old; use 1." + API_VERSION + " or later.");
        }
    }

    private static void loadJni(Path folder, String version) {
        Path beside = folder.resolve(fileName(JNI));
        if (Files.exists(beside)) {
            System.load(beside.toString());
            return;
        }
        try {
            System.load(unpackJni().toString());
        } catch (UnsatisfiedLinkError e) {
            // On Linux it is linked to exactly the version that it was built with.
            throw new InvalidRequestException(
                    "ONNX Runtime " + version + " in " + folder + " does not match the JNI library on the class path ("
                            + OnnxRuntime.reason(e) + "); put " + beside.getFileName() + " of version " + version
                            + " there too, from Maven's com.microsoft.onnxruntime:onnxruntime.",
                    e);
        }
    }

    private static Path unpackJni() {
        return NativeLibraries.onnxRuntimeJni()
                .orElseThrow(() -> new InvalidRequestException("The class path has no " + fileName(JNI)
                        + " for this machine; put one of the same version next to ONNX Runtime's library."));
    }

    private static String fileName(String library) {
        return System.mapLibraryName(library).replace("jnilib", "dylib");
    }
}
