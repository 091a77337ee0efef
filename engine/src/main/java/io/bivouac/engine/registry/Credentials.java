package io.bivouac.engine.registry;

import io.bivouac.engine.oci.Digest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Who one is to a registry. Their text never shows a secret. */
sealed interface Credentials {
    /** Where they were found, for messages. */
    String source();

    /** Tells these credentials from others without showing them. */
    String fingerprint();

    /** Nobody in particular. */
    record Anonymous() implements Credentials {
        @Override
        public String source() {
            return "nobody";
        }

        @Override
        public String fingerprint() {
            return "";
        }
    }

    /** A user and a password or access token. */
    record Password(String user, String secret, String source) implements Credentials {
        /** The value of a Basic {@code Authorization} header. */
        String basic() {
            byte[] pair = (user + ":" + secret).getBytes(StandardCharsets.UTF_8);
            return "Basic " + Base64.getEncoder().encodeToString(pair);
        }

        @Override
        public String fingerprint() {
            return Credentials.digest(user + ":" + secret);
        }

        @Override
        public String toString() {
            return user + " (" + source + ")";
        }
    }

    /** What a token server gives tokens for, OAuth 2's refresh token. */
    record IdentityToken(String token, String source) implements Credentials {
        @Override
        public String fingerprint() {
            return Credentials.digest(token);
        }

        @Override
        public String toString() {
            return "an identity token (" + source + ")";
        }
    }

    /** What the registry itself takes as it is. */
    record RegistryToken(String token, String source) implements Credentials {
        @Override
        public String fingerprint() {
            return Credentials.digest(token);
        }

        @Override
        public String toString() {
            return "a registry token (" + source + ")";
        }
    }

    private static String digest(String secret) {
        return Digest.of(secret.getBytes(StandardCharsets.UTF_8)).hex();
    }
}
