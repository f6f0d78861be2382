package io.github.unipic.cli;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.ProviderChoice;
import io.github.unipic.UniPic;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BooleanSupplier;
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
                    + ", or the last model of 'unipic download --export', or the built-in small model, which generates"
                    + " colored shapes.")
    private Path folder;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Processor threads to use. Default: one per core, or one for a model below 32 MB.")
    private Integer threads;

    @Mixin
    private ProviderOptions provider;

    @Mixin
    private MemoryOptions memory;

    private ProviderChoice choice;
    private ModelChoice model;

    /** Whether no model is named, so that the built-in one is used. */
    boolean isBuiltIn(Session session) {
        return ModelChoice.of(Optional.ofNullable(folder), session).folder().isEmpty();
    }

    /** Loads the requested model, or the built-in one, with a note on stderr of what it was trained on. */
    UniPic load(Session session, boolean quiet) {
        return load(session, () -> quiet);
    }

    /** @param noNote is asked only if the built-in model is used */
    UniPic load(Session session, BooleanSupplier noNote) {
        if (threads != null && threads < 1) {
            throw new ParameterException(command.commandLine(), "--threads is " + threads + ", but must be at least 1");
        }
        memory.requireValid();
        choice = provider.choose(ExecutionProvider.AUTO);
        ExecutionProvider asked = choice.provider();
        model = ModelChoice.of(Optional.ofNullable(folder), session);
        if (model.folder().isPresent()) {
            return builder(model.folder().get(), asked).load();
        }
        if (!noNote.getAsBoolean()) {
            session.err()
                    .println(
                            "No --model given: the built-in model knows colored shapes on plain backgrounds only ('unipic"
                                    + " generate --examples' shows which). 'unipic download --export int8' fetches the real one.");
        }
        return DefaultModel.of(session)
                .load(builtIn -> builder(builtIn, asked)
                        .verifyChecksums(DefaultModel.mayHaveChanged(builtIn))
                        .load());
    }

    /** The provider and the reason for it, once a model is loaded. */
    ProviderChoice choice() {
        return choice;
    }

    /** The reason for the choice of the model, once one is loaded. */
    String reason() {
        return model.reason();
    }

    private UniPic.Builder builder(Path chosen, ExecutionProvider asked) {
        UniPic.Builder builder = UniPic.builder(chosen)
                .provider(asked)
                .keepLoaded(memory.keepLoaded())
                .prepack(memory.prepack())
                .mapped(memory.mapped())
                .tileAbove(memory.tileAbove());
        return threads == null ? builder : builder.threads(threads);
    }
}
