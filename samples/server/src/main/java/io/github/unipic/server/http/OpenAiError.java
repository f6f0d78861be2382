package io.github.unipic.server.http;

import com.fasterxml.jackson.annotation.JsonInclude;

/** OpenAI's form of an error, which is also that of all requests that reach no route. */
record OpenAiError(Content error) {
    /** @param param the field that is wrong, or null */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    record Content(String message, String type, String param, String code) {}

    static OpenAiError of(HttpError error) {
        return new OpenAiError(
                new Content(error.getMessage(), error.type(), error.parameter().orElse(null), error.code()));
    }
}
