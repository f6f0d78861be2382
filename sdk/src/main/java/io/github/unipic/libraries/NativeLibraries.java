package io.github.unipic.libraries;

import io.github.unipic.CacheFolder;
import io.github.unipic.InferenceException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Unpacks the native libraries of ONNX Runtime, the tokenizer and JNA once for all processes of this user. By
 * themselves each process would unpack them into the temporary folder or into folders of their own. Call a library's
 * method before its first use. A folder that the user has set through a library's own settings is respected.
 */
public final class NativeLibraries {
    /** This process's, as the libraries are loaded once in a process. */
    private static final LibrarySetup SETUP = new LibrarySetup(
            NativeLibraries.class.getClassLoader(),
            () -> List.of(CacheFolder.current(), temporary()),
            System::getProperties,
            System::getenv);

    private NativeLibraries() {}

    /**
     * A folder in a jar, for libraries that are loaded by their path.
     *
     * @param resources the folder within the jar
     * @param name of the folder within the cache folder that they are unpacked into
     */
    public static UnpackedLibraries in(String resources, String name) {
        return SETUP.in(resources, name);
    }

    /** For a user whose home is not writable or is mounted noexec. */
    private static Path temporary() {
        String user = System.getProperty("user.name").replaceAll("[^A-Za-z0-9._-]", "_");
        return Path.of(System.getProperty("java.io.tmpdir"), "unipic-" + user);
    }

    /** @throws InferenceException when there is no folder to unpack into */
    public static void prepareOnnxRuntime() {
        SETUP.prepareOnnxRuntime();
    }

    /**
     * Unpacks a provider's library next to ONNX Runtime itself, if that was unpacked here.
     *
     * @param name of the provider, as in its library's file name
     * @throws InferenceException when there is no folder to unpack into
     */
    public static void prepareProvider(String name) {
        SETUP.prepareProvider(name);
    }

    /** Whether ONNX Runtime is the build on the class path, and not one that the user has named. */
    public static boolean isOnnxRuntimeOfClassPath() {
        return SETUP.isOnnxRuntimeOfClassPath();
    }

    /**
     * Unpacks ONNX Runtime's JNI library without ONNX Runtime itself.
     *
     * @return its path; empty if the class path has none for this machine
     * @throws InferenceException when there is no folder to unpack into
     */
    public static Optional<Path> onnxRuntimeJni() {
        return SETUP.onnxRuntimeJni();
    }

    /** @throws InferenceException when there is no folder to unpack into */
    public static void prepareTokenizers() {
        SETUP.prepareTokenizers();
    }

    /** @throws InferenceException when there is no folder to unpack into */
    public static void prepareJna() {
        SETUP.prepareJna();
    }
}
