package io.bivouac.engine.registry;

import io.bivouac.engine.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/**
 * Asks a program for credentials, by the protocol of Docker's helpers: {@code docker-credential-NAME get} reads the registry from
 * its standard input and answers {@code {"ServerURL":"…","Username":"…","Secret":"…"}}.
 *
 * @see <a href="https://github.com/docker/docker-credential-helpers#development">docker-credential-helpers</a>
 */
final class CredentialHelper {
    private static final String PREFIX = "docker-credential-";
    /** The name comes from a file: it must not become a path or an option. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}");
    /** The user name by which a helper says that the secret is an identity token. */
    private static final String TOKEN_USER = "<token>";

    private static final String NOT_FOUND = "credentials not found";
    private static final int OUTPUT_LIMIT = 64 << 10;

    private final Surroundings surroundings;
    private final Executor executor;
    private final Duration limit;

    CredentialHelper(Surroundings surroundings, Executor executor, Duration limit) {
        this.surroundings = surroundings;
        this.executor = executor;
        this.limit = limit;
    }

    /** The credentials a helper has for the server; empty when it has none. The exception says why it could not be asked. */
    Optional<Credentials> ask(String name, String server) throws IOException {
        Path program = find(name);
        Process process = new ProcessBuilder(program.toString(), "get")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            String output = converse(process, name, server);
            if (process.exitValue() == 0) {
                return Optional.of(parse(output, name));
            }
            if (output.contains(NOT_FOUND)) {
                return Optional.empty();
            }
            throw new IOException("the credential helper " + PREFIX + name + " failed: " + Texts.printable(output));
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private Path find(String name) throws IOException {
        if (!NAME.matcher(name).matches()) {
            throw new IOException("'" + Texts.printable(name) + "' is not the name of a credential helper");
        }
        for (String folder : surroundings.variable("PATH").orElse("").split(":", -1)) {
            Path program = Path.of(folder, PREFIX + name);
            if (program.isAbsolute() && Files.isExecutable(program)) {
                return program;
            }
        }
        throw new IOException("the credential helper " + PREFIX + name + " is in no folder of PATH");
    }

    private String converse(Process process, String name, String server) throws IOException {
        CompletableFuture<String> output =
                CompletableFuture.supplyAsync(() -> read(process.getInputStream()), executor);
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            tell(process, server);
            String text = output.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (!process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                throw new TimeoutException();
            }
            return text;
        } catch (TimeoutException e) {
            throw new IOException(
                    "the credential helper " + PREFIX + name + " did not answer within " + limit.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            throw new IOException("the credential helper " + PREFIX + name + " could not be read", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }

    private static void tell(Process process, String server) {
        try (OutputStream in = process.getOutputStream()) {
            in.write((server + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It answers without listening, or has failed; what it says tells.
        }
    }

    private static String read(InputStream in) {
        try {
            return new String(in.readNBytes(OUTPUT_LIMIT), StandardCharsets.UTF_8);
        } catch (IOException e) {
            // It was ended: whoever waits for its output has given up.
            return "";
        }
    }

    private static Credentials parse(String output, String name) throws IOException {
        try {
            Map<String, ?> json = Json.parseObject(output.getBytes(StandardCharsets.UTF_8));
            String source = "the credential helper " + PREFIX + name;
            if (json.get("Username") instanceof String user && json.get("Secret") instanceof String secret) {
                return user.equals(TOKEN_USER)
                        ? new Credentials.IdentityToken(secret, source)
                        : new Credentials.Password(user, secret, source);
            }
            throw new IllegalArgumentException("user or secret is missing");
        } catch (IllegalArgumentException e) {
            // Without the cause: its message may quote what the helper said.
            throw new IOException("the credential helper " + PREFIX + name + " answered in no form that is known");
        }
    }
}
