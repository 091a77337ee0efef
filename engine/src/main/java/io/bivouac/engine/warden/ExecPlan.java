package io.bivouac.engine.warden;

import java.util.List;

/**
 * One more process in a running container.
 *
 * @param id of the container
 * @param cgroups the container's
 * @param input whether its input is fed; otherwise it is empty
 * @param columns of a terminal of its own, 0 for none
 * @param rows of that terminal
 */
public record ExecPlan(String id, List<CgroupPlan> cgroups, boolean input, int columns, int rows, ProcessPlan process) {
    public ExecPlan {
        cgroups = List.copyOf(cgroups);
    }
}
