package io.bivouac.engine.tree;

import io.bivouac.engine.wire.Frame;
import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.ProtocolException;
import io.bivouac.engine.wire.WireReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Reads tree records from a stream of frames, whether it comes from the warden or from a record file. Frames that are no tree
 * records go to a handler, which usually throws what they report.
 */
public final class TreeReader {
    private final InputStream in;
    private final Interruption interruption;
    private final ContentStream content = new ContentStream();

    /** Receives a frame that does not belong to the tree. */
    @FunctionalInterface
    public interface Interruption {
        void accept(Frame frame) throws IOException;
    }

    public TreeReader(InputStream in, Interruption interruption) {
        this.in = in;
        this.interruption = interruption;
    }

    /** For a record file, which holds nothing else. */
    public TreeReader(InputStream in) {
        this(in, frame -> {
            throw new ProtocolException("a frame of type " + frame.type() + " in a record file");
        });
    }

    /** The next record, after skipping what is left of the content before; empty at the end of the tree. */
    public Optional<TreeEntry> next() throws IOException {
        content.skipRest();
        while (true) {
            Frame frame = nextFrame();
            switch (frame.type()) {
                case ENTRY -> {
                    TreeEntry entry = TreeEntry.decode(frame.reader());
                    content.begin(entry.type() == EntryType.FILE ? entry.size() : 0);
                    return Optional.of(entry);
                }
                case END -> {
                    return Optional.empty();
                }
                default -> interruption.accept(frame);
            }
        }
    }

    /** The content of the file {@link #next()} returned last; valid until the next call of it. */
    public InputStream content() {
        return content;
    }

    private Frame nextFrame() throws IOException {
        return Frame.read(in).orElseThrow(() -> new EOFException("the tree ends too early"));
    }

    private final class ContentStream extends InputStream {
        private long left;
        private ByteBuffer block = ByteBuffer.allocate(0);

        private void begin(long size) {
            left = size;
            block = ByteBuffer.allocate(0);
        }

        private boolean fill() throws IOException {
            while (!block.hasRemaining()) {
                if (left == 0) {
                    return false;
                }
                Frame frame = nextFrame();
                if (frame.type() == FrameType.DATA) {
                    WireReader reader = frame.reader();
                    block = reader.takeView();
                    reader.finish();
                    if (block.remaining() > left) {
                        throw new ProtocolException("more content than the record announced");
                    }
                    left -= block.remaining();
                } else {
                    interruption.accept(frame);
                }
            }
            return true;
        }

        @Override
        public int read() throws IOException {
            return fill() ? block.get() & 0xff : -1;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (!fill()) {
                return -1;
            }
            int count = Math.min(length, block.remaining());
            block.get(buffer, offset, count);
            return count;
        }

        private void skipRest() throws IOException {
            while (fill()) {
                block.position(block.limit());
            }
        }
    }
}
