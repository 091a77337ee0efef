package io.bivouac.engine.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Credentials as docker login, podman login and their helpers leave them. */
class CredentialTests {
    private static final Site HUB = Site.of("docker.io");
    private static final Site QUAY = Site.of("quay.io");

    @TempDir
    @SuppressWarnings("NullAway.Init") // injected by JUnit
    private Path folder;

    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final Map<String, String> environment = new HashMap<>();

    @BeforeEach
    void prepare() {
        environment.put("HOME", folder.toString());
        environment.put("PATH", folder.resolve("bin") + ":/usr/bin:/bin");
    }

    @AfterEach
    void end() {
        executor.shutdownNow();
    }

    private Login find(Site site, String repository) throws IOException {
        Surroundings surroundings = new Surroundings(environment, folder.resolve("system"));
        CredentialHelper helper = new CredentialHelper(surroundings, executor, Duration.ofSeconds(1));
        return new CredentialFiles(surroundings, helper).find(site, repository);
    }

    private void write(String file, String json) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, json.replace('\'', '"'));
    }

    private static String auth(String pair) {
        return Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    private Credentials.Password password(Site site) throws IOException {
        return (Credentials.Password) find(site, "library/postgres").credentials();
    }

    private void helper(String name, String script) throws IOException {
        Path program = Files.createDirectories(folder.resolve("bin")).resolve("docker-credential-" + name);
        Files.writeString(program, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://index.docker.io/v1/",
                "index.docker.io",
                "docker.io",
                "https://docker.io",
                "registry-1.docker.io"
            })
    void dockerHubHasManyNames(String key) throws Exception {
        write(".docker/config.json", "{'auths':{'" + key + "':{'auth':'" + auth("camper:pass:word") + "'}}}");

        assertThat(password(HUB).user()).isEqualTo("camper");
        assertThat(password(HUB).secret()).isEqualTo("pass:word");
        assertThat(find(QUAY, "x").isAnonymous()).isTrue();
    }

    @Test
    void mostExactKeyOfPodmanWins() throws Exception {
        write(
                ".config/containers/auth.json",
                "{'auths':{'quay.io':{'auth':'" + auth("all:1") + "'},'quay.io/team':{'auth':'" + auth("team:1")
                        + "'},'quay.io/team/app':{'auth':'" + auth("app:1") + "'}}}");

        assertThat(find(QUAY, "team/app").credentials())
                .hasToString("app (" + folder + "/.config/containers/auth.json)");
        assertThat(find(QUAY, "team/other").credentials())
                .hasToString("team (" + folder + "/.config/containers/auth.json)");
        assertThat(find(QUAY, "teamwork").credentials())
                .hasToString("all (" + folder + "/.config/containers/auth.json)");
    }

    @Test
    void filesAreAskedInTheirOrder() throws Exception {
        write(".config/containers/auth.json", "{'auths':{'quay.io':{'auth':'" + auth("config:1") + "'}}}");
        assertThat(password(QUAY).user()).isEqualTo("config");
        environment.put("XDG_RUNTIME_DIR", folder.resolve("run").toString());
        write("run/containers/auth.json", "{'auths':{'quay.io':{'auth':'" + auth("runtime:1") + "'}}}");
        assertThat(password(QUAY).user()).isEqualTo("runtime");
        write(".docker/config.json", "{'auths':{'quay.io':{'auth':'" + auth("docker:1") + "'}}}");
        assertThat(password(QUAY).user()).isEqualTo("docker");
        environment.put("DOCKER_CONFIG", folder.resolve("elsewhere").toString());
        write("elsewhere/config.json", "{'auths':{'quay.io':{'auth':'" + auth("elsewhere:1") + "'}}}");
        assertThat(password(QUAY).user()).isEqualTo("elsewhere");
        environment.put("REGISTRY_AUTH_FILE", folder.resolve("given.json").toString());
        write("given.json", "{'auths':{'quay.io':{'username':'given','password':'1'}}}");
        assertThat(password(QUAY).user()).isEqualTo("given");
    }

    @ParameterizedTest
    @CsvSource({"not base64!", "bm9jb2xvbg==", "''", "OnNlY3JldA=="})
    void entryThatSaysNothingIsNone(String auth) throws Exception {
        write(".docker/config.json", "{'auths':{'quay.io':{'auth':'" + auth + "'}}}");

        assertThat(find(QUAY, "x").isAnonymous()).isTrue();
    }

    @Test
    void damagedFileIsNamedAndNotQuoted() throws Exception {
        write(".docker/config.json", "{'auths':{'quay.io':{'auth':s3cret}}}");

        assertThatThrownBy(() -> find(QUAY, "x"))
                .isInstanceOf(RegistryFailure.class)
                .hasMessage("it wants credentials, and the file " + folder
                        + "/.docker/config.json that may hold them cannot be"
                        + " read (it is no valid JSON). Mend the file, or name another by REGISTRY_AUTH_FILE")
                .hasNoCause();
    }

    @Test
    void helperIsAskedForItsRegistry() throws Exception {
        helper(
                "camp",
                "read server; echo \"{\\\"ServerURL\\\":\\\"$server\\\",\\\"Username\\\":\\\"of $server\\\",\\\"Secret\\\":\\\"s\\\"}\"");
        write(".docker/config.json", "{'credHelpers':{'quay.io':'camp'},'credsStore':'none'}");

        assertThat(password(QUAY).user()).isEqualTo("of quay.io");
    }

    @Test
    void storeIsAskedForEveryRegistry() throws Exception {
        helper("camp", "read server; echo \"{\\\"Username\\\":\\\"of $server\\\",\\\"Secret\\\":\\\"s\\\"}\"");
        write(".docker/config.json", "{'auths':{'https://index.docker.io/v1/':{}},'credsStore':'camp'}");

        assertThat(password(HUB).user()).isEqualTo("of https://index.docker.io/v1/");
        assertThat(password(QUAY).user()).isEqualTo("of quay.io");
    }

    @Test
    void helperMayHaveAnIdentityToken() throws Exception {
        helper("camp", "echo '{\"Username\":\"<token>\",\"Secret\":\"identity\"}'");
        write(".docker/config.json", "{'credsStore':'camp'}");

        assertThat(find(QUAY, "x").credentials())
                .isEqualTo(new Credentials.IdentityToken("identity", "the credential helper docker-credential-camp"));
    }

    @Test
    void helperThatHasNoneIsNoRemark() throws Exception {
        helper("camp", "echo credentials not found in native keychain; exit 1");
        write(".docker/config.json", "{'credsStore':'camp'}");

        assertThat(find(QUAY, "x").isAnonymous()).isTrue();
        assertThat(find(QUAY, "x").remarks()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "exit 3 | the credential helper docker-credential-camp failed: ",
                "echo no; exit 1 | the credential helper docker-credential-camp failed: no",
                "echo '{\"Secret\":\"s3cret\"}' | the credential helper docker-credential-camp answered in no form that is known",
                "sleep 100 | the credential helper docker-credential-camp did not answer within 1 s",
            })
    void helperThatFailsIsARemark(String script, String remark) throws Exception {
        helper("camp", script);
        write(".docker/config.json", "{'credsStore':'camp'}");

        Login login = find(QUAY, "x");

        assertThat(login.isAnonymous()).isTrue();
        assertThat(login.remarks()).containsExactly(remark == null ? "" : remark.endsWith(":") ? remark + " " : remark);
        assertThat(login.describe())
                .contains("there are no credentials for it in ")
                .contains(" (the credential helper ");
    }

    @Test
    void helperThatIsNotInstalledIsARemark() throws Exception {
        write(".docker/config.json", "{'credsStore':'desktop'}");

        assertThat(find(QUAY, "x").remarks())
                .containsExactly("the credential helper docker-credential-desktop is in no folder of PATH");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../evil", "/bin/evil", "a b", "-x", "a;b", ".hidden", "a/b"})
    void nameOfAHelperIsNoPathAndNoOption(String name) throws Exception {
        write(".docker/config.json", "{'credsStore':'" + name + "'}");

        assertThat(find(QUAY, "x").remarks()).containsExactly("'" + name + "' is not the name of a credential helper");
    }

    @Test
    void textOfCredentialsShowsNoSecret() {
        assertThat(new Credentials.Password("camper", "s3cret", "file")).hasToString("camper (file)");
        assertThat(new Credentials.IdentityToken("s3cret", "file")).hasToString("an identity token (file)");
        assertThat(new Credentials.RegistryToken("s3cret", "file")).hasToString("a registry token (file)");
        assertThat(Token.of("s3cret", 1)).hasToString("a token");
        assertThat(new Credentials.Password("camper", "s3cret", "x").fingerprint())
                .doesNotContain("s3cret");
    }
}
