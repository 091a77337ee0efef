package io.bivouac.engine.warden;

import io.bivouac.engine.InternalException;
import io.bivouac.engine.UnsupportedHostException;
import io.bivouac.engine.io.AtomicFiles;
import io.bivouac.engine.oci.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The warden's program as a file. It travels in the jar and is unpacked once into the store. */
public final class WardenBinary {
    private static final int NAME_DIGITS = 16;

    private WardenBinary() {}

    /**
     * Unpacks the program for this machine unless it is there already. Its name holds its digest, so that engines of different
     * versions share a store.
     */
    public static Path unpack(Path folder) throws IOException {
        String resource = "warden-" + machine();
        Path file = folder.resolve(resource + "-" + digest(resource).substring(0, NAME_DIGITS));
        if (!Files.isExecutable(file)) {
            AtomicFiles.makePrivateFolder(folder);
            Path aside = AtomicFiles.aside(file);
            try (InputStream in = open(resource)) {
                Files.copy(in, aside);
                Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString("rwxr-xr-x"));
                AtomicFiles.commit(aside, file);
            } finally {
                Files.deleteIfExists(aside);
            }
        }
        return file;
    }

    /** Throws {@link UnsupportedHostException} where no warden can run. */
    public static void requireSupportedHost() {
        machine();
    }

    private static String machine() {
        String system = System.getProperty("os.name", "");
        if (!system.equals("Linux")) {
            throw new UnsupportedHostException(
                    "Containers need Linux: this is " + system + ". On macOS and Windows run the tests in a Linux"
                            + " virtual machine or WSL 2, or skip them with -Dbivouac.unsupported=skip.");
        }
        return machine(Platform.host().architecture());
    }

    /** The name that compilers give a processor which images name otherwise. */
    static String machine(String architecture) {
        return switch (architecture) {
            case "amd64" -> "x86_64";
            case "arm64" -> "aarch64";
            default ->
                throw new UnsupportedHostException("Bivouac has no engine for the processor '" + architecture
                        + "': x86-64 and aarch64 are supported. Skip the tests with -Dbivouac.unsupported=skip.");
        };
    }

    private static String digest(String resource) throws IOException {
        try (InputStream in = open(resource + ".sha256")) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII).strip();
        }
    }

    private static InputStream open(String resource) {
        InputStream in = WardenBinary.class.getResourceAsStream(resource);
        if (in == null) {
            throw new InternalException("The jar of bivouac-engine holds no " + resource
                    + ". Build it on a machine of that processor, or where fixtures/prepare has run.");
        }
        return in;
    }
}
