package io.bivouac.engine.registry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * One way a server offers to let a request in. Sample: {@code Bearer
 * realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/postgres:pull"}.
 *
 * @param scheme in lower case
 * @param parameters names in lower case
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1">RFC 9110, WWW-Authenticate</a>
 */
record Challenge(String scheme, Map<String, String> parameters) {
    static final String BEARER = "bearer";
    static final String BASIC = "basic";

    Challenge {
        parameters = Map.copyOf(parameters);
    }

    Optional<String> parameter(String name) {
        return Optional.ofNullable(parameters.get(name));
    }

    /** All challenges of an answer: there may be several header lines, and several challenges in each. */
    static List<Challenge> parse(List<String> headers) {
        List<Challenge> challenges = new ArrayList<>();
        for (String header : headers) {
            new Parser(header).challenges(challenges);
        }
        return challenges;
    }

    /** Lenient: what it does not understand it passes over. */
    private static final class Parser {
        private final String text;
        private int at;

        private Parser(String text) {
            this.text = text;
        }

        private void challenges(List<Challenge> out) {
            String scheme = "";
            Map<String, String> parameters = new LinkedHashMap<>();
            skip();
            while (at < text.length()) {
                String word = word();
                if (word.isEmpty()) {
                    at++;
                } else if (at < text.length() && text.charAt(at) == '=') {
                    at++;
                    parameters.putIfAbsent(word.toLowerCase(Locale.ROOT), value());
                } else {
                    add(scheme, parameters, out);
                    scheme = word.toLowerCase(Locale.ROOT);
                    parameters.clear();
                }
                skip();
            }
            add(scheme, parameters, out);
        }

        private static void add(String scheme, Map<String, String> parameters, List<Challenge> out) {
            if (!scheme.isEmpty()) {
                out.add(new Challenge(scheme, parameters));
            }
        }

        private void skip() {
            while (at < text.length() && (text.charAt(at) == ',' || Character.isWhitespace(text.charAt(at)))) {
                at++;
            }
        }

        private String word() {
            int begin = at;
            while (at < text.length() && isToken(text.charAt(at))) {
                at++;
            }
            return text.substring(begin, at);
        }

        private static boolean isToken(char character) {
            return character > ' ' && character < 0x7f && "()<>@,;:\\\"/[]?={}".indexOf(character) < 0;
        }

        private String value() {
            if (at < text.length() && text.charAt(at) == '"') {
                return quoted();
            }
            int begin = at;
            while (at < text.length() && text.charAt(at) != ',' && !Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            return text.substring(begin, at);
        }

        private String quoted() {
            StringBuilder value = new StringBuilder();
            for (at++; at < text.length() && text.charAt(at) != '"'; at++) {
                if (text.charAt(at) == '\\' && at + 1 < text.length()) {
                    at++;
                }
                value.append(text.charAt(at));
            }
            at++;
            return value.toString();
        }
    }
}
