package io.github.unipic.cli;

import io.github.unipic.conformance.meaning.World;
import io.github.unipic.conformance.meaning.World.EditCase;
import io.github.unipic.conformance.meaning.World.PromptCase;
import io.github.unipic.server.UniPicServer;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** What the built-in model knows. */
final class Examples {
    private static final int SHOWN = 8;
    private static final String QUESTION = "Describe the image in detail.";

    private Examples() {}

    /** A prompt of the built-in model's world, another one each time. */
    static String prompt() {
        List<PromptCase> cases = World.load().cases();
        return cases.get(ThreadLocalRandom.current().nextInt(cases.size())).prompt();
    }

    /** Has the server's page say what the built-in model can do. */
    static void describeOn(UniPicServer.Builder server) {
        server.note("This is the built-in demo model. It was trained on images of one or two colored shapes on a plain"
                        + " background and knows nothing else. For the real model, run"
                        + " `unipic download --export int8` and start `unipic serve` again.")
                .examples(() -> prompts(World.load()), () -> instructions(World.load()), () -> List.of(QUESTION));
    }

    private static List<String> prompts(World world) {
        return world.cases().stream().limit(SHOWN).map(PromptCase::prompt).toList();
    }

    private static List<String> instructions(World world) {
        return world.edits().stream()
                .map(EditCase::instruction)
                .distinct()
                .limit(SHOWN)
                .toList();
    }

    static void print(PrintStream out) {
        World world = World.load();
        out.println("The built-in model was trained on images of one or two colored shapes on a plain background.");
        out.println();
        out.println("Shapes       " + String.join(", ", world.shapes()));
        out.println("Colors       " + String.join(", ", world.colors().keySet()) + " (the last five for backgrounds)");
        out.println("One shape    small or large; a small one in the center, on the left, on the right, at the top, at"
                + " the bottom");
        out.println("Two shapes   to the left of, to the right of, above, below");
        out.println();
        out.println("Prompts, for unipic generate:");
        prompts(world).forEach(prompt -> out.println("  " + prompt));
        out.println("Edits, for unipic edit IMAGE:");
        instructions(world).forEach(instruction -> out.println("  " + instruction));
        out.println("Questions, for unipic describe IMAGE:");
        out.println("  " + QUESTION);
    }
}
