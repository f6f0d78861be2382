package io.github.unipic.conformance.bench;

import static io.github.unipic.conformance.bench.LoadedModel.secondsSince;
import static io.github.unipic.model.GraphName.PIXEL_DECODER_TILE;

import com.sun.management.OperatingSystemMXBean;
import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.conformance.BenchmarkSettings;
import io.github.unipic.conformance.cases.SeededValues;
import io.github.unipic.generation.GenerationPlan.Sample;
import io.github.unipic.generation.ImageTasks;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.generation.TiledDecoder;
import io.github.unipic.runtime.Tensor;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Text to image, with an order and noise that other programs can compute too, such as conformance/pytorch/bench.py. */
final class ImageBench {
    static final String PROMPT = "A red fox in the snow";

    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private final LoadedModel model;
    private final BenchmarkSettings settings;
    private final Cancellation cancellation;

    ImageBench(LoadedModel model, BenchmarkSettings settings, Cancellation cancellation) {
        this.model = model;
        this.settings = settings;
        this.cancellation = cancellation;
    }

    Results.Preview preview(int size) {
        warmUp(size);
        List<Double> walls = new ArrayList<>();
        for (int i = 0; i < settings.repeat(); i++) {
            walls.add(firstPreview(request(size)));
        }
        return new Results.Preview(size, Spread.of(walls), ProcessMemory.now());
    }

    Results.Image whole(int size) {
        warmUp(size);
        GenerateRequest request =
                request(size).toBuilder().cancellation(cancellation).build();
        List<Double> walls = new ArrayList<>();
        List<Double> cpus = new ArrayList<>();
        double meanLevel = 0;
        model.times().forgetRuns();
        for (int i = 0; i < settings.repeat(); i++) {
            long start = System.nanoTime();
            long cpu = SYSTEM.getProcessCpuTime();
            Image image = draw(request);
            walls.add(secondsSince(start));
            cpus.add((SYSTEM.getProcessCpuTime() - cpu) / 1e9);
            meanLevel = meanLevel(image);
        }
        return new Results.Image(
                size,
                Spread.of(walls),
                Spread.of(cpus),
                model.times().graphs(settings.repeat()),
                meanLevel,
                ProcessMemory.now());
    }

    /** Opens the graphs that images need by generating a small one, and the graphs for tiles if the size needs them. */
    private void warmUp(int size) {
        int patch = model.manifest().sizes().downsampling();
        if ((long) size * size > settings.tileAbove() && model.engine().folder().has(PIXEL_DECODER_TILE)) {
            int channels = model.manifest().sizes().latentChannels();
            try (Tensor latents = Tensor.floats(new float[channels], 1, 1, 1, channels)) {
                model.engine().run(cancellation, execution -> new TiledDecoder(execution).decode(latents));
            }
        }
        draw(request(2 * patch).toBuilder()
                .diffusionSteps(2)
                .cancellation(cancellation)
                .build());
    }

    private GenerateRequest request(int size) {
        return GenerateRequest.builder(PROMPT)
                .size(size, size)
                .iterations(settings.iterations())
                .diffusionSteps(settings.steps())
                .guidance(settings.guidance())
                .guidanceReuse(settings.guidanceReuse())
                .tokenReuse(settings.tokenReuse())
                .guidanceSchedule(GuidanceSchedule.CONSTANT)
                .temperature(1)
                .build();
    }

    private Sample sample(int size) {
        int side = size / model.manifest().sizes().downsampling();
        SeededValues noise = values(size, "noise");
        return new Sample(values(size, "order").permutation(0, side * side), (position, row, destination) -> {
            long first = ((long) row * side * side + position) * destination.length;
            for (int channel = 0; channel < destination.length; channel++) {
                destination[channel] = noise.floatAt(first + channel);
            }
        });
    }

    private static SeededValues values(int size, String name) {
        return new SeededValues(0, "bench/" + size + "/" + name);
    }

    private Image draw(GenerateRequest request) {
        return model.engine().execute(request.cancellation(), execution -> {
            try (LanguageContext context = LanguageContext.empty(execution)) {
                return new ImageTasks(
                                execution, Optional.of(sample(request.width().getAsInt())))
                        .generate(request, context)
                        .get(0);
            }
        });
    }

    /** Seconds until the first iteration's preview is decoded; the rest of the image is not generated. */
    @SuppressWarnings("try") // the registration is only closed
    private double firstPreview(GenerateRequest request) {
        Cancellation enough = new Cancellation();
        double[] seconds = new double[1];
        long start = System.nanoTime();
        try (Cancellation.Registration both = cancellation.onCancel(enough::cancel)) {
            draw(request.toBuilder()
                    .cancellation(enough)
                    .listener(progress -> {
                        progress.preview().get();
                        seconds[0] = secondsSince(start);
                        enough.cancel();
                    })
                    .build());
        } catch (CancelledException e) {
            if (cancellation.isCancelled()) {
                throw e;
            }
        }
        return seconds[0];
    }

    private static double meanLevel(Image image) {
        long sum = 0;
        byte[] levels = image.rgb();
        for (byte level : levels) {
            sum += Byte.toUnsignedInt(level);
        }
        return (double) sum / levels.length;
    }
}
