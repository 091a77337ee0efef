package io.bivouac.engine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/**
 * Says when a container is ready. Immutable.
 *
 * <pre>{@code
 * Wait.forLog("ready to accept connections").times(2)
 * Wait.forPort(5432).withTimeout(Duration.ofSeconds(20))
 * }</pre>
 */
@API(status = API.Status.EXPERIMENTAL, since = "0.1")
public sealed interface Wait {
    /** The limit of this wait alone; empty: the container's start-up timeout. */
    Optional<Duration> timeout();

    /** Fails when it takes longer. */
    Wait withTimeout(Duration limit);

    /** Waits for a line in which the regular expression is found. */
    static Log forLog(String regex) {
        return new Log(Log.compile(regex), 1, null);
    }

    /**
     * Waits until something inside the container listens on the TCP port. Read from the kernel's tables: no connection is ever
     * opened, so a server sees no half-open client.
     */
    static Port forPort(int port) {
        return new Port(port, null);
    }

    /** Waits until the command, run inside the container, exits with 0. */
    static Command forCommand(String... command) {
        return new Command(List.of(command), null);
    }

    /** Waits until the container's first process has exited with this code: for jobs that prepare something. */
    static Exit forExit(int code) {
        return new Exit(code, null);
    }

    /**
     * Waits until a check of the container's health has succeeded; as soon as so many have failed that it is unhealthy, its start
     * has failed. The first check comes one interval after the start, which many images have at 30 s: a start period and a short
     * interval within it find out sooner, see {@link Healthcheck#ofImage()}.
     */
    static Health forHealthcheck() {
        return new Health(null);
    }

    /**
     * A line of the log.
     *
     * @param pattern found within a line; an optional trailing newline in it is allowed
     * @param times how many lines must match
     * @param timeoutOrNull see {@link Wait#timeout()}
     */
    record Log(Pattern pattern, int times, @Nullable Duration timeoutOrNull) implements Wait {
        public Log {
            if (times < 1) {
                throw new ConfigurationException("Wait.forLog: times must be at least 1, not " + times + ".");
            }
        }

        private static Pattern compile(String regex) {
            try {
                return Pattern.compile(regex);
            } catch (PatternSyntaxException e) {
                throw new ConfigurationException(
                        "Wait.forLog: '" + regex + "' is not a regular expression: " + e.getDescription()
                                + ". Quote it with Pattern.quote when it is meant literally.",
                        e);
            }
        }

        /**
         * The same wait for that many matching lines. A container that is started again on a user space it had before is ready
         * with the first: servers that say it twice do so while they make their data.
         */
        public Log times(int count) {
            return new Log(pattern, count, timeoutOrNull);
        }

        @Override
        public Optional<Duration> timeout() {
            return Optional.ofNullable(timeoutOrNull);
        }

        @Override
        public Log withTimeout(Duration limit) {
            return new Log(pattern, times, limit);
        }

        @Override
        public String toString() {
            return "log line '" + pattern + "'" + (times == 1 ? "" : " " + times + " times");
        }
    }

    /**
     * A listening TCP port.
     *
     * @param port inside the container
     * @param timeoutOrNull see {@link Wait#timeout()}
     */
    record Port(int port, @Nullable Duration timeoutOrNull) implements Wait {
        public Port {
            if (port < 1 || port > 65535) {
                throw new ConfigurationException("Wait.forPort: " + port + " is not a port (1 to 65535).");
            }
        }

        @Override
        public Optional<Duration> timeout() {
            return Optional.ofNullable(timeoutOrNull);
        }

        @Override
        public Port withTimeout(Duration limit) {
            return new Port(port, limit);
        }

        @Override
        public String toString() {
            return "listening port " + port;
        }
    }

    /**
     * A command that succeeds.
     *
     * @param command and its arguments
     * @param timeoutOrNull see {@link Wait#timeout()}
     */
    record Command(List<String> command, @Nullable Duration timeoutOrNull) implements Wait {
        public Command {
            command = List.copyOf(command);
            if (command.isEmpty()) {
                throw new ConfigurationException("Wait.forCommand needs a command.");
            }
        }

        @Override
        public Optional<Duration> timeout() {
            return Optional.ofNullable(timeoutOrNull);
        }

        @Override
        public Command withTimeout(Duration limit) {
            return new Command(command, limit);
        }

        @Override
        public String toString() {
            return "command " + String.join(" ", command);
        }
    }

    /**
     * The end of the first process.
     *
     * @param code it must exit with
     * @param timeoutOrNull see {@link Wait#timeout()}
     */
    record Exit(int code, @Nullable Duration timeoutOrNull) implements Wait {
        @Override
        public Optional<Duration> timeout() {
            return Optional.ofNullable(timeoutOrNull);
        }

        @Override
        public Exit withTimeout(Duration limit) {
            return new Exit(code, limit);
        }

        @Override
        public String toString() {
            return "exit with code " + code;
        }
    }

    /**
     * The health that checks find out.
     *
     * @param timeoutOrNull see {@link Wait#timeout()}
     */
    record Health(@Nullable Duration timeoutOrNull) implements Wait {
        @Override
        public Optional<Duration> timeout() {
            return Optional.ofNullable(timeoutOrNull);
        }

        @Override
        public Health withTimeout(Duration limit) {
            return new Health(limit);
        }

        @Override
        public String toString() {
            return "a healthy check";
        }
    }
}
