package io.bivouac.engine.seccomp;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A seccomp profile as it was written.
 *
 * @param name for messages
 * @param defaultAction what happens where no rule holds
 * @param conventions the ways to call the kernel that the profile is about, beside a processor's own
 * @param rules in the profile's order
 */
record Profile(
        String name, Action defaultAction, Map<Architecture, Set<CallingConvention>> conventions, List<Rule> rules) {
    Profile {
        conventions = Map.copyOf(conventions);
        rules = List.copyOf(rules);
    }

    /** The ways to call the kernel that the profile is about; whoever calls it otherwise is killed. */
    List<CallingConvention> conventions(Architecture architecture) {
        Set<CallingConvention> named = conventions.getOrDefault(architecture, Set.of());
        return architecture.conventions().stream()
                .filter(convention -> convention == architecture.own() || named.contains(convention))
                .toList();
    }

    List<Rule> rules(long capabilities, Architecture architecture, KernelVersion kernel) {
        return rules.stream()
                .filter(rule -> rule.applies(capabilities, architecture, kernel))
                .toList();
    }
}
