package io.bivouac.engine.registry;

import io.bivouac.engine.RegistryException.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * Certificates of a registry's own, where Docker and Podman look for them: in a folder {@code certs.d/HOST:PORT}, {@code *.crt}
 * are authorities that are trusted beside the JVM's own, {@code NAME.cert} and {@code NAME.key} are what this side shows.
 *
 * @see <a href="https://docs.docker.com/engine/security/certificates/">Docker, verify repository client with certificates</a>
 */
final class Certificates {
    private static final char[] NO_PASSWORD = {};
    private static final String HTTPS_PORT = ":443";

    private final Surroundings surroundings;

    Certificates(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    /** The folders there are for this host and port. */
    List<Path> folders(String authority) {
        List<Path> folders = new ArrayList<>();
        for (Path parent : surroundings.certificateFolders()) {
            Stream.of(authority, authority + HTTPS_PORT)
                    .map(parent::resolve)
                    .filter(Files::isDirectory)
                    .forEach(folders::add);
        }
        return folders;
    }

    /** What trusts the authorities in these folders beside the JVM's own, and shows the certificates of the others. */
    SSLContext context(List<Path> authorities, List<Path> clients) throws IOException {
        try {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, NO_PASSWORD);
            int number = 0;
            for (X509Certificate known : ofJvm()) {
                trusted.setCertificateEntry("jvm-" + number++, known);
            }
            for (Path file : files(authorities, ".crt")) {
                for (Certificate own : read(file)) {
                    trusted.setCertificateEntry("own-" + number++, own);
                }
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(trusted);
            return context(keys(clients), factory.getTrustManagers());
        } catch (GeneralSecurityException e) {
            throw new RegistryFailure(Kind.NOT_ALLOWED, "this JVM cannot use the certificates in " + authorities, e);
        }
    }

    private static SSLContext context(KeyManager[] keys, TrustManager[] trust) throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, trust, null);
        return context;
    }

    private static List<X509Certificate> ofJvm() throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        List<X509Certificate> known = new ArrayList<>();
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager trust) {
                known.addAll(List.of(trust.getAcceptedIssuers()));
            }
        }
        return known;
    }

    private static KeyManager[] keys(List<Path> folders) throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance(KeyStore.getDefaultType());
        keys.load(null, NO_PASSWORD);
        for (Path file : files(folders, ".cert")) {
            Path keyFile = file.resolveSibling(file.getFileName().toString().replaceFirst("\\.cert$", ".key"));
            Certificate[] chain = read(file).toArray(Certificate[]::new);
            try {
                keys.setKeyEntry(file.toString(), PrivateKeys.parse(Files.readAllBytes(keyFile)), NO_PASSWORD, chain);
            } catch (IOException e) {
                throw unusable(keyFile, e);
            }
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, NO_PASSWORD);
        return factory.getKeyManagers();
    }

    private static List<Path> files(List<Path> folders, String suffix) throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path folder : folders) {
            try (Stream<Path> children = Files.list(folder)) {
                children.filter(file -> file.toString().endsWith(suffix))
                        .sorted()
                        .forEach(files::add);
            } catch (NoSuchFileException | NotDirectoryException e) {
                // It went meanwhile.
            } catch (IOException e) {
                throw unusable(folder, e);
            }
        }
        return files;
    }

    private static Collection<? extends Certificate> read(Path file) throws IOException {
        try {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)));
        } catch (IOException | GeneralSecurityException e) {
            throw unusable(file, e);
        }
    }

    private static RegistryFailure unusable(Path file, Exception cause) {
        return new RegistryFailure(
                Kind.NOT_ALLOWED,
                "the file " + file + " cannot be used (" + cause.getMessage() + "). Mend it or remove it",
                cause);
    }
}
