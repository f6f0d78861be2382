package io.github.unipic.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.CancelledException;
import io.github.unipic.export.ExportListener;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Precision;
import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.fuzz.JsonMutator;
import io.github.unipic.fuzz.Mutator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The JSON files of a checkpoint, exported with the tiny weights. An input is JSON: the files' content by name. Most
 * exports are cancelled before the weights are written, when everything else has been read.
 */
final class ConfigFuzz implements FuzzTarget {
    private static final String CHECKPOINT = "checkpoint";
    private static final String MODEL = "model";
    private static final String LANGUAGE = "Qwen2.5-1.5B-Instruct/";
    private static final String VISION = "siglip2-so400m-patch16-512/";
    private static final List<String> FILES = List.of(
            LANGUAGE + "config.json",
            LANGUAGE + "generation_config.json",
            VISION + "config.json",
            VISION + "preprocessor_config.json",
            "unipic_config.json");
    private static final JsonMapper JSON = new JsonMapper();

    @Override
    public String name() {
        return "config";
    }

    @Override
    public int mutations() {
        return 25;
    }

    @Override
    public Mutator mutator() {
        return new JsonMutator(
                "qwen2",
                "siglip",
                "vision_config",
                "rope_scaling",
                "num_attention_heads",
                "num_key_value_heads",
                "eos_token_id",
                "num_heads",
                "norm_groups",
                "max_beta",
                "name");
    }

    @Override
    public Set<String> written() {
        return Set.of(MODEL);
    }

    @Override
    public void prepare(byte[] input, Path folder) throws IOException {
        Path checkpoint = folder.resolve(CHECKPOINT);
        if (Files.notExists(checkpoint)) {
            EmbeddedCheckpoint.RANDOM.copyTo(folder);
        }
        for (String file : FILES) {
            Files.deleteIfExists(checkpoint.resolve(file));
        }
        for (Map.Entry<String, byte[]> file : files(input).entrySet()) {
            Files.write(checkpoint.resolve(file.getKey()), file.getValue());
        }
    }

    /** What is no such JSON is all put into one of the files. */
    private static Map<String, byte[]> files(byte[] input) {
        try {
            JsonNode all = JSON.readTree(input);
            Map<String, byte[]> files = new HashMap<>();
            for (String file : FILES) {
                if (all.has(file)) {
                    files.put(file, JSON.writeValueAsBytes(all.get(file)));
                }
            }
            return files;
        } catch (IOException e) {
            return Map.of(FILES.get(0), input);
        }
    }

    @Override
    public void read(byte[] input, Path folder) {
        boolean whole = input.length % 16 == 0;
        ExportListener listener = (written, total, file) -> {
            if (!whole) {
                throw new CancelledException("far enough");
            }
        };
        try {
            Exporter.export(
                    new ExportRequest(folder.resolve(CHECKPOINT), folder.resolve(MODEL), Precision.FP32, false),
                    listener);
        } catch (CancelledException e) {
            if (Files.exists(folder.resolve(MODEL))) {
                throw new AssertionError("A cancelled export left a folder", e);
            }
        }
    }
}
