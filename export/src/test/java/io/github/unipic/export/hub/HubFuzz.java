package io.github.unipic.export.hub;

import io.github.unipic.Printable;
import io.github.unipic.export.checkpoint.Checkpoint.Lacking;
import io.github.unipic.export.hub.NeededFiles.Own;
import io.github.unipic.export.hub.NeededFiles.Wanted;
import io.github.unipic.fuzz.JsonMutator;
import io.github.unipic.fuzz.MemoryFuzzTarget;
import io.github.unipic.fuzz.Mutator;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A hub's description of a repository: nothing in it leads out of the folder, or into a message as it is. */
public final class HubFuzz implements MemoryFuzzTarget {
    private static final URI ENDPOINT = URI.create("https://hub.example");
    private static final Path FOLDER = Path.of("/checkpoint");
    private static final String OWN = "{\"sha\": \"" + "1".repeat(40) + "\", \"siblings\": [" + file("config.json")
            + "," + file("tokenizer.json") + "," + file("model.safetensors") + "]}";

    private static String file(String name) {
        return "{\"rfilename\": \"" + name + "\", \"size\": 1, \"blobId\": \"" + "1".repeat(40) + "\"}";
    }

    @Override
    public String name() {
        return "hub";
    }

    @Override
    public int mutations() {
        return 1500;
    }

    @Override
    public Mutator mutator() {
        return new JsonMutator(
                        "pytorch_model.bin",
                        "model-1-of-1.safetensors",
                        "../model-1-of-1.safetensors",
                        "qwen/../config.json",
                        "qwen../config.json",
                        "siglip/config.json",
                        "qwen\u001b/config.json",
                        "harmon_/../x.pth",
                        "license",
                        "2".repeat(40),
                        "3".repeat(64))
                .within("siblings", "cardData");
    }

    @Override
    public void read(byte[] input) {
        Repository main = Repository.parse("a/b", ENDPOINT, input);
        requireShowable(main.license());
        requireShowable(main.link());
        Own own = new Own(Repository.parse("c/d", ENDPOINT, OWN.getBytes(StandardCharsets.UTF_8)), Optional.empty());
        NeededFiles needed = new NeededFiles(main, own, own);
        needed.files().forEach(HubFuzz::requireInside);
        needed.files(new Lacking(true, true)).forEach(HubFuzz::requireInside);
    }

    private static void requireShowable(String text) {
        if (!Printable.of(text).equals(text) || text.length() > 500) {
            throw new AssertionError("Cannot be shown: " + text);
        }
    }

    private static void requireInside(Wanted wanted) {
        Path path = FOLDER.resolve(wanted.path());
        boolean inside = path.startsWith(FOLDER) && path.equals(path.normalize()) && !path.equals(FOLDER);
        if (!inside
                || !wanted.path().matches("[\\w./-]{1,300}")
                || wanted.file().size() < 0) {
            throw new AssertionError("Leads elsewhere: " + wanted.path());
        }
    }

    /** All of them. */
    public static List<HubFuzz> targets() {
        return List.of(new HubFuzz());
    }
}
