package io.bivouac.engine.registry;

import io.bivouac.engine.RegistryException.Kind;
import io.bivouac.engine.json.Json;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

/** Says what an answer or a broken connection means, and what to do about it. */
final class Failures {
    static final int UNAUTHORIZED = 401;
    static final int FORBIDDEN = 403;
    static final int NOT_FOUND = 404;
    static final int TOO_MANY_REQUESTS = 429;

    private static final int PROXY_AUTHENTICATION_REQUIRED = 407;
    private static final int NOT_IMPLEMENTED = 501;
    private static final int SERVER_ERROR = 500;
    private static final int REQUEST_TIMEOUT = 408;

    private Failures() {}

    /** Whether the same request may be answered otherwise a moment later. */
    static boolean isPassing(int status) {
        return status == TOO_MANY_REQUESTS
                || status == REQUEST_TIMEOUT
                || (status >= SERVER_ERROR && status != NOT_IMPLEMENTED);
    }

    static boolean isAboutLogin(Answer answer) {
        return answer.status() == UNAUTHORIZED || answer.status() == FORBIDDEN;
    }

    /**
     * What an answer means that is no success.
     *
     * @param what was asked for: {@code the image library/postgres:15}
     * @param login who asked, as {@link Login#describe()} says it
     */
    static RegistryFailure of(Site site, String what, Answer answer, Login login) {
        String said = said(answer);
        return switch (answer.status()) {
            case UNAUTHORIZED, FORBIDDEN -> notAllowed(site, what, said, login);
            case NOT_FOUND ->
                new RegistryFailure(
                        Kind.NOT_FOUND, site + " has no " + what + said + ". Check the name, the tag and the digest");
            case TOO_MANY_REQUESTS -> rateLimited(site, said, "");
            case PROXY_AUTHENTICATION_REQUIRED ->
                new RegistryFailure(
                        Kind.NOT_ALLOWED,
                        "the proxy on the way to " + site
                                + " wants credentials. Name them in HTTPS_PROXY and HTTP_PROXY"
                                + " (http://user:password@host:port); to show them for https, this JVM needs"
                                + " -Djdk.http.auth.tunneling.disabledSchemes=");
            default ->
                new RegistryFailure(
                        Kind.FAILED,
                        site + " answered with status " + answer.status() + said + " when it was asked for " + what
                                + ". Try again, or ask its operator");
        };
    }

    static RegistryFailure rateLimited(Site site, String said, String wait) {
        return new RegistryFailure(
                Kind.RATE_LIMITED,
                site + " limits how often it may be asked" + said + wait
                        + ". Wait, log in with docker login or podman login for a higher limit, or name a mirror with"
                        + " -Dbivouac.registry.mirrors");
    }

    private static RegistryFailure notAllowed(Site site, String what, String said, Login login) {
        if (login.isAnonymous()) {
            return new RegistryFailure(
                    Kind.NOT_ALLOWED,
                    site + " shows nobody who is not logged in the " + what + ", if it has it" + said
                            + ". Check the name, or log in with docker login or podman login: " + login.describe());
        }
        return new RegistryFailure(
                Kind.NOT_ALLOWED,
                site + " denies the " + what + " to " + login.describe() + said
                        + ". Log in anew, or as somebody who may");
    }

    /** The first error a registry names, in parentheses; it is a stranger's text. */
    static String said(Answer answer) {
        try {
            Map<String, ?> json = Json.parseObject(answer.content());
            if (json.get("errors") instanceof List<?> errors
                    && !errors.isEmpty()
                    && errors.get(0) instanceof Map<?, ?> error) {
                Optional<String> code = text(error, "code");
                Optional<String> message = text(error, "message");
                return code.or(() -> message)
                        .map(first -> " (" + Texts.printable(first)
                                + message.filter(second -> code.isPresent())
                                        .map(second -> ": " + Texts.printable(second))
                                        .orElse("")
                                + ")")
                        .orElse("");
            }
        } catch (IllegalArgumentException e) {
            // No registry's error; a proxy's page, most likely.
        }
        return "";
    }

    private static Optional<String> text(Map<?, ?> json, String name) {
        return json.get(name) instanceof String text && !text.isBlank() ? Optional.of(text) : Optional.empty();
    }

    /** Whether https met a server that does not speak it. */
    static boolean isPlain(IOException e) {
        return String.valueOf(e.getMessage()).matches(".*(?i:unrecognized SSL message).*");
    }

    /** What a connection means that did not come about, or broke. */
    static RegistryFailure of(Site site, String authority, IOException e) {
        if (e instanceof RegistryFailure failure) {
            return failure;
        }
        if (e instanceof SSLHandshakeException || e instanceof SSLPeerUnverifiedException) {
            return new RegistryFailure(
                    Kind.UNREACHABLE,
                    site + " shows no certificate that is trusted here (" + reason(e)
                            + "). Put its authority's certificate into ~/.config/containers/certs.d/" + authority
                            + "/ca.crt, or trust it blindly with -Dbivouac.registry.insecure=" + authority,
                    e);
        }
        if (isPlain(e)) {
            return new RegistryFailure(
                    Kind.UNREACHABLE,
                    site + " does not speak https. If it is to be used without, name it in -Dbivouac.registry.insecure="
                            + authority,
                    e);
        }
        return new RegistryFailure(
                Kind.UNREACHABLE,
                site + " cannot be reached (" + reason(e)
                        + "). Check the network and the proxy; without them, load the image from a file, or name one with"
                        + " -Dbivouac.images=PATH",
                e);
    }

    private static String reason(IOException e) {
        if (e instanceof UnknownHostException) {
            return "no name server knows " + e.getMessage();
        }
        if (e instanceof HttpTimeoutException) {
            return String.valueOf(e.getMessage()).replace("HTTP connect timed out", "it does not answer");
        }
        if (e instanceof ConnectException && e.getMessage() == null) {
            return "connection refused";
        }
        // Newer JDKs put the alert of TLS before it: (certificate_unknown).
        String message = e.getMessage() == null
                ? e.getClass().getSimpleName()
                : e.getMessage().replaceFirst("^\\([a-z_]+\\) ", "");
        return Texts.printable(Texts.withinSentence(message));
    }

    /** Content that is not what it should be. */
    static RegistryFailure corrupt(Site site, String problem) {
        return new RegistryFailure(
                Kind.CORRUPT,
                problem + ", as " + site
                        + " sent it; nothing of it was kept. Try again; if it stays so, the registry or a proxy on"
                        + " the way spoils what it passes on");
    }
}
