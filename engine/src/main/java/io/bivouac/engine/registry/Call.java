package io.bivouac.engine.registry;

import java.net.URI;
import java.net.http.HttpRequest.BodyPublisher;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A request to be sent, more than once if need be.
 *
 * @param method of HTTP
 * @param uri absolute
 * @param headers beside those that every request has
 * @param body what is sent, made anew for each time; it is given the watch that must hear of progress
 * @param sink takes the content of the answer; without one that is a small text
 */
record Call(
        String method,
        URI uri,
        Map<String, String> headers,
        @Nullable Function<Watch, BodyPublisher> body,
        @Nullable BodySink sink) {
    Call {
        headers = Map.copyOf(headers);
    }

    static Call of(String method, URI uri) {
        return new Call(method, uri, Map.of(), null, null);
    }

    static Call get(URI uri) {
        return of("GET", uri);
    }

    Call header(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new Call(method, uri, more, body, sink);
    }

    Call to(URI other) {
        return new Call(method, other, headers, body, sink);
    }

    Call sending(String type, Function<Watch, BodyPublisher> content) {
        return new Call(method, uri, headers, content, sink).header("Content-Type", type);
    }

    Call into(BodySink content) {
        return new Call(method, uri, headers, body, content);
    }

    /** Whether it may be sent to where the answer says the thing is now. */
    boolean isFollowed() {
        return method.equals("GET") || method.equals("HEAD");
    }
}
