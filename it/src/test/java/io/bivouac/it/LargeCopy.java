package io.bivouac.it;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import io.bivouac.engine.io.DigestingInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** A JVM with little memory that moves a large file in and out of a container. */
final class LargeCopy {
    private static final int BLOCK = 1 << 20;
    private static final int BLOCKS = 256;

    private LargeCopy() {}

    /**
     * Says {@code equal} and the digest, or what differs.
     *
     * @param arguments the store and a folder for the files
     */
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[1]);
        Path source = folder.resolve("source");
        Random random = new Random(1);
        byte[] block = new byte[BLOCK];
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(source))) {
            for (int i = 0; i < BLOCKS; i++) {
                random.nextBytes(block);
                out.write(block);
            }
        }
        String digest = digest(source);
        try (Engine engine = Engine.open(Engines.options().withStore(Path.of(arguments[0])));
                Container container = engine.start(ContainerSpec.of("busybox:1").withCommand("sleep", "1000"))) {
            container.copyTo(source, "/large");
            String inside = container.exec("sha256sum", "/large").stdout().split(" ", -1)[0];
            container.copyFrom("/large", folder.resolve("back"));
            String back = digest(folder.resolve("back"));
            boolean equal = inside.equals(digest) && back.equals(digest);
            System.out.println(equal ? "equal " + digest : "differ " + digest + " " + inside + " " + back);
        }
    }

    private static String digest(Path file) throws IOException {
        try (DigestingInputStream in = new DigestingInputStream(Files.newInputStream(file))) {
            in.drain();
            return in.digest().hex();
        }
    }
}
