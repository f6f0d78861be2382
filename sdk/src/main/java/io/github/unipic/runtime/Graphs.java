package io.github.unipic.runtime;

import static io.github.unipic.model.GraphName.DECODER_STEP;
import static io.github.unipic.model.GraphName.MAR_DECODER;
import static io.github.unipic.model.GraphName.MAR_DECODER_CACHED;
import static io.github.unipic.model.GraphName.MAR_ENCODER;
import static io.github.unipic.model.GraphName.TEXT_HEAD;
import static io.github.unipic.model.GraphName.VISION_ENCODER;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.InferenceException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.ModelFormatException;
import io.github.unipic.UniPicException;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.GraphSession.Opened;
import io.github.unipic.runtime.SessionRunner.Location;
import io.github.unipic.runtime.provider.NativePath;
import io.github.unipic.runtime.provider.Nvidia;
import io.github.unipic.runtime.provider.OnnxRuntime;
import io.github.unipic.runtime.provider.Providers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The graphs of a model folder as ONNX Runtime sessions. A session is opened when its graph is first needed, and stays
 * open as {@link RuntimeOptions.Memory#keepLoaded} says. Its weights are mapped from their files, or read into memory.
 * Thread-safe; close it only when no graph runs.
 */
public final class Graphs implements AutoCloseable {
    /**
     * Nearly all of a model's matrices. For images they multiply many rows, and prepacking would save less than a tenth
     * of the time. For text it saves more, which is why the option exists. The diffusion sampler has few rows and small
     * matrices, and convolutions have their own layout.
     */
    private static final Set<GraphName> MULTIPLIED_IN_PLACE =
            Set.of(TEXT_HEAD, VISION_ENCODER, MAR_ENCODER, DECODER_STEP, MAR_DECODER, MAR_DECODER_CACHED);

    /**
     * Below this many bytes, as in the built-in model, threads mostly spin while they wait for each other: two take as
     * long as one, and half as much processor time again.
     */
    static final long SMALL_MODEL = 32_000_000;

    private final ModelFolder folder;
    private final RuntimeOptions options;
    private final RunListener listener;
    private final Map<GraphName, GraphSession> sessions = new EnumMap<>(GraphName.class);
    private final SessionRunner runner;
    private final boolean tensorsStayOnDevice;
    private final Optional<String> arena;
    private final Copies copies;
    private final DataFiles dataFiles;
    private volatile boolean closed;

    /**
     * Checks the provider. Graphs are opened later.
     *
     * @throws InvalidRequestException when the provider is unknown or not available, or one of its options is wrong
     * @throws InferenceException when the provider does not work on this machine
     */
    public Graphs(ModelFolder folder, RuntimeOptions options) {
        this(folder, options, RunListener.NONE);
    }

    /**
     * As {@link #Graphs(ModelFolder, RuntimeOptions)}.
     *
     * @param listener is notified of the time of each opening and run
     */
    public Graphs(ModelFolder folder, RuntimeOptions options, RunListener listener) {
        this.folder = folder;
        this.options = options;
        this.listener = listener;
        this.dataFiles = new DataFiles(folder);
        boolean keep = options.memory().keepLoaded() || options.profileFolder().isPresent();
        for (GraphName graph : GraphName.values()) {
            sessions.put(graph, new GraphSession(() -> open(graph), keep));
        }
        Providers.require(options.provider());
        arena = Providers.arena(options.provider());
        Optional<SessionRunner> onDevice = SessionRunner.onDevice(options.provider());
        tensorsStayOnDevice = onDevice.isPresent();
        runner = onDevice.orElse(SessionRunner::viaJava);
        copies = new Copies(runner, () -> {
            OrtSession.SessionOptions sessionOptions = new OrtSession.SessionOptions();
            try {
                Providers.addTo(sessionOptions, Nvidia.forCopies(options.provider()));
                return sessionOptions;
            } catch (RuntimeException | Error e) {
                sessionOptions.close();
                throw e;
            }
        });
    }

    public ModelFolder folder() {
        return folder;
    }

    public RuntimeOptions options() {
        return options;
    }

    /**
     * Acquires these graphs, does some work with them, and releases them. They are opened before the work and stay open
     * until it ends.
     *
     * @throws CancelledException when cancelled before the work, also between two openings
     * @throws ModelFormatException when a graph is missing or damaged
     * @throws InferenceException when the provider cannot run a graph, or memory is short
     */
    public <T> T withOpen(Set<GraphName> names, Cancellation cancellation, Supplier<T> work) {
        names.forEach(name -> sessions.get(name).acquire());
        try {
            ensureOpen(names, cancellation);
            return work.get();
        } finally {
            names.forEach(name -> sessions.get(name).release());
        }
    }

    private void ensureOpen(Set<GraphName> names, Cancellation cancellation) {
        if (options.provider().isCpu()) {
            openSideBySide(names, cancellation);
        } else {
            names.forEach(name -> ensureOpen(name, cancellation));
        }
    }

    /**
     * Opens graphs in parallel, because opening one uses only one thread. All have finished when this returns. The
     * largest come first, so that no thread is left with one of them at the end.
     */
    private void openSideBySide(Set<GraphName> names, Cancellation cancellation) {
        List<GraphName> closed = names.stream()
                .filter(name -> !sessions.get(name).isOpen())
                .sorted(Comparator.comparingLong(this::weights).reversed())
                .toList();
        if (closed.isEmpty()) {
            requireWanted(cancellation);
            return;
        }
        // Not the common pool: a parallel stream may leave all of it to one thread, and so may a busy program.
        ExecutorService threads = Executors.newFixedThreadPool(
                Math.min(closed.size(), Runtime.getRuntime().availableProcessors()));
        try {
            List<CompletableFuture<Optional<Throwable>>> openings = closed.stream()
                    .map(name -> CompletableFuture.supplyAsync(() -> failureToOpen(name, cancellation), threads))
                    .toList();
            requireNone(openings.stream()
                    .map(CompletableFuture::join)
                    .flatMap(Optional::stream)
                    .toList());
        } finally {
            threads.shutdown();
        }
    }

    /** Length of the files with a graph's weights, in bytes; 0 for a graph that is missing. */
    private long weights(GraphName graph) {
        return !folder.has(graph)
                ? 0
                : folder.spec(graph).data().stream()
                        .mapToLong(file -> folder.manifest().files().get(file).bytes())
                        .sum();
    }

    private static void requireNone(List<Throwable> failures) {
        if (!failures.isEmpty()) {
            if (failures.get(0) instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) failures.get(0);
        }
    }

    private Optional<Throwable> failureToOpen(GraphName graph, Cancellation cancellation) {
        try {
            ensureOpen(graph, cancellation);
            return Optional.empty();
        } catch (RuntimeException | Error e) {
            return Optional.of(e);
        }
    }

    /**
     * Opens every graph of the folder. After this its files are no longer needed, unless they are mapped.
     *
     * @throws UniPicException as {@link #holding}
     */
    public void openAll() {
        Set<GraphName> all = EnumSet.allOf(GraphName.class);
        all.removeIf(name -> !folder.has(name));
        ensureOpen(all, new Cancellation());
    }

    private void ensureOpen(GraphName graph, Cancellation cancellation) {
        requireWanted(cancellation);
        sessions.get(graph).get();
    }

    /** Copies a cache to the provider's device for many runs. On the CPU this shares the cache itself. */
    KvCache onDevice(KvCache cache) {
        return options.provider().isCpu()
                ? cache.share()
                : cache.map(tensor -> copies.copy(tensor, Location.WHERE_COMPUTED));
    }

    /**
     * Whether tensors stay on the provider's device between graphs, which needs Java 22 or later. Otherwise each is
     * copied to the host.
     */
    public boolean tensorsStayOnDevice() {
        return tensorsStayOnDevice;
    }

    /** The number of open sessions of all models in this process, for leak checks. */
    public static long openSessions() {
        return GraphSession.open();
    }

    /** The graphs that are open now. */
    public Set<GraphName> loaded() {
        return sessions.entrySet().stream()
                .filter(entry -> entry.getValue().isOpen())
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Runs a graph once.
     *
     * @param outputs names of the outputs to return; ONNX Runtime also computes the others, which are freed
     * @param keepMemory whether the graph runs again soon, and a device's memory is kept for it
     * @throws CancelledException when cancelled, also in the middle of the run
     * @throws InferenceException when ONNX Runtime fails
     */
    public Outputs run(
            GraphName graph,
            Map<String, Tensor> inputs,
            Set<String> outputs,
            boolean keepMemory,
            Cancellation cancellation) {
        requireWanted(cancellation);
        GraphSession session = sessions.get(graph);
        session.acquire();
        try {
            boolean keep = isForOneToken(graph, inputs)
                    || keepMemory && !options.provider().isCpu();
            return run(session.get(), graph, inputs, outputs, keep, cancellation);
        } finally {
            session.release();
        }
    }

    private static void requireWanted(Cancellation cancellation) {
        if (cancellation.isCancelled()) {
            throw new CancelledException("The request was cancelled.");
        }
    }

    private Outputs run(
            OrtSession session,
            GraphName graph,
            Map<String, Tensor> inputs,
            Set<String> outputs,
            boolean keepMemory,
            Cancellation cancellation) {
        Optional<String> returning = keepMemory ? Optional.empty() : arena;
        try (StoppableRun run = new StoppableRun(cancellation, returning)) {
            long start = System.nanoTime();
            Map<String, Tensor> results =
                    runner.run(session, inputs, outputs, run.options(), Location.WHERE_COMPUTED, copies::toHost);
            listener.onRun(graph, System.nanoTime() - start);
            return new Outputs(results);
        } catch (OrtException e) {
            if (cancellation.isCancelled()) {
                throw new CancelledException("The request was cancelled.", e);
            }
            throw new InferenceException(
                    "Graph " + graph.label() + " failed: " + OnnxRuntime.reason(e) + OnnxRuntime.remedy(e) + ".", e);
        }
    }

    /**
     * Whether a run is for one token. The next token needs the same memory again, above all for the cache, and getting
     * it back from the system page by page would take time.
     */
    private static boolean isForOneToken(GraphName graph, Map<String, Tensor> inputs) {
        return switch (graph) {
            case TEXT_EMBEDDING, TEXT_HEAD -> true;
            case DECODER_STEP -> inputs.get("embeds").dim(1) == 1;
            default -> false;
        };
    }

    /** A tensor in the float type of a graph's input. */
    public Tensor tensor(GraphName graph, String input, float[] values, long... shape) {
        return Tensor.of(inputType(graph, input), values, shape);
    }

    /** The float type that the manifest gives a graph's input. */
    OnnxJavaType inputType(GraphName graph, String input) {
        String type = folder.spec(graph).input(input).type();
        return switch (type) {
            case "float32" -> OnnxJavaType.FLOAT;
            case "float16" -> OnnxJavaType.FLOAT16;
            default ->
                throw new ModelFormatException(
                        "The manifest in " + folder.path() + " gives the input " + input + " of graph " + graph.label()
                                + " as " + type + ", not float32 or float16; export the model again.");
        };
    }

    private Opened open(GraphName graph) {
        requireNotClosed();
        long start = System.nanoTime();
        Opened opened = createOfThisModel(graph, Map.of());
        try {
            folder.requireUnchanged();
            SessionContract.check(opened.session(), folder.spec(graph));
            listener.onOpen(graph, System.nanoTime() - start);
            return opened;
        } catch (OrtException e) {
            opened.close();
            throw new InferenceException(
                    "ONNX Runtime does not tell the inputs of " + folder.file(graph) + ": " + OnnxRuntime.reason(e)
                            + ".",
                    e);
        } catch (RuntimeException | Error e) {
            opened.close();
            throw e;
        }
    }

    private void requireNotClosed() {
        if (closed) {
            throw new IllegalStateException("This UniPic is closed.");
        }
    }

    /** Creates a session. If the folder's files were replaced, the exception says so, whatever went wrong. */
    private Opened createOfThisModel(GraphName graph, Map<String, String> more) {
        try {
            return create(graph, more);
        } catch (ModelFormatException | InferenceException e) {
            try {
                folder.requireUnchanged();
            } catch (ModelFormatException changed) {
                changed.addSuppressed(e);
                throw changed;
            }
            throw e;
        }
    }

    /** @param more entries of the configuration, in addition to the graph's */
    private Opened create(GraphName graph, Map<String, String> more) {
        Path file = folder.file(graph);
        try (NativePath folderPath = NativePath.of(folder.path());
                OrtSession.SessionOptions sessionOptions = new OrtSession.SessionOptions()) {
            OptionalInt threads = threads(options.threads(), folder.bytes());
            if (threads.isPresent()) {
                sessionOptions.setIntraOpNumThreads(threads.getAsInt());
            }
            // Errors come as exceptions, and a cancelled run must not write to the user's console.
            sessionOptions.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
            // A memory pattern keeps the largest block that some sizes needed, in addition to those of other sizes.
            sessionOptions.setMemoryPatternOptimization(false);
            for (Map.Entry<String, String> entry : configuration(graph).entrySet()) {
                sessionOptions.addConfigEntry(entry.getKey(), entry.getValue());
            }
            for (Map.Entry<String, String> entry : more.entrySet()) {
                sessionOptions.addConfigEntry(entry.getKey(), entry.getValue());
            }
            Providers.addTo(sessionOptions, Nvidia.forGraph(options.provider(), folder.manifest(), folder.spec(graph)));
            String path = folderPath.path().resolve(file.getFileName()).toString();
            if (options.profileFolder().isEmpty()) {
                return create(path, graph, sessionOptions);
            }
            try (NativePath profiles = NativePath.of(options.profileFolder().get())) {
                sessionOptions.enableProfiling(
                        profiles.path().resolve(graph.label()).toString());
                return create(path, graph, sessionOptions);
            }
        } catch (OrtException e) {
            String what = "ONNX Runtime cannot load " + file;
            String remedy = OnnxRuntime.remedy(e);
            if (!remedy.isEmpty()) {
                throw new InferenceException(what + ": " + OnnxRuntime.reason(e) + remedy + ".", e);
            }
            if (options.provider().isCpu()) {
                throw new ModelFormatException(what + ": " + OnnxRuntime.reason(e) + "; export the model again.", e);
            }
            throw new InferenceException(
                    what + " with the execution provider " + options.provider() + ": " + OnnxRuntime.reason(e)
                            + "; use cpu to see whether the file is good.",
                    e);
        }
    }

    private Opened create(String path, GraphName graph, OrtSession.SessionOptions sessionOptions) throws OrtException {
        if (options.memory().mapped()) {
            return new Opened(OnnxRuntime.environment().createSession(path, sessionOptions), Optional.empty());
        }
        Weights weights = Weights.read(dataFiles, folder.file(graph), folder.spec(graph));
        try {
            if (options.provider().isCpu()) {
                weights.lendTo(sessionOptions);
                return new Opened(OnnxRuntime.environment().createSession(path, sessionOptions), Optional.of(weights));
            }
            weights.giveTo(sessionOptions);
            OrtSession session = OnnxRuntime.environment().createSession(path, sessionOptions);
            weights.close();
            return new Opened(session, Optional.empty());
        } catch (OrtException | RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    /** How many threads work on an operator; absent: ONNX Runtime chooses. */
    static OptionalInt threads(OptionalInt asked, long modelBytes) {
        return asked.isEmpty() && modelBytes < SMALL_MODEL ? OptionalInt.of(1) : asked;
    }

    /** Entries of a session's configuration, by ONNX Runtime's names. */
    Map<String, String> configuration(GraphName graph) {
        Map<String, String> entries = new TreeMap<>();
        // An image goes through several sessions in turn. The threads of one must not spin while another works.
        entries.put("session.force_spinning_stop", "1");
        if (!options.provider().isCpu()) {
            // Weights are allocated in their own size, not in an arena that grows by powers of two.
            entries.put("session.use_device_allocator_for_initializers", "1");
        }
        if (multipliesInPlace(graph)) {
            entries.put("session.disable_prepacking", "1");
        }
        return entries;
    }

    private boolean multipliesInPlace(GraphName graph) {
        return !options.memory().prepack()
                && options.provider().isCpu()
                && MULTIPLIED_IN_PLACE.contains(graph)
                && folder.spec(graph).precision().equals("float32");
    }

    /**
     * The provider that each node of a graph is assigned to. ONNX Runtime decides this when it opens a graph, after its
     * basic optimizations; those that depend on the provider come later and are not seen here. A session is opened for
     * this alone and does not run, and the sessions that run are not affected.
     *
     * @return empty if that cannot be read: before Java 22, or with an ONNX Runtime before 1.24
     * @throws IllegalStateException when this is closed
     * @throws UniPicException when the graph does not open
     */
    public Optional<List<AssignedNode>> assignments(GraphName graph) {
        requireNotClosed();
        return OrtAssignments.find().map(reader -> {
            try (Opened opened = createOfThisModel(graph, Map.of(AssignmentReader.RECORD, "1"))) {
                return reader.read(opened.session());
            } catch (OrtException e) {
                throw new InferenceException(
                        "ONNX Runtime does not tell the providers of graph " + graph.label() + ": "
                                + OnnxRuntime.reason(e) + ".",
                        e);
            }
        });
    }

    /**
     * Ends the traces of the graphs run so far and returns their files, one JSON file per graph in Chrome's tracing
     * format. Later runs are not traced. Call this only when no graph runs.
     *
     * @throws IllegalStateException when no traces were requested, or this is closed
     */
    public Map<GraphName, Path> endProfiling() {
        if (closed || options.profileFolder().isEmpty()) {
            throw new IllegalStateException(
                    closed ? "This UniPic is closed." : "No profile was requested: give RuntimeOptions a folder.");
        }
        Map<GraphName, Path> traces = new EnumMap<>(GraphName.class);
        sessions.forEach((graph, session) -> {
            try {
                session.endProfiling()
                        .ifPresent(trace ->
                                traces.put(graph, options.profileFolder().get().resolve(trace.getFileName())));
            } catch (OrtException e) {
                throw new InferenceException(
                        "The profile of graph " + graph.label() + " cannot be written: " + OnnxRuntime.reason(e) + ".",
                        e);
            }
        });
        return Map.copyOf(traces);
    }

    @Override
    public void close() {
        closed = true;
        List<AutoCloseable> all = new ArrayList<>(sessions.values());
        all.add(copies);
        Resources.close(all);
    }

    /** Run options through which a cancellation stops a graph run. */
    private static final class StoppableRun implements AutoCloseable {
        private final OrtSession.RunOptions options;
        private final Cancellation.Registration registration;

        /** @param returning the arena that returns unused memory to the system or the device after the run */
        StoppableRun(Cancellation cancellation, Optional<String> returning) throws OrtException {
            options = new OrtSession.RunOptions();
            try {
                options.setLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
                if (returning.isPresent()) {
                    options.addRunConfigEntry("memory.enable_memory_arena_shrinkage", returning.get());
                }
                registration = cancellation.onCancel(this::stop);
            } catch (OrtException | RuntimeException | Error e) {
                options.close();
                throw e;
            }
        }

        OrtSession.RunOptions options() {
            return options;
        }

        private void stop() {
            try {
                options.setTerminate(true);
            } catch (OrtException e) {
                throw new InferenceException("A run cannot be stopped: " + OnnxRuntime.reason(e) + ".", e);
            }
        }

        @Override
        public void close() {
            registration.close();
            options.close();
        }
    }
}
