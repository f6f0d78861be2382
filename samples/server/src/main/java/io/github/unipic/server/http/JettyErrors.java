package io.github.unipic.server.http;

import java.nio.ByteBuffer;
import java.util.Locale;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * Answers, in the same form as the router, the requests that Jetty itself refuses: malformed ones, or while it ends.
 */
final class JettyErrors implements Request.Handler {
    private final Router.AnswerListener listener;

    JettyErrors(Router.AnswerListener listener) {
        this.listener = listener;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        int status = response.getStatus();
        HttpError error = error(status);
        String id = AccessLog.newId(response);
        error.retryAfter().ifPresent(seconds -> response.getHeaders().put(HttpHeader.RETRY_AFTER, seconds));
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        AccessLog.log(id, request, status);
        listener.answered("", status);
        response.write(true, ByteBuffer.wrap(Json.write(OpenAiError.of(error))), callback);
        return true;
    }

    private static HttpError error(int status) {
        if (status == HttpStatus.SERVICE_UNAVAILABLE_503) {
            return HttpError.unavailable("shutting_down", 1, "the server is shutting down");
        }
        String name = HttpStatus.getMessage(status);
        String code = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z]+", "_");
        return status >= HttpStatus.INTERNAL_SERVER_ERROR_500 && status != HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505
                ? HttpError.failed("HTTP: " + name)
                : HttpError.refused(status, code, "not valid HTTP, or beyond this server's limits: " + name);
    }
}
