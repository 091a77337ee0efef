package io.bivouac.engine.core;

import io.bivouac.engine.ConfigurationException;
import io.bivouac.engine.ContainerSpec;
import io.bivouac.engine.ExecSpec;
import io.bivouac.engine.SeccompProfile;
import io.bivouac.engine.Ulimit;
import io.bivouac.engine.oci.ImageConfig;
import io.bivouac.engine.seccomp.SeccompFilters;
import io.bivouac.engine.warden.IdMapping;
import io.bivouac.engine.warden.ProcessPlan;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Decides what is executed in a container, as whom, and with which powers. */
final class ProcessPlanner {
    private static final int RLIMIT_CORE = 4;
    private static final int RLIMIT_NOFILE = 7;

    /** A core size of 1 keeps dumps from the host's pipe handler, which would run outside of the container, see core(5). */
    private static final ProcessPlan.Limit NO_CORE = new ProcessPlan.Limit(RLIMIT_CORE, 1, 1);

    private static final ProcessPlan.Limit OPEN_FILES = new ProcessPlan.Limit(RLIMIT_NOFILE, 65536, 524288);

    /** How readily the kernel kills a container's process rather than the test that started it. */
    private static final int OOM_SCORE_ADJUSTMENT = 200;

    /** What programs ask a terminal's kind of. */
    private static final Map<String, String> TERMINAL = Map.of("TERM", "xterm");

    private final IdMapping mapping;
    private final Powers powers;
    private final SeccompFilters filters = new SeccompFilters();

    ProcessPlanner(IdMapping mapping) {
        this.mapping = mapping;
        this.powers = new Powers(mapping);
    }

    /** The first process. */
    ProcessPlan first(ContainerSpec spec, ImageConfig config, Accounts accounts, String hostname) {
        UserResolver.Resolved user = user(spec, spec.user().orElse(config.user()), accounts);
        Map<String, String> environment = new LinkedHashMap<>(spec.tty() ? TERMINAL : Map.of());
        environment.putAll(CommandLine.environment(spec, config, hostname, user.home()));
        return plan(
                spec,
                CommandLine.arguments(spec, config),
                environment,
                spec.workingDir().orElse(config.workingDirectory()),
                user.identity());
    }

    /** One more process. */
    ProcessPlan more(ContainerSpec spec, ImageConfig config, Accounts accounts, String hostname, ExecSpec exec) {
        UserResolver.Resolved user = user(spec, exec.user().orElse(spec.user().orElse(config.user())), accounts);
        Map<String, String> environment =
                new LinkedHashMap<>(CommandLine.environment(spec, config, hostname, user.home()));
        if (exec.terminal().isPresent()) {
            environment.putAll(TERMINAL);
        }
        environment.putAll(exec.env());
        return plan(
                spec,
                exec.command(),
                environment,
                exec.workingDir().orElse(spec.workingDir().orElse(config.workingDirectory())),
                user.identity());
    }

    private UserResolver.Resolved user(ContainerSpec spec, String text, Accounts accounts) {
        UserResolver resolver = new UserResolver(accounts, mapping);
        return resolver.withGroups(resolver.resolve(text), spec.groups());
    }

    /** The filter of the container's processes; the first question for one makes it. */
    byte[] filter(ContainerSpec spec) {
        boolean open = spec.privileged() && spec.seccomp().equals(SeccompProfile.standard());
        return filters.filter(open ? SeccompProfile.unconfined() : spec.seccomp(), powers.bounding(spec));
    }

    private ProcessPlan plan(
            ContainerSpec spec,
            List<String> arguments,
            Map<String, String> environment,
            String directory,
            ProcessPlan.Identity user) {
        if (arguments.isEmpty()) {
            throw new ConfigurationException("There is no command to run.");
        }
        long bounding = powers.bounding(spec);
        long own = user.uid() == 0 ? bounding : 0;
        return new ProcessPlan(
                CommandLine.candidates(arguments.get(0), environment),
                arguments,
                CommandLine.format(environment),
                directory.startsWith("/") ? directory : "/" + directory,
                user,
                new ProcessPlan.Capabilities(bounding, own, own),
                spec.noNewPrivileges(),
                ProcessPlan.Label.NONE,
                filter(spec),
                limits(spec),
                OOM_SCORE_ADJUSTMENT);
    }

    private static List<ProcessPlan.Limit> limits(ContainerSpec spec) {
        Map<Integer, ProcessPlan.Limit> limits = new LinkedHashMap<>();
        limits.put(RLIMIT_CORE, NO_CORE);
        limits.put(RLIMIT_NOFILE, OPEN_FILES);
        for (Ulimit ulimit : spec.ulimits()) {
            limits.put(ulimit.number(), new ProcessPlan.Limit(ulimit.number(), ulimit.soft(), ulimit.hard()));
        }
        return List.copyOf(limits.values());
    }
}
