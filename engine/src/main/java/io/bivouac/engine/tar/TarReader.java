package io.bivouac.engine.tar;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Collections;
import java.util.Optional;

/**
 * Reads an archive, entry after entry: Version 7, POSIX ustar and pax, GNU, with every form of sparse file. Nothing is taken on
 * trust: what is malformed, negative or larger than its place allows is refused, and memory is bounded whatever a header says.
 */
public final class TarReader {
    private static final int HEADERS_LIMIT = 1 << 20;
    private static final int CHAIN_LIMIT = 4;
    private static final long NANOS = 1_000_000_000;

    private final InputStream in;
    private final Data data = new Data();
    private InputStream content = data;

    public TarReader(InputStream in) {
        this.in = in;
    }

    /** The next entry, after skipping what is left of the content before; empty at the end of the archive. */
    public Optional<TarEntry> next() throws IOException {
        data.skipRest();
        Extensions extensions = new Extensions();
        int chain = 0;
        long size = 0;
        while (true) {
            Optional<TarHeader> header = header();
            if (header.isEmpty()) {
                if (chain > 0) {
                    throw new EOFException("the archive ends after the headers of an entry");
                }
                return Optional.empty();
            }
            if (!isExtension(header.get())) {
                return Optional.of(entry(header.get(), extensions));
            }
            size += Math.min(header.get().size(), HEADERS_LIMIT + 1);
            if (size > HEADERS_LIMIT || ++chain > CHAIN_LIMIT) {
                throw new IOException("the headers before an entry are larger than " + HEADERS_LIMIT
                        + " bytes or more than " + CHAIN_LIMIT);
            }
            take(header.get(), extensions);
        }
    }

    /** The content of the entry {@link #next()} returned last, holes filled; valid until the next call of it. */
    public InputStream content() {
        return content;
    }

    /** The end is two blocks of zeros; many an archiver leaves out one, or both. */
    private Optional<TarHeader> header() throws IOException {
        byte[] block = in.readNBytes(TarHeader.BLOCK);
        if (block.length == 0) {
            return Optional.empty();
        }
        if (block.length < TarHeader.BLOCK) {
            throw new EOFException("the archive ends within a header");
        }
        if (!TarHeader.isZero(block)) {
            return Optional.of(TarHeader.of(block));
        }
        byte[] second = in.readNBytes(TarHeader.BLOCK);
        if (second.length != 0 && (second.length < TarHeader.BLOCK || !TarHeader.isZero(second))) {
            throw new IOException("a block of zeros stands between entries");
        }
        return Optional.empty();
    }

    private static boolean isExtension(TarHeader header) {
        return switch (header.type()) {
            case TarHeader.PAX,
                    TarHeader.SOLARIS_PAX,
                    TarHeader.GLOBAL_PAX,
                    TarHeader.GNU_LONG_NAME,
                    TarHeader.GNU_LONG_LINK -> true;
            default -> false;
        };
    }

    /** A global header says nothing an image may depend on: it is passed over. */
    private void take(TarHeader header, Extensions extensions) throws IOException {
        data.begin(header.size());
        byte[] bytes = data.readAllBytes();
        data.skipRest();
        switch (header.type()) {
            case TarHeader.PAX, TarHeader.SOLARIS_PAX -> extensions.addPax(bytes);
            case TarHeader.GNU_LONG_NAME -> extensions.addName("path", bytes);
            case TarHeader.GNU_LONG_LINK -> extensions.addName("linkpath", bytes);
            default -> {}
        }
    }

    private TarEntry entry(TarHeader header, Extensions extensions) throws IOException {
        byte[] name = extensions.name(header.name());
        TarType type = type(header, name);
        long stored = extensions.number("size", header.size());
        long size = type == TarType.FILE ? begin(header, extensions, stored) : stored;
        if (type != TarType.FILE) {
            data.begin(stored);
            content = data;
        }
        Optional<BigDecimal> time = extensions.time();
        BigDecimal modified = time.isPresent()
                ? time.get()
                : BigDecimal.valueOf(header.number(TarHeader.TIME, TarHeader.LONG_NUMBER_LENGTH, "time"));
        BigDecimal[] parts = floor(modified);
        boolean device = type == TarType.CHARACTER_DEVICE || type == TarType.BLOCK_DEVICE;
        return new TarEntry(
                type,
                name,
                extensions.link(header.link()),
                (int) header.number(TarHeader.MODE, TarHeader.NUMBER_LENGTH, "mode"),
                extensions.number("uid", header.number(TarHeader.OWNER, TarHeader.NUMBER_LENGTH, "owner")),
                extensions.number("gid", header.number(TarHeader.GROUP, TarHeader.NUMBER_LENGTH, "group")),
                parts[0].longValueExact(),
                parts[1].intValueExact(),
                size,
                device ? header.number(TarHeader.MAJOR, TarHeader.NUMBER_LENGTH, "device number") : 0,
                device ? header.number(TarHeader.MINOR, TarHeader.NUMBER_LENGTH, "device number") : 0,
                Collections.unmodifiableMap(extensions.attributes()));
    }

    /** Whole seconds downwards, and the nanoseconds above them. */
    private static BigDecimal[] floor(BigDecimal time) {
        BigDecimal seconds = time.setScale(0, RoundingMode.FLOOR);
        return new BigDecimal[] {seconds, time.subtract(seconds).multiply(BigDecimal.valueOf(NANOS))};
    }

    /** Before there were folders in archives, a slash behind a name told them. */
    private static TarType type(TarHeader header, byte[] name) throws IOException {
        char flag = header.type();
        boolean plain = flag == TarHeader.FILE || flag == TarHeader.OLD_FILE;
        if (plain && name.length > 0 && name[name.length - 1] == '/') {
            return TarType.FOLDER;
        }
        return TarType.of(flag)
                .orElseThrow(() ->
                        new IOException(TarEntry.printable(name) + " is of a type no layer holds: '" + flag + "'"));
    }

    /** Makes the content of a file ready: its size. */
    private long begin(TarHeader header, Extensions extensions, long stored) throws IOException {
        boolean gnu = header.type() == TarHeader.GNU_SPARSE;
        Optional<SparseMap> ofHeader = gnu ? Optional.of(SparseMap.ofHeader(header, in)) : Optional.empty();
        data.begin(stored);
        content = data;
        if (!gnu && !extensions.isSparse()) {
            return stored;
        }
        SparseMap map = ofHeader.isPresent() ? ofHeader.get() : paxMap(extensions, stored);
        if (map.stored() != data.left) {
            throw new IOException(
                    "a sparse file's map tells of " + map.stored() + " bytes, the archive holds " + data.left);
        }
        content = new SparseInputStream(data, map);
        return map.size();
    }

    private SparseMap paxMap(Extensions extensions, long stored) throws IOException {
        long size = extensions.realSize(stored);
        return extensions.hasMapInContent()
                ? SparseMap.ofContent(data, size)
                : SparseMap.of(extensions.segments(), size);
    }

    /** The bytes of one entry as they lie in the archive, then what fills its last block. */
    private final class Data extends InputStream {
        private long left;
        private int padding;

        private void begin(long size) {
            left = size;
            padding = (int) ((TarHeader.BLOCK - size % TarHeader.BLOCK) % TarHeader.BLOCK);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int count = in.read(buffer, offset, (int) Math.min(left, length));
            if (count < 0) {
                throw new EOFException("the archive ends " + left + " bytes before the end of an entry");
            }
            left -= count;
            return count;
        }

        /** Some archivers leave the last block as short as its content. */
        private void skipRest() throws IOException {
            byte[] buffer = new byte[left == 0 ? 0 : 64 << 10];
            while (left > 0) {
                read(buffer, 0, buffer.length);
            }
            in.readNBytes(padding);
            padding = 0;
        }
    }
}
