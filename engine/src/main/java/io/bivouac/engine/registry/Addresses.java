package io.bivouac.engine.registry;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Asks for the addresses of a host, and does not wait for ever: a resolver by itself may take half a minute. */
final class Addresses {
    private final Lookup lookup;
    private final Executor executor;

    /** What asks. */
    @FunctionalInterface
    interface Lookup {
        InetAddress[] find(String host) throws UnknownHostException;
    }

    Addresses(Lookup lookup, Executor executor) {
        this.lookup = lookup;
        this.executor = executor;
    }

    List<InetAddress> of(String host, Duration limit) throws IOException {
        CompletableFuture<List<InetAddress>> found = new CompletableFuture<>();
        executor.execute(() -> {
            try {
                found.complete(List.of(lookup.find(host)));
            } catch (UnknownHostException | RuntimeException e) {
                found.completeExceptionally(e);
            }
        });
        try {
            return found.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new HttpTimeoutException("no name server answers");
        } catch (ExecutionException e) {
            throw new UnknownHostException(host);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException();
        }
    }
}
