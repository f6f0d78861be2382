package io.github.unipic.server.http;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Answers, in the same form as the router, the requests that Jetty itself refuses: malformed ones, or while it ends.
 */
final class JettyErrors implements Request.Handler {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        int status = response.getStatus();
        HttpError error = status == HttpStatus.SERVICE_UNAVAILABLE_503
                ? HttpError.unavailable("shutting_down", 1, "the server is shutting down")
                : HttpError.refused(status, "bad_request", "HTTP: " + HttpStatus.getMessage(status));
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        response.write(true, ByteBuffer.wrap(Json.write(OpenAiError.of(error))), callback);
        return true;
    }
}
