package io.github.unipic.cli;

import io.github.unipic.UniPic;
import io.github.unipic.files.FileTree;
import io.github.unipic.server.UniPicServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What most people run: an image of the built-in model, the server, and a case of the conformance kit. The launcher
 * {@code unipic} has Java note which classes that takes, and puts them into an archive from which they load faster.
 */
final class TypicalUse {
    private TypicalUse() {}

    public static void main(String[] args) throws IOException {
        Session session = Session.system();
        // Named, because without a name a downloaded model comes first, which may be large.
        DefaultModel model = DefaultModel.of(session);
        model.load(UniPic::load).close();
        Path folder = Files.createTempDirectory("unipic-typical");
        Path image = folder.resolve("image.png");
        try {
            run(
                    session,
                    "generate",
                    Examples.prompt(),
                    "--model",
                    model.folder().toString(),
                    // All iterations and steps load the same classes.
                    "--iterations",
                    "2",
                    "--steps",
                    "2",
                    "-o",
                    image.toString());
            run(session, "serve", "--help");
            serve(model.folder());
            // A parent, and in this process what its child does.
            conformance(session, folder);
            conformance(session, folder, "--no-isolation");
        } finally {
            FileTree.delete(folder);
        }
        System.exit(UniPicCommand.OK);
    }

    private static void conformance(Session session, Path folder, String... options) {
        List<String> command = new ArrayList<>(List.of("conformance", "run", "--only", "decoder_step/past_1"));
        command.addAll(List.of(options));
        command.addAll(List.of("--out", folder.resolve("report").toString()));
        run(session, command.toArray(String[]::new));
    }

    private static void run(Session session, String... command) {
        int exitCode = Interruption.guard(session, () -> UniPicCommand.run(session, command));
        if (exitCode != UniPicCommand.OK) {
            throw new IllegalStateException(String.join(" ", command) + " ended with " + exitCode);
        }
    }

    private static void serve(Path model) throws IOException {
        UniPicServer.Builder builder =
                UniPicServer.builder(() -> UniPic.load(model)).port(0);
        Examples.describeOn(builder);
        try (UniPicServer server = builder.start()) {
            server.awaitModel();
            for (String path : new String[] {"/", "/info"}) {
                try (InputStream answer = server.uri().resolve(path).toURL().openStream()) {
                    answer.readAllBytes();
                }
            }
        }
    }
}
