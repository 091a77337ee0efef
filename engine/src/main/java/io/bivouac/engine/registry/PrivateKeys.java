package io.bivouac.engine.registry;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads private keys as OpenSSL writes them: {@code PRIVATE KEY} (PKCS #8), {@code RSA PRIVATE KEY} (PKCS #1) and
 * {@code EC PRIVATE KEY} (SEC 1). The JDK knows the first alone; the others are what it holds at its end.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5958">RFC 5958, PKCS #8</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5915">RFC 5915, elliptic curve keys</a>
 */
final class PrivateKeys {
    private static final Pattern PEM = Pattern.compile(
            "-----BEGIN ((?:RSA |EC |ENCRYPTED )?PRIVATE KEY)-----(.*?)-----END \\1-----", Pattern.DOTALL);
    /** SEQUENCE of rsaEncryption, 1.2.840.113549.1.1.1, and NULL. */
    private static final byte[] RSA = {
        0x30, 0x0d, 0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00
    };
    /** id-ecPublicKey, 1.2.840.10045.2.1. */
    private static final byte[] EC = {0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x02, 0x01};

    private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};
    private static final int SEQUENCE = 0x30;
    private static final int OCTETS = 0x04;
    /** The parameters of an elliptic curve key: which curve it is on. */
    private static final int CURVE = 0xa0;

    private PrivateKeys() {}

    static PrivateKey parse(byte[] pem) throws IOException {
        Matcher matcher = PEM.matcher(new String(pem, StandardCharsets.ISO_8859_1));
        if (!matcher.find()) {
            throw new IOException("there is no private key in PEM form in it");
        }
        byte[] body;
        try {
            body = Base64.getMimeDecoder().decode(matcher.group(2));
        } catch (IllegalArgumentException e) {
            throw new IOException("its private key is no Base64", e);
        }
        return switch (matcher.group(1)) {
            case "PRIVATE KEY" -> of(body);
            case "RSA PRIVATE KEY" -> of(wrap(RSA, body));
            case "EC PRIVATE KEY" -> of(wrap(element(SEQUENCE, EC, curve(body)), body));
            default ->
                throw new IOException("its private key is encrypted, and nobody is there to ask for the password");
        };
    }

    private static PrivateKey of(byte[] pkcs8) throws IOException {
        for (String algorithm : new String[] {"RSA", "EC", "EdDSA"}) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (GeneralSecurityException e) {
                // Of another kind: the next one.
            }
        }
        throw new IOException("its private key is of a kind that this JVM does not know");
    }

    private static byte[] wrap(byte[] algorithm, byte[] key) {
        return element(SEQUENCE, VERSION_0, algorithm, element(OCTETS, key));
    }

    /** The object identifier of the curve. */
    private static byte[] curve(byte[] key) throws IOException {
        try {
            ByteBuffer sequence = content(ByteBuffer.wrap(key));
            while (sequence.hasRemaining()) {
                boolean found = (sequence.get(sequence.position()) & 0xff) == CURVE;
                ByteBuffer element = content(sequence);
                if (found) {
                    byte[] curve = new byte[element.remaining()];
                    element.get(curve);
                    return curve;
                }
            }
        } catch (RuntimeException e) {
            throw new IOException("its private key is malformed", e);
        }
        throw new IOException("its private key does not say which curve it is on");
    }

    /** The content of the next DER element, which is passed over. */
    private static ByteBuffer content(ByteBuffer in) {
        in.get();
        int length = in.get() & 0xff;
        if (length > 0x7f) {
            int bytes = length & 0x7f;
            length = 0;
            for (int i = 0; i < bytes; i++) {
                length = (length << 8) | (in.get() & 0xff);
            }
        }
        ByteBuffer content = in.slice(in.position(), length);
        in.position(in.position() + length);
        return content;
    }

    private static byte[] element(int tag, byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (length >= 0x100) {
            out.write(0x82);
            out.write(length >> 8);
        } else if (length >= 0x80) {
            out.write(0x81);
        }
        out.write(length);
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
