package io.bivouac.engine.registry;

import io.bivouac.engine.io.PartialFile;
import io.bivouac.engine.oci.Descriptor;
import io.bivouac.engine.oci.Digest;
import java.io.EOFException;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Brings in one blob: in pieces where the connection breaks, never more than its descriptor says, and checked at the end. */
final class BlobDownload implements BodySink {
    private static final int OK = 200;
    private static final int PARTIAL = 206;
    private static final int RANGE_NOT_SATISFIABLE = 416;
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

    private final Endpoint endpoint;
    private final Descriptor blob;
    private final PartialFile file;
    private final LongConsumer progress;

    /**
     * @param progress hears how many bytes are there
     */
    BlobDownload(Endpoint endpoint, Descriptor blob, PartialFile file, LongConsumer progress) {
        this.endpoint = endpoint;
        this.blob = blob;
        this.file = file;
        this.progress = progress;
    }

    void run() throws IOException {
        if (file.length() > blob.size()) {
            file.restart();
        }
        boolean resumed = file.length() > 0;
        progress.accept(file.length());
        transfer();
        Digest actual = file.digest();
        if (!actual.equals(blob.digest()) && resumed) {
            // What an earlier attempt left was not what it should have been.
            file.restart();
            transfer();
            actual = file.digest();
        }
        if (!actual.equals(blob.digest())) {
            file.restart();
            throw Failures.corrupt(
                    endpoint.site(), "blob " + blob.digest() + " is damaged: its content has the digest " + actual);
        }
    }

    private void transfer() throws IOException {
        Backoff backoff = new Backoff(endpoint.patience());
        while (file.length() < blob.size()) {
            long before = file.length();
            try {
                request();
            } catch (IOException e) {
                if (file.length() > before) {
                    backoff.progressed();
                }
                endpoint.await(backoff, e);
            }
        }
    }

    private void request() throws IOException {
        Call call = Call.get(endpoint.uri("blobs/" + blob.digest())).into(this);
        long offset = file.length();
        Answer answer = endpoint.callOnce(offset == 0 ? call : call.header("Range", "bytes=" + offset + "-"));
        if (answer.status() == RANGE_NOT_SATISFIABLE && offset > 0) {
            file.restart();
            throw new EOFException("it has no byte " + offset);
        }
        endpoint.requireLasting(answer, what());
        if (answer.status() != OK && answer.status() != PARTIAL) {
            throw endpoint.failure(what(), answer);
        }
        if (file.length() < blob.size()) {
            throw new EOFException("it ended after " + file.length() + " of " + blob.size() + " bytes");
        }
    }

    private String what() {
        return "blob " + blob.digest() + " of " + endpoint.repository();
    }

    @Override
    public boolean begin(int status, HttpHeaders headers) throws IOException {
        if (status == OK) {
            if (file.length() > 0) {
                file.restart();
            }
            OptionalLong length = headers.firstValueAsLong("Content-Length");
            if (length.isPresent()) {
                requireSize(length.getAsLong());
            }
            return true;
        }
        if (status != PARTIAL) {
            return false;
        }
        Matcher range =
                CONTENT_RANGE.matcher(headers.firstValue("Content-Range").orElse(""));
        if (!range.matches() || Long.parseLong(range.group(1)) != file.length()) {
            file.restart();
            throw new EOFException("it went on elsewhere than it was asked to");
        }
        if (!range.group(3).equals("*")) {
            requireSize(Long.parseLong(range.group(3)));
        }
        return true;
    }

    private void requireSize(long size) throws IOException {
        if (size != blob.size()) {
            throw Failures.corrupt(
                    endpoint.site(),
                    "blob " + blob.digest() + " has " + size + " bytes, and should have " + blob.size());
        }
    }

    @Override
    public void accept(ByteBuffer bytes) throws IOException {
        if (file.length() + bytes.remaining() > blob.size()) {
            throw Failures.corrupt(
                    endpoint.site(),
                    "blob " + blob.digest() + " has more than the " + blob.size() + " bytes it should have");
        }
        try {
            file.write(bytes);
        } catch (IOException e) {
            throw new LocalFailure(e);
        }
        progress.accept(file.length());
    }
}
