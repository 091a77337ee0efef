package io.bivouac.engine.tar;

import java.util.Optional;

/** What an entry of an archive is. */
public enum TarType {
    FILE(TarHeader.FILE),
    HARD_LINK(TarHeader.HARD_LINK),
    SYMLINK(TarHeader.SYMLINK),
    CHARACTER_DEVICE(TarHeader.CHARACTER_DEVICE),
    BLOCK_DEVICE(TarHeader.BLOCK_DEVICE),
    FOLDER(TarHeader.FOLDER),
    FIFO(TarHeader.FIFO);

    private final char flag;

    TarType(char flag) {
        this.flag = flag;
    }

    char flag() {
        return flag;
    }

    /** Empty for types that no file system has: volume labels, continuations. */
    static Optional<TarType> of(char flag) {
        switch (flag) {
            case TarHeader.OLD_FILE, TarHeader.CONTIGUOUS_FILE, TarHeader.GNU_SPARSE -> {
                return Optional.of(FILE);
            }
            default -> {
                for (TarType type : values()) {
                    if (type.flag == flag) {
                        return Optional.of(type);
                    }
                }
                return Optional.empty();
            }
        }
    }
}
