package io.github.unipic.conformance.checks;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.DescribeRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.ModelInfo.Task;
import io.github.unipic.UniPic;
import io.github.unipic.conformance.cases.Photos;
import io.github.unipic.conformance.compare.Comparer;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.CaseName;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/** Requests as in an application: the same one twice, and several at once, compared with the same ones run alone. */
public final class RequestChecks {
    private static final int SIDE_IN_TOKENS = 4;
    private static final int ITERATIONS = 3;
    private static final int DIFFUSION_STEPS = 6;
    private static final int ANSWER_TOKENS = 6;
    private static final String PHOTO = "chelsea.png";
    private static final CaseName TWICE = new CaseName(Area.DETERMINISM, "requests", "same_seed_twice");

    private final UniPic unipic;
    private final int side;
    private final Results results;
    private final Cancellation cancellation;

    /** @param downsampling pixels a side of one image token */
    public RequestChecks(UniPic unipic, int downsampling, Results results, Cancellation cancellation) {
        this.unipic = unipic;
        this.side = SIDE_IN_TOKENS * downsampling;
        this.results = results;
        this.cancellation = cancellation;
    }

    /** What {@link #run} runs. */
    public static List<CaseName> names(int atOnce) {
        return List.of(TWICE, severalAtOnce(atOnce));
    }

    private static CaseName severalAtOnce(int count) {
        return new CaseName(Area.CONCURRENCY, "requests", count + "_at_once");
    }

    /** @param atOnce how many requests run at the same time */
    public void run(int atOnce) {
        check(TWICE, this::twice);
        check(severalAtOnce(atOnce), comparer -> atOnce(atOnce, comparer));
    }

    private void check(CaseName name, Consumer<Comparer> work) {
        results.attempt(name, () -> {
            if (unipic.info().tasks().contains(Task.GENERATE)) {
                work.accept(new Comparer(name.area(), name.subject(), name.scenario(), results::add));
            } else {
                results.skip("determinism and concurrency: the model does not generate");
            }
        });
    }

    private void twice(Comparer comparer) {
        comparer.samePixels("image", image(7), image(7));
        if (describes()) {
            comparer.exact("answer", answer(), answer());
        }
    }

    private void atOnce(int count, Comparer comparer) {
        List<Supplier<long[]>> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long seed = i;
            requests.add(i % 3 == 2 && describes() ? this::answer : () -> widen(image(seed)));
        }
        List<long[]> oneByOne = requests.stream().map(Supplier::get).toList();
        ExecutorService pool = Executors.newFixedThreadPool(count);
        try {
            List<Future<long[]>> running =
                    requests.stream().map(request -> pool.submit(request::get)).toList();
            for (int i = 0; i < count; i++) {
                comparer.exact("request_" + i, result(running.get(i)), oneByOne.get(i));
            }
        } finally {
            pool.shutdown();
        }
    }

    private static long[] result(Future<long[]> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("The run was interrupted while requests were running.", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new CompletionException(e.getCause());
        }
    }

    private boolean describes() {
        return unipic.info().tasks().contains(Task.DESCRIBE);
    }

    private byte[] image(long seed) {
        Image image = unipic.generate(GenerateRequest.builder("a red fox in the snow")
                        .size(side, side)
                        .iterations(ITERATIONS)
                        .diffusionSteps(DIFFUSION_STEPS)
                        .seed(seed)
                        .cancellation(cancellation)
                        .build())
                .get(0);
        return image.rgb();
    }

    private long[] answer() {
        return unipic
                .describe(DescribeRequest.builder("What animal is this?")
                        .image(Photos.find(PHOTO).orElseThrow())
                        .maxTokens(ANSWER_TOKENS)
                        .cancellation(cancellation)
                        .build())
                .tokens()
                .stream()
                .mapToLong(Integer::longValue)
                .toArray();
    }

    private static long[] widen(byte[] bytes) {
        return LongStream.range(0, bytes.length).map(i -> bytes[(int) i]).toArray();
    }
}
