package io.bivouac.engine.registry;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import org.jspecify.annotations.Nullable;

/**
 * Receives the body of one answer: into a sink, or, being a text, into memory. Once ended it takes nothing more, so that what
 * comes late cannot mix with what a second attempt brings.
 */
final class Receiver implements BodySubscriber<byte[]> {
    private final Watch watch;
    private final int textLimit;
    private final CompletableFuture<byte[]> result = new CompletableFuture<>();
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private @Nullable BodySink sink;
    private @Nullable Subscription subscription;
    private boolean ended;

    /**
     * @param textLimit bytes a text may have
     */
    Receiver(@Nullable BodySink sink, Watch watch, int textLimit) {
        this.sink = sink;
        this.watch = watch;
        this.textLimit = textLimit;
    }

    /** Looks at the head. */
    synchronized BodySubscriber<byte[]> begin(ResponseInfo head, Duration stall) {
        watch.allow(stall);
        try {
            if (sink != null && !sink.begin(head.statusCode(), head.headers())) {
                sink = null;
            }
        } catch (IOException e) {
            fail(e);
        }
        return this;
    }

    @Override
    public CompletionStage<byte[]> getBody() {
        return result;
    }

    @Override
    public synchronized void onSubscribe(Subscription given) {
        subscription = given;
        if (ended) {
            given.cancel();
        } else {
            given.request(1);
        }
    }

    @Override
    public synchronized void onNext(List<ByteBuffer> buffers) {
        watch.touch();
        if (ended) {
            return;
        }
        try {
            for (ByteBuffer buffer : buffers) {
                take(buffer);
            }
            if (subscription != null) {
                subscription.request(1);
            }
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
        // Writing what came may have taken its time.
        watch.touch();
    }

    private void take(ByteBuffer buffer) throws IOException {
        if (sink != null) {
            sink.accept(buffer);
            return;
        }
        if (text.size() + buffer.remaining() > textLimit) {
            throw new TooLargeException(textLimit);
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        text.writeBytes(bytes);
    }

    @Override
    public synchronized void onError(Throwable failure) {
        ended = true;
        result.completeExceptionally(failure);
    }

    @Override
    public synchronized void onComplete() {
        ended = true;
        result.complete(text.toByteArray());
    }

    private void fail(Exception failure) {
        ended = true;
        result.completeExceptionally(failure);
        if (subscription != null) {
            subscription.cancel();
        }
    }

    /** Nobody waits for it any more. */
    synchronized void end() {
        fail(new IOException("given up"));
    }

    /** A text that has no end. */
    static final class TooLargeException extends IOException {
        private static final long serialVersionUID = 1L;

        private TooLargeException(int limit) {
            super("more than " + limit + " bytes");
        }
    }
}
