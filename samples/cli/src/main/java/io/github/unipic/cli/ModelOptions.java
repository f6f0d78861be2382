package io.github.unipic.cli;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.ProviderChoice;
import io.github.unipic.UniPic;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options for the model and how it is loaded. */
final class ModelOptions {
    static final String MODEL_VARIABLE = "UNIPIC_MODEL";

    @Spec(Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Model folder, as 'unipic export' writes it. Default: $" + MODEL_VARIABLE
                    + ", else the small model that comes with unipic, which draws colored shapes.")
    private Path folder;

    @Option(names = "--threads", paramLabel = "N", description = "Processor threads to use. Default: one per core.")
    private Integer threads;

    @Mixin
    private ProviderOptions provider;

    @Mixin
    private MemoryOptions memory;

    private ProviderChoice choice;

    /** Whether no model is named, so that the built-in one is used. */
    boolean isBuiltIn(Session session) {
        return named(session).isEmpty();
    }

    private Optional<Path> named(Session session) {
        return Optional.ofNullable(folder)
                .or(() -> Optional.ofNullable(session.environment().apply(MODEL_VARIABLE))
                        .filter(text -> !text.isBlank())
                        .map(Path::of));
    }

    /** Loads the requested model, or the built-in one, with a note on stderr of what it was trained on. */
    UniPic load(Session session, boolean quiet) {
        if (threads != null && threads < 1) {
            throw new ParameterException(command.commandLine(), "--threads is " + threads + ", but must be at least 1");
        }
        memory.requireValid();
        choice = provider.choose(ExecutionProvider.AUTO);
        ExecutionProvider asked = choice.provider();
        Optional<Path> chosen = named(session);
        if (chosen.isPresent()) {
            return builder(chosen.get(), asked).load();
        }
        if (!quiet) {
            session.err()
                    .println(
                            "No --model given: the built-in model knows colored shapes on plain backgrounds only ('unipic"
                                    + " generate --examples' shows which). 'unipic export' makes a folder of the real one.");
        }
        return DefaultModel.of(session)
                .load(model -> builder(model, asked).verifyChecksums(true).load());
    }

    /** The provider and the reason for it, once a model is loaded. */
    ProviderChoice choice() {
        return choice;
    }

    private UniPic.Builder builder(Path model, ExecutionProvider asked) {
        UniPic.Builder builder = UniPic.builder(model)
                .provider(asked)
                .keepLoaded(memory.keepLoaded())
                .prepack(memory.prepack())
                .mapped(memory.mapped())
                .tileAbove(memory.tileAbove());
        return threads == null ? builder : builder.threads(threads);
    }
}
