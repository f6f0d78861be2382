package io.github.unipic.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Which model a command uses.
 *
 * @param folder the model folder; empty for the built-in model
 * @param reason for the user
 */
record ModelChoice(Optional<Path> folder, String reason) {
    /** The first of: the option's model, the variable's, the downloaded one, the built-in one. */
    static ModelChoice of(Optional<Path> option, Session session) {
        if (option.isPresent()) {
            return new ModelChoice(option, "named by --model");
        }
        Optional<Path> variable = Optional.ofNullable(session.environment().apply(ModelOptions.MODEL_VARIABLE))
                .filter(text -> !text.isBlank())
                .map(Path::of);
        if (variable.isPresent()) {
            return new ModelChoice(variable, "named by " + ModelOptions.MODEL_VARIABLE + ", without --model");
        }
        String unnamed = "without --model and " + ModelOptions.MODEL_VARIABLE;
        Optional<Path> downloaded = DownloadedModel.of(session).current();
        if (downloaded.filter(Files::isDirectory).isPresent()) {
            return new ModelChoice(downloaded, "downloaded, and the last one exported; " + unnamed);
        }
        return new ModelChoice(
                Optional.empty(),
                "built in; " + unnamed
                        + downloaded
                                .map(gone -> ", and the downloaded model " + gone + " no longer exists")
                                .orElse(", and no model was downloaded"));
    }
}
