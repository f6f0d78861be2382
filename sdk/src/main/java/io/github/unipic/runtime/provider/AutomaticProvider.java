package io.github.unipic.runtime.provider;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.ProviderChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Chooses the provider that {@link ExecutionProvider#AUTO} stands for on this machine. */
final class AutomaticProvider {
    private static final String NO_ENGINES =
            "it builds engines for minutes, and no folder is given to keep them (option " + Nvidia.ENGINES + ")";

    private AutomaticProvider() {}

    /** Tries a provider. */
    interface Trial {
        /** The reason why the provider does not work here; empty if it works. */
        Optional<String> obstacle(ExecutionProvider provider);
    }

    /**
     * Chooses a provider, and logs it with the reason.
     *
     * @throws InvalidRequestException when an option is wrong
     */
    static ProviderChoice choose(ExecutionProvider asked) {
        if (!Providers.isAutomatic(asked)) {
            return new ProviderChoice(asked, "asked for");
        }
        OnnxRuntime.environment();
        ProviderChoice choice = choose(asked, Nvidia::obstacle);
        Logger logger = LoggerFactory.getLogger(AutomaticProvider.class);
        boolean idleGpu = choice.provider().equals(ExecutionProvider.CPU) && Nvidia.hasIdleGpu();
        logger.atLevel(idleGpu ? Level.WARN : Level.INFO).log("Computing with {}", choice);
        return choice;
    }

    /** The first provider that works. */
    static ProviderChoice choose(ExecutionProvider asked, Trial trial) {
        NvidiaOptions.check(asked);
        ExecutionProvider forCuda = Nvidia.besideTensorRt(asked);
        List<String> passedOver = new ArrayList<>();
        for (ExecutionProvider candidate : List.of(new ExecutionProvider("tensorrt", asked.options()), forCuda)) {
            boolean engines =
                    candidate.name().equals("cuda") || candidate.options().containsKey(Nvidia.ENGINES);
            Optional<String> obstacle = engines ? trial.obstacle(candidate) : Optional.of(NO_ENGINES);
            if (obstacle.isEmpty()) {
                return choice(candidate, passedOver);
            }
            passedOver.add("not " + candidate.name() + ": " + obstacle.get());
        }
        return choice(ExecutionProvider.CPU, passedOver);
    }

    private static ProviderChoice choice(ExecutionProvider provider, List<String> passedOver) {
        return new ProviderChoice(
                provider, passedOver.isEmpty() ? "chosen as the fastest" : "chosen, " + String.join("; ", passedOver));
    }
}
