package io.github.unipic.model;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;

/** The manifest of the small checkpoint's export as text, to change and parse it without the folder's other files. */
final class TinyManifest {
    private static final JsonMapper JSON = new JsonMapper();

    private final ObjectNode json;

    private TinyManifest(ObjectNode json) {
        this.json = json;
    }

    static TinyManifest read() throws IOException {
        try (InputStream in = TinyManifest.class.getResourceAsStream("/manifest/tiny.json")) {
            return new TinyManifest((ObjectNode) JSON.readTree(in));
        }
    }

    /** Without graphs, so that sizes may be any that are possible. */
    static TinyManifest withoutGraphs() throws IOException {
        return read().set("/graphs", "{}");
    }

    ObjectNode json() {
        return json;
    }

    /** @param value as JSON */
    TinyManifest set(String pointer, String value) throws IOException {
        JsonPointer path = JsonPointer.compile(pointer);
        JsonNode parent = json.at(path.head());
        JsonNode node = JSON.readTree(value);
        if (parent instanceof ArrayNode array) {
            array.set(path.last().getMatchingIndex(), node);
        } else {
            ((ObjectNode) parent).set(path.last().getMatchingProperty(), node);
        }
        return this;
    }

    byte[] bytes() throws IOException {
        return JSON.writeValueAsBytes(json);
    }

    Manifest parse() throws IOException {
        return Manifest.parse(bytes(), "FOLDER/unipic.json");
    }
}
