package io.bivouac.engine.registry;

import java.net.URI;
import java.util.Locale;

/**
 * Where a request goes: credentials for one origin are sent to no other.
 *
 * @param scheme {@code http} or {@code https}
 * @param host in lower case
 * @param port the scheme's own when the address names none
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6454">RFC 6454, the web origin concept</a>
 */
record Origin(String scheme, String host, int port) {
    static final String HTTP = "http";
    static final String HTTPS = "https";

    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;

    /** The origin of an absolute address; {@link IllegalArgumentException} when it has none. */
    static Origin of(URI uri) {
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals(HTTP) && !scheme.equals(HTTPS)) {
            throw new IllegalArgumentException("it is neither http nor https");
        }
        if (uri.getHost() == null || uri.getRawUserInfo() != null) {
            throw new IllegalArgumentException("it does not name a host alone");
        }
        int standard = scheme.equals(HTTPS) ? HTTPS_PORT : HTTP_PORT;
        return new Origin(scheme, uri.getHost().toLowerCase(Locale.ROOT), uri.getPort() < 0 ? standard : uri.getPort());
    }

    boolean isSecure() {
        return scheme.equals(HTTPS);
    }

    /** The host with its port, which is left out where it is the scheme's own. */
    String authority() {
        return port == (isSecure() ? HTTPS_PORT : HTTP_PORT) ? host : host + ":" + port;
    }

    @Override
    public String toString() {
        return scheme + "://" + authority();
    }
}
