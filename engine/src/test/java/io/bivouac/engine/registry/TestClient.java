package io.bivouac.engine.registry;

import io.bivouac.engine.io.PartialFile;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.ImageReference;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A client with little patience, in surroundings of a test's own. */
final class TestClient implements AutoCloseable, BlobTarget {
    static final Patience PATIENCE = new Patience(
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofMillis(300),
            4,
            Duration.ofMillis(1),
            Duration.ofSeconds(2));

    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final Path folder;
    private final Path system;
    private final Map<String, String> environment = new HashMap<>();
    private List<String> mirrors = List.of();
    private List<String> insecure = List.of();
    private List<String> realms = List.of();
    private Addresses.Lookup lookup = InetAddress::getAllByName;
    private Patience patience = PATIENCE;
    private RegistryClient client;

    TestClient(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder.resolve("client"));
        this.system = folder.resolve("system");
        environment.put("HOME", folder.resolve("home").toString());
        environment.put("PATH", folder.resolve("bin").toString());
        client = make();
    }

    private RegistryClient make() {
        return new RegistryClient(
                RegistrySettings.of(mirrors, insecure, realms),
                new Surroundings(environment, system),
                patience,
                executor,
                lookup);
    }

    TestClient variable(String name, String value) {
        environment.put(name, value);
        client = make();
        return this;
    }

    TestClient mirrors(String... values) {
        mirrors = List.of(values);
        client = make();
        return this;
    }

    TestClient insecure(String... values) {
        insecure = List.of(values);
        client = make();
        return this;
    }

    TestClient realms(String... values) {
        realms = List.of(values);
        client = make();
        return this;
    }

    TestClient lookup(Addresses.Lookup other) {
        lookup = other;
        client = make();
        return this;
    }

    TestClient patience(Patience other) {
        patience = other;
        client = make();
        return this;
    }

    /** The configuration {@code docker login} writes. */
    TestClient dockerConfig(String json) throws IOException {
        Path file = Path.of(environment.get("HOME"), ".docker", "config.json");
        Files.createDirectories(file.getParent());
        Files.writeString(file, json);
        return this;
    }

    RegistryClient client() {
        return client;
    }

    RemoteManifest find(String reference) throws IOException {
        return client.find(ImageReference.parse(reference), FakeImage.PLATFORM);
    }

    /** Finds and fetches. */
    RemoteManifest pull(String reference) throws IOException {
        RemoteManifest remote = find(reference);
        client.fetch(remote, this, new TransferMeter(bytes -> {}));
        return remote;
    }

    Path file(Descriptor blob) {
        return folder.resolve(blob.digest().hex());
    }

    Path partial(Descriptor blob) {
        return folder.resolve(blob.digest().hex() + ".partial");
    }

    @Override
    public boolean has(Descriptor blob) {
        return Files.exists(file(blob));
    }

    @Override
    public void receive(Descriptor blob, Filling filling) throws IOException {
        try (PartialFile partial = PartialFile.open(partial(blob))) {
            filling.into(partial);
        }
        Files.move(partial(blob), file(blob));
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
