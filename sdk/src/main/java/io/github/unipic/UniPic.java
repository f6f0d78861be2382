package io.github.unipic;

import io.github.unipic.ModelInfo.Flavor;
import io.github.unipic.ModelInfo.Precision;
import io.github.unipic.ModelInfo.Task;
import io.github.unipic.generation.ImageTasks;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Failures;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.runtime.provider.OnnxRuntime;
import io.github.unipic.text.PromptText;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A model, ready to draw, to edit and to look at images. Safe to use from many threads at once; requests share the
 * model's weights.
 *
 * <p>When the JVM exits, requests in progress are cancelled.
 *
 * <pre>{@code
 * try (UniPic unipic = UniPic.load(Path.of("unipic-1.5b"))) {
 *     Image fox = unipic.generate("A red fox in the snow");
 *     fox.save(Path.of("fox.png"));
 *     Image night = unipic.edit(fox, "Make it night");
 *     String text = unipic.describe(night, "What animal is this?");
 * }
 * }</pre>
 */
public final class UniPic implements AutoCloseable {
    /** Images of more pixels are decoded in tiles, unless {@link Builder#tileAbove} says otherwise: 1024 x 1024. */
    public static final long TILE_ABOVE = Memory.DEFAULTS.tileAbove();

    private static final Set<GraphName> DRAWING = EnumSet.of(
            GraphName.TEXT_EMBEDDING,
            GraphName.MAR_ENCODER,
            GraphName.DECODER_STEP,
            GraphName.MAR_DECODER,
            GraphName.TOKEN_SAMPLER,
            GraphName.PIXEL_DECODER);
    static final Set<GraphName> ANSWERING =
            EnumSet.of(GraphName.TEXT_EMBEDDING, GraphName.DECODER_STEP, GraphName.TEXT_HEAD);
    private static final Set<GraphName> MAR_VISION = EnumSet.of(GraphName.PIXEL_ENCODER, GraphName.MAR_ENCODER);

    private final Engine engine;

    private UniPic(Engine engine) {
        this.engine = engine;
    }

    /**
     * Opens a model folder with the defaults of {@link #builder}. Its weights are mapped: leave its files as they are
     * while the model is open, see {@link Builder#mapped}.
     *
     * @param folder that {@code unipic export} wrote
     * @return the model, to be closed by the caller
     * @throws UniPicException as {@link Builder#load}
     */
    public static UniPic load(Path folder) {
        return builder(folder).load();
    }

    /**
     * Opens a model folder in a way to be set.
     *
     * @param folder that {@code unipic export} wrote
     * @return a builder, which touches the folder in {@link Builder#load} only
     */
    public static Builder builder(Path folder) {
        return new Builder(folder);
    }

    /**
     * Runs every model of this process on another build of ONNX Runtime than that on the class path, such as a
     * vendor's. To be called before anything else that needs ONNX Runtime.
     *
     * @param folder that holds its library (on Linux {@code libonnxruntime.so}, {@code .so.1} or the like) and those of
     *     its providers. Its version must be 1.23 or later; on Linux it must be that of the ONNX Runtime on the class
     *     path, unless the folder also holds its own {@code libonnxruntime4j_jni.so}
     * @throws IllegalStateException when ONNX Runtime is in use in this process already
     * @throws InvalidRequestException when the folder holds none, or one of a version that cannot be used
     * @throws InferenceException when it does not load; this process can then run no model
     */
    public static void useNativeRuntime(Path folder) {
        Failures.guard(() -> OnnxRuntime.useNative(folder));
    }

    /**
     * Makes a vendor's plugin, a library with execution providers, known in this process. Its providers can then be
     * asked for by the names that {@link RuntimeInfo#devices} shows. May be called at any time before the models that
     * use it are loaded, but not before {@link #useNativeRuntime}.
     *
     * @param name of the registration, any that no other has
     * @param library the plugin's file, such as {@code libonnxruntime_providers_x.so}
     * @throws InvalidRequestException when there is no such file
     * @throws InferenceException when it does not load, or the name is taken
     */
    public static void registerProviderLibrary(String name, Path library) {
        Failures.guard(() -> OnnxRuntime.registerProviderLibrary(name, library));
    }

    /**
     * Says what computes when a provider is asked for: {@link ExecutionProvider#AUTO} becomes the one that this machine
     * can use, any other stays as it is. Loads that provider's libraries, and unpacks CUDA's where they are on the
     * class path and not installed.
     *
     * @param asked the provider, with the options it shall have
     * @return what computes, with those options that it takes, and why
     * @throws InvalidRequestException when an option of an automatic choice is wrong
     */
    public static ProviderChoice choose(ExecutionProvider asked) {
        return Failures.guard(() -> OnnxRuntime.choose(asked));
    }

    /**
     * The ONNX Runtime that models run on in this process. Loads its native library.
     *
     * @return its version, providers and devices
     * @throws InferenceException when its native library does not load
     */
    public static RuntimeInfo runtime() {
        // A method reference would link the class, and so miss others, outside the guard.
        return Failures.guard(() -> OnnxRuntime.info());
    }

    /**
     * What the model is and can do.
     *
     * @return from the folder's manifest; needs no graph
     */
    public ModelInfo info() {
        ModelFolder folder = engine.folder();
        Manifest manifest = folder.manifest();
        Set<Task> tasks = EnumSet.noneOf(Task.class);
        boolean vision = folder.has(GraphName.VISION_ENCODER) || has(MAR_VISION);
        if (has(DRAWING)) {
            tasks.add(Task.GENERATE);
        }
        if (has(DRAWING) && has(MAR_VISION)) {
            tasks.add(Task.EDIT);
            tasks.add(Task.INPAINT);
        }
        if (has(ANSWERING) && vision) {
            tasks.add(Task.DESCRIBE);
        }
        List<ModelInfo.GraphInfo> infos = manifest.graphs().entrySet().stream()
                .map(entry -> graphInfo(entry.getKey(), entry.getValue()))
                .toList();
        return new ModelInfo(
                manifest.name(),
                manifest.formatVersion(),
                folder.path(),
                folder.bytes(),
                manifest.defaults().width(),
                manifest.defaults().height(),
                manifest.sizes().downsampling(),
                Collections.unmodifiableSet(tasks),
                infos);
    }

    private boolean has(Set<GraphName> needed) {
        return needed.stream().allMatch(engine.folder()::has);
    }

    private ModelInfo.GraphInfo graphInfo(String name, Manifest.GraphSpec spec) {
        long bytes = Stream.concat(Stream.of(spec.file()), spec.data().stream())
                .mapToLong(file -> engine.manifest().files().get(file).bytes())
                .sum();
        return new ModelInfo.GraphInfo(
                name,
                Precision.valueOf(spec.precision().toUpperCase(Locale.ROOT)),
                Flavor.valueOf(spec.flavor().toUpperCase(Locale.ROOT)),
                bytes,
                spec.inputs().stream().map(Object::toString).toList(),
                spec.outputs().stream().map(Object::toString).toList());
    }

    /**
     * Counts the tokens of a text, as the model reads it. A prompt takes these, and a few for the chat form around it.
     *
     * @param text plain text, names of the model's special tokens included
     * @return 0 for an empty text
     * @throws InvalidRequestException when the text is not valid Unicode or holds NUL
     */
    public int countTokens(String text) {
        Values.checkText("the text", text);
        return engine.execute(execution -> engine.tokenizer().encode(PromptText.typed(text, false)).length);
    }

    /**
     * Draws one image with the model's defaults and a random seed, which the image's metadata tell.
     *
     * @param prompt what to draw, at most 100000 characters
     * @return the image, of the model's default size
     * @throws UniPicException as {@link #generate(GenerateRequest)}
     */
    public Image generate(String prompt) {
        return generate(GenerateRequest.of(prompt)).get(0);
    }

    /**
     * Draws {@link GenerateRequest#count} images as one batch, with the seeds s, s+1, s+2, ... Each one's metadata hold
     * the request that draws it again.
     *
     * @param request what to draw; what it does not set comes from the model's defaults
     * @return the images, in the order of their seeds
     * @throws InvalidRequestException when prompt and image do not fit into the model's context, or the size is not a
     *     multiple of {@link ModelInfo#sizeMultiple}
     * @throws CancelledException when the request's {@link Cancellation} was used
     * @throws ModelFormatException when the model has no graphs for this, or they are damaged
     * @throws InferenceException when ONNX Runtime fails
     */
    public List<Image> generate(GenerateRequest request) {
        try (Conversation conversation = conversation()) {
            return conversation.generate(request);
        }
    }

    /**
     * Changes an image as an instruction says, with the model's defaults and a random seed.
     *
     * @param source of any shape; its middle square is used
     * @param instruction how to change it, at most 100000 characters
     * @return a square image, of the model's default size
     * @throws UniPicException as {@link #edit(EditRequest)}
     */
    public Image edit(Image source, String instruction) {
        return edit(EditRequest.of(source, instruction)).get(0);
    }

    /**
     * Changes an image as the request's instruction says, {@link EditRequest#count} times as one batch.
     *
     * @param request the image and the instruction
     * @return square images, in the order of their seeds
     * @throws InvalidRequestException when the size does not fit the model, or the instruction is too long
     * @throws UniPicException otherwise as {@link #generate(GenerateRequest)}
     */
    public List<Image> edit(EditRequest request) {
        try (Conversation conversation = conversation()) {
            return conversation.edit(request);
        }
    }

    /**
     * Regenerates a part of an image, {@link InpaintRequest#count} times as one batch.
     *
     * @param request the image, the mask and the prompt
     * @return images in the order of their seeds, of the source's size
     * @throws InvalidRequestException when the mask regenerates nothing, or the prompt is too long
     * @throws UniPicException otherwise as {@link #generate(GenerateRequest)}
     */
    public List<Image> inpaint(InpaintRequest request) {
        return engine.execute(request.cancellation(), execution -> new ImageTasks(execution).inpaint(request));
    }

    /**
     * Makes the images of a request of any kind.
     *
     * @param request of one of the three kinds
     * @return {@link ImageRequest#count} images, in the order of their seeds
     * @throws UniPicException as {@link #generate(GenerateRequest)}, {@link #edit(EditRequest)} or
     *     {@link #inpaint(InpaintRequest)}
     */
    public List<Image> images(ImageRequest request) {
        if (request instanceof GenerateRequest generate) {
            return generate(generate);
        }
        return request instanceof EditRequest edit ? edit(edit) : inpaint((InpaintRequest) request);
    }

    /**
     * Answers a question about an image; greedy, at most 1024 tokens.
     *
     * @param image of any size
     * @param question at most 100000 characters; blank for the model's own "describe the image"
     * @return the answer's text
     * @throws UniPicException as {@link #describe(DescribeRequest)}
     */
    public String describe(Image image, String question) {
        return describe(DescribeRequest.builder(question).image(image).build()).text();
    }

    /**
     * Answers a question about one or more images.
     *
     * @param request with at least one image, or a history
     * @return the answer
     * @throws InvalidRequestException when there is neither, or the question is too long for the model
     * @throws CancelledException when the request's {@link Cancellation} was used
     * @throws ModelFormatException when the model has no graphs for this, or they are damaged
     * @throws InferenceException when ONNX Runtime fails
     */
    public Answer describe(DescribeRequest request) {
        if (request.images().isEmpty() && request.history().isEmpty()) {
            throw new InvalidRequestException("a question needs an image: add one with image(...)");
        }
        try (Conversation conversation = conversation()) {
            return conversation.ask(request);
        }
    }

    /**
     * Starts a conversation.
     *
     * @return an empty one, to be closed by the caller, before the model
     */
    public Conversation conversation() {
        return new Conversation(engine);
    }

    boolean owns(Conversation conversation) {
        return conversation.isOf(engine);
    }

    /**
     * Refuses new requests, waits until those in progress have ended, and frees the model. A listener may call this:
     * then it does not wait, and the model is freed when the last request ends. Closing twice does nothing.
     */
    @Override
    public void close() {
        engine.close();
    }

    /**
     * As {@link #close()}, but cancels the requests that are still in progress after some time; they end with a
     * {@link CancelledException}. Returns at most ten seconds after that time, even when a listener keeps a request
     * from ending; such a request frees the model when it ends.
     *
     * @param grace how long requests may go on; zero to cancel them at once
     */
    public void close(Duration grace) {
        engine.close(grace);
    }

    /** Says how to open a model folder. Not thread-safe. */
    public static final class Builder {
        private final Path folder;
        private OptionalInt threads = OptionalInt.empty();
        private ExecutionProvider provider = ExecutionProvider.AUTO;
        private Memory memory = Memory.DEFAULTS;
        private boolean verifyChecksums;

        private Builder(Path folder) {
            this.folder = folder;
        }

        /**
         * How many threads work on one operator; by default one per physical core, or one for a model of less than 32
         * MB, such as the built-in one.
         *
         * @param count 1 to 1024
         * @return this builder
         * @throws InvalidRequestException unless it is 1 to 1024
         */
        public Builder threads(int count) {
            if (count < 1 || count > 1024) {
                throw new InvalidRequestException("threads is " + count + "; give 1 to 1024.");
            }
            threads = OptionalInt.of(count);
            return this;
        }

        /**
         * Sets the execution provider. The default is {@link ExecutionProvider#AUTO}, as on the command line, because
         * users expect a working GPU to be used. {@link UniPic#choose} gives the reason for the choice.
         *
         * @param chosen with its options; {@link #load} checks whether it works here
         * @return this builder
         */
        public Builder provider(ExecutionProvider chosen) {
            provider = chosen;
            return this;
        }

        /**
         * Whether a graph stays in memory once it was needed, so that the next request need not load it; on by default.
         * Otherwise each is freed when the phase of a request that needs it ends (reading images, the prompt, the loop
         * or the answer, the drawn pixels) and no other request is in that phase: less memory at the peak, and seconds
         * more for each request. Previews then load the pixel decoder each time.
         *
         * @param keep false to free graphs after each phase
         * @return this builder
         */
        public Builder keepLoaded(boolean keep) {
            memory = memory.withKeepLoaded(keep);
            return this;
        }

        /**
         * Whether the CPU copies float32 weights into the layout it multiplies fastest, for a process that serves many
         * requests; off by default. Copies take as much memory as the weights, seconds when a graph is first needed,
         * and gain what docs/benchmarks.md shows. Without them the weights stay mapped, which the system can take back
         * and several processes share. Of no effect on weights in other types and on other execution providers.
         *
         * @param copy true to copy
         * @return this builder
         */
        public Builder prepack(boolean copy) {
            memory = memory.withPrepack(copy);
            return this;
        }

        /**
         * From which size on images are decoded in tiles of about 256 x 256 pixels: those of more pixels than this,
         * previews included; {@link #TILE_ABOVE} by default. The last part of decoding, which needs most memory, then
         * needs as much as a tile does, and takes several times as long. Pixel values differ from those of decoding the
         * whole by at most 1 in nearly all values, at the edges of tiles as elsewhere. A model folder without the
         * graphs for tiles, as earlier versions wrote it, decodes every image whole.
         *
         * @param pixels width times height; 0 for tiles always, {@link Long#MAX_VALUE} for never
         * @return this builder
         * @throws InvalidRequestException when it is negative
         */
        public Builder tileAbove(long pixels) {
            memory = memory.withTileAbove(pixels);
            return this;
        }

        /**
         * Whether weights stay in their files, mapped, of which the system reads what is used and takes the memory back
         * when it needs it; on by default. <strong>A mapped file that is cut short or whose disk fails while the model
         * is in use ends the process</strong> (SIGBUS), as nothing can catch that. Replace a model only by renaming
         * whole folders, as {@code unipic export} does: a model that is open goes on with the old files.
         *
         * <p>Otherwise, for folders on network drives and the like, weights are read into memory: {@link #load} opens
         * every graph, which takes as much memory as the folder's size and the time to read it, and the files are not
         * needed any more after that. With {@link #keepLoaded keepLoaded(false)} a graph is read each time it is
         * needed.
         *
         * @param map false to read weights into memory
         * @return this builder
         */
        public Builder mapped(boolean map) {
            memory = memory.withMapped(map);
            return this;
        }

        /**
         * Whether to compare the SHA-256 of the weights, which reads the whole folder; off by default. That of all
         * other files is always compared.
         *
         * @param verify true to read and compare all
         * @return this builder
         */
        public Builder verifyChecksums(boolean verify) {
            verifyChecksums = verify;
            return this;
        }

        /**
         * Opens the folder. Graphs are loaded when first needed, and held against the manifest then. A folder that is
         * replaced by another model's meanwhile is noticed: a graph that was not loaded before is then refused with a
         * {@link ModelFormatException}.
         *
         * @return the model, to be closed by the caller
         * @throws ModelFormatException when the folder is missing, incomplete, damaged or of another version
         * @throws InvalidRequestException when the execution provider is unknown or not here, or an option of it is
         *     wrong
         * @throws InferenceException when the execution provider does not work on this machine
         */
        public UniPic load() {
            RuntimeOptions options = new RuntimeOptions(threads, provider, Optional.empty(), memory);
            return Failures.guard(() -> new UniPic(Engine.open(ModelFolder.open(folder, verifyChecksums), options)));
        }
    }
}
