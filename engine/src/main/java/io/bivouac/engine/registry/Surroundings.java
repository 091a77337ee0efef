package io.bivouac.engine.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a process finds around itself: where Docker and Podman keep credentials and certificates for the user it runs as.
 *
 * @param environment variables
 * @param system the folder that {@code /etc} and {@code /run} lie in
 */
public record Surroundings(Map<String, String> environment, Path system) {
    private static final String CONTAINERS = "containers";
    private static final String PODMAN_FILE = "auth.json";
    private static final String CERTIFICATES = "certs.d";

    public Surroundings {
        environment = Map.copyOf(environment);
    }

    public static Surroundings ofProcess() {
        return new Surroundings(System.getenv(), Path.of("/"));
    }

    Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
    }

    private Optional<Path> folder(String name) {
        return variable(name).map(Path::of).filter(Path::isAbsolute);
    }

    private Path home() {
        return folder("HOME").orElseGet(() -> Path.of(System.getProperty("user.home", "/")));
    }

    private Path configuration() {
        return folder("XDG_CONFIG_HOME").orElseGet(() -> home().resolve(".config"));
    }

    /** Files of credentials, the one that decides first. */
    List<Path> credentialFiles() {
        List<Path> files = new ArrayList<>();
        folder("REGISTRY_AUTH_FILE").ifPresent(files::add);
        files.add(folder("DOCKER_CONFIG")
                .orElseGet(() -> home().resolve(".docker"))
                .resolve("config.json"));
        folder("XDG_RUNTIME_DIR")
                .map(runtime -> runtime.resolve(CONTAINERS))
                .or(this::withoutSession)
                .map(folder -> folder.resolve(PODMAN_FILE))
                .ifPresent(files::add);
        files.add(configuration().resolve(CONTAINERS).resolve(PODMAN_FILE));
        return files;
    }

    /** Where Podman keeps what is to be forgotten at the next boot for a user that has no runtime folder. */
    private Optional<Path> withoutSession() {
        try {
            Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            return Optional.of(system.resolve("run").resolve(CONTAINERS).resolve(uid.toString()));
        } catch (IOException | UnsupportedOperationException e) {
            return Optional.empty();
        }
    }

    /** Folders that may hold one of a registry's name with its certificates. */
    List<Path> certificateFolders() {
        Path etc = system.resolve("etc");
        return List.of(
                configuration().resolve(CONTAINERS).resolve(CERTIFICATES),
                configuration().resolve("docker").resolve(CERTIFICATES),
                etc.resolve(CONTAINERS).resolve(CERTIFICATES),
                etc.resolve("docker").resolve(CERTIFICATES));
    }
}
