package io.bivouac.engine.registry;

import io.bivouac.engine.oci.Descriptor;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes one blob to a registry, unless it is there already: by a mount from another repository, else in one request, or, where
 * the registry takes no such large one, in several. After a broken connection it goes on where the registry says that it is.
 *
 * @see <a href="https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs">distribution-spec, pushing
 *     blobs</a>
 */
final class BlobUpload {
    private static final int CREATED = 201;
    private static final int ACCEPTED = 202;
    private static final int BAD_REQUEST = 400;
    private static final int TOO_LARGE = 413;
    private static final int RANGE_NOT_SATISFIABLE = 416;
    private static final String BINARY = "application/octet-stream";
    private static final String LEAST_PIECE = "OCI-Chunk-Min-Length";
    private static final Pattern RANGE = Pattern.compile("(?:bytes=)?0-(\\d{1,18})");

    private static final long FIRST_PIECE = 32L << 20;
    private static final long SMALLEST_PIECE = 512L << 10;
    private static final int SHRINKING = 4;

    private final Endpoint endpoint;
    private final Descriptor blob;
    private final BlobSource source;
    private final Optional<String> mountFrom;
    private final LongConsumer progress;
    /** Where the upload goes on; none before it begins and when all is there. */
    private @Nullable URI location;
    /** Bytes the registry has. */
    private long offset;
    /** The largest piece that may be sent. */
    private long piece = Long.MAX_VALUE;

    private long leastPiece;

    /**
     * @param mountFrom a repository of the same registry that has the blob
     * @param progress hears how many bytes are there
     */
    BlobUpload(
            Endpoint endpoint, Descriptor blob, BlobSource source, Optional<String> mountFrom, LongConsumer progress) {
        this.endpoint = endpoint;
        this.blob = blob;
        this.source = source;
        this.mountFrom = mountFrom;
        this.progress = progress;
    }

    void run() throws IOException {
        if (isThere()) {
            return;
        }
        Backoff backoff = new Backoff(endpoint.patience());
        begin();
        while (location != null) {
            long before = offset;
            try {
                step(location);
            } catch (IOException e) {
                endpoint.await(backoff, e);
                recover(location);
            }
            if (offset > before) {
                backoff.progressed();
            }
        }
    }

    private String what() {
        return "place for blob " + blob.digest() + " in " + endpoint.repository();
    }

    private boolean isThere() throws IOException {
        Answer answer = endpoint.call(Call.of("HEAD", endpoint.uri("blobs/" + blob.digest())), what());
        if (Failures.isAboutLogin(answer)) {
            throw endpoint.failure(what(), answer);
        }
        return answer.isSuccess();
    }

    /** Asks where to send the blob; the registry may take it from another repository instead. */
    private void begin() throws IOException {
        String query = mountFrom
                .map(from -> "?mount=" + encoded(blob.digest().toString()) + "&from=" + encoded(from))
                .orElse("");
        Answer answer = endpoint.call(
                Call.of("POST", endpoint.uri("blobs/uploads/" + query))
                        .sending(BINARY, watch -> BodyPublishers.noBody()),
                what());
        offset = 0;
        location = null;
        if (answer.status() == CREATED) {
            return;
        }
        if (answer.status() != ACCEPTED) {
            throw endpoint.failure(what(), answer);
        }
        leastPiece = answer.headers().firstValueAsLong(LEAST_PIECE).orElse(0);
        location = location(answer);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    /** Where an answer says that the upload goes on, else where it was asked. */
    private URI location(Answer answer) throws IOException {
        Optional<String> given = answer.header("Location");
        return given.isEmpty() ? answer.uri() : Transport.resolve(answer.uri(), given.get(), endpoint.home());
    }

    /** Sends the whole blob, or the next piece, or the end. */
    private void step(URI target) throws IOException {
        boolean whole = offset == 0 && blob.size() <= piece;
        Answer answer = whole || offset == blob.size() ? sendEnd(target, whole) : sendPiece(target);
        if (answer.status() == TOO_LARGE && offset < blob.size() && shrink()) {
            if (whole) {
                begin();
            }
            return;
        }
        requireTaken(answer);
        if (whole || offset == blob.size()) {
            location = null;
        } else {
            offset += pieceLength();
            location = location(answer);
        }
    }

    private long pieceLength() {
        return Math.min(Math.max(piece, leastPiece), blob.size() - offset);
    }

    private Answer sendPiece(URI target) throws IOException {
        OutgoingBody body = new OutgoingBody(source, blob, offset, pieceLength(), progress);
        Call call = Call.of("PATCH", target)
                .sending(BINARY, body)
                .header("Content-Range", offset + "-" + (offset + pieceLength() - 1));
        return exchange(call, body);
    }

    /** The last request names the digest. It carries the whole blob, or nothing when pieces went before. */
    private Answer sendEnd(URI target, boolean whole) throws IOException {
        String separator = target.getRawQuery() == null ? "?" : "&";
        URI named = URI.create(
                target + separator + "digest=" + encoded(blob.digest().toString()));
        OutgoingBody body = new OutgoingBody(source, blob, 0, whole ? blob.size() : 0, progress);
        return exchange(Call.of("PUT", named).sending(BINARY, body), body);
    }

    private Answer exchange(Call call, OutgoingBody body) throws IOException {
        try {
            return endpoint.callOnce(call);
        } catch (IOException e) {
            body.check();
            throw e;
        }
    }

    /** Smaller pieces from now on; false when they are small already. */
    private boolean shrink() {
        if (piece <= SMALLEST_PIECE) {
            return false;
        }
        piece = piece > FIRST_PIECE ? FIRST_PIECE : Math.max(SMALLEST_PIECE, piece / SHRINKING);
        return true;
    }

    private void requireTaken(Answer answer) throws IOException {
        if (answer.isSuccess()) {
            return;
        }
        endpoint.requireLasting(answer, what());
        if (answer.status() == Failures.NOT_FOUND || answer.status() == RANGE_NOT_SATISFIABLE) {
            throw new EOFException("it has lost what it had of " + blob.digest());
        }
        if (answer.status() == BAD_REQUEST) {
            checkOwnContent();
        }
        throw endpoint.failure(what(), answer);
    }

    /** Reading it again tells whether this side is to blame. */
    private void checkOwnContent() throws IOException {
        try (InputStream content = source.open(blob, 0)) {
            content.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new LocalFailure(e);
        }
    }

    /** Goes on where the registry says that it is, or begins anew when it does not know the upload any more. */
    private void recover(URI target) throws IOException {
        Answer answer = endpoint.call(Call.get(target), what());
        Matcher range = RANGE.matcher(answer.header("Range").orElse(""));
        if (!answer.isSuccess() || !range.matches()) {
            begin();
            return;
        }
        long last = Long.parseLong(range.group(1));
        // Some say so of nothing, too.
        offset = last == 0 ? 0 : Math.min(last + 1, blob.size());
        location = location(answer);
    }
}
