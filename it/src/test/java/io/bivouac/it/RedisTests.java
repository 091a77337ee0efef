package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Wait;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A server that gives up root, forks to save, and writes to its volume. */
class RedisTests {
    private static final Duration SOON = Duration.ofSeconds(20);

    private static ContainerSpec redis(String... command) {
        return ContainerSpec.of("redis:7")
                .withCommand(command)
                .withPorts(6379)
                .withWait(Wait.forLog("Ready to accept connections"));
    }

    @Test
    void answersThroughItsPublishedPort() throws Exception {
        try (Container redis =
                        Engines.shared().start(ContainerSpec.of("redis:7").withPorts(6379));
                RedisClient client = RedisClient.connect(redis)) {
            assertThat(client.ask("PING")).isEqualTo("PONG");
            assertThat(client.ask("SET", "größe", "zwölf")).isEqualTo("OK");
            assertThat(client.ask("GET", "größe")).isEqualTo("zwölf");
            assertThat(client.ask("GET", "nothing")).isEqualTo("(nil)");
            assertThat(client.ask("INFO", "server")).contains("redis_version:7.");
        }
    }

    @Test
    void runsAsItsOwnUserInItsVolume() throws Exception {
        try (Container redis = Engines.shared().start(redis("redis-server"));
                RedisClient client = RedisClient.connect(redis)) {
            assertThat(client.ask("CONFIG", "GET", "dir")).isEqualTo("dir /data");
            assertThat(client.ask("CONFIG", "GET", "protected-mode")).isEqualTo("protected-mode no");
            assertThat(redis.exec("stat", "-c", "%U %G %a %n", "/proc/1", "/data")
                            .stdout())
                    .isEqualTo("redis redis 555 /proc/1\nredis redis 755 /data\n");
            assertThat(redis.exec("sh", "-c", "tr '\\0' ' ' </proc/1/cmdline").stdout())
                    .startsWith("redis-server *:6379");
        }
    }

    @Test
    void optionsAloneAreTheServers() throws Exception {
        try (Container redis = Engines.shared().start(redis("--requirepass", "secret", "--databases", "3"));
                RedisClient client = RedisClient.connect(redis)) {
            assertThat(client.ask("PING")).isEqualTo("-NOAUTH Authentication required.");
            assertThat(client.ask("AUTH", "secret")).isEqualTo("OK");
            assertThat(client.ask("CONFIG", "GET", "databases")).isEqualTo("databases 3");
        }
    }

    @Test
    void configurationIsObeyed() throws Exception {
        String script = "printf 'databases 5\\nprotected-mode yes\\n' >/etc/own.conf;"
                + " exec docker-entrypoint.sh /etc/own.conf --maxmemory 1mb";
        ContainerSpec spec = redis("-c", script).withEntrypoint("sh");
        try (Container redis = Engines.shared().start(spec)) {
            assertThat(redis.exec("redis-cli", "config", "get", "protected-mode")
                            .stdout())
                    .isEqualTo("protected-mode\nyes\n");
            assertThat(redis.exec("redis-cli", "config", "get", "databases").stdout())
                    .isEqualTo("databases\n5\n");
            assertThat(redis.exec("redis-cli", "config", "get", "maxmemory").stdout())
                    .isEqualTo("maxmemory\n1048576\n");
        }
    }

    @Test
    void otherCommandsRunInstead() {
        try (Container redis =
                Engines.shared().start(ContainerSpec.of("redis:7").withCommand("redis-cli", "--version"))) {
            assertThat(redis.waitForExit(SOON).code()).isZero();
            assertThat(redis.logs()).startsWith("redis-cli 7.");
        }
        try (Container redis =
                Engines.shared().start(ContainerSpec.of("redis:7").withCommand("--version"))) {
            assertThat(redis.waitForExit(SOON).code()).isZero();
            assertThat(redis.logs()).startsWith("Redis server v=7.");
        }
    }

    @Test
    void savedDataSurvivesAKill() throws Exception {
        try (Container redis = Engines.shared().start(redis("redis-server", "--save", ""))) {
            try (RedisClient client = RedisClient.connect(redis)) {
                client.ask("SET", "saved", "1");
                // In a child process.
                assertThat(client.ask("BGSAVE")).isEqualTo("Background saving started");
                await().atMost(SOON)
                        .until(() -> client.ask("INFO", "persistence").contains("rdb_bgsave_in_progress:0"));
            }
            redis.kill();
            redis.restart();

            try (RedisClient client = RedisClient.connect(redis)) {
                assertThat(client.ask("GET", "saved")).isEqualTo("1");
            }
        }
    }

    @Test
    void appendedDataSurvivesStopAndRestart() throws Exception {
        try (Container redis = Engines.shared().start(redis("--appendonly", "yes", "--appendfsync", "always"))) {
            try (RedisClient client = RedisClient.connect(redis)) {
                client.ask("SET", "kept", "7");
            }
            redis.stop();
            assertThat(redis.waitForExit(SOON).code()).isZero();
            assertThat(redis.waitForExit(SOON).signal()).isEmpty();
            assertThat(redis.logs()).contains("Received SIGTERM scheduling shutdown...");

            redis.restart();

            try (RedisClient client = RedisClient.connect(redis)) {
                assertThat(client.ask("GET", "kept")).isEqualTo("7");
            }
        }
    }
}
