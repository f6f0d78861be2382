package io.github.unipic.conformance.golden;

import static io.github.unipic.model.GraphName.DECODER_STEP;
import static io.github.unipic.model.GraphName.DIFFUSION_HEAD;
import static io.github.unipic.model.GraphName.MAR_DECODER;
import static io.github.unipic.model.GraphName.MAR_ENCODER;
import static io.github.unipic.model.GraphName.PIXEL_DECODER;
import static io.github.unipic.model.GraphName.PIXEL_ENCODER;
import static io.github.unipic.model.GraphName.TEXT_EMBEDDING;
import static io.github.unipic.model.GraphName.TEXT_HEAD;
import static io.github.unipic.model.GraphName.TOKEN_SAMPLER;
import static io.github.unipic.model.GraphName.VISION_ENCODER;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.Reuse;
import io.github.unipic.conformance.cases.Case;
import io.github.unipic.conformance.cases.Case.Output;
import io.github.unipic.conformance.cases.Expected;
import io.github.unipic.conformance.cases.GreedyAnswer;
import io.github.unipic.conformance.cases.ImageRun;
import io.github.unipic.conformance.cases.Judge;
import io.github.unipic.conformance.cases.Photos;
import io.github.unipic.conformance.cases.Value;
import io.github.unipic.conformance.cases.Value.Integers;
import io.github.unipic.conformance.cases.Value.Values;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.checkpoint.CheckpointTensor;
import io.github.unipic.generation.Autoencoder;
import io.github.unipic.generation.DiffusionPlan;
import io.github.unipic.generation.DiffusionSampler;
import io.github.unipic.generation.DiffusionSchedule;
import io.github.unipic.generation.GenerationPlan;
import io.github.unipic.generation.GenerationPlan.Sample;
import io.github.unipic.generation.ImageEncoder;
import io.github.unipic.generation.ImageGenerator.Observer;
import io.github.unipic.generation.ImageTokens;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.generation.LanguageModel;
import io.github.unipic.generation.LanguageModel.Extension;
import io.github.unipic.generation.MarEncoding;
import io.github.unipic.generation.MarModel;
import io.github.unipic.generation.MarModel.DecoderInputs;
import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import io.github.unipic.generation.VisionEncoder;
import io.github.unipic.image.Framing;
import io.github.unipic.image.Pixels;
import io.github.unipic.image.Resampling;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Golden files as cases. One instance is one run of one file: the sdk computes the outputs from the file's inputs. */
final class GoldenCases {
    private final GoldenFile golden;
    private final Execution execution;
    private final Consumer<Output> outputs;
    private final LanguageModel llm;
    private final MarModel mar;
    private final Autoencoder autoencoder;

    private GoldenCases(GoldenFile golden, Execution execution, Consumer<Output> outputs) {
        this.golden = golden;
        this.execution = execution;
        this.outputs = outputs;
        this.llm = new LanguageModel(execution);
        this.mar = new MarModel(execution);
        this.autoencoder = new Autoencoder(execution);
    }

    /**
     * The cases of a file, chosen by its name; none if the name is unknown.
     *
     * @param checkpoint that the graphs were exported from
     */
    static List<Case> of(GoldenFile golden, Path checkpoint) {
        String name = golden.name();
        String kind = Stream.of("t2i_", "edit_", "understand_", "token_sampler", "generation_step")
                .filter(name::startsWith)
                .findFirst()
                .orElse(name);
        return switch (kind) {
            case "t2i_" -> List.of(task(golden, Area.LOOP, GoldenCases::textToImage));
            case "edit_" -> List.of(task(golden, Area.LOOP, GoldenCases::edit, PIXEL_ENCODER));
            case "understand_" ->
                List.of(
                        answer(golden, "mar", GoldenCases::understandByMar, PIXEL_ENCODER),
                        answer(golden, "siglip2", GoldenCases::understandBySiglip, VISION_ENCODER));
            case "pixel_encoder" -> List.of(graph(golden, GoldenCases::pixelEncoder, PIXEL_ENCODER));
            case "pixel_decoder" -> List.of(graph(golden, GoldenCases::pixelDecoder));
            case "vision_encoder" -> List.of(graph(golden, GoldenCases::visionEncoder, VISION_ENCODER));
            case "text" -> List.of(graph(golden, GoldenCases::text));
            case "token_sampler" -> List.of(graph(golden, GoldenCases::tokenSampler));
            case "generation_step" -> List.of(graph(golden, run -> run.generationStep(checkpoint)));
            case "preprocess" -> List.of(graph(golden, GoldenCases::preprocess));
            default -> List.of();
        };
    }

    private static Case graph(GoldenFile golden, Consumer<GoldenCases> work, GraphName... graphs) {
        return one(golden, Area.GRAPH, golden.name(), golden.name(), Set.of(graphs), work);
    }

    private static Case task(GoldenFile golden, Area area, Consumer<GoldenCases> work, GraphName... graphs) {
        return one(golden, area, golden.task(), golden.name(), Set.of(graphs), work);
    }

    /** @param encoder of the two that a file has answers for */
    private static Case answer(GoldenFile golden, String encoder, Consumer<GoldenCases> work, GraphName graph) {
        String name = golden.name() + "_" + encoder;
        return one(golden, Area.UNDERSTANDING, golden.task(), name, Set.of(graph), work);
    }

    private static Case one(
            GoldenFile golden,
            Area area,
            String subject,
            String name,
            Set<GraphName> graphs,
            Consumer<GoldenCases> work) {
        Case.Run run = (execution, outputs) -> work.accept(new GoldenCases(golden, execution, outputs));
        return new Case(area, subject, name, "", graphs, false, run);
    }

    // ---- photos and single graphs

    /** Keys PHOTO/MODE/SIZE, if the photo is built in. */
    private void preprocess() {
        for (String key : golden.keys()) {
            String[] parts = key.split("/");
            Photos.find(parts[0]).ifPresent(photo -> {
                int side = Integer.parseInt(parts[2]);
                Image square = parts[1].equals("pad") ? Framing.padToSquare(photo) : Framing.cropToSquare(photo);
                Image framed = Resampling.resize(square, side, side);
                task(Area.PREPROCESSING, key, new Photo(framed, parts[0].endsWith(".jpg")));
            });
        }
    }

    private void pixelEncoder() {
        graph(PIXEL_ENCODER, "latents", golden.tensor("pixels"), autoencoder::encode);
    }

    private void pixelDecoder() {
        graph(PIXEL_DECODER, "pixels", golden.tensor("latents"), autoencoder::decode);
    }

    private void visionEncoder() {
        graph(VISION_ENCODER, "image_embeds", golden.tensor("pixels"), new VisionEncoder(execution)::encode);
    }

    private void text() {
        try (Tensor embeds = llm.embed(golden.rows("ids"))) {
            graph(TEXT_EMBEDDING, "embeds", embeds);
        }
        graph(TEXT_HEAD, "logits", activations("hidden"), llm::logits);
    }

    private void tokenSampler() {
        DiffusionSchedule schedule = schedule(golden.longs("timesteps").length);
        DiffusionSampler sampler = new DiffusionSampler(execution);
        long[] ascending = LongStream.of(schedule.timesteps()).sorted().toArray();
        give(Area.GRAPH, TOKEN_SAMPLER.label(), "timesteps", new Integers(ascending));
        Floats conditional = golden.values("z_cond");
        float[] both = concat(conditional.values(), golden.values("z_uncond").values());
        Floats noise = golden.values("noise");
        int tokens = Math.toIntExact(noise.shape()[1]);
        int channels = Math.toIntExact(noise.shape()[2]);
        float[] start = Arrays.copyOf(noise.values(), tokens * channels);
        try (Tensor noiseTensor = golden.tensor("noise");
                Tensor zBoth = activations(
                        both, 2 * conditional.shape()[0], conditional.shape()[1]);
                Tensor z = activations("z_cond");
                Tensor x = Tensor.floats(start, tokens, channels);
                Tensor guided =
                        sampler.sample(zBoth, noiseTensor, schedule, number("guidance"), number("temperature"));
                Tensor plain = sampler.sample(z, noiseTensor, schedule, 1.0, 1.0);
                Tensor predicted = sampler.evaluate(x, schedule.timesteps()[0], z)) {
            graph(TOKEN_SAMPLER, "tokens_guided", guided);
            graph(TOKEN_SAMPLER, "tokens_plain", plain);
            graph(DIFFUSION_HEAD, "head_out_first_step", predicted);
        }
    }

    private void generationStep(Path checkpoint) {
        JsonNode size = golden.parameter("grid");
        Grid grid = new Grid(size.path(0).asInt(), size.path(1).asInt());
        long[][] visible = golden.rows("visible");
        List<int[]> known = Arrays.stream(visible).map(GoldenCases::narrow).toList();
        List<int[]> everywhere = Collections.nCopies(
                visible.length, IntStream.range(0, grid.tokens()).toArray());
        try (Tensor tokens = gather(visible);
                MarEncoding encoding = mar.encode(tokens, known, grid)) {
            graph(MAR_ENCODER, "x_enc", encoding.encoded());
            graph(MAR_ENCODER, "z_enc", encoding.embeds());
            try (Tensor promptEmbeds = activations("prompt_embeds");
                    KvCache none = llm.emptyCache(promptEmbeds.dim(0));
                    KvCache prompts = prefill(none, promptEmbeds);
                    Tensor embeds = activations("z_enc");
                    Tensor hidden = llm.hidden(embeds, prompts)) {
                compareCache(prompts);
                graph(DECODER_STEP, "llm_hidden", hidden);
            }
            try (Tensor encoded = activations("x_enc");
                    Tensor hidden = activations("llm_hidden");
                    Tensor blank = mar.blankCanvas();
                    Tensor z = mar.decode(new DecoderInputs(encoded, hidden, known, everywhere, blank, grid));
                    Tensor source = canvas(checkpoint);
                    Tensor edited = mar.decode(new DecoderInputs(encoded, hidden, known, everywhere, source, grid))) {
                graph(MAR_DECODER, "z", z);
                graph(MAR_DECODER, "z_with_x_con", edited);
            }
        }
    }

    private KvCache prefill(KvCache none, Tensor embeds) {
        Extension prompts = llm.extend(none, embeds);
        prompts.hidden().close();
        return prompts.cache();
    }

    private void compareCache(KvCache prompts) {
        for (int layer = 0; layer < execution.manifest().sizes().layers(); layer++) {
            give(Area.GRAPH, DECODER_STEP.label(), "past_key." + layer, first(prompts.keys(layer)));
            give(Area.GRAPH, DECODER_STEP.label(), "past_value." + layer, first(prompts.values(layer)));
        }
    }

    private Tensor activations(String key) {
        Floats values = golden.values(key);
        return activations(values.values(), values.shape());
    }

    /** Values in the float type of the model's activations between graphs. */
    private Tensor activations(float[] values, long... shape) {
        return execution.engine().graphs().tensor(DECODER_STEP, "embeds", values, shape);
    }

    private static int[] narrow(long[] positions) {
        return LongStream.of(positions).mapToInt(Math::toIntExact).toArray();
    }

    /** The golden file has the first sample's cache only. */
    private static Value first(Tensor tensor) {
        float[] all = tensor.toFloats();
        return Values.flat(Arrays.copyOf(all, all.length / tensor.dim(0)));
    }

    /** The tokens at the visible positions, [B,V,channels]. */
    private Tensor gather(long[][] visible) {
        Floats tokens = golden.values("tokens");
        int positions = Math.toIntExact(tokens.shape()[1]);
        int channels = Math.toIntExact(tokens.shape()[2]);
        float[] known = new float[visible.length * visible[0].length * channels];
        int to = 0;
        for (int row = 0; row < visible.length; row++) {
            for (long position : visible[row]) {
                int from = Math.toIntExact((row * positions + position) * channels);
                System.arraycopy(tokens.values(), from, known, to, channels);
                to += channels;
            }
        }
        return Tensor.floats(known, visible.length, visible[0].length, channels);
    }

    /**
     * decoder_embed of x_con, computed here because the golden file has no source image from which the MAR encoder's
     * graph could compute the canvas.
     */
    private Tensor canvas(Path checkpoint) {
        Floats source = golden.values("x_con");
        int dim = Math.toIntExact(source.shape()[2]);
        float[] in = source.values();
        float[] out = new float[in.length];
        float[] weight = new float[dim * dim];
        float[] bias = new float[dim];
        try (Checkpoint weights = Checkpoint.open(checkpoint)) {
            CheckpointTensor matrix = weights.require("mar.decoder_embed.weight", dim, dim);
            matrix.read(0, weight, 0, weight.length);
            weights.require("mar.decoder_embed.bias", dim).read(0, bias, 0, dim);
        }
        for (int row = 0; row < in.length / dim; row++) {
            for (int o = 0; o < dim; o++) {
                double sum = bias[o];
                for (int i = 0; i < dim; i++) {
                    sum += (double) weight[o * dim + i] * in[row * dim + i];
                }
                out[row * dim + o] = (float) sum;
            }
        }
        return activations(out, source.shape());
    }

    private static float[] concat(float[] first, float[] second) {
        float[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
    // ---- whole tasks

    private void textToImage() {
        tokenize("input_ids", "prompt");
        tokenize("uncond_ids", "uncond_prompt");
        try (LanguageContext conditional = LanguageContext.empty(execution);
                LanguageContext unconditional = LanguageContext.empty(execution);
                Tensor canvas = new MarModel(execution).blankCanvas()) {
            conditional.tokens(golden.longs("input_ids"));
            unconditional.tokens(golden.longs("uncond_ids"));
            image(this::compareStep).generate(conditional, unconditional, canvas);
        }
    }

    private void tokenize(String key, String prompt) {
        String turn = execution.manifest().prompts().turn().replace("{}", text(prompt));
        task(
                Area.PREPROCESSING,
                key,
                new Integers(execution.engine().tokenizer().encode(turn)));
    }

    /** Starts from the photo if it is built in, otherwise from the golden file's pixels. */
    private void edit() {
        try (Tensor pixels = sourcePixels();
                MarEncoding source = new ImageEncoder(execution).encode(pixels);
                LanguageContext conditional = LanguageContext.empty(execution);
                LanguageContext unconditional = LanguageContext.empty(execution)) {
            loop("x_con", source.encoded().toFloats());
            loop("z_enc", source.embeds().toFloats());
            fill(conditional, "input_ids", source.embeds());
            fill(unconditional, "uncond_ids", source.embeds());
            image((iteration, z, tokens) -> {})
                    .generate(conditional, unconditional, source.canvas().orElseThrow());
        }
    }

    private Tensor sourcePixels() {
        Optional<Image> photo = Photos.find(text("photo"));
        if (photo.isEmpty()) {
            return golden.tensor("source_pixels");
        }
        int side = Math.toIntExact(golden.values("source_pixels").shape()[3]);
        float[] pixels = Pixels.fromImage(Resampling.resize(Framing.cropToSquare(photo.get()), side, side));
        loop("source_pixels", pixels);
        return Tensor.floats(pixels, 1, 3, side, side);
    }

    private void understandByMar() {
        try (Tensor pixels = golden.tensor("mar.pixels");
                MarEncoding source = new ImageEncoder(execution).encode(pixels)) {
            answer("mar.", source.embeds());
        }
    }

    private void understandBySiglip() {
        try (Tensor pixels = golden.tensor("siglip2.pixels");
                Tensor embeds = new VisionEncoder(execution).encode(pixels)) {
            answer("siglip2.", embeds);
        }
    }

    private void answer(String path, Tensor embeds) {
        int tokens = golden.longs(path + "output_ids").length;
        List<Integer> stops = List.of((int) number("eos_token_id"));
        try (LanguageContext context = LanguageContext.empty(execution)) {
            fill(context, path + "input_ids", embeds);
            GreedyAnswer answer = GreedyAnswer.of(execution, context, tokens, stops);
            task(Area.UNDERSTANDING, path + "output_ids", new AnswerTokens(answer.ids()));
        }
    }

    /** Appends a prompt in which {@code embeds} replace the image placeholders. */
    private void fill(LanguageContext context, String key, Tensor embeds) {
        long[] ids = golden.longs(key);
        long placeholder = execution.manifest().tokens().image();
        int first = 0;
        while (first < ids.length && ids[first] != placeholder) {
            first++;
        }
        context.tokens(Arrays.copyOf(ids, first));
        context.embeds(embeds);
        context.tokens(Arrays.copyOfRange(ids, first + embeds.dim(1), ids.length));
    }

    private void compareStep(Iteration iteration, Tensor z, ImageTokens tokens) {
        String step = "step" + iteration.index() + ".";
        float[] rows = z.toFloats();
        integers(step + "visible", iteration.known());
        integers(step + "predicted", iteration.predicted());
        loop(step + "z_cond", Arrays.copyOf(rows, rows.length / z.dim(0)));
        try (Tensor latents = tokens.latents(0)) {
            loop(step + "tokens", latents.toFloats());
        }
    }

    private void integers(String key, List<int[]> positions) {
        task(
                Area.LOOP,
                key,
                new Integers(Arrays.stream(positions.get(0)).asLongStream().toArray()));
    }

    private ImageRun image(Observer observer) {
        int[] order =
                Arrays.stream(golden.longs("order")).mapToInt(Math::toIntExact).toArray();
        // [steps+1,N,channels], indexed by position
        Floats noise = golden.values("noise");
        int tokens = Math.toIntExact(noise.shape()[1]);
        Sample sample = new Sample(
                order,
                (position, row, destination) -> System.arraycopy(
                        noise.values(),
                        (row * tokens + position) * destination.length,
                        destination,
                        0,
                        destination.length));
        GenerationPlan plan = new GenerationPlan(
                new Grid((int) number("h"), (int) number("w")),
                (int) number("num_iter"),
                number("cfg"),
                GuidanceSchedule.valueOf(text("cfg_schedule").toUpperCase(Locale.ROOT)),
                number("temperature"),
                Reuse.NONE,
                Reuse.NONE,
                DiffusionPlan.constant(
                        (int) number("steps"), execution.manifest().diffusion().maxBeta()),
                Optional.empty(),
                List.of(sample));
        return new ImageRun(execution, plan, observer, this::imageOutput);
    }

    private DiffusionSchedule schedule(int steps) {
        return DiffusionSchedule.cosine(steps, execution.manifest().diffusion().maxBeta());
    }

    private double number(String parameter) {
        return golden.parameter(parameter).asDouble();
    }

    private String text(String parameter) {
        return golden.parameter(parameter).asText();
    }

    // ---- outputs

    /** The model's output for an input, which is closed. */
    private void graph(GraphName graph, String key, Tensor input, UnaryOperator<Tensor> model) {
        try (input;
                Tensor output = model.apply(input)) {
            graph(graph, key, output);
        }
    }

    private void graph(GraphName graph, String key, Tensor tensor) {
        give(Area.GRAPH, graph.label(), key, Values.flat(tensor.toFloats()));
    }

    /** An intermediate result of an image. */
    private void loop(String key, float[] values) {
        task(Area.LOOP, key, Values.flat(values));
    }

    private void imageOutput(String key, Value value) {
        task(
                Area.LOOP,
                key,
                value instanceof Values shaped ? Values.flat(shaped.floats().values()) : value);
    }

    private void task(Area area, String key, Value value) {
        give(area, golden.task(), key, value);
    }

    private void give(Area area, String subject, String key, Value value) {
        outputs.accept(new Output(area, subject, key, value));
    }

    /**
     * A framed and resized photo.
     *
     * @param jpeg whether it is a JPEG, whose decoders round differently; otherwise all bytes must be equal
     */
    private record Photo(Image image, boolean jpeg) implements Value {
        /** The largest mean difference of a JPEG's pixel values, of 255. */
        private static final double JPEG_LIMIT = 2;

        @Override
        public void judge(Judge judge) {
            judge.against(Expected::image, right -> {
                if (jpeg) {
                    judge.comparer().meanDifference(judge.name(), image.rgb(), right.rgb(), JPEG_LIMIT);
                } else {
                    judge.comparer().samePixels(judge.name(), image.rgb(), right.rgb());
                }
            });
        }
    }

    /**
     * An answer, which must be equal in float32. In a lower precision it may diverge at a token that is nearly as
     * likely. Golden files have no margins to judge that; reference files do.
     */
    private record AnswerTokens(long... ids) implements Value {
        private static final String EXACT = "fp32";

        @Override
        public void judge(Judge judge) {
            String precision = judge.tolerances().tasks().precision();
            if (precision.equals(EXACT)) {
                new Integers(ids).judge(judge);
            } else {
                String output = judge.one().name() + "/" + judge.name();
                judge.results().skip(output + ": no margins to judge " + precision + " by");
            }
        }
    }
}
