package io.bivouac.engine.layer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Reads the archive of a layer with names and attributes as bytes. Commons Compress decodes the values of PAX headers as UTF-8,
 * which corrupts binary ones: they are taken from a copy of the raw header instead. Names outside of PAX headers are read as
 * Latin-1, which keeps every byte.
 */
final class LayerTarInputStream extends TarArchiveInputStream {
    private static final int TYPE_OFFSET = 156;
    private static final int SIZE_OFFSET = 124;
    private static final int SIZE_LENGTH = 12;
    private static final int PAX_LIMIT = 1 << 20;
    private static final int CHAIN_LIMIT = 4;

    private final PaxInputStream raw;
    private Map<String, byte[]> records = Map.of();
    private int chain;

    LayerTarInputStream(InputStream in) {
        this(new PaxInputStream(in));
    }

    private LayerTarInputStream(PaxInputStream raw) {
        super(raw, StandardCharsets.ISO_8859_1.name());
        this.raw = raw;
    }

    /** Headers in front of an entry may be many and huge: the library would follow them until memory or stack end. */
    @Override
    protected byte[] readRecord() throws IOException {
        byte[] record = super.readRecord();
        if (record == null) {
            return record;
        }
        byte type = record[TYPE_OFFSET];
        boolean pax = type == TarConstants.LF_PAX_EXTENDED_HEADER_LC || type == TarConstants.LF_PAX_EXTENDED_HEADER_UC;
        boolean header = pax
                || type == TarConstants.LF_PAX_GLOBAL_EXTENDED_HEADER
                || type == TarConstants.LF_GNUTYPE_LONGNAME
                || type == TarConstants.LF_GNUTYPE_LONGLINK;
        if (header) {
            long size = parseSize(record);
            if (size > PAX_LIMIT || ++chain > CHAIN_LIMIT) {
                throw new IOException("the headers before an entry are larger than " + PAX_LIMIT
                        + " bytes or more than " + CHAIN_LIMIT);
            }
            if (pax) {
                raw.capture((int) size);
            }
        }
        return record;
    }

    private static long parseSize(byte[] record) throws IOException {
        String octal = new String(record, SIZE_OFFSET, SIZE_LENGTH, StandardCharsets.US_ASCII)
                .replace('\0', ' ')
                .strip();
        if (!octal.matches("[0-7]{1,11}")) {
            throw new IOException("the size of a header is malformed: '" + octal + "'");
        }
        return Long.parseLong(octal, 8);
    }

    /** The next entry; null at the end. */
    TarArchiveEntry next() throws IOException {
        raw.capture(0);
        chain = 0;
        TarArchiveEntry entry = getNextEntry();
        records = PaxRecords.parse(raw.captured());
        return entry;
    }

    byte[] path(TarArchiveEntry entry) {
        byte[] path = records.get("path");
        return path != null ? path : entry.getName().getBytes(StandardCharsets.ISO_8859_1);
    }

    byte[] linkPath(TarArchiveEntry entry) {
        byte[] path = records.get("linkpath");
        return path != null ? path : entry.getLinkName().getBytes(StandardCharsets.ISO_8859_1);
    }

    Map<String, byte[]> records() {
        return records;
    }
}
