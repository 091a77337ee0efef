package io.bivouac.it;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An image that was made to do harm, and what is to come of it: it is refused with a sentence, or it starts, and a script inside
 * sees what it is meant to see.
 *
 * @param name of the case
 * @param run the {@code config} object of its configuration
 * @param script run by BusyBox's shell
 * @param outcome what the script writes, or what the refusal says behind the layer's digest
 */
record HostileLayer(String name, List<Blob> layers, Map<String, ?> run, Optional<String> script, String outcome) {

    /**
     * A layer.
     *
     * @param bytes as they are stored
     * @param archive what they unpack to
     */
    record Blob(byte[] bytes, byte[] archive) {}

    static HostileLayer refused(String name, String message, RawTar... layers) {
        return new HostileLayer(name, blobs(layers), Map.of(), Optional.empty(), message);
    }

    static HostileLayer accepted(String name, String script, String output, RawTar... layers) {
        return new HostileLayer(name, blobs(layers), Map.of(), Optional.of(script), output);
    }

    static HostileLayer refused(String name, String message, byte[] bytes, byte[] archive) {
        return new HostileLayer(name, List.of(new Blob(bytes, archive)), Map.of(), Optional.empty(), message);
    }

    static HostileLayer accepted(String name, String script, String output, byte[] bytes, byte[] archive) {
        return new HostileLayer(name, List.of(new Blob(bytes, archive)), Map.of(), Optional.of(script), output);
    }

    HostileLayer with(Map<String, ?> config) {
        return new HostileLayer(name, layers, config, script, outcome);
    }

    private static List<Blob> blobs(RawTar... layers) {
        return Stream.of(layers)
                .map(layer -> new Blob(layer.bytes(), layer.bytes()))
                .toList();
    }

    Path write(Path folder, String reference) throws IOException {
        HostileImage image = new HostileImage(folder, run);
        for (Blob blob : layers) {
            image.layer(blob.bytes(), blob.archive());
        }
        return image.write(reference);
    }

    @Override
    public String toString() {
        return name;
    }
}
