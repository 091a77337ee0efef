package io.bivouac.engine.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class PrivateKeyTests {
    private static byte[] pem(String label, byte[] der) {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return ("Bag Attributes\n-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static PrivateKey rsa() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        return generator.generateKeyPair().getPrivate();
    }

    private static PrivateKey ec(String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair().getPrivate();
    }

    @Test
    void pkcs8IsRead() throws Exception {
        for (PrivateKey key : new PrivateKey[] {rsa(), ec("secp256r1"), ec("secp384r1")}) {
            assertThat(PrivateKeys.parse(pem("PRIVATE KEY", key.getEncoded()))).isEqualTo(key);
        }
    }

    /** PKCS #1 is what PKCS #8 holds behind 26 bytes for a key of this length. */
    @Test
    void pkcs1IsRead() throws Exception {
        PrivateKey key = rsa();
        byte[] encoded = key.getEncoded();

        assertThat(PrivateKeys.parse(pem("RSA PRIVATE KEY", Arrays.copyOfRange(encoded, 26, encoded.length))))
                .isEqualTo(key);
    }

    /** Made by openssl ecparam -name prime256v1 -genkey -noout. */
    @Test
    void sec1IsRead() throws Exception {
        String text = """
                -----BEGIN EC PRIVATE KEY-----
                MHcCAQEEIBLbMXNKgK7C6nd5zdIb01kDstHS0JWyR3DUaotdrp+hoAoGCCqGSM49
                AwEHoUQDQgAEPRQCP0qj0UvA+y4/jO5RLAyjTn2xyc3qjGvsCDDu5wrIb7cTsnMT
                MsSkEPqAVNbnpnMxeFoNEr+P4ZjHiGIOHA==
                -----END EC PRIVATE KEY-----
                """;

        PrivateKey key = PrivateKeys.parse(text.getBytes(StandardCharsets.US_ASCII));

        assertThat(key.getAlgorithm()).isEqualTo("EC");
        assertThat(key.getFormat()).isEqualTo("PKCS#8");
    }

    @Test
    void whatIsNoneIsSaid() {
        assertThatThrownBy(() -> PrivateKeys.parse("nothing".getBytes(StandardCharsets.US_ASCII)))
                .hasMessage("there is no private key in PEM form in it");
        assertThatThrownBy(() -> PrivateKeys.parse(pem("ENCRYPTED PRIVATE KEY", new byte[10])))
                .hasMessage("its private key is encrypted, and nobody is there to ask for the password");
        assertThatThrownBy(() -> PrivateKeys.parse(pem("PRIVATE KEY", new byte[10])))
                .hasMessage("its private key is of a kind that this JVM does not know");
        for (byte[] broken : new byte[][] {{}, {0x30}, {0x30, (byte) 0x84, 0x7f}, {0x30, 0x02, 0x02, 0x7f}}) {
            assertThatThrownBy(() -> PrivateKeys.parse(pem("EC PRIVATE KEY", broken)))
                    .hasMessage("its private key is malformed");
        }
        assertThatThrownBy(() -> PrivateKeys.parse(pem("EC PRIVATE KEY", new byte[] {0x30, 0x03, 0x02, 0x01, 0x01})))
                .hasMessage("its private key does not say which curve it is on");
    }
}
