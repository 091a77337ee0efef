package io.bivouac.engine.oci;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Identifies what a stack of layers looks like when unpacked one over the other.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#layer-chainid">image-spec, ChainID</a>
 */
public final class ChainId {
    private ChainId() {}

    /** The chain ID after each layer, the lowest first. */
    public static List<Digest> of(List<Digest> diffIds) {
        List<Digest> chain = new ArrayList<>(diffIds.size());
        for (Digest diffId : diffIds) {
            if (chain.isEmpty()) {
                chain.add(diffId);
            } else {
                String text = chain.get(chain.size() - 1) + " " + diffId;
                chain.add(Digest.of(text.getBytes(StandardCharsets.US_ASCII)));
            }
        }
        return List.copyOf(chain);
    }
}
