package io.github.unipic.cli;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.ProviderChoice;
import io.github.unipic.UniPic;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options for the execution provider, plugin libraries, and a vendor's ONNX Runtime. */
final class ProviderOptions {
    private static final String LOG = "org.slf4j.simpleLogger.log.io.github.unipic";

    @Option(
            names = "--provider",
            paramLabel = "NAME",
            description = "ONNX Runtime execution provider: cpu, cuda, tensorrt, directml, coreml, webgpu or another;"
                    + " 'unipic info' lists those of this machine. The CPU runs what it cannot. auto is the first of"
                    + " tensorrt (if a trt_engine_cache_path is given), cuda and cpu that works. Default: auto;"
                    + " for conformance: cpu.")
    private String name;

    @Option(
            names = "--provider-option",
            paramLabel = "KEY=VALUE",
            description = "Option of the provider, as its documentation names it; can be repeated.")
    private Map<String, String> options = new LinkedHashMap<>();

    @Option(
            names = "--provider-library",
            paramLabel = "NAME=FILE",
            description = "Library of a plugin, registered under NAME; can be repeated. --provider then takes the"
                    + " plugin's own name, which 'unipic info' with this option shows.")
    private Map<String, Path> libraries = new LinkedHashMap<>();

    @Option(
            names = "--ort-native",
            paramLabel = "DIR",
            description = "Folder of another ONNX Runtime's native libraries, such as a vendor's, to run on.")
    private Path nativeFolder;

    @Option(
            names = {"-v", "--verbose"},
            description = "Print the provider and the reason for it on stderr.")
    private boolean verbose;

    /** The provider as the user names it, without loading anything. */
    ExecutionProvider asked(ExecutionProvider unasked) {
        return new ExecutionProvider(name == null ? unasked.name() : name, options);
    }

    /** Another ONNX Runtime's folder. */
    Optional<Path> nativeFolder() {
        return Optional.ofNullable(nativeFolder);
    }

    /** Plugins by the names of their registrations. */
    Map<String, Path> libraries() {
        return libraries;
    }

    /** Java's options that make the SDK's loggers print as --verbose asks. */
    List<String> loggingOptions() {
        return verbose ? List.of("-D" + LOG + "=info") : List.of();
    }

    /** Whether the user wants another ONNX Runtime than unipic's own. */
    boolean replacesRuntime() {
        return nativeFolder != null;
    }

    /** Sets up ONNX Runtime for this process, before anything else uses it, and returns the provider. */
    ExecutionProvider prepare() {
        return choose(ExecutionProvider.AUTO).provider();
    }

    /**
     * As {@link #prepare}, with the reason.
     *
     * @param unasked the provider if the user gives none
     */
    ProviderChoice choose(ExecutionProvider unasked) {
        if (verbose) {
            // For the SDK's loggers, which are created when they are first needed.
            System.setProperty(LOG, "info");
        }
        ExecutionProvider provider = asked(unasked);
        if (nativeFolder != null) {
            UniPic.useNativeRuntime(nativeFolder);
        }
        libraries.forEach(UniPic::registerProviderLibrary);
        return UniPic.choose(provider);
    }
}
