package io.github.unipic.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.unipic.GenerateRequest;
import java.util.Locale;
import java.util.Optional;

/**
 * One image to draw of many.
 *
 * @param index its place in the prompts file, from 0
 * @param id what the prompts file calls it
 * @param place where it is written, for messages: {@code prompts.jsonl line 7}
 * @param request what to draw; values that neither the file nor the command line gives are not set
 * @param requested the request's values, the seed among them, as JSON
 */
record BatchEntry(int index, Optional<String> id, String place, GenerateRequest request, JsonNode requested) {
    private static final String NAME_SAFE = "[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}";

    /** The index, of one width so that names sort, and the id where it can be part of any file system's names. */
    String fileName() {
        String suffix = id.filter(text -> text.matches(NAME_SAFE))
                .map(text -> "-" + text)
                .orElse("");
        return String.format(Locale.ROOT, "%05d", index) + suffix + ".png";
    }
}
