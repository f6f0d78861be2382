package io.github.unipic.model;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.fuzz.JsonMutator;
import io.github.unipic.fuzz.Mutator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** unipic.json, in a folder with the corpus's files, all of them empty. */
public final class ManifestFuzz implements FuzzTarget {
    private final List<String> files = new ArrayList<>();

    /** Finds out which files there are. */
    public ManifestFuzz() {
        try {
            for (byte[] manifest : corpus()) {
                Iterator<String> names =
                        new JsonMapper().readTree(manifest).path("files").fieldNames();
                names.forEachRemaining(name -> {
                    if (!files.contains(name) && name.matches("[a-z_]+\\.\\w+")) {
                        files.add(name);
                    }
                });
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String name() {
        return "manifest";
    }

    @Override
    public int mutations() {
        return 900;
    }

    @Override
    public Mutator mutator() {
        return new JsonMutator("token_sampler", "text_head", "float16", "int4", "token_sampler.onnx", "../secret")
                .within("sizes", "tokens", "prompts", "defaults", "files");
    }

    @Override
    public void prepare(byte[] input, Path folder) throws IOException {
        for (String file : files) {
            if (Files.notExists(folder.resolve(file))) {
                Files.createFile(folder.resolve(file));
            }
        }
        Files.write(folder.resolve(Manifest.FILE_NAME), input);
    }

    @Override
    public void read(byte[] input, Path folder) {
        ModelFolder model = ModelFolder.open(folder, true);
        for (GraphName graph : GraphName.values()) {
            if (model.has(graph)) {
                requireInside(folder, model.file(graph));
                model.spec(graph).inputs().forEach(Object::toString);
                model.spec(graph).outputs().forEach(Object::toString);
            }
        }
        model.manifest()
                .files()
                .keySet()
                .forEach(file -> requireInside(folder, model.path().resolve(file)));
        requireInside(folder, model.tokenizer());
        model.digest();
        model.bytes();
        model.manifest().toJson();
    }

    private static void requireInside(Path folder, Path file) {
        if (!file.normalize().startsWith(folder)) {
            throw new AssertionError(file + " is not in the folder");
        }
    }
}
