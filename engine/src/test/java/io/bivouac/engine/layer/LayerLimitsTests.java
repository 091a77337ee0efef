package io.bivouac.engine.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bivouac.engine.ConfigurationException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LayerLimitsTests {
    private static final byte[] PATH = "a/b".getBytes(StandardCharsets.US_ASCII);

    /** Zeros without an end. */
    private static final class Zeros extends InputStream {
        @Override
        public int read() {
            return 0;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            return length;
        }
    }

    private static long readAll(InputStream in) throws Exception {
        return in.transferTo(OutputStream.nullOutputStream());
    }

    @Test
    void entriesAreCounted() throws Exception {
        LayerLimits.Count count = new LayerLimits(100, 1000, 2, 10).count();
        count.add(PATH, 0);
        count.add(PATH, 0);

        assertThatThrownBy(() -> count.add(PATH, 0))
                .hasMessage("the layer has more than 2 entries, the limit of bivouac.layer.entries");
    }

    @Test
    void bytesOfAllFilesAreCounted() throws Exception {
        LayerLimits.Count count = new LayerLimits(100, 1000, 10, 10).count();
        count.add(PATH, 60);

        assertThatThrownBy(() -> count.add(PATH, 60))
                .hasMessage("with a/b the layer's files are larger than the limit of 100 bytes, bivouac.layer.bytes");
    }

    @Test
    void depthIsCounted() {
        LayerLimits.Count count = new LayerLimits(100, 1000, 10, 1).count();

        assertThatThrownBy(() -> count.add(PATH, 0))
                .hasMessage("an entry lies deeper than 1 folders, the limit of bivouac.layer.depth");
    }

    @Test
    void archivesAreReadNoFurtherThanAllowed() {
        LayerLimits limits = LayerLimits.of(property -> null);

        assertThatThrownBy(() -> readAll(limits.bound(new Zeros(), 1000)))
                .hasMessage("the archive (see bivouac.layer.ratio) is larger than the limit of 1073741824 bytes");
        assertThatThrownBy(() -> readAll(new LayerLimits(1 << 20, 1000, 10, 10).bound(new Zeros(), 1000)))
                .hasMessage("the archive (see bivouac.layer.bytes) is larger than the limit of 1048576 bytes");
    }

    @Test
    void propertiesSetThem() {
        Map<String, String> properties = Map.of("bivouac.layer.bytes", "5", "bivouac.layer.depth", "7");

        assertThat(LayerLimits.of(properties::get)).isEqualTo(new LayerLimits(5, 1000, 10_000_000, 7));
        assertThatThrownBy(() -> LayerLimits.of(property -> "many"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("bivouac.layer.bytes='many' is not a number above 0.");
    }
}
