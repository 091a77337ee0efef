package io.bivouac.engine.registry;

import io.bivouac.engine.oci.Descriptor;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A part of a blob as the body of a request. What goes wrong with reading it is remembered: Java's client would wrap it. */
final class OutgoingBody implements Function<Watch, BodyPublisher> {
    private final BlobSource source;
    private final Descriptor blob;
    private final long offset;
    private final long length;
    private final LongConsumer progress;
    private volatile @Nullable IOException failure;

    /**
     * @param progress hears how many bytes of the blob are sent
     */
    OutgoingBody(BlobSource source, Descriptor blob, long offset, long length, LongConsumer progress) {
        this.source = source;
        this.blob = blob;
        this.offset = offset;
        this.length = length;
        this.progress = progress;
    }

    @Override
    public BodyPublisher apply(Watch watch) {
        return length == 0
                ? BodyPublishers.noBody()
                : BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(() -> open(watch)), length);
    }

    private InputStream open(Watch watch) {
        try {
            return new Part(source.open(blob, offset), watch);
        } catch (IOException e) {
            failure = e;
            throw new UncheckedIOException(e);
        }
    }

    /** Throws what went wrong on this side. */
    void check() throws LocalFailure {
        IOException cause = failure;
        if (cause != null) {
            throw new LocalFailure(cause);
        }
    }

    /** Ends after the part, and tells how far it is. */
    private final class Part extends FilterInputStream {
        private final Watch watch;
        private long position;

        private Part(InputStream in, Watch watch) {
            super(in);
            this.watch = watch;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int begin, int count) throws IOException {
            watch.touch();
            boolean endsBefore = offset + length < blob.size();
            if (position == length && endsBefore) {
                return -1;
            }
            try {
                // At the end of the blob one read more lets the source check what it has given.
                int read = in.read(buffer, begin, (int) Math.min(count, Math.max(1, length - position)));
                if (read > 0) {
                    position += read;
                    progress.accept(offset + position);
                }
                return read;
            } catch (IOException e) {
                failure = e;
                throw e;
            }
        }
    }
}
