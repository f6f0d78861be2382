package io.github.unipic.server.http;

import java.util.Optional;
import java.util.OptionalInt;

/** A request that is refused, or has failed: what its answer says. */
public final class HttpError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;
    private final String code;
    private final String parameter;
    private final int retryAfter;

    private HttpError(int status, String type, String code, String parameter, int retryAfter, String message) {
        super(message, null, false, false);
        this.status = status;
        this.type = type;
        this.code = code;
        this.parameter = parameter;
        this.retryAfter = retryAfter;
    }

    /** 400: a value is wrong. The parameter is named as the client names it. */
    public static HttpError invalid(String parameter, String message) {
        return new HttpError(400, "invalid_request_error", "invalid_value", parameter, 0, message);
    }

    /** 400: a feature that UniPic does not have. */
    public static HttpError unsupported(String parameter, String message) {
        return new HttpError(400, "invalid_request_error", "unsupported_parameter", parameter, 0, message);
    }

    /** Any other refusal that is the client's fault. */
    public static HttpError refused(int status, String code, String message) {
        return new HttpError(status, "invalid_request_error", code, "", 0, message);
    }

    /** 429: try again in some seconds. */
    public static HttpError busy(int retryAfterSeconds, String message) {
        return new HttpError(429, "rate_limit_error", "queue_full", "", retryAfterSeconds, message);
    }

    /** 503: the server cannot work now. */
    public static HttpError unavailable(String code, int retryAfterSeconds, String message) {
        return new HttpError(503, "server_error", code, "", retryAfterSeconds, message);
    }

    /** 500: the server's fault. */
    public static HttpError failed(String message) {
        return new HttpError(500, "server_error", "internal_error", "", 0, message);
    }

    public int status() {
        return status;
    }

    public String type() {
        return type;
    }

    public String code() {
        return code;
    }

    public Optional<String> parameter() {
        return parameter.isEmpty() ? Optional.empty() : Optional.of(parameter);
    }

    /** Seconds after which to try again. */
    public OptionalInt retryAfter() {
        return retryAfter > 0 ? OptionalInt.of(retryAfter) : OptionalInt.empty();
    }
}
