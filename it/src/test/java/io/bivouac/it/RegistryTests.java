package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Damage;
import io.bivouac.engine.Engine;
import io.bivouac.engine.EngineOptions;
import io.bivouac.engine.Image;
import io.bivouac.engine.RegistryException;
import io.bivouac.engine.json.Json;
import io.bivouac.engine.oci.Digest;
import io.bivouac.engine.oci.Manifest;
import io.bivouac.fixtures.FixtureImages;
import io.bivouac.fixtures.LocalRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images from a registry and back, beside what other tools make of them. */
class RegistryTests {
    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private static Path shared;

    @SuppressWarnings("NullAway.Init") // made before all tests
    private static LocalRegistry registry;

    private static Path certificate() {
        return shared.resolve("certificate.pem");
    }

    private static Path key() {
        return shared.resolve("key.pem");
    }

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    @BeforeAll
    static void start() throws Exception {
        registry = LocalRegistry.start(shared.resolve("registry"));
        copy("oci:" + FixtureImages.busybox() + ":busybox:1", docker("busybox:1"));
        run(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-keyout",
                key().toString(),
                "-out",
                certificate().toString(),
                "-days",
                "2",
                "-subj",
                "/CN=camp",
                "-addext",
                "subjectAltName=IP:127.0.0.1");
    }

    @AfterAll
    static void stop() throws IOException {
        registry.close();
    }

    private static String docker(String name) {
        return "docker://" + registry.name() + "/" + name;
    }

    private static String run(String... command) throws Exception {
        // Without the logins of whoever runs this; where root has them no ordinary user may even look for its own.
        Path logins = Files.writeString(shared.resolve("no-logins.json"), "{}");
        List<String> whole = new ArrayList<>(List.of("env", "REGISTRY_AUTH_FILE=" + logins));
        whole.addAll(List.of(command));
        Commands.Result result = Commands.run(whole);
        assertThat(result.code()).as(result.output()).isZero();
        return result.output();
    }

    /** By skopeo. */
    private static void copy(String source, String target, String... options) throws Exception {
        List<String> command =
                new ArrayList<>(List.of("skopeo", "copy", "--src-tls-verify=false", "--dest-tls-verify=false"));
        command.addAll(List.of(options));
        command.addAll(List.of(source, target));
        run(command.toArray(String[]::new));
    }

    private static Digest digestAt(String name) throws Exception {
        String document = run("skopeo", "inspect", "--raw", "--tls-verify=false", docker(name));
        return Digest.of(document.getBytes(StandardCharsets.UTF_8));
    }

    private EngineOptions options() {
        return EngineOptions.defaults().withStore(folder.resolve("store"));
    }

    private static String output(Engine engine, String image, String... command) {
        try (Container container = engine.start(ContainerSpec.of(image).withCommand(command))) {
            container.waitForExit(Duration.ofSeconds(20));
            return container.logs();
        }
    }

    /** A JVM that knows the authority and the password of this test's registry. */
    private ChildJvm jvm(String registryName, String password) throws IOException {
        Path trusted = Files.createDirectories(folder.resolve("config/containers/certs.d/" + registryName));
        if (!Files.exists(trusted.resolve("ca.crt"))) {
            Files.copy(certificate(), trusted.resolve("ca.crt"));
        }
        String auth = Base64.getEncoder()
                .encodeToString((LocalRegistry.USER + ":" + password).getBytes(StandardCharsets.UTF_8));
        Path file = Files.write(
                folder.resolve("auth.json"), Json.write(Map.of("auths", Map.of(registryName, Map.of("auth", auth)))));
        return new ChildJvm()
                .environment("XDG_CONFIG_HOME=" + folder.resolve("config"))
                .environment("REGISTRY_AUTH_FILE=" + file)
                .option("-Dbivouac.store=" + folder.resolve("store"));
    }

    private static String result(ChildJvm jvm, String... commands) throws Exception {
        try (Child child = jvm.start(ImageCommands.class, commands)) {
            child.join();
            return child.output();
        }
    }

    @Test
    void imageThatIsMissingIsPulledByTheStart() {
        String name = registry.name() + "/busybox:1";
        try (Engine engine = Engine.open(options())) {
            assertThat(output(engine, name, "echo", "from afar")).isEqualTo("from afar\n");
            assertThat(engine.images().find(name).map(Image::references)).contains(List.of(name));
        }
    }

    @Test
    void whatSkopeoPushesIsPulledInBothFormatsWithItsDigest() throws Exception {
        copy("oci:" + FixtureImages.busybox() + ":busybox:1", docker("formats:v2"), "--format=v2s2");
        copy("oci:" + FixtureImages.busybox() + ":busybox:1", docker("formats:oci"), "--format=oci");
        try (Engine engine = Engine.open(options())) {
            for (String tag : List.of("v2", "oci")) {
                String name = registry.name() + "/formats:" + tag;
                assertThat(engine.images().pull(name).digest()).isEqualTo(digestAt("formats:" + tag));
                assertThat(output(engine, name, "echo", tag)).isEqualTo(tag + "\n");
            }
            String pinned = registry.name() + "/formats@" + digestAt("formats:v2");
            assertThat(engine.images().pull(pinned).digest()).isEqualTo(digestAt("formats:v2"));
        }
    }

    @Test
    void whatIsPushedIsReadByOthersUnderTheSameDigest() throws Exception {
        try (Engine engine = Engine.open(options())) {
            Image image = engine.images().load(FixtureImages.busybox()).get(0);
            String name = registry.name() + "/pushed:1";
            engine.images().tag("busybox:1", name);
            engine.images().push(name);

            assertThat(digestAt("pushed:1")).isEqualTo(image.digest());
            copy(docker("pushed:1"), "dir:" + folder.resolve("dir"), "--preserve-digests");
            // What it has is not sent again, and another name of it neither.
            engine.images().push(name);
            engine.images().tag(name, registry.name() + "/pushed/again:2");
            engine.images().push(registry.name() + "/pushed/again:2");
            assertThat(digestAt("pushed/again:2")).isEqualTo(image.digest());
        }
    }

    @Test
    void eachFailureIsOfItsKind() throws Exception {
        try (Engine engine = Engine.open(options())) {
            assertKind(engine, registry.name() + "/busybox:none", RegistryException.Kind.NOT_FOUND);
            assertKind(engine, registry.name() + "/nothing/here:1", RegistryException.Kind.NOT_FOUND);
            assertKind(engine, "127.0.0.1:1/busybox:1", RegistryException.Kind.UNREACHABLE);
        }
    }

    private static void assertKind(Engine engine, String reference, RegistryException.Kind kind) {
        assertThatThrownBy(() -> engine.images().pull(reference))
                .isInstanceOfSatisfying(
                        RegistryException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessageStartingWith("Pulling the image " + reference + " failed: ");
    }

    @Test
    void ownAuthorityAndPasswordAreTakenFromTheFilesOfPodman() throws Exception {
        try (LocalRegistry secure = LocalRegistry.in(folder.resolve("secure"))
                .withCertificate(certificate(), key())
                .withPassword()
                .start()) {
            String name = secure.name() + "/team/busybox:1";
            String load = "load=" + FixtureImages.busybox();
            String tag = "tag=busybox:1=" + name;

            assertThat(result(jvm(secure.name(), "wrong"), load, tag, "push=" + name))
                    .contains("failed NOT_ALLOWED Pushing the image " + name + " failed: ");
            assertThat(result(jvm(secure.name(), LocalRegistry.PASSWORD), "push=" + name, "remove=" + name))
                    .contains("done remove");
            assertThat(result(jvm(secure.name(), LocalRegistry.PASSWORD), "pull=" + name, "start=" + name))
                    .contains("done start started");
            assertThat(run(
                            "skopeo",
                            "inspect",
                            "--tls-verify=false",
                            "--authfile=" + folder.resolve("auth.json"),
                            "docker://" + name))
                    .contains("\"Digest\"");
        }
    }

    @Test
    void tokenOpensWhatItsServerAllows() throws Exception {
        try (SigningServer signer = new SigningServer(certificate(), key());
                LocalRegistry guarded = LocalRegistry.in(folder.resolve("guarded"))
                        .withTokens(signer.realm(), certificate())
                        .start()) {
            String name = guarded.name() + "/busybox:1";
            String load = "load=" + FixtureImages.busybox();
            String tag = "tag=busybox:1=" + name;

            assertThat(result(jvm(guarded.name(), "wrong"), load, tag, "push=" + name))
                    .contains("failed NOT_ALLOWED Pushing the image " + name + " failed: ");
            assertThat(result(jvm(guarded.name(), LocalRegistry.PASSWORD), "push=" + name, "remove=" + name))
                    .contains("done remove");
            // Everybody may pull, also whom nobody lets look for logins: root may, whatever the mode.
            Path locked = Files.createDirectory(folder.resolve("locked"));
            Files.setPosixFilePermissions(locked, Set.of());
            assertThat(result(
                            new ChildJvm()
                                    .environment("HOME=" + folder.resolve("nobody"))
                                    .environment("XDG_RUNTIME_DIR=" + locked)
                                    .option("-Dbivouac.store=" + folder.resolve("store")),
                            "pull=" + name,
                            "start=" + name))
                    .contains("done start started");
        }
    }

    @Test
    void mirrorThatPullsThroughIsAskedInsteadOfTheRegistry() throws Exception {
        LocalRegistry origin = LocalRegistry.start(folder.resolve("origin"));
        String name = origin.name() + "/busybox:1";
        try (LocalRegistry mirror = LocalRegistry.in(folder.resolve("mirror"))
                        .withRemote("http://" + origin.name())
                        .start();
                Engine engine = Engine.open(
                        options().withRegistryMirrors(List.of(origin.name() + "=http://" + mirror.name())))) {
            try (origin) {
                copy(docker("busybox:1"), "docker://" + name);
                engine.images().pull(name);
                engine.images().remove(name);
                // It serves first, and stores meanwhile.
                await().untilAsserted(() -> assertThat(blobs("mirror")).containsAll(blobs("origin")));
            }

            assertThat(output(engine, name, "echo", "mirrored")).isEqualTo("mirrored\n");
        }
    }

    /** What a registry has stored whole. */
    private Set<String> blobs(String registry) throws IOException {
        Path blobs = folder.resolve(registry).resolve("docker/registry/v2/blobs");
        if (!Files.exists(blobs)) {
            return Set.of();
        }
        try (Stream<Path> files = Files.walk(blobs)) {
            return files.filter(file -> file.endsWith("data"))
                    .map(file -> blobs.relativize(file).toString())
                    .collect(Collectors.toSet());
        }
    }

    @Test
    void damageInTheStoreIsMendedFromTheRegistry() throws Exception {
        String name = registry.name() + "/busybox:1";
        Path blobs = folder.resolve("store/blobs/sha256");
        Digest layer;
        try (Engine engine = Engine.open(options())) {
            Image image = engine.images().pull(name);
            engine.images().load(FixtureImages.probe());
            layer = layerOf(blobs, image.digest());
            Files.writeString(blobs.resolve(layer.hex()), "no layer any more");
            Files.delete(blobs.resolve(image.id().substring("sha256:".length())));
        }
        try (Engine engine = Engine.open(options().withOffline(true))) {
            assertThat(engine.images().verify()).singleElement().satisfies(damage -> {
                assertThat(damage.object()).isEqualTo(name);
                assertThat(damage.outcome()).isEqualTo(Damage.Outcome.REMAINS);
            });
        }
        try (Engine engine = Engine.open(options())) {
            assertThat(engine.images().verify()).singleElement().satisfies(damage -> {
                assertThat(damage.outcome()).isEqualTo(Damage.Outcome.MENDED);
                assertThat(damage.remark()).isEqualTo("downloaded anew from " + registry.name());
            });
            assertThat(engine.images().verify()).isEmpty();
            assertThat(output(engine, name, "echo", "mended")).isEqualTo("mended\n");

            Digest other =
                    layerOf(blobs, engine.images().find("probe:1").orElseThrow().digest());
            Files.writeString(blobs.resolve(other.hex()), "nobody has this any more");
            assertThat(engine.images().verify()).singleElement().satisfies(damage -> {
                assertThat(damage.object()).isEqualTo("probe:1");
                assertThat(damage.problem()).startsWith("blob " + other + " is damaged: its content has the digest ");
                assertThat(damage.outcome()).isEqualTo(Damage.Outcome.REMOVED);
                assertThat(damage.remark()).isEqualTo("it came from no registry; load or build it again");
            });
            assertThat(engine.images().find("probe:1")).isEmpty();
            assertThat(engine.images().verify()).isEmpty();
        }
    }

    private static Digest layerOf(Path blobs, Digest manifest) throws IOException {
        return Manifest.of(Json.parseObject(Files.readAllBytes(blobs.resolve(manifest.hex()))))
                .layers()
                .get(0)
                .digest();
    }

    @Test
    void largeImageIsPulledAndPushedInLittleMemory() throws Exception {
        Path tar = folder.resolve("large.tar");
        run(
                "sh",
                "-c",
                "cd \"$1\" && head -c 200M /dev/urandom > noise && tar -cf large.tar noise",
                "sh",
                folder.toString());
        String name = registry.name() + "/large:1";
        ChildJvm small = new ChildJvm().option("-Xmx64m").option("-Dbivouac.store=" + folder.resolve("store"));
        try (Engine engine = Engine.open(options().withStore(folder.resolve("other")))) {
            engine.images().importRootfs(tar, name);
            engine.images().push(name);
        }
        assertThat(result(
                        small,
                        "pull=" + name,
                        "tag=" + name + "=" + registry.name() + "/larger:1",
                        "push=" + registry.name() + "/larger:1"))
                .contains("done push");
        assertThat(digestAt("larger:1")).isEqualTo(digestAt("large:1"));
    }
}
