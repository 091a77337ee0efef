package io.bivouac.engine.tree;

import io.bivouac.engine.wire.Frame;
import io.bivouac.engine.wire.FrameHeader;
import io.bivouac.engine.wire.FrameType;
import io.bivouac.engine.wire.ProtocolException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
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
            Frame frame = nextHeader().readPayload(in);
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

    private FrameHeader nextHeader() throws IOException {
        return FrameHeader.read(in).orElseThrow(() -> new EOFException("the tree ends too early"));
    }

    /** Passes blocks on as they come, through no memory of their own: the first use of a page costs more than a copy does. */
    private final class ContentStream extends InputStream {
        private long left;
        private int block;

        private void begin(long size) {
            left = size;
        }

        /** Finds the next byte; false at the end of the file. */
        private boolean fill() throws IOException {
            while (block == 0) {
                if (left == 0) {
                    return false;
                }
                FrameHeader header = nextHeader();
                if (header.type() == FrameType.DATA) {
                    block = header.readBytesLength(in);
                    if (block > left) {
                        throw new ProtocolException("more content than the record announced");
                    }
                    left -= block;
                } else {
                    interruption.accept(header.readPayload(in));
                }
            }
            return true;
        }

        @Override
        public int read() throws IOException {
            if (!fill()) {
                return -1;
            }
            int value = in.read();
            take(value < 0 ? -1 : 1);
            return value;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (!fill()) {
                return -1;
            }
            int count = in.read(buffer, offset, Math.min(length, block));
            take(count);
            return count;
        }

        private void take(int count) throws EOFException {
            if (count < 0) {
                throw FrameHeader.endsWithinPayload();
            }
            block -= count;
        }

        private void skipRest() throws IOException {
            while (fill()) {
                in.skipNBytes(block);
                block = 0;
            }
        }
    }
}
