package io.github.unipic.server.automatic1111;

import io.github.unipic.server.http.HttpError;

/** The dialect's form of an error. */
record Automatic1111Error(String error, String detail, String body, String errors) {
    static Automatic1111Error of(HttpError error) {
        return new Automatic1111Error(error.code(), error.getMessage(), "", error.getMessage());
    }
}
