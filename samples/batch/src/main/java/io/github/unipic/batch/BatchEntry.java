package io.github.unipic.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * One image of a batch.
 *
 * @param index its number in the batch, from 0; part of the image's file name
 * @param id the user's name for it, if any; part of the file name if every file system allows that
 * @param source its origin, for messages: {@code prompts.jsonl line 7}
 * @param request the request for one image. Its set values are compared when the batch is opened again. So leave unset
 *     values that come from the model's defaults or are random, and set a seed, progress and cancellation in a copy
 */
public record BatchEntry(int index, Optional<String> id, String source, GenerateRequest request) {
    private static final String NAME_SAFE = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}";
    private static final JsonMapper JSON = new JsonMapper();

    /**
     * Checks the values.
     *
     * @param index 0 or above
     * @param id any text; empty for none
     * @param source any text of one line
     * @param request for one image
     * @throws InvalidRequestException if the index is negative or the request is for several images
     */
    public BatchEntry {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(source, "source");
        if (index < 0) {
            throw new InvalidRequestException("the index of an entry must be 0 or above, not " + index);
        }
        if (request.count() != 1) {
            throw new InvalidRequestException(
                    "an entry is one image, not " + request.count() + "; make an entry for each");
        }
    }

    /**
     * The name of the image's file: the index, padded so that names sort, and the id if it has at most 64 characters,
     * all of them A to Z, a to z, 0 to 9, {@code _}, {@code -} or {@code .}, and does not begin with {@code .}.
     *
     * @return such as {@code 00007-fox.png}
     */
    public String fileName() {
        String suffix = id.filter(text -> text.matches(NAME_SAFE))
                .map(text -> "-" + text)
                .orElse("");
        return indexName(index) + suffix + ".png";
    }

    static String indexName(int index) {
        return String.format(Locale.ROOT, "%05d", index);
    }

    /** The values that the request sets, as in an image's metadata, and the seed. */
    ObjectNode requested() {
        try {
            ObjectNode values = (ObjectNode) JSON.readTree(request.toMetadata().get("parameters"));
            request.seed().ifPresent(seed -> values.put("seed", seed));
            // Read back, because in Jackson an int 7 does not equal a long 7.
            return (ObjectNode) JSON.readTree(values.toString());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether an image, which has a request, was generated with the values that this entry sets. */
    boolean isRequestOf(Image image) {
        GenerateRequest generated = image.request().orElseThrow();
        ObjectNode values = ManifestLine.parameters(image);
        generated.seed().ifPresent(seed -> values.put("seed", seed));
        return generated.prompt().equals(request.prompt())
                && requested().properties().stream()
                        .allMatch(value -> isSame(value.getValue(), values.path(value.getKey())));
    }

    private static boolean isSame(JsonNode requested, JsonNode actual) {
        return requested.asText().equals(actual.asText());
    }
}
