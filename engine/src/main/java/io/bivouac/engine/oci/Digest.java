package io.bivouac.engine.oci;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/**
 * Identifies content by its SHA-256, as {@code sha256:} and 64 lower-case hexadecimal digits. A digest that exists is well
 * formed, so its text can be used as a file name.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests">image-spec, digests</a>
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public record Digest(String hex) {
    /** The only algorithm images are identified by in practice. */
    public static final String ALGORITHM = "sha256";

    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");
    private static final String PREFIX = ALGORITHM + ":";

    public Digest {
        if (!HEX.matcher(hex).matches()) {
            throw new IllegalArgumentException(
                    "'" + hex + "' is not a SHA-256 digest: 64 lower-case hexadecimal digits");
        }
    }

    /** Parses {@code sha256:<64 hex digits>}; {@link IllegalArgumentException} for anything else. */
    public static Digest parse(String text) {
        if (!text.startsWith(PREFIX)) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not a digest of the form sha256:<64 hexadecimal digits>");
        }
        return new Digest(text.substring(PREFIX.length()));
    }

    public static boolean isDigest(String text) {
        return text.startsWith(PREFIX)
                && HEX.matcher(text.substring(PREFIX.length())).matches();
    }

    /** Computes the digest of these bytes. */
    public static Digest of(byte[] content) {
        return ofHash(newMessageDigest().digest(content));
    }

    /** Wraps the 32 bytes a finished {@link MessageDigest} returned. */
    public static Digest ofHash(byte[] hash) {
        return new Digest(HexFormat.of().formatHex(hash));
    }

    public static MessageDigest newMessageDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** The first twelve digits, what people read aloud. */
    public String shortHex() {
        return hex.substring(0, 12);
    }

    // Written out, here as in ImageReference: a record's own methods are spun by the JVM when they are first called,
    // and a cold
    // start would wait 40 ms for that.

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Digest digest && hex.equals(digest.hex);
    }

    @Override
    public int hashCode() {
        return hex.hashCode();
    }

    @Override
    public String toString() {
        return PREFIX + hex;
    }
}
