package io.bivouac.junit;

import io.bivouac.engine.Container;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The containers of one scope: a class, a test, a method. Closing closes them all, the last first, and reports every failure. */
@SuppressWarnings("deprecation") // AutoCloseable values are closed since JUnit 5.13 only
final class Provisions implements ExtensionContext.Store.CloseableResource, AutoCloseable {
    private final List<Container> containers = new ArrayList<>();

    synchronized void add(Container container) {
        containers.add(container);
    }

    synchronized List<Container> containers() {
        return List.copyOf(containers);
    }

    @Override
    public void close() {
        List<Container> open = containers();
        RuntimeException failure = null;
        for (int i = open.size() - 1; i >= 0; i--) {
            try {
                open.get(i).close();
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
