package io.bivouac.engine.registry;

import io.bivouac.engine.RegistryException.Kind;
import io.bivouac.engine.json.Json;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds credentials where {@code docker login} and {@code podman login} leave them.
 *
 * <p>Sample: {@code {"auths":{"https://index.docker.io/v1/":{"auth":"dXNlcjpzZWNyZXQ="}},"credsStore":"secretservice",
 * "credHelpers":{"public.ecr.aws":"ecr-login"}}}.
 *
 * @see <a href="https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md">containers-auth.json(5)</a>
 */
final class CredentialFiles {
    private static final int SIZE_LIMIT = 1 << 20;

    private final Surroundings surroundings;
    private final CredentialHelper helper;

    CredentialFiles(Surroundings surroundings, CredentialHelper helper) {
        this.surroundings = surroundings;
        this.helper = helper;
    }

    /** As whom to ask a registry for a repository. */
    Login find(Site site, String repository) throws IOException {
        List<String> remarks = new ArrayList<>();
        List<Path> files = surroundings.credentialFiles();
        for (Path file : files) {
            Optional<Map<String, ?>> document = read(file, remarks);
            if (document.isPresent()) {
                Optional<Credentials> found = find(document.get(), file, site, repository, remarks);
                if (found.isPresent()) {
                    return Login.of(found.get(), remarks, files);
                }
            }
        }
        return Login.of(new Credentials.Anonymous(), remarks, files);
    }

    /**
     * A folder that one may not even look into holds no login of one's own: {@code /run/containers} is root's alone where only root
     * runs Podman.
     */
    private static boolean isThere(Path file, List<String> remarks) throws IOException {
        try {
            Files.readAttributes(file, BasicFileAttributes.class);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        } catch (AccessDeniedException e) {
            remarks.add(file + " is in a folder that cannot be looked into");
            return false;
        }
    }

    private static Optional<Map<String, ?>> read(Path file, List<String> remarks) throws IOException {
        try {
            if (!isThere(file, remarks)) {
                return Optional.empty();
            }
            if (Files.size(file) > SIZE_LIMIT) {
                throw new IOException("it is larger than " + SIZE_LIMIT + " bytes");
            }
            return Optional.of(Json.parseObject(Files.readAllBytes(file)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw unreadable(file, String.valueOf(e.getMessage()), e);
        } catch (IllegalArgumentException e) {
            // What the parser says may quote a secret.
            throw unreadable(file, "it is no valid JSON", null);
        }
    }

    private static RegistryFailure unreadable(Path file, String reason, @Nullable Throwable cause) {
        return new RegistryFailure(
                Kind.NOT_ALLOWED,
                "it wants credentials, and the file " + file + " that may hold them cannot be read (" + reason
                        + "). Mend the file, or name another by REGISTRY_AUTH_FILE",
                cause);
    }

    private Optional<Credentials> find(
            Map<String, ?> document, Path file, Site site, String repository, List<String> remarks) throws IOException {
        Map<String, ?> helpers = object(document.get("credHelpers"));
        for (String name : site.names()) {
            if (helpers.get(name) instanceof String program) {
                return ask(program, site, remarks);
            }
        }
        Map<String, ?> entries = object(document.get("auths"));
        for (String key : keys(site, repository)) {
            Optional<Credentials> found = entry(entries, key).flatMap(entry -> parse(entry, file));
            if (found.isPresent()) {
                return found;
            }
        }
        return document.get("credsStore") instanceof String program && !program.isEmpty()
                ? ask(program, site, remarks)
                : Optional.empty();
    }

    /** A helper that is missing or broken is no reason to fail: the registry may not want credentials for this at all. */
    private Optional<Credentials> ask(String program, Site site, List<String> remarks) throws IOException {
        try {
            return helper.ask(program, site.credentialServer());
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            remarks.add(String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    /** From the repository's own to that of the whole registry. */
    private static List<String> keys(Site site, String repository) {
        List<String> keys = new ArrayList<>();
        for (String name : site.names()) {
            for (String path = repository; !path.isEmpty(); path = parent(path)) {
                keys.add(name + "/" + path);
            }
        }
        keys.addAll(site.names());
        return keys;
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    private static Optional<Map<String, ?>> entry(Map<String, ?> entries, String key) {
        return entries.entrySet().stream()
                .filter(entry -> key.equals(normalized(entry.getKey())))
                .<Map<String, ?>>map(entry -> object(entry.getValue()))
                .findFirst();
    }

    /** An address, as Docker writes it, stands for its host; a name, as Podman writes it, for itself. */
    private static String normalized(String key) {
        int scheme = key.indexOf("://");
        if (scheme < 0) {
            return key.endsWith("/") ? key.substring(0, key.length() - 1) : key;
        }
        String rest = key.substring(scheme + 3);
        int slash = rest.indexOf('/');
        return slash < 0 ? rest : rest.substring(0, slash);
    }

    private static Optional<Credentials> parse(Map<String, ?> entry, Path file) {
        String source = file.toString();
        Optional<String> registryToken = text(entry, "registrytoken");
        if (registryToken.isPresent()) {
            return registryToken.map(token -> new Credentials.RegistryToken(token, source));
        }
        Optional<String> identityToken = text(entry, "identitytoken");
        if (identityToken.isPresent()) {
            return identityToken.map(token -> new Credentials.IdentityToken(token, source));
        }
        Optional<String> pair = text(entry, "auth").flatMap(CredentialFiles::decode);
        if (pair.isPresent()) {
            int colon = pair.get().indexOf(':');
            return colon <= 0
                    ? Optional.empty()
                    : Optional.of(new Credentials.Password(
                            pair.get().substring(0, colon), pair.get().substring(colon + 1), source));
        }
        return text(entry, "username")
                .flatMap(user -> text(entry, "password").map(secret -> new Credentials.Password(user, secret, source)));
    }

    private static Optional<String> decode(String base64) {
        try {
            String pair = new String(Base64.getDecoder().decode(base64.strip()), StandardCharsets.UTF_8);
            int end = pair.length();
            while (end > 0 && pair.charAt(end - 1) == '\0') {
                end--;
            }
            return Optional.of(pair.substring(0, end));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> text(Map<String, ?> entry, String name) {
        return entry.get(name) instanceof String text && !text.isEmpty() ? Optional.of(text) : Optional.empty();
    }

    @SuppressWarnings("unchecked") // the parser makes maps with string keys only
    private static Map<String, ?> object(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? (Map<String, ?>) map : Map.of();
    }
}
