package io.bivouac.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.bivouac.engine.Container;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.Engine;
import java.io.IOException;

/** A container that has this host's sysfs, since it can have none of its own. */
final class CoveredSys {
    private CoveredSys() {}

    /**
     * Says {@code covered} at the end.
     *
     * @param arguments the store, and a layout of busybox
     */
    public static void main(String[] arguments) throws IOException {
        ContainerSpec sleeper = ContainerSpec.of("busybox:1").withCommand("sleep", "1000");
        try (Engine engine = Engine.open(CoveredProc.options(arguments))) {
            CoveredProc.assertNotForWhoMayMount(engine, sleeper);
            try (Container container = engine.start(sleeper)) {
                assertThat(container.exec("ls", "/sys").stdout()).contains("class\n", "kernel\n");
                assertThat(container
                                .exec("ls", "-A", "/sys/fs/cgroup", "/sys/firmware")
                                .stdout())
                        .isEqualTo("/sys/firmware:\n\n/sys/fs/cgroup:\n");
                assertThat(container
                                .exec("sh", "-c", "grep ' /sys' /proc/mounts | grep -v '[ ,]ro[ ,]'")
                                .stdout())
                        .isEmpty();
            }
        }
        System.out.println("covered");
    }
}
