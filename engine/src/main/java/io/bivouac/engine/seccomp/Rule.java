package io.bivouac.engine.seccomp;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a profile says about some system calls.
 *
 * @param names of the calls, each once
 * @param alternatives the rule holds where all conditions of one of them do; an empty one always does
 * @param includes where the rule counts
 * @param excludes where it does not
 */
record Rule(List<String> names, Action action, List<List<Condition>> alternatives, Where includes, Where excludes) {
    Rule {
        names = List.copyOf(names);
        alternatives = List.copyOf(alternatives);
    }

    boolean isUnconditional() {
        return alternatives.contains(List.<Condition>of());
    }

    /** Whether the rule counts for a container. */
    boolean applies(long capabilities, Architecture architecture, KernelVersion kernel) {
        return includes.includes(capabilities, architecture, kernel)
                && !excludes.excludes(capabilities, architecture, kernel);
    }

    /**
     * A container and its host.
     *
     * @param capabilities bits of capability numbers
     * @param architectures tokens; empty: any
     * @param minimumKernel this or a newer kernel; empty: any
     */
    record Where(long capabilities, Set<String> architectures, Optional<KernelVersion> minimumKernel) {
        static final Where ANYWHERE = new Where(0, Set.of(), Optional.empty());

        Where {
            architectures = Set.copyOf(architectures);
        }

        /** Everything named must be so. */
        private boolean includes(long present, Architecture architecture, KernelVersion kernel) {
            return (present & capabilities) == capabilities
                    && (architectures.isEmpty() || architectures.contains(architecture.token()))
                    && minimumKernel
                            .map(minimum -> kernel.compareTo(minimum) >= 0)
                            .orElse(true);
        }

        /** Anything named is enough. */
        private boolean excludes(long present, Architecture architecture, KernelVersion kernel) {
            return (present & capabilities) != 0
                    || architectures.contains(architecture.token())
                    || minimumKernel
                            .map(minimum -> kernel.compareTo(minimum) >= 0)
                            .orElse(false);
        }
    }
}
