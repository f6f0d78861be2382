package io.github.unipic.server.http;

import java.io.IOException;

/** What answers the requests to one path. Runs on the request's own thread and may block it. */
@FunctionalInterface
public interface Route {
    /**
     * Answers a request.
     *
     * @throws HttpError when the request is refused
     * @throws io.github.unipic.UniPicException when the model fails
     * @throws IOException when the client is gone
     */
    void handle(Exchange exchange) throws IOException;

    /** How a refusal of this route reads: a value for Jackson. */
    default Object describe(HttpError error) {
        return OpenAiError.of(error);
    }
}
